// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/holdestimate.h"

#include "locks/tokens.h"

#include <algorithm>

namespace lockkeeper::locks {

using namespace std::chrono_literals;

namespace {

/// A hold that ends this close to its deadline has expired.
constexpr auto kDeadlineTolerance = 5ms;
/// No push is that late: a hold that would have begun so long before its push has a shorter lease.
constexpr auto kLatestPush = 5s;
/// A token made this much later than its hold would have begun shows that the lease is shorter than
/// the family's; less may be the clock of its maker.
constexpr auto kClockDoubt = 1s;

std::optional<SteadyTime> calledAt(const LockObservation &observation, const Clock &clock)
{
    const auto uuid = decodeUuid1(observation.token, clock.wall());
    if (!uuid)
        return std::nullopt;
    const SteadyTime called = clock.steady() + (uuid->time - clock.wall());
    return std::min(called, observation.receivedAt);
}

} // namespace

HoldStart estimateStart(const LockObservation &observation, std::optional<SteadyTime> announcedAt,
                        milliseconds lease, const Clock &clock)
{
    const auto called = calledAt(observation, clock);
    if (observation.ttl && *observation.ttl <= lease) {
        const SteadyTime at = *observation.deadline() - lease;
        if (!announcedAt && called && at + kClockDoubt < *called)
            return {*called, false};
        const bool isPlausible = !announcedAt || at + kLatestPush >= *announcedAt;
        return {isPlausible ? at : *announcedAt, true};
    }
    if (announcedAt)
        return {*announcedAt, true};
    if (called)
        return {*called, false};
    return {observation.receivedAt, false};
}

bool hasRunOut(SteadyTime deadline, SteadyTime::duration doubt, const LockObservation &gone,
               std::optional<SteadyTime> lastPush)
{
    const SteadyTime early = deadline - kDeadlineTolerance - doubt;
    return gone.receivedAt >= early && (!lastPush || *lastPush >= early);
}

bool hasRunOut(std::optional<SteadyTime> deadline, const HoldStart &next)
{
    return deadline && *deadline <= next.at + kDeadlineTolerance;
}

} // namespace lockkeeper::locks
