// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sessionjson.h"

#include "sessions/jsonfields.h"
#include "sessions/jsonvalue.h"

namespace lockkeeper::sessions {

namespace {

Error corrupt(const Error &fault)
{
    return {ErrorCode::Corrupt, QStringLiteral("the session JSON is corrupt: ") + fault.what,
            fault.hint};
}

Result<ChatMessage> readMessage(const JsonValue &json, const QString &path)
{
    if (!json.isObject())
        return Error{
            ErrorCode::Corrupt, QString(path + u" is " + json.kindName() + u", not an object"), {}};
    JsonFields fields(json, path);
    ChatMessage message;
    message.role = fields.requiredText("role");
    message.content = fields.text("content");
    message.name = fields.text("name");
    message.toolCallId = fields.text("tool_call_id");
    message.refusal = fields.text("refusal");
    message.toolCallsJson = fields.json("tool_calls", JsonValue::Kind::Array);
    message.functionCallJson = fields.json("function_call", JsonValue::Kind::Object);
    message.sequence = fields.integer("sequence");
    if (fields.fault())
        return *fields.fault();
    message.source = json.write();
    return message;
}

Result<QList<ChatMessage>> readMessages(const JsonValue &list)
{
    QList<ChatMessage> messages;
    messages.reserve(static_cast<qsizetype>(list.items().size()));
    for (const JsonValue &item : list.items()) {
        Result<ChatMessage> message =
            readMessage(item, QStringLiteral("messages[%1]").arg(messages.size()));
        if (!message)
            return message.error();
        messages.append(*std::move(message));
    }
    return messages;
}

/// The sums over `usage`.
Result<TokenTotals> readUsage(const JsonValue &list)
{
    TokenTotals totals;
    int index = 0;
    for (const JsonValue &entry : list.items()) {
        JsonFields fields(entry, QStringLiteral("usage[%1]").arg(index++));
        if (!entry.isObject())
            fields.fail("prompt_tokens", QStringLiteral("is missing"));
        const qint64 prompt = fields.integer("prompt_tokens").value_or(0);
        const qint64 completion = fields.integer("completion_tokens").value_or(0);
        if (__builtin_add_overflow(totals.prompt, prompt, &totals.prompt) ||
            __builtin_add_overflow(totals.completion, completion, &totals.completion))
            fields.fail("prompt_tokens", QStringLiteral("makes the sum too large"));
        if (fields.fault())
            return *fields.fault();
    }
    return totals;
}

QByteArray objectOrEmpty(JsonFields &fields, QByteArrayView key)
{
    const QByteArray json = fields.json(key, JsonValue::Kind::Object);
    return json.isEmpty() ? QByteArray("{}") : json;
}

Result<ChatSession> readSession(JsonValue &root)
{
    JsonFields fields(root);
    ChatSession session;
    session.id = SessionId(fields.requiredText("session_id").toUtf8());
    if (session.id.isEmpty())
        fields.fail("session_id", QStringLiteral("is empty"));
    if (const auto user = fields.text("user_id"))
        session.user = UserId(user->toUtf8());
    session.title = fields.text("title");
    session.credentialsJson = objectOrEmpty(fields, "credentials");
    session.successfulAgentRunsJson = objectOrEmpty(fields, "successful_agent_runs");
    session.successfulAgentSchedulesJson = objectOrEmpty(fields, "successful_agent_schedules");
    session.startedAt = fields.time("started_at");
    session.updatedAt = fields.time("updated_at");
    const JsonValue *usage = fields.child("usage", JsonValue::Kind::Array);
    const JsonValue *list = fields.child("messages", JsonValue::Kind::Array);
    if (fields.fault())
        return *fields.fault();
    if (usage) {
        const Result<TokenTotals> totals = readUsage(*usage);
        if (!totals)
            return totals.error();
        session.usage = *totals;
    }
    if (list) {
        Result<QList<ChatMessage>> messages = readMessages(*list);
        if (!messages)
            return messages.error();
        session.messages = *std::move(messages);
        root.set("messages", JsonValue::array());
    }
    session.source = root.write();
    return session;
}

} // namespace

Result<ChatSession> parseSession(const QByteArray &json)
{
    Result<JsonValue> root = JsonValue::parse(json);
    if (!root)
        return corrupt(root.error());
    if (!root->isObject())
        return corrupt({ErrorCode::Corrupt,
                        QStringLiteral("it is %1, not an object").arg(root->kindName()),
                        {}});
    Result<ChatSession> session = readSession(*root);
    return session ? session : corrupt(session.error());
}

Result<ChatMessage> parseMessage(const QByteArray &json)
{
    const Result<JsonValue> root = JsonValue::parse(json);
    if (!root)
        return corrupt(root.error());
    Result<ChatMessage> message = readMessage(*root, QStringLiteral("the message"));
    return message ? message : corrupt(message.error());
}

std::optional<QString> chatStatus(const ChatSession &session)
{
    if (!session.source.contains("\"chat_status\""))
        return std::nullopt;
    const Result<JsonValue> source = JsonValue::parse(session.source);
    const JsonValue *status = source ? source->find("chat_status") : nullptr;
    return status && status->isString() ? std::optional(status->text()) : std::nullopt;
}

} // namespace lockkeeper::sessions
