// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/recovery.h"

#include "core/text.h"

#include <algorithm>

namespace lockkeeper::app {

using Kind = locks::LockObservation::Kind;
using Truth = CutShortAct::Truth;

namespace {

/// How far back it looks: what was cut short before is old news.
constexpr std::chrono::days kReach{31};

bool leavesTraces(const AuditRecord &intent)
{
    return intent.action == AuditEntry::kRelease || intent.action == AuditEntry::kTakeOver ||
           intent.action == AuditEntry::kDelete;
}

QLatin1StringView wordFor(Truth truth)
{
    switch (truth) {
    case Truth::Done:
        return AuditEntry::kFoundDone;
    case Truth::Undone:
        return AuditEntry::kFoundUndone;
    case Truth::PartlyDone:
        return AuditEntry::kFoundPartlyDone;
    case Truth::Over:
        return AuditEntry::kFoundOver;
    case Truth::Unknown:
        return AuditEntry::kFoundUnknown;
    }
    Q_UNREACHABLE();
}

} // namespace

Recovery::Recovery(Parts parts)
    : m_parts(std::move(parts))
{}

Task<QList<CutShortAct>> Recovery::look()
{
    const Result<QList<AuditRun>> runs =
        co_await m_parts.audit.cutShort(m_parts.clock.wall() - kReach);
    if (!runs)
        co_return runs.error();
    QList<CutShortAct> found;
    for (const AuditRun &run : *runs) {
        const AuditRecord &intent = run.begun;
        if (!isOurs(intent) || !leavesTraces(intent))
            continue;
        CutShortAct act = co_await inspect(intent);
        const Result<void> written = co_await record(run, act);
        if (!written) // it is told all the same
            act.found += u" (which could not be recorded: " + written.error().what + u')';
        found.append(act);
    }
    co_return found;
}

/// At this place, and of this family: what others keep under the same id tells nothing of it.
bool Recovery::isOurs(const AuditRecord &intent) const
{
    const SessionId session(bytesFromPrintable(intent.session));
    return intent.where == m_parts.place &&
           bytesFromPrintable(intent.key) == m_parts.locks.family().lockKey(session).bytes();
}

QCoro::Task<CutShortAct> Recovery::inspect(AuditRecord intent)
{
    CutShortAct act;
    act.intent = intent;
    act.session = SessionId(bytesFromPrintable(intent.session));
    if (intent.action == AuditEntry::kDelete)
        co_await inspectDelete(&act);
    else
        co_await inspectLock(&act);
    co_return act;
}

/// `act` lives in the flow that awaits this.
QCoro::Task<> Recovery::inspectDelete(CutShortAct *act)
{
    if (!m_parts.database) {
        act->found = QStringLiteral("no database was given to look into");
        co_return;
    }
    const QList<SessionId> ids{act->session};
    const auto rows = co_await m_parts.database->summaries(ids);
    const auto entries = co_await m_parts.cache.entries(ids);
    if (!rows || !entries) {
        act->found = u"it could not be read: " + (rows ? entries.error() : rows.error()).what;
        co_return;
    }
    const bool isStored = !rows->isEmpty();
    const bool isCached = entries->contains(act->session);
    if (isStored) {
        act->truth = Truth::Undone;
        act->found = QStringLiteral("the row is there: nothing was deleted");
    } else if (isCached) {
        act->truth = Truth::PartlyDone;
        act->found = QStringLiteral("the row is gone, its cached copy is there");
    } else {
        act->truth = Truth::Done;
        act->found = QStringLiteral("row and cached copy are gone");
    }
}

QCoro::Task<> Recovery::inspectLock(CutShortAct *act)
{
    const auto lock = co_await m_parts.locks.read(m_parts.locks.family().lockKey(act->session));
    if (!lock) {
        act->found = u"it could not be read: " + lock.error().what;
        co_return;
    }
    const Token seen(bytesFromPrintable(act->intent.token));
    if (lock->kind == Kind::Held && lock->token == seen) {
        act->truth = Truth::Undone;
        act->found = QStringLiteral("the lock still has the token that was seen");
        co_return;
    }
    act->truth = Truth::Over;
    act->found = QStringLiteral("the token that was seen is gone, whether by this act or not; ");
    if (lock->kind != Kind::Held)
        act->found += QStringLiteral("the lock is free");
    else
        act->found +=
            u"the lock is " +
            describe(*lock,
                     locks::decodeOwner(lock->token, m_parts.clock.wall(), m_parts.nodeNames),
                     m_parts.clock.steady());
}

/// What was found before, and found again, is not recorded again.
Task<void> Recovery::record(AuditRun run, CutShortAct act)
{
    const QString outcome = wordFor(act.truth) + u": " + act.found;
    const bool isKnown = std::ranges::any_of(
        run.findings, [&](const AuditRecord &finding) { return finding.outcome == outcome; });
    if (isKnown)
        co_return Result<void>();
    AuditEntry entry;
    entry.actionId = act.intent.actionId;
    entry.phase = AuditEntry::Phase::Finding;
    entry.action = act.intent.action;
    entry.target = act.intent.target;
    entry.environment = act.intent.environment;
    entry.batch = act.intent.batch;
    entry.place = act.intent.where;
    entry.key = bytesFromPrintable(act.intent.key);
    entry.session = act.session;
    entry.token = Token(bytesFromPrintable(act.intent.token));
    entry.owner = act.intent.owner;
    entry.reason = act.intent.reason;
    entry.outcome = outcome;
    co_return co_await m_parts.audit.append(entry);
}

} // namespace lockkeeper::app
