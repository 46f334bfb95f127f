// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text.h"
#include "sessions/jsonvalue.h"
#include "sessions/sessionjson.h"

#include <QDateTime>
#include <QRegularExpression>

namespace lockkeeper::sessions {

namespace {

JsonValue orNull(const std::optional<QString> &text)
{
    return text ? JsonValue::string(*text) : JsonValue();
}

/// A JSON text of ours as a value; null when it is empty, nullopt when it is not of `kind`.
std::optional<JsonValue> fromText(const QByteArray &json, JsonValue::Kind kind)
{
    if (json.isEmpty())
        return JsonValue();
    Result<JsonValue> value = JsonValue::parse(json);
    if (!value || value->kind() != kind)
        return std::nullopt;
    return *std::move(value);
}

/// Puts a JSON text that a caller made; one that is not of `kind` must not spoil the document.
void setText(JsonValue &object, const QByteArray &key, const QByteArray &json, JsonValue::Kind kind)
{
    if (std::optional<JsonValue> value = fromText(json, kind))
        object.set(key, *std::move(value));
    else if (!object.find(key))
        object.set(key, {});
}

QString withMicroseconds(WallTime time)
{
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const qint64 micros = (time - whole).count();
    return QDateTime::fromSecsSinceEpoch(whole.time_since_epoch().count(), Qt::UTC)
               .toString(QStringLiteral("yyyy-MM-ddTHH:mm:ss.")) +
           QString::number(micros).rightJustified(6, u'0');
}

/// The time in the zone of the text in whose place it comes.
QString timeInZoneOf(const JsonValue *previous, WallTime time)
{
    static const QRegularExpression kZone(QStringLiteral("([+-])(\\d{2}):?(\\d{2})$"));
    const auto zone = kZone.match(previous ? previous->text() : QString());
    if (!zone.hasMatch())
        return platformTime(time);
    std::chrono::minutes offset(zone.captured(2).toInt() * 60 + zone.captured(3).toInt());
    if (zone.captured(1) == u"-")
        offset = -offset;
    return withMicroseconds(time + offset) + zone.captured(0);
}

void overlay(JsonValue &json, const ChatMessage &message, const ChatMessage &before)
{
    if (message.role != before.role)
        json.set("role", JsonValue::string(message.role));
    if (message.content != before.content)
        json.set("content", orNull(message.content));
    if (message.name != before.name)
        json.set("name", orNull(message.name));
    if (message.toolCallId != before.toolCallId)
        json.set("tool_call_id", orNull(message.toolCallId));
    if (message.refusal != before.refusal)
        json.set("refusal", orNull(message.refusal));
    if (message.toolCallsJson != before.toolCallsJson)
        setText(json, "tool_calls", message.toolCallsJson, JsonValue::Kind::Array);
    if (message.functionCallJson != before.functionCallJson)
        setText(json, "function_call", message.functionCallJson, JsonValue::Kind::Object);
}

JsonValue newMessage(const ChatMessage &message)
{
    JsonValue json = JsonValue::object();
    json.set("role", JsonValue::string(message.role));
    json.set("content", orNull(message.content));
    json.set("name", orNull(message.name));
    json.set("tool_call_id", orNull(message.toolCallId));
    json.set("refusal", orNull(message.refusal));
    setText(json, "tool_calls", message.toolCallsJson, JsonValue::Kind::Array);
    setText(json, "function_call", message.functionCallJson, JsonValue::Kind::Object);
    return json;
}

QByteArray messageJson(const ChatMessage &message, bool isSequenced)
{
    const Result<ChatMessage> before = parseMessage(message.source);
    if (before && *before == message)
        return message.source;
    JsonValue json;
    if (before) {
        json = JsonValue::parse(message.source).value_or(JsonValue::object());
        overlay(json, message, *before);
    } else {
        json = newMessage(message);
    }
    if (isSequenced && (!before || message.sequence != before->sequence))
        json.set("sequence", message.sequence ? JsonValue::number(*message.sequence) : JsonValue());
    return json.write();
}

QByteArray messagesJson(const ChatSession &session)
{
    // Only the newer shape of the platform reads sequences back, and has them in every message.
    bool isSequenced = session.source.contains("\"chat_status\":");
    for (const ChatMessage &message : session.messages)
        isSequenced = isSequenced || message.source.contains("\"sequence\":");
    QByteArray out = "[";
    for (const ChatMessage &message : session.messages) {
        if (out.size() > 1)
            out += ',';
        out += messageJson(message, isSequenced);
    }
    out += ']';
    return out;
}

/// Brings `usage` to the new totals: by one entry more, or by one alone where they went down.
void setUsage(JsonValue &root, const TokenTotals &totals, const TokenTotals &before)
{
    JsonValue list = JsonValue::array();
    TokenTotals step = totals;
    if (const JsonValue *present = root.find("usage"); present && present->isArray() &&
                                                       totals.prompt >= before.prompt &&
                                                       totals.completion >= before.completion) {
        list = *present;
        step = {totals.prompt - before.prompt, totals.completion - before.completion};
    }
    if (step != TokenTotals{}) {
        JsonValue entry = JsonValue::object();
        entry.set("prompt_tokens", JsonValue::number(step.prompt));
        entry.set("completion_tokens", JsonValue::number(step.completion));
        entry.set("total_tokens", JsonValue::number(step.prompt + step.completion));
        list.append(std::move(entry));
    }
    root.set("usage", std::move(list));
}

void setTime(JsonValue &root, const QByteArray &key, WallTime time)
{
    root.set(key, JsonValue::string(timeInZoneOf(root.find(key), time)));
}

JsonValue baseShape()
{
    JsonValue root = JsonValue::object();
    for (const char *key : {"session_id", "user_id", "title"})
        root.append(key, {});
    root.append("messages", JsonValue::array());
    root.append("usage", JsonValue::array());
    root.append("credentials", JsonValue::object());
    for (const char *key : {"started_at", "updated_at"})
        root.append(key, JsonValue::string(platformTime({})));
    for (const char *key : {"successful_agent_runs", "successful_agent_schedules"})
        root.append(key, JsonValue::object());
    return root;
}

void overlay(JsonValue &root, const ChatSession &session, const ChatSession &before)
{
    if (session.id != before.id)
        root.set("session_id", JsonValue::string(session.id.bytes()));
    if (session.user != before.user)
        root.set("user_id", session.user ? JsonValue::string(session.user->bytes()) : JsonValue());
    if (session.title != before.title)
        root.set("title", orNull(session.title));
    if (session.usage != before.usage)
        setUsage(root, session.usage, before.usage);
    if (session.startedAt && session.startedAt != before.startedAt)
        setTime(root, "started_at", *session.startedAt);
    if (session.updatedAt && session.updatedAt != before.updatedAt)
        setTime(root, "updated_at", *session.updatedAt);
    constexpr auto kObject = JsonValue::Kind::Object;
    if (session.credentialsJson != before.credentialsJson)
        setText(root, "credentials", session.credentialsJson, kObject);
    if (session.successfulAgentRunsJson != before.successfulAgentRunsJson)
        setText(root, "successful_agent_runs", session.successfulAgentRunsJson, kObject);
    if (session.successfulAgentSchedulesJson != before.successfulAgentSchedulesJson)
        setText(root, "successful_agent_schedules", session.successfulAgentSchedulesJson, kObject);
    const JsonValue *list = root.find("messages");
    if (!session.messages.isEmpty() || (list && list->isArray()))
        root.set("messages", JsonValue::verbatim(messagesJson(session)));
}

} // namespace

QByteArray serializeSession(const ChatSession &session)
{
    const Result<ChatSession> before = parseSession(session.source);
    JsonValue root = before ? JsonValue::parse(session.source).value_or(baseShape()) : baseShape();
    overlay(root, session, before ? *before : ChatSession{});
    return root.write();
}

QString platformTime(WallTime time)
{
    return withMicroseconds(time) + u'Z';
}

} // namespace lockkeeper::sessions
