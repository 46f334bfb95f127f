// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/packedoptional.h"
#include "core/strongtype.h"

#include <QLatin1StringView>
#include <QList>
#include <QString>
#include <QStringList>

#include <optional>

namespace lockkeeper::locks {

/// What one read of a lock key said: nothing there, a token and its time left, or something that
/// is no lock of ours.
struct LockObservation
{
    enum class Kind { Missing, Held, Foreign };

    Kind kind = Kind::Missing;
    Token token;                     ///< Held
    QString foreignReason;           ///< Foreign: what the key holds, "a hash, not a string"
    bool isRefused = false;          ///< Foreign: what it holds could not be read
    QStringList refusedCommands;     ///< of them, those that the server refused: "get", "pttl"
    std::optional<milliseconds> ttl; ///< nullopt: never expires
    SteadyTime sentAt;               ///< when the read was sent
    SteadyTime receivedAt;           ///< when its reply arrived

    /// The deadline by our clock, off by half a round trip at most.
    [[nodiscard]] std::optional<SteadyTime> deadline() const;
    /// How far the deadline may be off: half a round trip.
    [[nodiscard]] SteadyTime::duration doubt() const { return (receivedAt - sentAt) / 2; }
};

/// One active lock: the current hold of one key.
struct LockRecord
{
    // Wide members first: there may be a hundred thousand of these.
    LockKey key;
    SessionId session;
    Token token;                         ///< empty when foreign
    QString foreignReason;               ///< what the key holds when it is no lock of ours
    PackedOptional<SteadyTime> deadline; ///< nullopt: never expires
    SteadyTime seenSince;                ///< when we first saw this hold
    SteadyTime acquiredAt;               ///< our best estimate, see isAcquiredAtKnown
    milliseconds lease{0};               ///< of the family, or longer where the TTL was longer
    /// It cannot have begun before: its token was not made, or another held the lock. nullopt: the
    /// token does not tell.
    PackedOptional<SteadyTime> earliestStart;
    /// Since our own release or delete of the hold before, where that was within a minute.
    PackedOptional<milliseconds> backAfter;
    std::optional<int> waiters; ///< that a sample has counted; nullopt: none has
    int renewals = 0; ///< how often its deadline was seen to move to a later time, since seenSince
    int acquisitionsLastMinute = 0; ///< holds of this key that began within a minute
    /// Whether others ask for it while it is held; nullopt: not known, as in its first seconds.
    std::optional<bool> isContended;
    bool isAcquiredAtKnown = false;  ///< false: the hold is at least this old
    bool isWatchedFromStart = false; ///< false: it may have been renewed before seenSince
    bool isVerified = true;          ///< false: nothing has proved it since an earlier read

    [[nodiscard]] bool isForeign() const { return !foreignReason.isEmpty(); }
    [[nodiscard]] std::optional<milliseconds> ttl(SteadyTime now) const;
    [[nodiscard]] milliseconds held(SteadyTime now) const;

    friend bool operator==(const LockRecord &, const LockRecord &) = default;
};

/// What was learnt of the demand for a hold, by looking at the server and not at the key.
struct LockDemand
{
    LockKey key;
    Token token; ///< of the hold that it was learnt of; it says nothing of another one
    std::optional<bool> isContended;
    std::optional<int> waiters; ///< counted; nullopt: leave what is known
};

/// How a hold ended.
enum class HoldEnd : quint8 {
    Released,      ///< gone before its deadline
    Expired,       ///< gone at its deadline
    Replaced,      ///< another token without a gap that we could see
    ForceReleased, ///< by us
    TakenOver,     ///< by us
    Flushed,       ///< gone with the whole keyspace
};

/// "released", "expired", "replaced", "force_released", "taken_over", "flushed".
[[nodiscard]] QLatin1StringView name(HoldEnd end);

/// Something that happened to a lock, in the words of `watch`. Renewed: its deadline moved, in most
/// cases to a later time.
struct LockEvent
{
    enum class Kind { Snapshot, Synced, Acquired, Renewed, Ended };

    Kind kind = Kind::Acquired;
    HoldEnd end = HoldEnd::Released; ///< for Ended
    WallTime at;
    LockKey key; ///< empty for Synced
    SessionId session;
    Token token;                        ///< current token; of the hold that ended for Ended
    std::optional<Token> previousToken; ///< Ended by Replaced/TakenOver: `token` is the new one
    std::optional<milliseconds> ttl;    ///< from `at`: the deadline is at + ttl; nullopt: never
    std::optional<milliseconds> held;
    bool isHeldLeast = false; ///< it may have been held for longer

    friend bool operator==(const LockEvent &, const LockEvent &) = default;
};

/// The event's name on the command line: "snapshot", "acquired", "released", …
[[nodiscard]] QLatin1StringView name(const LockEvent &event);

/// An event of the record's hold.
[[nodiscard]] LockEvent eventOf(LockEvent::Kind kind, const LockRecord &record, SteadyTime at,
                                const Clock &clock);

/// What changed in the registry since the last delta.
struct RegistryDelta
{
    QList<LockRecord> upserted; ///< new or changed, whole records
    QList<LockKey> removed;
    QList<LockEvent> events; ///< in the order in which they happened

    [[nodiscard]] bool isEmpty() const
    {
        return upserted.isEmpty() && removed.isEmpty() && events.isEmpty();
    }
};

} // namespace lockkeeper::locks
