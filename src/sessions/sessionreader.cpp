// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sessionreader.h"

#include "core/text.h"
#include "sessions/jsonvalue.h"
#include "sessions/newercolumns.h"
#include "sessions/sessionjson.h"

#include <functional>

namespace lockkeeper::sessions {

namespace {

QString name(const char *latin1)
{
    return QString::fromLatin1(latin1);
}

std::optional<QString> text(const QVariant &value)
{
    return value.isNull() ? std::nullopt : std::optional(value.toString());
}

/// A time column: microseconds where DatabaseSchema::time() asked for them, text or milliseconds
/// in an SQLite file.
std::optional<WallTime> time(const QVariant &value, bool isPostgreSql)
{
    if (value.isNull())
        return std::nullopt;
    if (isPostgreSql)
        return WallTime(std::chrono::microseconds(value.toLongLong()));
    if (value.typeId() == QMetaType::LongLong)
        return WallTime(milliseconds(value.toLongLong()));
    return parseRfc3339(value.toString());
}

JsonValue newerJson(const QVariant &value, JsonValue::Kind kind)
{
    if (value.isNull())
        return {};
    switch (kind) {
    case JsonValue::Kind::Bool:
        return JsonValue::boolean(value.toBool());
    case JsonValue::Kind::Number:
        return JsonValue::number(value.toLongLong());
    case JsonValue::Kind::String:
        return JsonValue::string(value.toString());
    case JsonValue::Kind::Null:
    case JsonValue::Kind::Array:
    case JsonValue::Kind::Object:
    case JsonValue::Kind::Verbatim:
        break;
    }
    return JsonValue::parse(value.toString().toUtf8()).value_or(JsonValue());
}

Error corruptColumn(const char *column, const QString &why)
{
    return {ErrorCode::Corrupt,
            QStringLiteral("the column \"%1\" is corrupt: %2").arg(name(column), why),
            QStringLiteral("the row was left as it is")};
}

/// A column of JSON text: empty for null, Corrupt when it is not of `kind`.
Result<QByteArray> json(const QVariant &value, JsonValue::Kind kind, const char *column)
{
    const QByteArray text = value.toString().toUtf8();
    if (value.isNull() || text == "null")
        return QByteArray();
    const Result<JsonValue> parsed = JsonValue::parse(text);
    if (parsed && parsed->kind() == kind)
        return text;
    return corruptColumn(column, parsed ? QStringLiteral("it is ") + parsed->kindName()
                                        : parsed.error().what);
}

/// Names of the newer columns that the table has, as a tail of a list of columns.
template<typename Columns>
QString newerTail(const Columns &columns, const std::function<bool(const QString &)> &has)
{
    QString tail;
    for (const NewerColumn &newer : columns) {
        if (has(name(newer.column)))
            tail += QStringLiteral(", \"%1\"").arg(name(newer.column));
    }
    return tail;
}

/// The source of a session in the newer shape, with what only its columns know; empty in a
/// database of an older release. serializeSession() puts the rest over it.
QByteArray newerSource(const QSqlQuery &row, int firstNewer, const ChatSession &session,
                       const DatabaseSchema &schema)
{
    JsonValue source = JsonValue::object();
    source.append("session_id", JsonValue::string(session.id.bytes()));
    for (const char *key : {"user_id", "title"})
        source.append(key, {});
    source.append("usage", JsonValue::array());
    source.append("credentials", JsonValue::object());
    for (const char *key : {"started_at", "updated_at"})
        source.append(key, {});
    for (const char *key : {"successful_agent_runs", "successful_agent_schedules"})
        source.append(key, JsonValue::object());
    int column = firstNewer;
    for (const NewerColumn &newer : kNewerSessionColumns) {
        if (schema.hasSessionColumn(name(newer.column)))
            source.append(newer.key, newerJson(row.value(column++), newer.kind));
    }
    source.append("messages", JsonValue::array());
    return column == firstNewer ? QByteArray() : source.write();
}

constexpr int kMessageColumns = 10;

QByteArray newerMessageSource(const QSqlQuery &row, const ChatMessage &message,
                              const SessionId &session, const DatabaseSchema &schema,
                              bool isPostgreSql)
{
    JsonValue source = JsonValue::object();
    source.append("role", JsonValue::string(message.role));
    for (const char *key :
         {"content", "name", "tool_call_id", "refusal", "tool_calls", "function_call"})
        source.append(key, {});
    source.append("id", JsonValue::string(row.value(8).toString()));
    source.append("sequence", JsonValue::number(message.sequence.value_or(0)));
    if (const auto createdAt = time(row.value(9), isPostgreSql))
        source.append("created_at", JsonValue::string(platformTime(*createdAt)));
    source.append("session_id", JsonValue::string(session.bytes()));
    int column = kMessageColumns;
    for (const NewerColumn &newer : kNewerMessageColumns) {
        if (schema.hasMessageColumn(name(newer.column)))
            source.append(newer.key, newerJson(row.value(column++), newer.kind));
    }
    return source.write();
}

Result<ChatMessage> readMessage(const QSqlQuery &row)
{
    ChatMessage message;
    message.role = row.value(0).toString();
    message.content = text(row.value(1));
    message.name = text(row.value(2));
    message.toolCallId = text(row.value(3));
    message.refusal = text(row.value(4));
    const auto toolCalls = json(row.value(5), JsonValue::Kind::Array, "toolCalls");
    if (!toolCalls)
        return toolCalls.error();
    message.toolCallsJson = *toolCalls;
    const auto functionCall = json(row.value(6), JsonValue::Kind::Object, "functionCall");
    if (!functionCall)
        return functionCall.error();
    message.functionCallJson = *functionCall;
    message.sequence = row.value(7).toLongLong();
    return message;
}

Result<QList<ChatMessage>> readMessages(SqlConnection &connection, const DatabaseSchema &schema,
                                        const QString &id, const ChatSession &session)
{
    const QString columns =
        QStringLiteral(
            "\"role\", \"content\", \"name\", \"toolCallId\", \"refusal\", \"toolCalls\", "
            "\"functionCall\", \"sequence\", \"id\", ") +
        schema.time(QStringLiteral("createdAt")) +
        newerTail(kNewerMessageColumns,
                  [&](const QString &column) { return schema.hasMessageColumn(column); });
    Result<QSqlQuery> rows = connection.execute(
        QStringLiteral("SELECT %1 FROM %2 WHERE \"sessionId\" = ? ORDER BY \"sequence\"")
            .arg(columns, schema.messages()),
        {id}, QStringLiteral("reading the messages"));
    if (!rows)
        return rows.error();
    QList<ChatMessage> messages;
    while (rows->next()) {
        Result<ChatMessage> message = readMessage(*rows);
        if (!message)
            return message.error();
        if (!session.source.isEmpty())
            message->source =
                newerMessageSource(*rows, *message, session.id, schema, connection.isPostgreSql());
        messages.append(*std::move(message));
    }
    return messages;
}

Result<void> readJsonColumns(ChatSession &session, const QSqlQuery &row, int first)
{
    struct
    {
        const char *column;
        QByteArray *target;
    } const columns[] = {
        {"credentials", &session.credentialsJson},
        {"successfulAgentRuns", &session.successfulAgentRunsJson},
        {"successfulAgentSchedules", &session.successfulAgentSchedulesJson},
    };
    for (const auto &[column, target] : columns) {
        const auto value = json(row.value(first++), JsonValue::Kind::Object, column);
        if (!value)
            return value.error();
        if (!value->isEmpty())
            *target = *value;
    }
    return {};
}

} // namespace

Result<std::optional<ChatSession>> readSession(SqlConnection &connection,
                                               const DatabaseSchema &schema, const QString &id)
{
    const QString columns =
        QStringLiteral("\"userId\", \"title\", ") + schema.time(QStringLiteral("createdAt")) +
        QStringLiteral(", ") + schema.time(QStringLiteral("updatedAt")) +
        QStringLiteral(", \"totalPromptTokens\", \"totalCompletionTokens\", \"credentials\", "
                       "\"successfulAgentRuns\", \"successfulAgentSchedules\"") +
        newerTail(kNewerSessionColumns,
                  [&](const QString &column) { return schema.hasSessionColumn(column); });
    Result<QSqlQuery> row = connection.execute(
        QStringLiteral("SELECT %1 FROM %2 WHERE \"id\" = ?").arg(columns, schema.sessions()), {id},
        QStringLiteral("reading the session"));
    if (!row)
        return row.error();
    if (!row->next())
        return std::optional<ChatSession>();
    ChatSession session;
    session.id = SessionId(id.toUtf8());
    if (const auto user = text(row->value(0)))
        session.user = UserId(user->toUtf8());
    session.title = text(row->value(1));
    for (int column = 2; column <= 3; ++column) {
        const auto read = time(row->value(column), connection.isPostgreSql());
        if (!read && !row->value(column).isNull())
            return corruptColumn(column == 2 ? "createdAt" : "updatedAt",
                                 QStringLiteral("it is no time of RFC 3339"));
        (column == 2 ? session.startedAt : session.updatedAt) = read;
    }
    session.usage = {row->value(4).toLongLong(), row->value(5).toLongLong()};
    if (const auto read = readJsonColumns(session, *row, 6); !read)
        return read.error();
    session.source = newerSource(*row, 9, session, schema);
    row->clear(); // a failure below would leave it behind in an aborted transaction
    Result<QList<ChatMessage>> messages = readMessages(connection, schema, id, session);
    if (!messages)
        return messages.error();
    session.messages = *std::move(messages);
    return std::optional(std::move(session));
}

QString summaryColumns(const DatabaseSchema &schema)
{
    return QStringLiteral("\"id\", \"userId\", \"title\", %1, %2, (SELECT count(*) FROM %3 m WHERE "
                          "m.\"sessionId\" = s.\"id\")")
        .arg(schema.time(QStringLiteral("createdAt")), schema.time(QStringLiteral("updatedAt")),
             schema.messages());
}

QList<SessionSummary> readSummaries(QSqlQuery &query, bool isPostgreSql)
{
    QList<SessionSummary> summaries;
    while (query.next()) {
        SessionSummary summary;
        summary.id = SessionId(query.value(0).toString().toUtf8());
        if (const auto user = text(query.value(1)))
            summary.user = UserId(user->toUtf8());
        summary.title = text(query.value(2));
        summary.createdAt = time(query.value(3), isPostgreSql);
        summary.updatedAt = time(query.value(4), isPostgreSql);
        summary.messages = query.value(5).toLongLong();
        summaries.append(summary);
    }
    return summaries;
}

} // namespace lockkeeper::sessions
