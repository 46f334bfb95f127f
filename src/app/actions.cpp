// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/actions.h"

#include "core/text.h"

#include <QLoggingCategory>
#include <QUuid>

#include <utility>

namespace lockkeeper::app {

using namespace std::chrono_literals;

namespace {

Q_LOGGING_CATEGORY(lcActions, "lockkeeper.actions")

/// How long a verification waits for a lost connection to come back.
constexpr auto kPause = 250ms;
constexpr int kPauses = 20;

bool mayComeBack(const Error &error)
{
    return error.code == ErrorCode::CannotConnect || error.code == ErrorCode::ConnectionLost;
}

ActionReport refused(const Error &error)
{
    ActionReport report;
    report.failure = error;
    report.verification = QStringLiteral("nothing was touched");
    return report;
}

Error stopped(const SessionId &session)
{
    return {ErrorCode::Cancelled,
            u"deleting the session " + printable(session.bytes()) +
                u" was stopped before anything was touched",
            QStringLiteral("ask again if it is to be deleted")};
}

ActionReport notRecorded(const Error &error)
{
    return refused(
        {error.code,
         u"nothing was done, because the intent could not be written to the audit log: " +
             error.what,
         error.hint});
}

AuditEntry outcomeOf(AuditEntry intent, const ActionReport &report, milliseconds took)
{
    intent.phase = AuditEntry::Phase::Outcome;
    intent.outcome = outcomeText(report);
    intent.steps = report.steps;
    intent.stepsTook = report.stepsTook;
    intent.took = took;
    return intent;
}

} // namespace

Actions::Actions(Parts parts)
    : m_parts(std::move(parts))
{}

QCoro::Task<Inspection> Actions::inspect(SessionId session, std::stop_token stop)
{
    Inspection found;
    found.id = session;
    found.hasDatabase = m_parts.database != nullptr;

    // All are asked at once: what is compared should be of one time.
    auto lock = m_parts.locks.read(lockKey(session));
    auto entries = m_parts.cache.entries(QList<SessionId>{session});
    auto cached = m_parts.cache.get(session);
    auto stored = finished(Result(std::optional<sessions::ChatSession>{}));
    if (m_parts.database)
        stored = m_parts.database->load(session, std::move(stop));

    found.lock = co_await lock;
    const auto cacheEntries = co_await entries;
    found.cached = co_await cached;
    found.stored = co_await stored;

    if (found.lock && found.lock->kind == locks::LockObservation::Kind::Held)
        found.owner =
            locks::decodeOwner(found.lock->token, m_parts.clock.wall(), m_parts.nodeNames);
    if (cacheEntries && cacheEntries->contains(session)) {
        const sessions::CacheEntry entry = cacheEntries->value(session);
        found.cachedBytes = entry.bytes;
        found.cacheTtl = entry.ttl;
    }
    // The lock was read first: whoever has begun since then holds it now.
    if (found.sessionState() == SessionState::RunningWithoutLock)
        co_await readLock(&found);
    co_return found;
}

QCoro::Task<> Actions::readLock(Inspection *found)
{
    found->lock = co_await m_parts.locks.read(lockKey(found->id));
    if (found->lock && found->lock->kind == locks::LockObservation::Kind::Held)
        found->owner =
            locks::decodeOwner(found->lock->token, m_parts.clock.wall(), m_parts.nodeNames);
}

QCoro::Task<Preview> Actions::previewRelease(ReleaseRequest request)
{
    const Inspection inspection = co_await inspect(request.session);
    Circumstances circumstances = circumstancesOf(inspection);
    circumstances.forbidden = co_await forbidden(Deed::Release);
    Preview preview = previewOf(request, inspection, circumstances, m_parts.clock.steady());
    if (!preview.refusal)
        preview.refusal = staleRefusal(inspection);
    co_return preview;
}

QCoro::Task<Preview> Actions::previewTakeOver(TakeOverRequest request)
{
    const Inspection inspection = co_await inspect(request.session);
    Circumstances circumstances = circumstancesOf(inspection);
    circumstances.forbidden = co_await forbidden(Deed::Hold);
    co_return previewOf(request, inspection, circumstances, m_parts.clock.steady());
}

QCoro::Task<Preview> Actions::previewDelete(DeleteRequest request)
{
    const Result<bool> isRerun = co_await wasCutShort(request.session);
    Preview preview = co_await previewDeleteAs(request, isRerun && *isRerun);
    // Without it a delete that has to be finished would look like one of nothing.
    if (!isRerun && m_parts.window.isOpen())
        preview.refusal = isRerun.error();
    co_return preview;
}

QCoro::Task<Preview> Actions::previewDeleteAs(DeleteRequest request, bool isRerun)
{
    const Inspection inspection = co_await inspect(request.session, request.stop);
    Circumstances circumstances = circumstancesOf(inspection);
    circumstances.isRerun = isRerun;
    circumstances.forbidden = co_await forbidden(Deed::Delete);
    circumstances.mustTypeSession = m_parts.guardrails.isProduction();
    Preview preview = previewOf(request, inspection, circumstances, m_parts.clock.steady());
    if (request.stop.stop_requested()) // whatever the look has shown
        preview.refusal = stopped(request.session);
    co_return preview;
}

QCoro::Task<ActionReport> Actions::release(ReleaseRequest request)
{
    std::optional<Error> refusal = co_await forbidden(Deed::Release);
    if (!refusal)
        refusal = co_await forbidsLock(request.session);
    const WriteWindow::Pass pass = m_parts.window.pass();
    if (!refusal && !pass)
        refusal = m_parts.window.refusal(); // it has closed meanwhile
    if (refusal)
        co_return refused(*refusal);
    const AuditEntry intent =
        intentOf(AuditEntry::kRelease, request.session, request.seen, request.note);
    const Act act = [this, request] { return forceRelease(request); };
    co_return co_await recorded(intent, act);
}

QCoro::Task<ActionReport> Actions::takeOver(TakeOverRequest request)
{
    std::optional<Error> refusal = co_await forbidden(Deed::Hold);
    const WriteWindow::Pass pass = m_parts.window.pass();
    if (!refusal && !pass)
        refusal = m_parts.window.refusal();
    if (refusal)
        co_return refused(*refusal);
    const AuditEntry intent =
        intentOf(AuditEntry::kTakeOver, request.session, request.seen, request.note);
    const Act act = [this, request, pass] { return takeOverAndKeep(request, pass); };
    co_return co_await recorded(intent, act);
}

QCoro::Task<ActionReport> Actions::giveBack(SessionId session)
{
    const Token ours = m_parts.held.tokenOf(session).value_or(Token());
    const AuditEntry intent = intentOf(AuditEntry::kGiveBack, session, ours, {});
    const Act act = [this, session] { return releaseOurs(session); };
    co_return co_await recorded(intent, act);
}

QCoro::Task<ActionReport> Actions::remove(DeleteRequest request)
{
    std::optional<Error> refusal = co_await forbidden(Deed::Delete);
    if (!refusal && (!m_parts.store || !m_parts.database))
        refusal = noDatabaseRefusal();
    if (!refusal)
        refusal = unconfirmed(request);
    bool isRerun = false;
    if (!refusal) {
        const Result<bool> cutShort = co_await wasCutShort(request.session);
        isRerun = cutShort && *cutShort;
        if (!cutShort)
            refusal = cutShort.error();
    }
    const WriteWindow::Pass pass = m_parts.window.pass();
    if (!refusal && !pass)
        refusal = m_parts.window.refusal();
    if (refusal)
        co_return refused(*refusal);
    const AuditEntry intent = intentOf(AuditEntry::kDelete, request.session,
                                       request.takeOver.value_or(Token()), request.note);
    const Act act = [this, request, isRerun] { return removeAndVerify(request, isRerun); };
    co_return co_await recorded(intent, act);
}

QCoro::Task<ActionReport> Actions::recorded(AuditEntry entry, Act act)
{
    const SteadyTime begun = m_parts.clock.steady();
    const Result<void> intent = co_await m_parts.audit.append(entry);
    if (!intent)
        co_return notRecorded(intent.error());

    ActionReport report = co_await act();
    if (report.failure && report.failure->hint.isEmpty() && mayComeBack(*report.failure))
        report.failure->hint = QStringLiteral("try again when the server answers");

    const auto took = std::chrono::floor<milliseconds>(m_parts.clock.steady() - begun);
    const AuditEntry outcome = outcomeOf(entry, report, took);
    const Result<void> written = co_await m_parts.audit.append(outcome);
    if (!written) {
        qCCritical(lcActions).noquote()
            << "an outcome is missing in the audit log -" << describe(written.error());
        report.warnings.prepend(u"THE OUTCOME IS NOT IN THE AUDIT LOG: " + written.error().what +
                                u" — keep this report");
    }
    if (m_parts.aftercare && report.isFollowedUp)
        m_parts.aftercare->watch({entry, report.endedOwner, entry.action == AuditEntry::kDelete});
    co_return report;
}

QCoro::Task<ActionReport> Actions::forceRelease(ReleaseRequest request)
{
    const LockKey key = lockKey(request.session);
    if (m_parts.monitor)
        m_parts.monitor->expectEnd(key, request.seen, locks::HoldEnd::ForceReleased);
    const Result<void> released = co_await m_parts.locks.forceRelease(key, request.seen);
    const Result<locks::LockObservation> lockAfter = co_await readLockAfterAct(key);
    const ActionReport report = reportOf(request, released, lockAfter, naming());
    if (m_parts.monitor && report.failure && report.failure->code != ErrorCode::OutcomeUnknown)
        m_parts.monitor->withdrawExpectation(key, request.seen);
    co_return report;
}

QCoro::Task<ActionReport> Actions::takeOverAndKeep(TakeOverRequest request, WriteWindow::Pass pass)
{
    const LockKey key = lockKey(request.session);
    if (m_parts.monitor)
        m_parts.monitor->expectEnd(key, request.seen, locks::HoldEnd::TakenOver);
    const Result<locks::HeldLock> taken =
        co_await m_parts.locks.takeOver(request.session, request.seen);
    if (taken)
        m_parts.held.keep(*taken, pass);
    const Result<locks::LockObservation> lockAfter = co_await readLockAfterAct(key);
    const ActionReport report = reportOf(request, taken, lockAfter, naming());
    if (m_parts.monitor && !taken && taken.error().code != ErrorCode::OutcomeUnknown)
        m_parts.monitor->withdrawExpectation(key, request.seen);
    co_return report;
}

QCoro::Task<ActionReport> Actions::releaseOurs(SessionId session)
{
    const LockKey key = lockKey(session);
    const Result<locks::CompareResult> released = co_await m_parts.held.giveBack(session);
    const Result<locks::LockObservation> lockAfter = co_await readLockAfterAct(key);
    co_return reportOfGivingBack(released, lockAfter, naming());
}

QCoro::Task<ActionReport> Actions::removeAndVerify(DeleteRequest request, bool isRerun)
{
    // A delete of nothing must not cost a worker its lock.
    const Preview preview = co_await previewDeleteAs(request, isRerun);
    if (preview.refusal)
        co_return refused(*preview.refusal);
    const LockKey key = lockKey(request.session);
    if (m_parts.monitor && request.takeOver)
        m_parts.monitor->expectEnd(key, *request.takeOver, locks::HoldEnd::TakenOver);
    sessions::RemoveRequest removal;
    removal.id = request.session;
    removal.user = request.user;
    removal.wait = request.wait;
    removal.takeOver = request.takeOver;
    removal.isRerun = isRerun;
    removal.stop = request.stop;
    const sessions::RemoveReport removed = co_await m_parts.store->remove(removal);
    if (m_parts.monitor && request.takeOver && removed.lock == sessions::StepState::Failed)
        m_parts.monitor->withdrawExpectation(key, *request.takeOver);
    if (m_parts.monitor && removed.isRemoved())
        m_parts.monitor->noteOwnAct(key);
    const Aftermath aftermath = co_await readAfterDelete(request.session);
    co_return reportOf(request, isRerun, removed, aftermath, naming());
}

Task<bool> Actions::wasCutShort(SessionId session)
{
    const auto since =
        co_await m_parts.audit.unfinished(AuditEntry::kDelete, m_parts.place, lockKey(session));
    if (!since)
        co_return since.error();
    co_return since->has_value();
}

Task<locks::LockObservation> Actions::readLockAfterAct(LockKey key)
{
    Result<locks::LockObservation> lock = co_await m_parts.locks.read(key);
    for (int i = 0; i < kPauses && !lock && mayComeBack(lock.error()); ++i) {
        static_cast<void>(co_await after(kPause, nullptr));
        lock = co_await m_parts.locks.read(key);
    }
    co_return lock;
}

QCoro::Task<Aftermath> Actions::readAfterDelete(SessionId session)
{
    Aftermath found;
    const QList<SessionId> ids{session};
    found.lock = co_await readLockAfterAct(lockKey(session));
    const auto entries = co_await m_parts.cache.entries(ids);
    const auto rows = co_await m_parts.database->summaries(ids);
    found.isCached = entries ? Result(entries->contains(session)) : Result<bool>(entries.error());
    found.isStored = rows ? Result(!rows->isEmpty()) : Result<bool>(rows.error());
    co_return found;
}

LockKey Actions::lockKey(const SessionId &session) const
{
    return m_parts.locks.family().lockKey(session);
}

AuditEntry Actions::intentOf(QLatin1StringView action, const SessionId &session, const Token &seen,
                             const ActNote &note) const
{
    AuditEntry entry;
    entry.actionId = QUuid::createUuid().toString(QUuid::WithoutBraces);
    entry.action = action;
    entry.target = m_parts.targetName;
    if (m_parts.guardrails.environment != Environment::None)
        entry.environment = name(m_parts.guardrails.environment);
    entry.batch = note.batch;
    entry.place = m_parts.place;
    entry.key = lockKey(session).bytes();
    entry.session = session;
    entry.token = seen;
    if (!seen.isEmpty())
        entry.owner = locks::decodeOwner(seen, m_parts.clock.wall(), m_parts.nodeNames).label;
    entry.reason = note.reason;
    return entry;
}

Naming Actions::naming() const
{
    return {m_parts.locks.family(), m_parts.nodeNames, m_parts.clock.wall(),
            m_parts.clock.steady()};
}

} // namespace lockkeeper::app
