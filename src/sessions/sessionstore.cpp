// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sessionstore.h"

#include "core/text.h"
#include "sessions/mergedcopy.h"
#include "sessions/messagenumbers.h"

#include <QLoggingCategory>
#include <QUuid>

namespace lockkeeper::sessions {

namespace {

Q_LOGGING_CATEGORY(lcStore, "lockkeeper.sessions.store")

QString nameOf(const SessionId &id)
{
    return u"the session " + printable(id.bytes());
}

StepState stateOf(const Result<bool> &step)
{
    if (step)
        return *step ? StepState::Done : StepState::Nothing;
    return step.error().code == ErrorCode::OutcomeUnknown ? StepState::Unknown : StepState::Failed;
}

Error stopped(const SessionId &id)
{
    return {
        ErrorCode::Cancelled, u"deleting " + nameOf(id) + u" was stopped; nothing is deleted", {}};
}

Error withPrefix(const QString &state, const Error &error)
{
    return {error.code, QString(state + error.what), error.hint};
}

bool isVisibleTo(const ChatSession &session, const std::optional<UserId> &user)
{
    return !user || session.user == user;
}

/// What to tell of a release; nothing when it went as it should.
std::optional<QString> complaint(const Result<locks::CompareResult> &released, const Clock &clock)
{
    if (!released)
        return u"the lock could not be released and stays until its lease ends: " +
               released.error().what;
    if (!released->isDone)
        return u"the lock was no longer ours when it was to be released: it is " +
               locks::describe(released->current, clock);
    return std::nullopt;
}

void noteRelease(RemoveReport &report, const Result<locks::CompareResult> &released,
                 const Clock &clock)
{
    report.release = released ? stateOf(released->isDone) : stateOf(released.error());
    const bool isSaid = report.failure && report.failure->code == ErrorCode::LeaseLost;
    if (const auto text = complaint(released, clock); text && !isSaid)
        report.warnings += *text;
}

} // namespace

SessionStore::SessionStore(locks::LockProtocol &locks, SessionCache &cache,
                           SessionDatabase &database, const Clock &clock, Options options)
    : m_locks(locks)
    , m_cache(cache)
    , m_database(database)
    , m_clock(clock)
    , m_options(std::move(options))
{}

Task<UpsertOutcome> SessionStore::create(UserId user)
{
    UpsertOutcome outcome;
    outcome.session.id = SessionId(QUuid::createUuid().toByteArray(QUuid::WithoutBraces));
    outcome.session.user = user;
    outcome.session.startedAt = m_clock.wall();
    outcome.session.updatedAt = outcome.session.startedAt;
    const auto created = co_await m_database.create(outcome.session);
    if (!created)
        co_return created.error();
    outcome.saved.isCreated = true;
    const auto cached = co_await m_cache.put(outcome.session);
    if (!cached)
        outcome.warnings += u"the session could not be cached: " + cached.error().what;
    co_return outcome;
}

Task<FoundSession> SessionStore::get(SessionId id, std::optional<UserId> user)
{
    FoundSession found;
    auto cached = co_await m_cache.get(id);
    if (!cached)
        found.warnings += cached.error().what;
    if (cached && *cached) {
        if (isVisibleTo(**cached, user))
            found.session = *std::move(cached);
        co_return found;
    }
    auto loaded = co_await m_database.load(id);
    if (!loaded)
        co_return loaded.error();
    if (!*loaded || !isVisibleTo(**loaded, user))
        co_return found;
    found.session = *std::move(loaded);
    // Where the cache could not be read, its entry is kept as it is. Where it had none, somebody
    // newer may have written one meanwhile.
    if (cached) {
        const auto put = co_await m_cache.putIfAbsent(*found.session);
        if (!put && put.error().code != ErrorCode::NotPermitted)
            found.warnings += u"the session could not be cached: " + put.error().what;
    }
    co_return found;
}

Task<UpsertOutcome> SessionStore::upsert(ChatSession session)
{
    const auto guard = co_await lock(session.id, m_options.lockWait);
    if (!guard)
        co_return guard.error();
    auto outcome = co_await upsertUnder(*guard, session, Unsaved::IsCached);
    const QStringList complaints = co_await releaseAfterWrite(*guard);
    if (!outcome)
        co_return outcome.error();
    if (outcome->notCached)
        co_return *outcome->notCached;
    outcome->warnings += complaints;
    co_return outcome;
}

Task<std::optional<UpsertOutcome>> SessionStore::append(SessionId id, std::optional<UserId> user,
                                                        ChatMessage message)
{
    const auto guard = co_await lock(id, m_options.lockWait);
    if (!guard)
        co_return guard.error();
    auto outcome = co_await appendUnder(*guard, id, user, message);
    const QStringList complaints = co_await releaseAfterWrite(*guard);
    if (outcome && *outcome)
        (*outcome)->warnings += complaints;
    co_return outcome;
}

Task<std::optional<UpsertOutcome>> SessionStore::appendUnder(Guard guard, SessionId id,
                                                             std::optional<UserId> user,
                                                             ChatMessage message)
{
    const auto found = co_await latest(id, user);
    if (!found)
        co_return found.error();
    if (!found->session)
        co_return std::optional<UpsertOutcome>();
    ChatSession session = *found->session;
    message.sequence.reset();
    session.messages.append(message);
    auto outcome = co_await upsertUnder(guard, session, Unsaved::IsDropped);
    if (!outcome)
        co_return outcome.error();
    outcome->warnings = found->warnings + outcome->warnings;
    co_return std::optional<UpsertOutcome>(*std::move(outcome));
}

Task<FoundSession> SessionStore::latest(SessionId id, std::optional<UserId> user)
{
    const auto stored = co_await m_database.load(id);
    if (!stored)
        co_return stored.error();
    FoundSession found;
    const auto cached = co_await m_cache.get(id);
    if (!cached)
        found.warnings += cached.error().what + u"; the database's copy is to take its place";
    const bool isCached = cached && *cached;
    if (*stored && isCached)
        found.session = mergedCopy(**stored, **cached);
    else if (*stored)
        found.session = **stored;
    else if (isCached)
        found.session = **cached;
    if (found.session && !isVisibleTo(*found.session, user))
        found.session.reset();
    co_return found;
}

QCoro::Task<QStringList> SessionStore::releaseAfterWrite(Guard guard)
{
    const auto released = co_await guard->release();
    const auto text = complaint(released, m_clock);
    if (!text)
        co_return QStringList();
    qCWarning(lcStore).noquote() << *text;
    co_return QStringList(*text);
}

Task<UpsertOutcome> SessionStore::upsertUnder(Guard guard, ChatSession session, Unsaved unsaved)
{
    if (m_options.work) {
        const auto worked = co_await m_options.work();
        if (!worked)
            co_return worked.error();
    }
    session.updatedAt = m_clock.wall();
    const auto stored = co_await m_database.messageCount(session.id);
    const auto saved = co_await saveUnder(guard, session, stored);
    const bool isOver =
        !saved && (unsaved == Unsaved::IsDropped || saved.error().code == ErrorCode::LeaseLost);
    if (isOver)
        co_return saved.error();

    UpsertOutcome outcome;
    if (saved) {
        outcome.saved = *saved;
        static_cast<void>(numberMessages(session.messages, *stored));
        const qint64 known =
            session.messages.isEmpty() ? 0 : session.messages.last().sequence.value_or(0) + 1;
        if (known < *stored)
            outcome.warnings += QStringLiteral("the database holds %1 messages, this copy only %2")
                                    .arg(*stored)
                                    .arg(known);
    }
    auto cached = co_await stillOurs(guard);
    if (cached)
        cached = co_await m_cache.put(session);
    if (!saved)
        co_return saved.error();
    if (!cached)
        outcome.notCached = withPrefix(
            nameOf(session.id) + u" is saved in the database, but not cached: ", cached.error());
    outcome.session = std::move(session);
    co_return outcome;
}

Task<SaveOutcome> SessionStore::saveUnder(Guard guard, ChatSession session, Result<qint64> stored)
{
    if (!stored)
        co_return stored.error();
    const auto ours = co_await guard->confirm();
    if (!ours)
        co_return ours.error();
    co_return co_await m_database.save(session, *stored);
}

Task<QList<SessionSummary>> SessionStore::list(UserId user, int limit, int offset)
{
    co_return co_await m_database.list(user, limit, offset);
}

Task<RenameOutcome> SessionStore::rename(SessionId id, QString title)
{
    const auto renamed = co_await m_database.rename(id, title, m_clock.wall());
    if (!renamed)
        co_return renamed.error();
    RenameOutcome outcome;
    outcome.isFound = *renamed;
    if (!outcome.isFound)
        co_return outcome;
    const auto dropped = co_await m_cache.remove(id);
    if (!dropped)
        outcome.notDropped =
            withPrefix(nameOf(id) + u" is renamed in the database, but its cached copy is not: ",
                       dropped.error());
    co_return outcome;
}

QCoro::Task<RemoveReport> SessionStore::remove(RemoveRequest request)
{
    announce(RemoveStep::Lock);
    const SteadyTime begun = m_clock.steady();
    const auto guard = co_await lock(request.id, request.wait, request.takeOver, request.stop);
    if (!guard) {
        RemoveReport refused;
        refused.lock = stateOf(guard.error());
        refused.failure = guard.error();
        co_return refused;
    }
    const milliseconds waited = sinceThen(begun);
    RemoveReport report = co_await removeUnder(*guard, request);
    report.took[static_cast<std::size_t>(RemoveStep::Lock)] = waited;
    announce(RemoveStep::Release);
    const SteadyTime releasing = m_clock.steady();
    noteRelease(report, co_await (*guard)->release(), m_clock);
    report.took[static_cast<std::size_t>(RemoveStep::Release)] = sinceThen(releasing);
    co_return report;
}

QCoro::Task<RemoveReport> SessionStore::removeUnder(Guard guard, RemoveRequest request)
{
    RemoveReport report;
    report.lock = StepState::Done;

    announce(RemoveStep::Database);
    const auto ours = co_await guard->confirm();
    if (!ours || request.stop.stop_requested()) {
        report.failure = ours ? stopped(request.id) : ours.error();
        co_return report;
    }
    const SteadyTime deleting = m_clock.steady();
    const auto row = co_await m_database.remove(request.id, request.user, request.stop);
    report.took[static_cast<std::size_t>(RemoveStep::Database)] = sinceThen(deleting);
    report.database = stateOf(row);
    if (!row) {
        report.failure = row.error();
        co_return report;
    }
    if (!*row) { // no such session: the cache is left alone
        const auto mayGoOn = co_await mayFinish(request);
        if (!mayGoOn)
            report.failure = mayGoOn.error();
        if (!mayGoOn || !*mayGoOn)
            co_return report;
    }

    announce(RemoveStep::Cache);
    const auto isOurs = co_await stillOurs(guard);
    if (!isOurs) {
        report.failure =
            withPrefix(QStringLiteral("the cached entry was left as it is: "), isOurs.error());
        co_return report;
    }
    const SteadyTime dropping = m_clock.steady();
    const auto entry = co_await m_cache.remove(request.id);
    report.took[static_cast<std::size_t>(RemoveStep::Cache)] = sinceThen(dropping);
    report.cache = stateOf(entry);
    if (!entry)
        report.warnings += u"the cached entry could not be deleted: " + entry.error().what;
    co_return report;
}

milliseconds SessionStore::sinceThen(SteadyTime begun) const
{
    return std::chrono::floor<milliseconds>(m_clock.steady() - begun);
}

Task<bool> SessionStore::mayFinish(RemoveRequest request)
{
    if (!request.isRerun)
        co_return false;
    const QList<SessionId> ids{request.id};
    const auto rows = co_await m_database.summaries(ids, request.stop);
    if (!rows && rows.error().code == ErrorCode::Cancelled && request.stop.stop_requested())
        co_return stopped(request.id);
    if (!rows)
        co_return rows.error();
    if (!rows->isEmpty())
        co_return false; // it is there, and another user's
    if (!request.user)
        co_return true;
    const auto entries = co_await m_cache.entries(ids);
    if (!entries)
        co_return entries.error();
    const auto entry = entries->constFind(request.id);
    co_return entry != entries->cend() && entry->summary && entry->summary->user == request.user;
}

Task<SessionStore::Guard> SessionStore::lock(SessionId id, milliseconds wait,
                                             std::optional<Token> takeOver, std::stop_token stop)
{
    locks::LockProtocol::AcquireOptions options;
    options.wait = wait;
    options.stop = std::move(stop);
    Result<locks::HeldLock> held = Error{};
    if (takeOver)
        held = co_await m_locks.takeOver(id, *takeOver);
    else
        held = co_await m_locks.acquire(id, options);
    if (!held)
        co_return held.error();
    co_return locks::LockGuard::create(m_locks, *held);
}

Task<void> SessionStore::stillOurs(Guard guard)
{
    const auto confirmed = co_await guard->confirm();
    if (!confirmed && confirmed.error().code == ErrorCode::LeaseLost)
        co_return confirmed.error();
    // Where the server could not be asked, the lease still runs by our own clock, and the write
    // that it guards will say what ails the server.
    co_return guard->check();
}

void SessionStore::announce(RemoveStep step) const
{
    if (m_options.beforeStep)
        m_options.beforeStep(step);
}

} // namespace lockkeeper::sessions
