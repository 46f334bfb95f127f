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

} // namespace

HoldStart estimateStart(const LockObservation &observation, std::optional<SteadyTime> announcedAt,
                        milliseconds lease, const Clock &clock)
{
    if (observation.ttl && *observation.ttl <= lease) {
        const SteadyTime at = *observation.deadline() - lease;
        const bool isPlausible = !announcedAt || at + kLatestPush >= *announcedAt;
        return {isPlausible ? at : *announcedAt, true};
    }
    if (announcedAt)
        return {*announcedAt, true};
    if (const auto uuid = decodeUuid1(observation.token, clock.wall())) {
        const SteadyTime calledAt = clock.steady() + (uuid->time - clock.wall());
        return {std::min(calledAt, observation.receivedAt), false};
    }
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
