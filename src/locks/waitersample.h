// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "locks/clientsightings.h"
#include "locks/lockfamily.h"
#include "redis/client.h"
#include "redis/monitortap.h"

#include <QList>

#include <optional>

namespace lockkeeper::locks {

/// A client that asked for a held lock while we listened.
struct Waiter
{
    QByteArray address; ///< empty: a script asked
    QString clientName; ///< that it gave itself; empty: none, or we may not see it
    Token token;        ///< that it will hold the lock under
    int attempts = 0;   ///< within the sample
};

/// A held lock that others asked for.
struct ContendedLock
{
    LockKey key;
    SessionId session;
    Token heldBy;
    QList<Waiter> waiters;
};

/// Who waits for which lock, as a short MONITOR tells.
struct WaiterSample
{
    redis::TapTally tally;
    bool isCut = false;         ///< more attempts were seen than are kept
    QList<ContendedLock> locks; ///< most waiters first
    /// All that tried to take a lock, those who got it too, by the token that they used.
    QHash<Token, SeenClient> clients;
};

/// Listens with MONITOR on a connection of its own to each primary for as long as `budget` says
/// (its bytes are for all of them together), then reads the locks that were asked for, and the
/// names of who asked. Commands that are no try to take a lock of the family leave no trace.
/// `client` and `clock` outlive the flow.
[[nodiscard]] Task<WaiterSample> sampleWaiters(redis::Client &client, LockFamily family,
                                               const Clock &clock,
                                               redis::MonitorTap::Budget budget);

} // namespace lockkeeper::locks
