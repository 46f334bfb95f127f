// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "locks/lockrecord.h"
#include "redis/client.h"

#include <QList>

namespace lockkeeper::locks {

/// Locks read in one pipeline of GET and PTTL each.
struct ReadBatch
{
    struct Entry
    {
        LockKey key;
        /// nullopt: the key changed between its GET and its PTTL, read it again.
        std::optional<LockObservation> observation;
    };

    QList<Entry> entries;
};

/// A value longer than this is no token.
inline constexpr qsizetype kLongestToken = 1024;
/// Keys in one pipeline: two commands each, within redis::Client::kMaxPipeline.
inline constexpr int kReadBatch = redis::Client::kMaxPipeline / 2;

/// What a PTTL alone tells: Missing, or Held with its TTL and without a token.
[[nodiscard]] LockObservation ttlOf(const redis::Reply &pttl, SteadyTime sentAt,
                                    SteadyTime receivedAt);

/// Reads at most kReadBatch locks. `client` need not outlive the flow, which ends with Cancelled
/// then; `clock` lives at least as long as the client.
[[nodiscard]] Task<ReadBatch> readLocks(redis::Client &client, const Clock &clock,
                                        QList<LockKey> keys);

} // namespace lockkeeper::locks
