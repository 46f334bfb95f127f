// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sessiondatabase.h"

#include "core/text.h"
#include "sessions/databaseschema.h"
#include "sessions/messagenumbers.h"
#include "sessions/sessionreader.h"
#include "sessions/sessionrows.h"
#include "sessions/sqlmigrations.h"
#include "sessions/sqlworker.h"

#include <QVariant>

#include <algorithm>
#include <functional>

namespace lockkeeper::sessions {

namespace {

/// Ids asked for in one statement.
constexpr qsizetype kIdsPerQuery = 200;

QString nameOf(const SessionId &id)
{
    return QStringLiteral("the session ") + printable(id.bytes());
}

Error notStorable(const QByteArray &id)
{
    return {ErrorCode::InvalidInput,
            QStringLiteral("the id %1 cannot be stored: it is no UTF-8 text").arg(printable(id)),
            QStringLiteral("use an id of ordinary characters")};
}

Result<void> checkIds(const ChatSession &session)
{
    if (session.id.isEmpty() || !idText(session.id.bytes()))
        return notStorable(session.id.bytes());
    if (session.user && !idText(session.user->bytes()))
        return notStorable(session.user->bytes());
    return {};
}

Result<void> insert(SqlConnection &connection, const RowToInsert &row, const QString &table,
                    const QString &doing)
{
    const auto inserted = connection.execute(row.sql(table), row.values, doing);
    return inserted ? Result<void>{} : inserted.error();
}

/// @return how many rows a statement changed.
Result<int> change(SqlConnection &connection, const QString &sql, const QVariantList &values,
                   const QString &doing)
{
    const auto changed = connection.execute(sql, values, doing);
    if (!changed)
        return changed.error();
    return changed->numRowsAffected();
}

Result<bool> updateOrInsert(SqlConnection &connection, const DatabaseSchema &schema,
                            const ChatSession &session, const QString &doing)
{
    QStringList assignments;
    for (const QString &column : updatedColumns()) {
        const bool isTitle = column == u"title"; // one that was not read must not be emptied
        assignments += (isTitle ? QStringLiteral("\"%1\" = COALESCE(?, \"%1\")")
                                : QStringLiteral("\"%1\" = ?"))
                           .arg(column);
    }
    const Result<int> updated =
        change(connection,
               QStringLiteral("UPDATE %1 SET %2 WHERE \"id\" = ?")
                   .arg(schema.sessions(), assignments.join(QStringLiteral(", "))),
               updatedValues(session) + QVariantList{QString::fromUtf8(session.id.bytes())}, doing);
    if (!updated)
        return updated.error();
    if (*updated > 0)
        return false;
    if (auto done = insert(connection, sessionRow(session, schema), schema.sessions(), doing);
        !done)
        return done.error();
    return true;
}

Result<int> insertNewMessages(SqlConnection &connection, const DatabaseSchema &schema,
                              ChatSession session, qint64 stored, const QString &doing)
{
    const QList<qsizetype> added = numberMessages(session.messages, stored);
    for (const qsizetype index : added) {
        const ChatMessage &message = session.messages[index];
        const Result<void> done =
            insert(connection,
                   messageRow(message, session.id, session.updatedAt.value_or(WallTime{}), schema),
                   schema.messages(), doing);
        if (!done && connection.wasUniqueViolation())
            return Error{ErrorCode::Database,
                         QStringLiteral("%1 failed: its message %2 is there already, so somebody "
                                        "else has written messages meanwhile")
                             .arg(doing)
                             .arg(*message.sequence),
                         QStringLiteral("nothing was saved; read the session again and repeat")};
        if (!done)
            return done.error();
    }
    return static_cast<int>(added.size());
}

Result<QList<SessionSummary>> summariesOf(SqlConnection &connection, const DatabaseSchema &schema,
                                          const QStringList &ids)
{
    QList<SessionSummary> found;
    for (qsizetype from = 0; from < ids.size(); from += kIdsPerQuery) {
        const QStringList some = ids.mid(from, kIdsPerQuery);
        const QStringList marks(some.size(), QStringLiteral("?"));
        Result<QSqlQuery> query = connection.execute(
            QStringLiteral("SELECT %1 FROM %2 s WHERE \"id\" IN (%3)")
                .arg(summaryColumns(schema), schema.sessions(), marks.join(u',')),
            QVariantList(some.cbegin(), some.cend()), QStringLiteral("reading the sessions"));
        if (!query)
            return query.error();
        found += readSummaries(*query, connection.isPostgreSql());
    }
    return found;
}

} // namespace

SessionDatabase::SessionDatabase(Dsn dsn, SqlAccess access)
    : m_schema(std::make_shared<Schema>())
{
    const auto prepare = [schema = m_schema](SqlConnection &connection) -> Result<void> {
        if (!connection.isPostgreSql()) {
            if (Result<void> migrated = migrate(connection); !migrated)
                return migrated;
        }
        const Result<DatabaseSchema> read = DatabaseSchema::read(connection);
        if (!read)
            return read.error();
        schema->store(std::make_shared<const DatabaseSchema>(*read));
        return {};
    };
    m_worker = std::make_unique<SqlWorker>(std::move(dsn), access, prepare);
}

SessionDatabase::~SessionDatabase() = default;

const Dsn &SessionDatabase::dsn() const
{
    return m_worker->dsn();
}

void SessionDatabase::setAccess(SqlAccess access)
{
    m_worker->setAccess(access);
}

void SessionDatabase::close()
{
    m_worker->close();
}

template<typename T>
QFuture<Result<T>> SessionDatabase::run(Body<T> body, std::stop_token stop)
{
    return m_worker->run<T>(
        [schema = m_schema, body = std::move(body)](SqlConnection &connection) -> Result<T> {
            const auto tables = schema->load();
            return body(connection, *tables);
        },
        std::move(stop));
}

template<typename T>
QFuture<Result<T>> SessionDatabase::write(QString doing, Body<T> body, std::stop_token stop)
{
    return run<T>(
        [doing = std::move(doing), body = std::move(body)](
            SqlConnection &connection, const DatabaseSchema &schema) -> Result<T> {
            return inTransaction<T>(connection, SqlConnection::Intent::Write, doing,
                                    [&] { return body(connection, schema); });
        },
        std::move(stop));
}

QFuture<Result<void>> SessionDatabase::check()
{
    return run<void>([](SqlConnection &, const DatabaseSchema &) { return Result<void>(); });
}

QFuture<Result<std::optional<ChatSession>>> SessionDatabase::load(SessionId id,
                                                                  std::stop_token stop)
{
    using Found = std::optional<ChatSession>;
    const QString doing = QStringLiteral("reading ") + nameOf(id);
    return run<Found>(
        [id = idText(id.bytes()), doing](SqlConnection &connection,
                                         const DatabaseSchema &schema) -> Result<Found> {
            if (!id)
                return Found();
            return inTransaction<Found>(connection, SqlConnection::Intent::Read, doing,
                                        [&] { return readSession(connection, schema, *id); });
        },
        std::move(stop));
}

QFuture<Result<qint64>> SessionDatabase::messageCount(SessionId id)
{
    const QString doing = QStringLiteral("counting the messages of ") + nameOf(id);
    return run<qint64>(
        [id = idText(id.bytes()), doing](SqlConnection &connection,
                                         const DatabaseSchema &schema) -> Result<qint64> {
            if (!id)
                return qint64(0);
            Result<QSqlQuery> query =
                connection.execute(QStringLiteral("SELECT count(*) FROM %1 WHERE \"sessionId\" = ?")
                                       .arg(schema.messages()),
                                   {*id}, doing);
            if (!query)
                return query.error();
            return query->next() ? query->value(0).toLongLong() : qint64(0);
        });
}

QFuture<Result<void>> SessionDatabase::create(ChatSession session)
{
    if (const Result<void> valid = checkIds(session); !valid)
        return finished<void>(valid.error());
    // One statement is one transaction, and void bodies need no second kind of inTransaction().
    const QString doing = QStringLiteral("creating ") + nameOf(session.id);
    return run<void>([session = std::move(session), doing](
                         SqlConnection &connection, const DatabaseSchema &schema) -> Result<void> {
        const auto created = inTransaction<bool>(
            connection, SqlConnection::Intent::Write, doing, [&]() -> Result<bool> {
                Result<void> done = checkJson(session);
                if (done)
                    done =
                        insert(connection, sessionRow(session, schema), schema.sessions(), doing);
                return done ? Result<bool>(true) : done.error();
            });
        return created ? Result<void>() : created.error();
    });
}

QFuture<Result<SaveOutcome>> SessionDatabase::save(ChatSession session, qint64 storedMessages)
{
    if (const Result<void> valid = checkIds(session); !valid)
        return finished<SaveOutcome>(valid.error());
    const QString doing = QStringLiteral("saving ") + nameOf(session.id);
    return write<SaveOutcome>(
        doing,
        [session = std::move(session), storedMessages,
         doing](SqlConnection &connection, const DatabaseSchema &schema) -> Result<SaveOutcome> {
            if (const Result<void> valid = checkJson(session); !valid)
                return valid.error();
            const Result<bool> isCreated = updateOrInsert(connection, schema, session, doing);
            if (!isCreated)
                return isCreated.error();
            const Result<int> inserted =
                insertNewMessages(connection, schema, session, storedMessages, doing);
            if (!inserted)
                return inserted.error();
            return SaveOutcome{*isCreated, *inserted};
        });
}

QFuture<Result<QList<SessionSummary>>> SessionDatabase::list(UserId user, int limit, int offset)
{
    using Found = QList<SessionSummary>;
    if (limit < 0 || offset < 0)
        return finished<Found>(Error{
            ErrorCode::InvalidInput, QStringLiteral("limit and offset must not be negative"), {}});
    const QString doing =
        QStringLiteral("listing the sessions of the user ") + printable(user.bytes());
    return run<Found>(
        [user = idText(user.bytes()), limit, offset,
         doing](SqlConnection &connection, const DatabaseSchema &schema) -> Result<Found> {
            if (!user)
                return Found();
            Result<QSqlQuery> query = connection.execute(
                QStringLiteral("SELECT %1 FROM %2 s WHERE \"userId\" = ? "
                               "ORDER BY s.\"updatedAt\" DESC, s.\"id\" LIMIT ? OFFSET ?")
                    .arg(summaryColumns(schema), schema.sessions()),
                {*user, limit, offset}, doing);
            if (!query)
                return query.error();
            return readSummaries(*query, connection.isPostgreSql());
        });
}

QFuture<Result<QList<SessionSummary>>> SessionDatabase::summaries(QList<SessionId> ids,
                                                                  std::stop_token stop)
{
    QStringList texts;
    for (const SessionId &id : ids) {
        if (const auto text = idText(id.bytes()))
            texts += *text;
    }
    return run<QList<SessionSummary>>(
        [texts](SqlConnection &connection, const DatabaseSchema &schema) {
            return summariesOf(connection, schema, texts);
        },
        std::move(stop));
}

QFuture<Result<bool>> SessionDatabase::rename(SessionId id, QString title, WallTime now)
{
    const QString doing = QStringLiteral("renaming ") + nameOf(id);
    return write<bool>(
        doing,
        [id = idText(id.bytes()), title = std::move(title), now,
         doing](SqlConnection &connection, const DatabaseSchema &schema) -> Result<bool> {
            if (!id)
                return false;
            const Result<int> renamed = change(
                connection,
                QStringLiteral("UPDATE %1 SET \"title\" = ?, \"updatedAt\" = ? WHERE \"id\" = ?")
                    .arg(schema.sessions()),
                {title.isNull() ? QStringLiteral("") : title, rfc3339(now), *id}, doing);
            return renamed ? Result<bool>(*renamed > 0) : renamed.error();
        });
}

QFuture<Result<bool>> SessionDatabase::remove(SessionId id, std::optional<UserId> user,
                                              std::stop_token stop)
{
    const QString doing = QStringLiteral("deleting ") + nameOf(id);
    const std::optional<QString> owner = user ? idText(user->bytes()) : std::nullopt;
    const bool isOfNobody = !idText(id.bytes()) || (user && !owner);
    return write<bool>(
        doing,
        [id = idText(id.bytes()), owner, isOfNobody,
         doing](SqlConnection &connection, const DatabaseSchema &schema) -> Result<bool> {
            if (isOfNobody)
                return false;
            QString sql = QStringLiteral("DELETE FROM %1 WHERE \"id\" = ?").arg(schema.sessions());
            QVariantList values{*id};
            if (owner) {
                sql += QStringLiteral(" AND \"userId\" = ?");
                values += *owner;
            }
            const Result<int> removed = change(connection, sql, values, doing);
            return removed ? Result<bool>(*removed > 0) : removed.error();
        },
        std::move(stop));
}

} // namespace lockkeeper::sessions
