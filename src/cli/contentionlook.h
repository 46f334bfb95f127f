// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "locks/lockrecord.h"
#include "redis/client.h"

#include <stop_token>

namespace lockkeeper::cli {

/// Tells the locks that others ask for: leaves them unread for three seconds, then asks the server
/// when each was touched last; those that were are looked at again 2.5 seconds later. Locks that
/// are younger, and all of them while the server saves, stay unknown. `client` and `clock` outlive
/// the flow.
[[nodiscard]] Task<QList<locks::LockRecord>> lookForContention(redis::Client &client,
                                                               QList<locks::LockRecord> records,
                                                               const Clock &clock,
                                                               std::stop_token stop);

} // namespace lockkeeper::cli
