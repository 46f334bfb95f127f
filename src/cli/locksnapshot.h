// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "locks/lockfamily.h"
#include "locks/lockrecord.h"
#include "redis/client.h"

#include <QList>

#include <stop_token>

namespace lockkeeper::cli {

/// Every lock of the family, read once: a scan at full speed, then GET and PTTL of what it found.
/// It needs no feed, so it works for users and servers without one. `client` and `clock` must
/// outlive the flow.
[[nodiscard]] Task<QList<locks::LockRecord>> readSnapshot(redis::Client &client,
                                                          locks::LockFamily family,
                                                          const Clock &clock, std::stop_token stop);

} // namespace lockkeeper::cli
