// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/inspectionview.h"

#include "app/sessiondiagnosis.h"
#include "cli/jsonvalues.h"
#include "core/text.h"
#include "locks/lockprotocol.h"

#include <QCoreApplication>

namespace lockkeeper::cli {

using locks::LockObservation;
using sessions::ChatMessage;
using sessions::ChatSession;
using Copy = Result<std::optional<ChatSession>>;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::cli", text);
}

const ChatSession *sessionOf(const Copy &copy)
{
    return copy && copy->has_value() ? &**copy : nullptr;
}

QLatin1StringView lockWord(const Result<LockObservation> &lock)
{
    if (!lock)
        return QLatin1StringView("unknown");
    switch (lock->kind) {
    case LockObservation::Kind::Missing:
        return QLatin1StringView("missing");
    case LockObservation::Kind::Held:
        return QLatin1StringView("held");
    case LockObservation::Kind::Foreign:
        return QLatin1StringView("foreign");
    }
    Q_UNREACHABLE();
}

QLatin1StringView copyWord(const Copy &copy)
{
    if (!copy)
        return copy.error().code == ErrorCode::Corrupt ? QLatin1StringView("corrupt")
                                                       : QLatin1StringView("unknown");
    return copy->has_value() ? QLatin1StringView("present") : QLatin1StringView("missing");
}

/// Text of a stranger for a terminal: lines stay lines, control characters do not get through.
QString harmless(const QString &text)
{
    QStringList lines;
    for (const QString &line : text.split(u'\n')) {
        QString clean;
        for (const QChar c : line) {
            const bool isControl =
                c.category() == QChar::Other_Control || c.category() == QChar::Other_Format;
            if (c == u'\t')
                clean += u' ';
            else
                clean += isControl ? QChar(QChar::ReplacementCharacter) : c;
        }
        lines.append(clean);
    }
    return lines.join(QStringLiteral("\n    "));
}

QString timeText(const std::optional<WallTime> &time)
{
    return time ? rfc3339(*time) : tr("not known");
}

Json rawJson(const QByteArray &json)
{
    if (json.isEmpty())
        return {};
    Json parsed = Json::parse(json.constData(), json.constData() + json.size(), nullptr, false);
    return parsed.is_discarded() ? Json() : parsed;
}

/// The names of the tools that a message calls; "?" for one that has none.
QStringList calledTools(const ChatMessage &message)
{
    const auto nameOf = [](const Json &function) {
        const bool hasName =
            function.is_object() && function.contains("name") && function["name"].is_string();
        return hasName ? printable(QByteArray::fromStdString(function["name"].get<std::string>()))
                       : QStringLiteral("?");
    };
    QStringList names;
    for (const Json &call : rawJson(message.toolCallsJson))
        names.append(nameOf(call.is_object() ? call.value("function", Json()) : Json()));
    if (const Json call = rawJson(message.functionCallJson); !call.is_null())
        names.append(nameOf(call));
    return names;
}

/// What a message holds: its texts, or how long they are, and what it calls.
QString contentText(const ChatMessage &message, bool isRevealed)
{
    const auto shown = [isRevealed](const QString &text) {
        return isRevealed ? harmless(text) : tr("%1 characters").arg(text.size());
    };
    QStringList parts;
    if (message.content && !message.content->isEmpty())
        parts.append(shown(*message.content));
    if (message.refusal && !message.refusal->isEmpty())
        parts.append(tr("refuses: %1").arg(shown(*message.refusal)));
    const QStringList tools = calledTools(message);
    if (!tools.isEmpty())
        parts.append((tools.size() == 1 ? tr("calls tool %1") : tr("calls tools %1"))
                         .arg(tools.join(QStringLiteral(", "))));
    return parts.isEmpty() ? tr("empty") : parts.join(QStringLiteral("; "));
}

Json messageJson(const ChatMessage &message, bool isRevealed)
{
    Json json;
    json["role"] = jsonOf(message.role);
    json["sequence"] = jsonOrNull(message.sequence);
    json["characters"] = message.content ? Json(message.content->size()) : Json();
    if (isRevealed) {
        json["content"] = jsonOrNull(message.content);
        json["name"] = jsonOrNull(message.name);
        json["tool_call_id"] = jsonOrNull(message.toolCallId);
        json["refusal"] = jsonOrNull(message.refusal);
        json["tool_calls"] = rawJson(message.toolCallsJson);
        json["function_call"] = rawJson(message.functionCallJson);
    }
    return json;
}

Json sessionJson(const ChatSession *session, bool isRevealed)
{
    if (!session)
        return {};
    Json json;
    json["user_id"] = session->user ? jsonOfBytes(session->user->bytes()) : Json();
    json["title"] = jsonOrNull(session->title);
    json["started_at"] = jsonOrNull(session->startedAt);
    json["updated_at"] = jsonOrNull(session->updatedAt);
    json["prompt_tokens"] = session->usage.prompt;
    json["completion_tokens"] = session->usage.completion;
    json["messages"] = Json::array();
    for (const ChatMessage &message : session->messages)
        json["messages"].push_back(messageJson(message, isRevealed));
    return json;
}

Json errorOf(const Copy &copy)
{
    return copy ? Json() : jsonOf(copy.error());
}

QString copyText(const Copy &copy)
{
    if (!copy)
        return copy.error().code == ErrorCode::Corrupt ? tr("corrupt, kept as it is")
                                                       : tr("could not be read");
    return copy->has_value() ? tr("present") : tr("not there");
}

} // namespace

QString lockText(const app::Inspection &inspection, SteadyTime now)
{
    const auto &lock = inspection.lock;
    if (!lock)
        return lock.error().what;
    switch (lock->kind) {
    case LockObservation::Kind::Missing:
        return tr("not held");
    case LockObservation::Kind::Held:
        return locks::describe(*lock, *inspection.owner, now);
    case LockObservation::Kind::Foreign:
        return lock->foreignReason;
    }
    Q_UNREACHABLE();
}

InspectionView::InspectionView(const app::Inspection &inspection, const app::Target &target,
                               const Clock &clock, bool isRevealed)
    : m_inspection(inspection)
    , m_target(target)
    , m_clock(clock)
    , m_isRevealed(isRevealed)
{}

QByteArray InspectionView::json() const
{
    const auto &lock = m_inspection.lock;
    const auto &owner = m_inspection.owner;
    Json json;
    json["session_id"] = jsonOfBytes(m_inspection.id.bytes());
    json["server"] = jsonOf(m_target.server.place());
    const app::SessionDiagnosis session = app::diagnoseSession(m_inspection);
    json["session_state"] = jsonOf(name(session.state));
    json["session_reason"] = jsonOf(session.reason);
    Json &lockJson = json["lock"];
    lockJson["state"] = jsonOf(lockWord(lock));
    lockJson["lock_key"] = jsonOfBytes(m_target.family.lockKey(m_inspection.id).bytes());
    const bool isHeld = lock && lock->kind == LockObservation::Kind::Held;
    lockJson["token"] = isHeld ? jsonOf(printable(lock->token.bytes())) : Json();
    lockJson["ttl_ms"] = lock ? jsonOrNull(lock->ttl) : Json();
    lockJson["reason"] =
        lock && !lock->foreignReason.isEmpty() ? jsonOf(lock->foreignReason) : Json();
    Json &ownerJson = json["owner"];
    ownerJson["kind"] = owner ? jsonOf(name(owner->kind)) : Json();
    ownerJson["label"] = owner ? jsonOf(owner->label) : Json();
    ownerJson["node_id"] = owner && !owner->nodeId.isEmpty() ? jsonOf(owner->nodeId) : Json();
    ownerJson["called_at"] = owner ? jsonOrNull(owner->calledAt) : Json();
    ownerJson["confidence"] = owner ? jsonOf(name(owner->confidence)) : Json();
    Json &cache = json["cache"];
    cache["state"] = jsonOf(copyWord(m_inspection.cached));
    cache["cache_key"] = jsonOfBytes(m_target.family.cacheKey(m_inspection.id).bytes());
    cache["ttl_ms"] = jsonOrNull(m_inspection.cacheTtl);
    cache["bytes"] = jsonOrNull(m_inspection.cachedBytes);
    cache["error"] = errorOf(m_inspection.cached);
    cache["session"] = sessionJson(sessionOf(m_inspection.cached), m_isRevealed);
    Json &database = json["database"];
    database["state"] =
        m_inspection.hasDatabase ? jsonOf(copyWord(m_inspection.stored)) : Json("none");
    database["error"] = errorOf(m_inspection.stored);
    database["session"] = sessionJson(sessionOf(m_inspection.stored), m_isRevealed);
    return documentText(json);
}

void InspectionView::print(Output &output) const
{
    output.line(tr("session   %1").arg(printable(m_inspection.id.bytes())), Tone::Strong);
    const app::SessionDiagnosis session = app::diagnoseSession(m_inspection);
    const bool isWell =
        session.state == app::SessionState::Ok || session.state == app::SessionState::DbOnly;
    output.line(tr("state     %1: %2")
                    .arg(QString(name(session.state)).replace(u'_', u' '), session.reason),
                isWell ? Tone::Plain : Tone::Warn);
    if (!session.advice.isEmpty())
        output.line(u"          " + session.advice, Tone::Faint);
    printLock(output);
    output.line({});
    printCopies(output);
    printMessages(output);
}

void InspectionView::printLock(Output &output) const
{
    const auto &lock = m_inspection.lock;
    const auto &owner = m_inspection.owner;
    output.line(tr("lock      %1").arg(lockText(m_inspection, m_clock.steady())));
    if (lock->kind == LockObservation::Kind::Missing)
        return;
    output.line(
        tr("key       %1").arg(printable(m_target.family.lockKey(m_inspection.id).bytes())));
    if (!owner)
        return;
    output.line(tr("token     %1").arg(printable(lock->token.bytes())));
    QString line =
        tr("owner     %1 (%2, %3)").arg(owner->label, name(owner->kind), name(owner->confidence));
    if (!owner->nodeId.isEmpty())
        line += tr(", node %1").arg(owner->nodeId);
    if (owner->calledAt)
        line += tr(", asked for it at %1").arg(rfc3339(*owner->calledAt));
    output.line(line);
}

void InspectionView::printCopies(Output &output) const
{
    TextTable table({{QString()}, {tr("CACHE"), false, true}, {tr("DATABASE"), false, true}});
    const ChatSession *cached = sessionOf(m_inspection.cached);
    const ChatSession *stored = sessionOf(m_inspection.stored);
    const auto addRow = [&](const QString &label, const auto &textOf) {
        if (!cached && !stored)
            return;
        table.add({{label, Tone::Faint},
                   {cached ? textOf(*cached) : QString()},
                   {stored ? textOf(*stored) : QString()}});
    };
    const bool isCorrupt = !m_inspection.cached;
    table.add({{tr("copy"), Tone::Faint},
               {copyText(m_inspection.cached), isCorrupt ? Tone::Bad : Tone::Plain},
               {m_inspection.hasDatabase ? copyText(m_inspection.stored) : tr("none given"),
                m_inspection.stored ? Tone::Plain : Tone::Bad}});
    addRow(tr("title"), [](const ChatSession &session) {
        const bool hasTitle = session.title && !session.title->isEmpty();
        return hasTitle ? printable(session.title->toUtf8()) : tr("none");
    });
    addRow(tr("user"), [](const ChatSession &session) {
        return session.user ? printable(session.user->bytes()) : tr("none");
    });
    addRow(tr("messages"),
           [](const ChatSession &session) { return QString::number(session.messages.size()); });
    addRow(tr("tokens"), [](const ChatSession &session) {
        return tr("%1 in, %2 out").arg(session.usage.prompt).arg(session.usage.completion);
    });
    addRow(tr("started"), [](const ChatSession &session) { return timeText(session.startedAt); });
    addRow(tr("updated"), [](const ChatSession &session) { return timeText(session.updatedAt); });
    if (m_inspection.cachedBytes)
        table.add({{tr("size"), Tone::Faint}, {sizeText(*m_inspection.cachedBytes)}, {}});
    if (m_inspection.cachedBytes)
        table.add({{tr("expires"), Tone::Faint},
                   {m_inspection.cacheTtl ? tr("in %1").arg(spanText(*m_inspection.cacheTtl))
                                          : tr("never")},
                   {}});
    output.table(table);
    if (isCorrupt)
        output.warning(tr("cache: %1").arg(lockkeeper::describe(m_inspection.cached.error())));
}

void InspectionView::printMessages(Output &output) const
{
    const ChatSession *session = m_inspection.session();
    if (!session || session->messages.isEmpty())
        return;
    output.line({});
    int number = 0;
    for (const ChatMessage &message : session->messages) {
        output.line(QString::number(++number).rightJustified(3) + u' ' +
                    message.role.leftJustified(10) + contentText(message, m_isRevealed));
    }
    if (!m_isRevealed)
        output.note(tr("texts are masked; --reveal shows them, and the audit log keeps that"));
}

} // namespace lockkeeper::cli
