// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockregistry.h"

#include <algorithm>

namespace lockkeeper::locks {

using namespace std::chrono_literals;

namespace {

/// A read this much after the deadline finds the key gone: servers count in whole milliseconds.
constexpr auto kExpiryGrace = 2ms;
/// A deadline has to move by more than this to be told.
constexpr auto kRenewalStep = 50ms;

/// Two clocks drift apart by less than a thousandth.
constexpr int kDriftShare = 1000;
/// They drift no further before the deadline is read anew, or corrected.
constexpr SteadyTime::duration kMostDrift = 4ms;
/// Servers count in whole milliseconds.
constexpr SteadyTime::duration kRounding = 1ms;

bool hasMoved(const std::optional<SteadyTime> &from, const std::optional<SteadyTime> &to,
              SteadyTime::duration doubt)
{
    return from && to ? std::chrono::abs(*to - *from) > doubt + kRenewalStep
                      : from.has_value() != to.has_value();
}

/// What was told, corrected by what may be the clocks' own doing since then: that must not add up
/// to news, as small steps of the deadline itself do.
std::optional<SteadyTime> withoutDrift(const std::optional<SteadyTime> &told,
                                       const std::optional<SteadyTime> &now,
                                       SteadyTime::duration elapsed)
{
    if (!told || !now)
        return told;
    const auto drift = elapsed / kDriftShare;
    return *told + std::clamp(*now - *told, -drift, drift);
}

} // namespace

void LockRegistry::renewOrKeep(const LockKey &key, const LockObservation &observation,
                               const PushMarks &pushes)
{
    LockRecord record = m_records.value(key);
    const Upkeep before = m_upkeep.value(key);
    const auto now = observation.deadline();
    const auto told = withoutDrift(before.told, now, observation.sentAt - before.seenAt);
    const bool isNews = hasMoved(told, now, observation.doubt() + before.toldDoubt);
    const bool isLater = told && (!now || *now > *told);
    setDeadline(record, observation);
    if (isNews && isLater)
        ++record.renewals;
    store(record);
    if (isNews) {
        noteTold(record);
        m_delta.happened(eventOf(LockEvent::Kind::Renewed, record,
                                 pushes.last.value_or(observation.receivedAt), m_clock));
    } else {
        m_upkeep[key].told = told;
    }
}

SteadyTime::duration LockRegistry::doubtOfEnd(const LockRecord &record) const
{
    // Seen for longer than its deadline is known, so never too little.
    const auto drift = (m_clock.steady() - record.seenSince) / kDriftShare;
    return deadlineDoubt(record.key) + kRounding + std::min(drift, kMostDrift);
}

void LockRegistry::noteTold(const LockRecord &record)
{
    Upkeep &upkeep = m_upkeep[record.key];
    upkeep.told = record.deadline;
    upkeep.toldDoubt = upkeep.halfWidth;
}

void LockRegistry::setDeadline(LockRecord &record, const LockObservation &observation)
{
    Upkeep &upkeep = m_upkeep[record.key];
    const auto halfWidth = observation.doubt();
    const auto observed = observation.deadline();
    // Of two readings of one deadline the narrower one stays, so that countdowns do not jitter,
    // but not when the row outlived it.
    const bool isSame =
        observed && record.deadline && *record.deadline > observation.receivedAt &&
        std::chrono::abs(*observed - *record.deadline) <= halfWidth + upkeep.halfWidth + 1ms;
    if (!isSame || halfWidth < upkeep.halfWidth) {
        record.deadline = observed;
        upkeep.halfWidth = halfWidth;
    }
    record.lease = std::max(record.lease, observation.ttl.value_or(record.lease));
    upkeep.seenAt = observation.sentAt;
    if (record.deadline)
        m_checks.set(record.key, std::max(*record.deadline, m_clock.steady()) + kExpiryGrace);
    else
        m_checks.remove(record.key);
}

} // namespace lockkeeper::locks
