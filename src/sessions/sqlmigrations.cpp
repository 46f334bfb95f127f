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

struct Content
{
    qint64 version = 0; ///< how many migrations were applied
    bool isOurs = false;
    bool isEmpty = true;
};

/// Asked in one statement: another program may be creating the tables just now, and two would see
/// the file before and after.
Result<Content> contentOf(SqlConnection &connection, const QString &doing)
{
    Result<QSqlQuery> query = connection.execute(
        QStringLiteral("SELECT (SELECT user_version FROM pragma_user_version), "
                       "coalesce(sum(name = 'ChatSession'), 0), count(*) FROM sqlite_master"),
        {}, doing);
    if (!query)
        return query.error();
    if (!query->next())
        return Content{};
    return Content{query->value(0).toLongLong(), query->value(1).toLongLong() > 0,
                   query->value(2).toLongLong() == 0};
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
    const Result<Content> content =
        contentOf(connection, QStringLiteral("reading the database ") + file);
    if (!content)
        return content.error();
    if (content->isEmpty && !connection.mayCreate())
        return Error{ErrorCode::Database, QStringLiteral("the database %1 is empty").arg(file),
                     QStringLiteral("check the path of the DSN")};
    if (content->isOurs && content->version > names.size())
        return Error{ErrorCode::Database,
                     QStringLiteral("the database %1 was made by a newer Lockkeeper").arg(file),
                     QStringLiteral("use that one, or another file")};
    if (!content->isEmpty && !content->isOurs)
        return Error{
            ErrorCode::Database,
            QStringLiteral("the database %1 has no table \"ChatSession\"").arg(file),
            QStringLiteral("it belongs to another program and was left as it is; check the "
                           "path of the DSN")};
    const bool isForeign = content->isOurs && content->version == 0;
    if (isForeign || content->version == names.size() || connection.isReadOnly())
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
