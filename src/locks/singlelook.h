// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/lockfamily.h"
#include "locks/lockrecord.h"

#include <optional>

namespace lockkeeper::locks {

/// The lock as one look at it shows it, to those who do not watch: the hold is at least as old as
/// its lease tells, and nothing is known of renewals. nullopt: there is none.
[[nodiscard]] std::optional<LockRecord> recordOf(const LockFamily &family, const Clock &clock,
                                                 const LockKey &key,
                                                 const LockObservation &observation);

} // namespace lockkeeper::locks
