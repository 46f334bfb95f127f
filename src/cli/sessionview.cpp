// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/sessionview.h"

#include "cli/jsonvalues.h"
#include "core/text.h"
#include "sessions/sessionjson.h"

#include <QCoreApplication>

namespace lockkeeper::cli {

using sessions::ChatSession;
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

QByteArray sessionDocument(ChatSession session)
{
    session.credentialsJson = withoutSecrets(session.credentialsJson);
    return sessions::serializeSession(session);
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
