// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sqlmigrations.h"

#include "sessions/sqlconnection.h"

#include <QDir>
#include <QFile>

namespace lockkeeper::sessions {

namespace {

Result<qint64> number(SqlConnection &connection, const QString &sql, const QString &doing)
{
    Result<QSqlQuery> query = connection.execute(sql, {}, doing);
    if (!query)
        return query.error();
    return query->next() ? query->value(0).toLongLong() : 0;
}

/// The statements of a migration; none of ours has a semicolon at a line's end within one.
Result<QStringList> statements(const QString &name)
{
    QFile file(QStringLiteral(":/sql/") + name);
    if (!file.open(QIODevice::ReadOnly))
        return Error{ErrorCode::Io, QStringLiteral("the migration %1 is missing").arg(name), {}};
    QStringList found;
    for (const QString &statement :
         QString::fromUtf8(file.readAll()).split(QStringLiteral(";\n"), Qt::SkipEmptyParts)) {
        if (!statement.trimmed().isEmpty())
            found += statement;
    }
    return found;
}

Result<void> apply(SqlConnection &connection, const QStringList &names, const QString &doing)
{
    // Asked again under the write lock: another program may have done it meanwhile.
    const Result<qint64> version = number(connection, QStringLiteral("PRAGMA user_version"), doing);
    if (!version)
        return version.error();
    for (qint64 next = *version; next < names.size(); ++next) {
        const Result<QStringList> sql = statements(names[next]);
        if (!sql)
            return sql.error();
        for (const QString &statement : *sql) {
            if (const auto done = connection.execute(statement, {}, doing); !done)
                return done.error();
        }
    }
    const auto done =
        connection.execute(QStringLiteral("PRAGMA user_version = %1").arg(names.size()), {}, doing);
    return done ? Result<void>{} : done.error();
}

} // namespace

Result<void> migrate(SqlConnection &connection)
{
    const QString file = connection.dsn().displayText();
    const QString doing = QStringLiteral("creating the tables in ") + file;
    const QStringList names = QDir(QStringLiteral(":/sql")).entryList(QDir::Files, QDir::Name);
    const Result<qint64> version = number(connection, QStringLiteral("PRAGMA user_version"), doing);
    const Result<qint64> ours = number(
        connection, QStringLiteral("SELECT count(*) FROM sqlite_master WHERE name = 'ChatSession'"),
        doing);
    const Result<qint64> objects =
        number(connection, QStringLiteral("SELECT count(*) FROM sqlite_master"), doing);
    for (const Result<qint64> *asked : {&version, &ours, &objects}) {
        if (!*asked)
            return asked->error();
    }
    if (*ours > 0 && *version > names.size())
        return Error{ErrorCode::Database,
                     QStringLiteral("the database %1 was made by a newer Lockkeeper").arg(file),
                     QStringLiteral("use that one, or another file")};
    if (*objects > 0 && *ours == 0)
        return Error{
            ErrorCode::Database,
            QStringLiteral("the database %1 has no table \"ChatSession\"").arg(file),
            QStringLiteral("it belongs to another program and was left as it is; check the "
                           "path of the DSN")};
    const bool isForeign = *ours > 0 && *version == 0;
    if (isForeign || *version == names.size() || connection.isReadOnly())
        return {};
    // Readers and the one writer do not hinder each other then. A matter of speed only, and it
    // fails while another program has the new file in hand.
    static_cast<void>(connection.execute(QStringLiteral("PRAGMA journal_mode = WAL"), {}, doing));
    const auto done =
        inTransaction<bool>(connection, SqlConnection::Intent::Write, doing, [&]() -> Result<bool> {
            const Result<void> applied = apply(connection, names, doing);
            return applied ? Result<bool>(true) : applied.error();
        });
    return done ? Result<void>{} : done.error();
}

} // namespace lockkeeper::sessions
