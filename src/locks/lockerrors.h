// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/error.h"
#include "core/strongtype.h"
#include "locks/lockfamily.h"
#include "locks/lockrecord.h"
#include "redis/reply.h"
#include "redis/script.h"

namespace lockkeeper::locks {

// The sentences of the lock protocol.

/// "the lock chat:session_lock:…".
[[nodiscard]] QString nameOf(const LockKey &key);
[[nodiscard]] Error notALock(const LockKey &key, const QString &why);
[[nodiscard]] Error notALock(const LockKey &key, const LockObservation &current);
[[nodiscard]] Error refusedRead(const LockKey &key, const LockObservation &current);
[[nodiscard]] Error changedHands(const LockKey &key, const LockObservation &current,
                                 const Clock &clock);
/// The reply was lost, and a read showed that the act had not taken place by then.
[[nodiscard]] Error hadNoEffect(const LockKey &key, const QString &act);
[[nodiscard]] Error unknown(const LockKey &key, const QString &act, const Error &cause);
/// What there is to say of a lock whose read failed.
[[nodiscard]] LockObservation unreadable(const Error &why);
/// What the server said of a script of ours, and where a right is missing, which one.
[[nodiscard]] Error scriptError(const redis::Reply &reply, const redis::Script &script,
                                const LockKey &key, const LockFamily &family);
[[nodiscard]] Error cancelled(const LockKey &key);

} // namespace lockkeeper::locks
