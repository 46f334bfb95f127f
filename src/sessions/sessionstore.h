// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "locks/lockguard.h"
#include "locks/lockprotocol.h"
#include "sessions/chatsession.h"
#include "sessions/sessioncache.h"
#include "sessions/sessiondatabase.h"

#include <QStringList>

#include <array>
#include <functional>
#include <optional>

namespace lockkeeper::sessions {

/// A session that was found, and what went wrong on the way without stopping it.
struct FoundSession
{
    std::optional<ChatSession> session; ///< nullopt: not found, or another user's
    QStringList warnings;               ///< "the cached entry is corrupt: …"
};

/// What an upsert did.
struct UpsertOutcome
{
    ChatSession session; ///< as stored, with its sequences
    SaveOutcome saved;
    std::optional<Error> notCached; ///< saved in the database, but not in the cache
    QStringList warnings;
};

/// What a rename did.
struct RenameOutcome
{
    bool isFound = false;
    std::optional<Error>
        notDropped; ///< renamed in the database, but the cached copy is there still
};

/// The locked delete, and what it is allowed to do.
struct RemoveRequest
{
    SessionId id;
    std::optional<UserId> user; ///< only if the session is theirs
    milliseconds wait = std::chrono::seconds(10);
    std::optional<Token> takeOver; ///< take the lock from this owner instead of waiting
    /// An earlier delete of this session was cut short after its row: with no row there, the
    /// cached entry goes all the same (with a user given, only theirs).
    bool isRerun = false;
    std::stop_token stop;
};

/// The steps of a locked delete, in their order.
enum class RemoveStep { Lock, Database, Cache, Release };

/// What became of one step.
enum class StepState { NotReached, Done, Nothing, Failed, Unknown };

/// What a locked delete did, step by step; nothing half-done passes for done.
struct RemoveReport
{
    StepState lock = StepState::NotReached;
    StepState database = StepState::NotReached; ///< Nothing: no such session
    StepState cache = StepState::NotReached;    ///< Nothing: it was not cached
    StepState release = StepState::NotReached;
    std::array<milliseconds, 4> took{}; ///< by each step, in the order of RemoveStep
    std::optional<Error> failure;       ///< what stopped it; empty when it ran to its end
    QStringList warnings;               ///< "the cached entry could not be deleted: …"

    /// The row is gone, by our hand.
    [[nodiscard]] bool isRemoved() const { return database == StepState::Done; }
};

/// The session store of the chat back end: lock, cache and database in the back end's order, safe
/// beside its own workers on the same keys.
///
/// Its flows use the store after their waits: whoever starts one keeps it alive.
class SessionStore
{
public:
    struct Options
    {
        milliseconds lockWait = std::chrono::seconds(10);
        /// Called before each step of remove(), for tests that fail or end the program there.
        std::function<void(RemoveStep)> beforeStep;
        /// What a back end does under the lock of upsert() before it saves; an Error of it ends the
        /// upsert with nothing written.
        std::function<QFuture<Result<void>>()> work;
    };

    SessionStore(locks::LockProtocol &locks, SessionCache &cache, SessionDatabase &database,
                 const Clock &clock, Options options);

    /// Database first, and fail fast; the cache is best effort.
    [[nodiscard]] Task<UpsertOutcome> create(UserId user);
    /// Cache, else database (then cached, best effort). A corrupt entry counts as a miss and is
    /// reported; another user's session is not found.
    [[nodiscard]] Task<FoundSession> get(SessionId id, std::optional<UserId> user);
    /// Under the lock: database, then cache even if the database failed. The database's error wins;
    /// a session that is saved but not cached is an error as well.
    [[nodiscard]] Task<UpsertOutcome> upsert(ChatSession session);
    /// Under the lock: adds a message to the session as the database has it, with what only the
    /// cached copy knows; to the cached copy where the database has none.
    /// @return nullopt: not found, or another user's.
    [[nodiscard]] Task<std::optional<UpsertOutcome>>
    append(SessionId id, std::optional<UserId> user, ChatMessage message);
    /// Newest first.
    [[nodiscard]] Task<QList<SessionSummary>> list(UserId user, int limit, int offset);
    /// Database, then the cache entry is dropped.
    [[nodiscard]] Task<RenameOutcome> rename(SessionId id, QString title);
    /// Under the lock: row, cache entry, release.
    [[nodiscard]] QCoro::Task<RemoveReport> remove(RemoveRequest request);

private:
    using Guard = std::shared_ptr<locks::LockGuard>;

    [[nodiscard]] Task<Guard> lock(SessionId id, milliseconds wait,
                                   std::optional<Token> takeOver = std::nullopt,
                                   std::stop_token stop = {});
    [[nodiscard]] QCoro::Task<RemoveReport> removeUnder(Guard guard, RemoveRequest request);
    /// Whether a delete that found no row goes on to the cached entry: a rerun's does, unless the
    /// session is another user's.
    [[nodiscard]] Task<bool> mayFinish(RemoveRequest request);
    /// What becomes of a session that the database did not take.
    enum class Unsaved {
        IsCached,  ///< as the back end does it: its next upsert saves it
        IsDropped, ///< for a person, who is told that it failed and tries again
    };
    [[nodiscard]] Task<UpsertOutcome> upsertUnder(Guard guard, ChatSession session,
                                                  Unsaved unsaved);
    [[nodiscard]] Task<std::optional<UpsertOutcome>>
    appendUnder(Guard guard, SessionId id, std::optional<UserId> user, ChatMessage message);
    /// Releases, and says what was amiss with it. @return the complaint, or nothing.
    [[nodiscard]] QCoro::Task<QStringList> releaseAfterWrite(Guard guard);
    /// The copy that an append goes on from.
    [[nodiscard]] Task<FoundSession> latest(SessionId id, std::optional<UserId> user);
    [[nodiscard]] Task<SaveOutcome> saveUnder(Guard guard, ChatSession session,
                                              Result<qint64> stored);
    /// LeaseLost when the lock is known to be lost.
    [[nodiscard]] Task<void> stillOurs(Guard guard);
    void announce(RemoveStep step) const;
    [[nodiscard]] milliseconds sinceThen(SteadyTime begun) const;

    locks::LockProtocol &m_locks;
    SessionCache &m_cache;
    SessionDatabase &m_database;
    const Clock &m_clock;
    Options m_options;
};

} // namespace lockkeeper::sessions
