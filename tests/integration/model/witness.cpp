// SPDX-License-Identifier: GPL-3.0-or-later
#include "witness.h"

#include <QSqlDatabase>
#include <QSqlQuery>

namespace lockkeeper::model {

namespace {

constexpr const char *kLook = "return {redis.call('get', KEYS[1]), redis.call('pttl', KEYS[1]),"
                              " redis.call('exists', KEYS[2])}";

} // namespace

Witness::Witness(const QString &socketPath, const sessions::Dsn &dsn, locks::LockFamily family,
                 const Clock &clock)
    : m_redis(socketPath)
    , m_database(dsn, sessions::SqlAccess::Existing)
    , m_family(std::move(family))
    , m_clock(clock)
{}

Witness::Sight Witness::look(const SessionId &session)
{
    Sight sight;
    sight.span.from = m_clock.steady();
    const QVariantList found = m_redis
                                   .call({"EVAL", kLook, "2", m_family.lockKey(session).bytes(),
                                          m_family.cacheKey(session).bytes()})
                                   .toList();
    sight.span.to = m_clock.steady();
    if (found.size() != 3)
        qFatal("the witness cannot see");
    sight.hasCopy = found[2].toInt() == 1;
    if (!found[0].isValid())
        return sight;
    const milliseconds left(found[1].toLongLong());
    sight.lock = ModelLock::since(sight.span, Token(found[0].toByteArray()), left);
    return sight;
}

std::optional<Token> Witness::strike(const SessionId &session,
                                     const std::optional<Token> &replacement, milliseconds lease)
{
    const QByteArray key = m_family.lockKey(session).bytes();
    const QByteArray px = QByteArray::number(qint64(lease.count()));
    const QVariant found =
        replacement ? m_redis.call({"SET", key, replacement->bytes(), "XX", "GET", "PX", px})
                    : m_redis.call({"GETDEL", key});
    return found.isValid() ? std::optional(Token(found.toByteArray())) : std::nullopt;
}

void Witness::writeCopy(const SessionId &session, const QByteArray &json)
{
    const QByteArray ttl = QByteArray::number(qint64(m_family.cacheTtl.count()));
    m_redis.call({"SET", m_family.cacheKey(session).bytes(), json, "PX", ttl});
}

QCoro::Task<bool> Witness::hasRow(SessionId session)
{
    const QList<SessionId> ids{session};
    const auto rows = co_await m_database.summaries(ids);
    if (!rows)
        qFatal("the witness cannot read: %s", qPrintable(rows.error().what));
    co_return !rows->isEmpty();
}

void Witness::settle()
{
    static_cast<void>(m_redis.call({"PING"}));
}

std::set<QByteArray> Witness::allKeys()
{
    std::set<QByteArray> keys;
    for (const QVariant &key : m_redis.call({"KEYS", "*"}).toList())
        keys.insert(key.toByteArray());
    return keys;
}

std::set<QByteArray> Witness::allRows() const
{
    const QString name = QStringLiteral("witness");
    std::set<QByteArray> rows;
    {
        QSqlDatabase database = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), name);
        database.setDatabaseName(m_database.dsn().path);
        if (!database.open())
            qFatal("the witness cannot open the database");
        QSqlQuery query(QStringLiteral("SELECT \"id\" FROM \"ChatSession\""), database);
        while (query.next())
            rows.insert(query.value(0).toByteArray());
    }
    QSqlDatabase::removeDatabase(name);
    return rows;
}

} // namespace lockkeeper::model
