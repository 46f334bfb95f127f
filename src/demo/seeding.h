// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/flows.h"
#include "demo/sessionlist.h"
#include "locks/lockfamily.h"
#include "redis/client.h"
#include "sessions/sessiondatabase.h"

namespace lockkeeper::demo {

/// The sessions that were written.
struct SeededSessions
{
    QList<KnownSession> busy;  ///< for the workers
    QList<KnownSession> quiet; ///< left alone by them: abnormal locks stand here, and among them
                               ///< are corrupt cache entries and sessions that one side lacks
};

/// The fewest sessions that leave some for the workers.
inline constexpr int kFewestSessions = 24;

/// Fills an empty server and database with `count` sessions, whole ones but for a few.
/// All arguments must outlive the flow.
[[nodiscard]] Task<SeededSessions> seed(redis::Client &client, sessions::SessionDatabase &database,
                                        const locks::LockFamily &family, const Clock &clock,
                                        int count);

} // namespace lockkeeper::demo
