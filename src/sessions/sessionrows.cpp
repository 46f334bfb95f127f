// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sessionrows.h"

#include "core/text.h"
#include "sessions/newercolumns.h"

#include <QStringDecoder>
#include <QUuid>

#include <utility>

namespace lockkeeper::sessions {

namespace {

QString name(const char *latin1)
{
    return QString::fromLatin1(latin1);
}

QVariant orNull(const std::optional<QString> &text)
{
    if (!text)
        return QVariant(QMetaType(QMetaType::QString));
    return text->isNull() ? QStringLiteral("") : *text; // Qt SQL takes a null string for NULL
}

QVariant jsonOrNull(const QByteArray &json)
{
    return json.isEmpty() ? QVariant(QMetaType(QMetaType::QString))
                          : QVariant(QString::fromUtf8(json));
}

QVariant newerValue(const JsonValue &json, JsonValue::Kind kind)
{
    if (json.kind() != kind)
        return {};
    switch (kind) {
    case JsonValue::Kind::Bool:
        return json.write() == "true";
    case JsonValue::Kind::Number:
        return json.integer() ? QVariant(*json.integer()) : QVariant();
    case JsonValue::Kind::String:
        return json.text();
    case JsonValue::Kind::Null:
    case JsonValue::Kind::Array:
    case JsonValue::Kind::Object:
    case JsonValue::Kind::Verbatim:
        break;
    }
    return QString::fromUtf8(json.write());
}

} // namespace

Result<void> checkJson(const ChatSession &session)
{
    using Kind = JsonValue::Kind;
    const auto check = [](const QByteArray &json, Kind kind, const QString &name) -> Result<void> {
        const Result<JsonValue> value = JsonValue::parse(json);
        if (value && value->kind() == kind)
            return {};
        return Error{ErrorCode::InvalidInput,
                     QStringLiteral("%1 of the session cannot be stored: %2")
                         .arg(name, value ? QStringLiteral("it is ") + value->kindName()
                                          : value.error().what),
                     {}};
    };
    const std::pair<const QByteArray &, QString> objects[] = {
        {session.credentialsJson, QStringLiteral("credentials")},
        {session.successfulAgentRunsJson, QStringLiteral("successful_agent_runs")},
        {session.successfulAgentSchedulesJson, QStringLiteral("successful_agent_schedules")},
    };
    for (const auto &[json, name] : objects) {
        if (Result<void> checked = check(json, Kind::Object, name); !checked)
            return checked;
    }
    for (const ChatMessage &message : session.messages) {
        Result<void> checked;
        if (!message.toolCallsJson.isEmpty())
            checked = check(message.toolCallsJson, Kind::Array, QStringLiteral("tool_calls"));
        if (checked && !message.functionCallJson.isEmpty())
            checked =
                check(message.functionCallJson, Kind::Object, QStringLiteral("function_call"));
        if (!checked)
            return checked;
    }
    return {};
}

std::optional<QString> idText(const QByteArray &id)
{
    QStringDecoder utf8(QStringConverter::Utf8, QStringConverter::Flag::Stateless);
    const QString text = utf8(id);
    if (utf8.hasError() || text.contains(QChar(u'\0')))
        return std::nullopt;
    return text;
}

void RowToInsert::add(const QString &column, const QVariant &value)
{
    columns += u'"' + column + u'"';
    values += value;
}

QString RowToInsert::sql(const QString &table) const
{
    const QStringList marks(columns.size(), QStringLiteral("?"));
    return QStringLiteral("INSERT INTO %1 (%2) VALUES (%3)")
        .arg(table, columns.join(u','), marks.join(u','));
}

QVariantList updatedValues(const ChatSession &session)
{
    return {orNull(session.title),
            QString::fromUtf8(session.credentialsJson),
            QString::fromUtf8(session.successfulAgentRunsJson),
            QString::fromUtf8(session.successfulAgentSchedulesJson),
            session.usage.prompt,
            session.usage.completion,
            rfc3339(session.updatedAt.value_or(WallTime{}))};
}

RowToInsert sessionRow(const ChatSession &session, const DatabaseSchema &schema)
{
    RowToInsert row;
    row.add(QStringLiteral("id"), QString::fromUtf8(session.id.bytes()));
    // JSON that lacks its start must not date the row to 1970.
    const std::optional<WallTime> &begun =
        session.startedAt ? session.startedAt : session.updatedAt;
    row.add(QStringLiteral("createdAt"), rfc3339(begun.value_or(WallTime{})));
    row.add(QStringLiteral("userId"), session.user
                                          ? QVariant(QString::fromUtf8(session.user->bytes()))
                                          : QVariant(QMetaType(QMetaType::QString)));
    const QVariantList values = updatedValues(session);
    for (int i = 0; i < values.size(); ++i)
        row.add(updatedColumns()[i], values[i]);
    const JsonValue source = JsonValue::parse(session.source).value_or(JsonValue());
    for (const NewerColumn &newer : kNewerSessionColumns) {
        const JsonValue *json = source.find(newer.key);
        const QVariant value = json ? newerValue(*json, newer.kind) : QVariant();
        if (value.isValid() && schema.hasSessionColumn(name(newer.column)))
            row.add(name(newer.column), value);
    }
    return row;
}

RowToInsert messageRow(const ChatMessage &message, const SessionId &session, WallTime now,
                       const DatabaseSchema &schema)
{
    const JsonValue source = JsonValue::parse(message.source).value_or(JsonValue());
    const JsonValue *id = source.find("id");
    const JsonValue *createdAt = source.find("created_at");
    const auto known =
        createdAt && createdAt->isString() ? parseRfc3339(createdAt->text()) : std::nullopt;
    RowToInsert row;
    row.add(QStringLiteral("id"), id && id->isString() && !id->utf8().isEmpty()
                                      ? id->text()
                                      : QUuid::createUuid().toString(QUuid::WithoutBraces));
    row.add(QStringLiteral("createdAt"), rfc3339(known.value_or(now)));
    row.add(QStringLiteral("sessionId"), QString::fromUtf8(session.bytes()));
    row.add(QStringLiteral("role"), message.role);
    row.add(QStringLiteral("content"), orNull(message.content));
    row.add(QStringLiteral("name"), orNull(message.name));
    row.add(QStringLiteral("toolCallId"), orNull(message.toolCallId));
    row.add(QStringLiteral("refusal"), orNull(message.refusal));
    row.add(QStringLiteral("toolCalls"), jsonOrNull(message.toolCallsJson));
    row.add(QStringLiteral("functionCall"), jsonOrNull(message.functionCallJson));
    row.add(QStringLiteral("sequence"), message.sequence.value_or(0));
    for (const NewerColumn &newer : kNewerMessageColumns) {
        const JsonValue *json = source.find(newer.key);
        const QVariant value = json ? newerValue(*json, newer.kind) : QVariant();
        if (value.isValid() && schema.hasMessageColumn(name(newer.column)))
            row.add(name(newer.column), value);
    }
    return row;
}

const QStringList &updatedColumns()
{
    static const QStringList kColumns{
        QStringLiteral("title"),
        QStringLiteral("credentials"),
        QStringLiteral("successfulAgentRuns"),
        QStringLiteral("successfulAgentSchedules"),
        QStringLiteral("totalPromptTokens"),
        QStringLiteral("totalCompletionTokens"),
        QStringLiteral("updatedAt"),
    };
    return kColumns;
}

} // namespace lockkeeper::sessions
