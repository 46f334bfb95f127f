// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "locks/lockrecord.h"

#include <QLatin1StringView>
#include <QString>

#include <optional>

namespace lockkeeper::app {

/// The state of a lock, most severe first.
enum class LockState : quint8 {
    Foreign,      ///< not a string, or no token
    NoExpiry,     ///< it never expires
    Reappeared,   ///< back within a minute after our release or delete
    RenewingLong, ///< renewed past the threshold
    Storm,        ///< re-acquired very often
    Contended,    ///< others ask for it
    Orphan,       ///< no session in cache or database
    HeldLong,     ///< held more than half its lease
    Healthy,
};

/// What a state means for the one who looks; both front ends show it, each with its own shape and
/// colour.
enum class Severity {
    Bad,  ///< will not end by itself
    Warn, ///< worth a look: somebody may be stuck
    Odd,  ///< nothing that the back end would leave: no session, or no lock at all
    Ok,
};
[[nodiscard]] Severity severityOf(LockState state);

/// The state of a session's copies, as far as it was looked at.
enum class SessionState {
    Unknown,       ///< not looked at yet
    Ok,            ///< in cache and, where there is one, database
    CacheMismatch, ///< in both, and they disagree on messages, title or user
    CacheCorrupt,
    CacheOnly,
    DbOnly,
    RunningWithoutLock, ///< its status says that somebody works on it, and nobody holds its lock
    None,               ///< nowhere: the lock is an orphan
};

/// "no_expiry", …; the words of `list --json` and of `--state`.
[[nodiscard]] QLatin1StringView name(LockState state);
[[nodiscard]] std::optional<LockState> lockStateFromName(const QString &name);
[[nodiscard]] QLatin1StringView name(SessionState state);

/// When a state begins.
struct Thresholds
{
    milliseconds renewingLong = std::chrono::minutes(5);
    int stormPerMinute = 30;
    double heldLongShare = 0.5; ///< of the lease

    friend bool operator==(const Thresholds &, const Thresholds &) = default;
};

/// A state, why, and what to do about it; sentences for people.
struct Diagnosis
{
    LockState state = LockState::Healthy;
    QString reason;
    QString advice;

    friend bool operator==(const Diagnosis &, const Diagnosis &) = default;
};

/// The state alone, without its sentences.
[[nodiscard]] LockState stateOf(const locks::LockRecord &lock, SessionState session, SteadyTime now,
                                const Thresholds &thresholds = {});
[[nodiscard]] Diagnosis diagnose(const locks::LockRecord &lock, SessionState session,
                                 SteadyTime now, const Thresholds &thresholds = {});

/// Whether those who may release stale locks only may release it: it never expires, is held long,
/// or renewed for long, whatever else is to be said of it.
[[nodiscard]] bool isStale(const locks::LockRecord &lock, SteadyTime now,
                           const Thresholds &thresholds = {});

/// When the diagnosis of an unchanged lock will change next by the passing of time alone.
[[nodiscard]] std::optional<SteadyTime> nextChange(const locks::LockRecord &lock, SteadyTime now,
                                                   const Thresholds &thresholds = {});

} // namespace lockkeeper::app
