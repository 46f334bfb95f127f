// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/databaseschema.h"

#include "sessions/sqlconnection.h"

#include <QStringList>

namespace lockkeeper::sessions {

namespace {

const QString kSessions = QStringLiteral("ChatSession");
const QString kMessages = QStringLiteral("ChatMessage");
const QString kDoing = QStringLiteral("reading the tables of the database");

const QStringList &neededSessionColumns()
{
    static const QStringList kColumns{
        QStringLiteral("id"),
        QStringLiteral("createdAt"),
        QStringLiteral("updatedAt"),
        QStringLiteral("userId"),
        QStringLiteral("title"),
        QStringLiteral("credentials"),
        QStringLiteral("successfulAgentRuns"),
        QStringLiteral("successfulAgentSchedules"),
        QStringLiteral("totalPromptTokens"),
        QStringLiteral("totalCompletionTokens"),
    };
    return kColumns;
}

const QStringList &neededMessageColumns()
{
    static const QStringList kColumns{
        QStringLiteral("id"),           QStringLiteral("createdAt"), QStringLiteral("sessionId"),
        QStringLiteral("role"),         QStringLiteral("content"),   QStringLiteral("name"),
        QStringLiteral("toolCallId"),   QStringLiteral("refusal"),   QStringLiteral("toolCalls"),
        QStringLiteral("functionCall"), QStringLiteral("sequence"),
    };
    return kColumns;
}

QString quoted(const QString &name)
{
    return u'"' + QString(name).replace(u'"', QStringLiteral("\"\"")) + u'"';
}

/// The columns of a table; none when there is no such table. The catalogue is asked, not
/// information_schema: that one hides what the user has no rights on.
Result<QSet<QString>> columnsOf(SqlConnection &connection, const QString &schema,
                                const QString &table)
{
    Result<QSqlQuery> query =
        connection.isPostgreSql()
            ? connection.execute(QStringLiteral("SELECT a.attname FROM pg_attribute a "
                                                "JOIN pg_class c ON c.oid = a.attrelid "
                                                "JOIN pg_namespace n ON n.oid = c.relnamespace "
                                                "WHERE n.nspname = ? AND c.relname = ? "
                                                "AND c.relkind IN ('r', 'p', 'v', 'f') "
                                                "AND a.attnum > 0 AND NOT a.attisdropped"),
                                 {schema, table}, kDoing)
            : connection.execute(QStringLiteral("SELECT name FROM pragma_table_info(?)"), {table},
                                 kDoing);
    if (!query)
        return query.error();
    QSet<QString> columns;
    while (query->next())
        columns.insert(query->value(0).toString());
    return columns;
}

Result<void> requireColumns(const QSet<QString> &present, const QStringList &needed,
                            const QString &table, const QString &place)
{
    if (present.isEmpty())
        return Error{ErrorCode::Database,
                     QStringLiteral("the database has no table \"%1\" in %2").arg(table, place),
                     QStringLiteral("check the database name and the schema of the DSN "
                                    "(?schema=platform)")};
    for (const QString &column : needed) {
        if (!present.contains(column))
            return Error{ErrorCode::Database,
                         QStringLiteral("the table \"%1\" in %2 has no column \"%3\"")
                             .arg(table, place, column),
                         QStringLiteral("this release of the platform is not known here; the "
                                        "database was left as it is")};
    }
    return {};
}

} // namespace

Result<DatabaseSchema> DatabaseSchema::read(SqlConnection &connection)
{
    const QString &asked = connection.dsn().schema;
    const QStringList candidates =
        asked.isEmpty() ? QStringList{QStringLiteral("public"), QStringLiteral("platform")}
                        : QStringList{asked};
    DatabaseSchema schema;
    schema.m_isPostgreSql = connection.isPostgreSql();
    QString found;
    for (const QString &candidate : candidates) {
        const Result<QSet<QString>> columns = columnsOf(connection, candidate, kSessions);
        if (!columns)
            return columns.error();
        found = candidate;
        schema.m_sessionColumns = *columns;
        if (!columns->isEmpty())
            break;
    }
    const QString place = !schema.m_isPostgreSql ? connection.dsn().displayText()
                          : schema.m_sessionColumns.isEmpty()
                              ? QStringLiteral("schema ") + candidates.join(QStringLiteral(" or "))
                              : QStringLiteral("schema ") + found;
    if (auto checked =
            requireColumns(schema.m_sessionColumns, neededSessionColumns(), kSessions, place);
        !checked)
        return checked.error();
    const Result<QSet<QString>> columns = columnsOf(connection, found, kMessages);
    if (!columns)
        return columns.error();
    schema.m_messageColumns = *columns;
    if (auto checked = requireColumns(*columns, neededMessageColumns(), kMessages, place); !checked)
        return checked.error();
    const QString prefix = schema.m_isPostgreSql ? QString(quoted(found) + u'.') : QString();
    schema.m_sessions = prefix + quoted(kSessions);
    schema.m_messages = prefix + quoted(kMessages);
    return schema;
}

QString DatabaseSchema::time(const QString &column) const
{
    if (!m_isPostgreSql)
        return quoted(column);
    return QStringLiteral("(extract(epoch from %1) * 1000000)::bigint").arg(quoted(column));
}

} // namespace lockkeeper::sessions
