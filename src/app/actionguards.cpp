// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/actions.h"
#include "core/text.h"
#include "locks/singlelook.h"

// What stands before an act: the write window, the profile's rights, the server's, and what has to
// be typed.
namespace lockkeeper::app {

Task<void> Actions::unlock(QString typed, QString reason)
{
    const Result<void> right = m_parts.window.check(typed);
    if (!right || m_parts.window.state() == WriteWindow::State::Open)
        co_return right;
    ActNote note;
    note.reason = reason;
    AuditEntry entry = intentOf(AuditEntry::kUnlock, {}, {}, note);
    entry.key.clear();
    entry.phase = AuditEntry::Phase::Outcome; // there is nothing that could go wrong in between
    entry.outcome = AuditEntry::kDone;
    const Result<void> written = co_await m_parts.audit.append(entry);
    if (!written)
        co_return Error{written.error().code,
                        u"it stays locked, because the unlocking could not be written to the "
                        u"audit log: " +
                            written.error().what,
                        written.error().hint};
    co_return m_parts.window.unlock(typed);
}

QCoro::Task<std::optional<Error>> Actions::forbidden(Deed deed)
{
    const auto closed = m_parts.window.refusal();
    if (closed)
        co_return closed;
    if (m_parts.guardrails.scope == Scope::StaleLocks && deed != Deed::Release)
        co_return Error{ErrorCode::NotPermitted,
                        u"the profile \"" + m_parts.guardrails.profile +
                            u"\" only lets you release stale locks",
                        QStringLiteral("ask somebody with the rights of an operator")};
    if (!m_parts.rights)
        co_return std::nullopt;
    const Result<void> settled = co_await m_parts.rights->settled();
    co_return settled ? m_parts.rights->refusal(deed) : std::nullopt;
}

QCoro::Task<std::optional<Error>> Actions::forbidsLock(SessionId session)
{
    if (m_parts.guardrails.scope != Scope::StaleLocks)
        co_return std::nullopt;
    Inspection inspection;
    inspection.id = session;
    co_await readLock(&inspection);
    if (!inspection.lock)
        co_return inspection.lock.error();
    co_return staleRefusal(inspection);
}

std::optional<Error> Actions::staleRefusal(const Inspection &inspection) const
{
    if (m_parts.guardrails.scope != Scope::StaleLocks || !inspection.lock ||
        inspection.lock->kind != locks::LockObservation::Kind::Held)
        return std::nullopt;
    const auto record = circumstancesOf(inspection).record;
    if (record && isStale(*record, m_parts.clock.steady(), m_parts.guardrails.thresholds))
        return std::nullopt;
    return Error{
        ErrorCode::NotPermitted,
        u"the lock of the session " + printable(inspection.id.bytes()) +
            u" is not stale: its worker seems to be alive",
        u"the profile \"" + m_parts.guardrails.profile +
            u"\" lets you release only locks that never expire, are held long, or are renewed "
            u"for long; for others ask an operator"};
}

std::optional<Error> Actions::unconfirmed(const DeleteRequest &request) const
{
    const QString id = printable(request.session.bytes());
    if (!m_parts.guardrails.isProduction() || request.note.typed == id)
        return std::nullopt;
    return Error{
        ErrorCode::NotPermitted,
        request.note.typed.isEmpty()
            ? QStringLiteral("not confirmed: in production a delete is confirmed by typing "
                             "the session's id")
            : QString(u"not confirmed: \"" + request.note.typed +
                      u"\" is not the id of the session that is to be deleted"),
        u"type " + id};
}

Circumstances Actions::circumstancesOf(const Inspection &inspection) const
{
    Circumstances circumstances;
    circumstances.family = m_parts.locks.family();
    if (!inspection.lock || inspection.lock->kind != locks::LockObservation::Kind::Held)
        return circumstances;
    // What was read may be newer than what the monitor knows, and another's hold.
    const LockKey key = lockKey(inspection.id);
    const auto *record = m_parts.monitor ? m_parts.monitor->registry().find(key) : nullptr;
    circumstances.isWatched = record && record->token == inspection.lock->token;
    circumstances.record =
        circumstances.isWatched
            ? *record
            : locks::recordOf(m_parts.locks.family(), m_parts.clock, key, *inspection.lock);
    return circumstances;
}

} // namespace lockkeeper::app
