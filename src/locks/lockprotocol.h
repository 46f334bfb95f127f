// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "locks/lockfamily.h"
#include "locks/lockrecord.h"
#include "locks/owner.h"
#include "locks/tokens.h"
#include "redis/client.h"

#include <stop_token>

namespace lockkeeper::locks {

class LockNews;
class OwnTouches;

/// A lock that we obtained: valid until `deadline` at the latest, by our own clock.
struct HeldLock
{
    LockKey key;
    SessionId session;
    Token token;
    SteadyTime deadline; ///< counted from before the command was sent: early, never late
    milliseconds lease{0};
};

/// How a compare-and-act ended.
struct CompareResult
{
    bool isDone = false;     ///< the token was current and the act took place
    bool isInferred = false; ///< the reply was lost; what a read showed afterwards says so
    LockObservation current; ///< what the lock holds now, when not done
};

/// The lock protocol of redis-py's Lock, byte for byte on the wire
/// (https://github.com/redis/redis-py/blob/master/redis/lock.py), and two acts of our own:
/// take-over and force-release. Each compares and acts in one script on the server.
///
/// A lost reply is resolved by reading once the connection is back; nothing is ever sent twice.
/// Only where reading cannot tell, or cannot be done, the outcome stays OutcomeUnknown. An act that
/// reading shows not to have taken place is ConnectionLost.
///
/// Its flows use the protocol object after their waits: whoever starts one keeps it alive.
class LockProtocol
{
public:
    /// How long to wait between two tries of acquire at the latest; redis-py's default.
    static constexpr milliseconds kRetryInterval{100};
    /// How long a lost reply may take to be resolved.
    static constexpr milliseconds kResolveWithin = std::chrono::seconds(10);

    struct AcquireOptions
    {
        milliseconds wait{0};              ///< 0: one try
        std::optional<milliseconds> lease; ///< nullopt: the family's
        std::stop_token stop;              ///< ends the wait early, with Cancelled
    };

    /// `news`, where there is a feed, wakes a waiting acquire as soon as its key changes. `node`
    /// stands in our tokens; nullopt: a random one. `touches` is told of each command that touches
    /// a lock's key.
    LockProtocol(redis::Client &client, LockFamily family, const Clock &clock,
                 LockNews *news = nullptr, std::optional<std::uint64_t> node = std::nullopt,
                 OwnTouches *touches = nullptr);

    [[nodiscard]] const LockFamily &family() const { return m_family; }
    [[nodiscard]] const Clock &clock() const { return m_clock; }

    /// Whether the token is one of those that this object has put into locks.
    [[nodiscard]] bool isOurs(const Token &token) const { return m_tokens.hasMade(token); }

    /// SET NX PX until obtained. LockTimeout, naming the owner, after `wait`. A connection that is
    /// lost meanwhile is waited for as well.
    [[nodiscard]] Task<HeldLock> acquire(SessionId session, AcquireOptions options);
    /// Deletes the lock if `token` is its token.
    [[nodiscard]] Task<CompareResult> release(LockKey key, Token token);
    /// Adds to the time left, or replaces it, if `token` is its token and it has a TTL.
    [[nodiscard]] Task<CompareResult> extend(LockKey key, Token token, milliseconds by,
                                             bool replacesTtl);
    /// Sets the time left back to `lease` if `token` is its token.
    [[nodiscard]] Task<CompareResult> reacquire(LockKey key, Token token, milliseconds lease);
    /// Puts our token with a fresh lease in the place of the `seen` one, without a gap for a
    /// waiter. ChangedHands, naming the new owner, when `seen` is no longer current.
    [[nodiscard]] Task<HeldLock> takeOver(SessionId session, Token seen);
    /// Deletes the lock if it still holds the token that the operator saw; ChangedHands otherwise.
    [[nodiscard]] Task<void> forceRelease(LockKey key, Token seen);
    /// What the lock holds now.
    [[nodiscard]] Task<LockObservation> read(LockKey key);

private:
    /// How a try of acquire ended, or all of them.
    struct Attempt
    {
        Result<std::optional<HeldLock>> lock = std::optional<HeldLock>(); ///< nullopt: another's
        /// Since when there has been a SET with our token whose reply was lost: it may have had
        /// its effect unseen, or have it yet.
        std::optional<SteadyTime> doubtfulSince;
    };

    /// Whether there is a connection, or one is being made.
    [[nodiscard]] bool isComing() const;
    [[nodiscard]] QCoro::Task<Attempt> keepTrying(HeldLock wanted, AcquireOptions options);
    [[nodiscard]] QCoro::Task<Attempt> trySet(HeldLock wanted,
                                              std::optional<SteadyTime> doubtfulSince);
    /// After a lost reply.
    [[nodiscard]] QCoro::Task<Attempt> resolveSet(HeldLock wanted, SteadyTime since);
    [[nodiscard]] QCoro::Task<Error> whyNotObtained(LockKey key, milliseconds wait);
    /// Gives back what a try may have obtained, or may yet obtain. @return `why`, always.
    [[nodiscard]] Task<HeldLock> withdraw(HeldLock wanted, Error why);
    /// OutcomeUnknown is passed on: what a read tells afterwards depends on the act.
    [[nodiscard]] Task<CompareResult> compareAnd(redis::Script script, LockKey key,
                                                 QList<QByteArray> arguments);
    /// After a lost reply: reads as soon as there is a connection again.
    [[nodiscard]] Task<LockObservation> readBack(LockKey key);
    /// The same of an act that ends `token`: goes on reading while the act may yet come late.
    [[nodiscard]] Task<LockObservation> readSettled(LockKey key, Token token);
    [[nodiscard]] Task<CompareResult> resolveTtl(LockKey key, Token token, SteadyTime sentAt,
                                                 milliseconds ttl);

    redis::Client &m_client;
    LockFamily m_family;
    const Clock &m_clock;
    LockNews *m_news;
    OwnTouches *m_touches;
    TokenMaker m_tokens;
    redis::Script m_releaseScript;
    redis::Script m_extendScript;
    redis::Script m_reacquireScript;
    redis::Script m_takeOverScript;
};

/// "held by api-3 (token 8c1f…a0d2) for another 41 s", for errors and dialogs.
[[nodiscard]] QString describe(const LockObservation &lock, const Clock &clock);
/// The same of a held lock whose owner is decoded, and may have a name.
[[nodiscard]] QString describe(const LockObservation &lock, const Owner &owner, SteadyTime now);

} // namespace lockkeeper::locks
