// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/lockrecord.h"

#include <optional>

namespace lockkeeper::locks {

/// When a hold began.
struct HoldStart
{
    SteadyTime at;
    bool isKnown = false;               ///< false: it began then or earlier
    std::optional<SteadyTime> earliest; ///< it cannot have begun before: the token was not made
    bool isWatched = false;             ///< we saw it begin

    /// Another hold was there until then.
    void notBefore(SteadyTime moment);
    /// `lease`: what its kind usually gets.
    void writeTo(LockRecord &record, milliseconds lease) const;
};

/// What one read tells of the beginning of a hold. `announcedAt`: the push that can only have
/// announced it, where there was one; `lease`: what its kind usually gets.
[[nodiscard]] HoldStart estimateStart(const LockObservation &observation,
                                      std::optional<SteadyTime> announcedAt, milliseconds lease,
                                      const Clock &clock);

/// Whether a hold that `gone` does not show any more ended at its deadline, not before. `doubt`:
/// how far the deadline may be off; `lastPush`: the newest that the feed said of the key.
[[nodiscard]] bool hasRunOut(SteadyTime deadline, SteadyTime::duration doubt,
                             const LockObservation &gone, std::optional<SteadyTime> lastPush);
/// Whether it did, seen from the beginning of the hold that came after it.
[[nodiscard]] bool hasRunOut(std::optional<SteadyTime> deadline, SteadyTime::duration doubt,
                             const HoldStart &next);

} // namespace lockkeeper::locks
