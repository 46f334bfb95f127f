// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/holdestimate.h"

#include "locks/tokens.h"

#include <algorithm>

namespace lockkeeper::locks {

using namespace std::chrono_literals;

namespace {

/// No push is that late: a hold that would have begun so long before its push has a shorter lease.
constexpr auto kLatestPush = 5s;
/// A token made this much later than its hold would have begun shows that the lease is shorter than
/// the family's; less may be the clock of its maker.
constexpr auto kClockDoubt = 1s;
/// Guards renew after a third of a lease. A token that is older than that when its lease begins has
/// been renewed, or has waited for the lock: nobody can tell from one look.
constexpr int kRenewalsPerLease = 3;

std::optional<SteadyTime> calledAt(const LockObservation &observation, const Clock &clock)
{
    const auto uuid = decodeUuid1(observation.token, clock.wall());
    if (!uuid)
        return std::nullopt;
    const SteadyTime called = clock.steady() + (uuid->time - clock.wall());
    return std::min(called, observation.receivedAt);
}

} // namespace

void HoldStart::notBefore(SteadyTime moment)
{
    at = std::max(at, moment);
    if (earliest)
        earliest = std::max(*earliest, moment);
}

void HoldStart::writeTo(LockRecord &record, milliseconds lease) const
{
    const bool mayBeRenewed = !isWatched && earliest && *earliest + lease / kRenewalsPerLease < at;
    record.acquiredAt = at;
    record.isAcquiredAtKnown = isKnown && !mayBeRenewed;
    record.earliestStart = isWatched ? at : earliest;
    record.isWatchedFromStart = isWatched;
}

HoldStart estimateStart(const LockObservation &observation, std::optional<SteadyTime> announcedAt,
                        milliseconds lease, const Clock &clock)
{
    const auto called = calledAt(observation, clock);
    const bool hasFamilyLease = observation.ttl && *observation.ttl <= lease;
    if (announcedAt) {
        const SteadyTime at = hasFamilyLease ? *observation.deadline() - lease : *announcedAt;
        const bool isPlausible = at + kLatestPush >= *announcedAt;
        return {isPlausible ? at : *announcedAt, true, called, true};
    }
    if (hasFamilyLease) {
        const SteadyTime at = *observation.deadline() - lease;
        if (called && at + kClockDoubt < *called)
            return {*called, false, called};
        return {at, true, called};
    }
    if (called)
        return {*called, false, called};
    return {observation.receivedAt, false};
}

bool hasRunOut(SteadyTime deadline, SteadyTime::duration doubt, const LockObservation &gone,
               std::optional<SteadyTime> lastPush)
{
    const SteadyTime early = deadline - doubt;
    return gone.receivedAt >= early && (!lastPush || *lastPush >= early);
}

bool hasRunOut(std::optional<SteadyTime> deadline, SteadyTime::duration doubt,
               const HoldStart &next)
{
    return deadline && *deadline <= next.at + doubt;
}

} // namespace lockkeeper::locks
