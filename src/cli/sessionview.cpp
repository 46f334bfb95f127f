// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/sessionview.h"

#include "cli/jsonvalues.h"
#include "core/text.h"
#include "sessions/jsonvalue.h"
#include "sessions/sessionjson.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <span>

namespace lockkeeper::cli {

using sessions::ChatSession;
using sessions::JsonValue;
using sessions::SessionSummary;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::cli", text);
}

QByteArray withoutSecrets(const QByteArray &credentialsJson)
{
    const Json credentials =
        Json::parse(credentialsJson.constData(),
                    credentialsJson.constData() + credentialsJson.size(), nullptr, false);
    Json masked = Json::object();
    if (credentials.is_object()) {
        for (const auto &entry : credentials.items())
            masked[entry.key()] = "***";
    }
    return lineText(masked);
}

/// What is known to hold no text of a conversation. `credentials` come masked, `messages` are
/// masked one by one.
constexpr std::array<QByteArrayView, 14> kPlainInSession{
    "session_id",      "user_id",
    "title",           "messages",
    "usage",           "credentials",
    "started_at",      "updated_at",
    "chat_status",     "successful_agent_runs",
    "organization_id", "successful_agent_schedules",
    "team_id",         "is_pinned"};
constexpr std::array<QByteArrayView, 6> kPlainInMessage{"role",       "id",          "sequence",
                                                        "created_at", "duration_ms", "session_id"};

/// The object with its members in their order; what is null stays null.
JsonValue masked(const JsonValue &object, std::span<const QByteArrayView> plain)
{
    JsonValue shown = JsonValue::object();
    for (std::size_t i = 0; i < object.keys().size(); ++i) {
        const QByteArray &key = object.keys()[i];
        const JsonValue &value = object.items()[i];
        const bool isShown = value.isNull() || std::ranges::find(plain, key) != plain.end();
        shown.append(key, isShown ? value : JsonValue::string(QByteArray("***")));
    }
    return shown;
}

QByteArray withoutTexts(const QByteArray &document)
{
    const Result<JsonValue> session = JsonValue::parse(document);
    if (!session)
        return {}; // we wrote it ourselves
    JsonValue shown = masked(*session, kPlainInSession);
    JsonValue messages = JsonValue::array();
    if (const JsonValue *known = session->find("messages")) {
        for (const JsonValue &message : known->items())
            messages.append(masked(message, kPlainInMessage));
    }
    shown.set("messages", messages);
    return shown.write();
}

QString textOf(const std::optional<UserId> &user)
{
    return user ? printable(user->bytes()) : tr("none");
}

QString textOf(const std::optional<WallTime> &time)
{
    return time ? rfc3339(*time) : tr("not known");
}

QString textOf(const std::optional<QString> &text)
{
    return text && !text->isEmpty() ? printable(text->toUtf8()) : tr("none");
}

} // namespace

QByteArray sessionDocument(ChatSession session, bool isRevealed)
{
    session.credentialsJson = withoutSecrets(session.credentialsJson);
    const QByteArray document = sessions::serializeSession(session);
    return isRevealed ? document : withoutTexts(document);
}

void printSession(const ChatSession &session, Output &output)
{
    output.line(tr("session   %1").arg(printable(session.id.bytes())), Tone::Strong);
    output.line(tr("title     %1").arg(textOf(session.title)));
    output.line(tr("user      %1").arg(textOf(session.user)));
    output.line(tr("messages  %1").arg(session.messages.size()));
    output.line(
        tr("tokens    %1 in, %2 out").arg(session.usage.prompt).arg(session.usage.completion));
    output.line(tr("started   %1").arg(textOf(session.startedAt)));
    output.line(tr("updated   %1").arg(textOf(session.updatedAt)));
}

QByteArray summariesJson(const QList<SessionSummary> &summaries)
{
    Json array = Json::array();
    for (const SessionSummary &summary : summaries) {
        Json json;
        json["session_id"] = jsonOfBytes(summary.id.bytes());
        json["user_id"] = summary.user ? jsonOfBytes(summary.user->bytes()) : Json();
        json["title"] = jsonOrNull(summary.title);
        json["created_at"] = jsonOrNull(summary.createdAt);
        json["updated_at"] = jsonOrNull(summary.updatedAt);
        json["messages"] = jsonOrNull(summary.messages);
        array.push_back(std::move(json));
    }
    return documentText(array);
}

TextTable summariesTable(const QList<SessionSummary> &summaries)
{
    TextTable table(
        {{tr("SESSION")}, {tr("UPDATED")}, {tr("MESSAGES"), true}, {tr("TITLE"), false, true}});
    for (const SessionSummary &summary : summaries)
        table.add({{printable(summary.id.bytes()), Tone::Strong},
                   {summary.updatedAt ? rfc3339(*summary.updatedAt) : QString()},
                   {summary.messages ? QString::number(*summary.messages) : QString()},
                   {textOf(summary.title)}});
    return table;
}

} // namespace lockkeeper::cli
