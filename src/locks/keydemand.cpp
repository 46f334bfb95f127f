// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/keydemand.h"

namespace lockkeeper::locks {

namespace {

using namespace std::chrono_literals;

/// A new key that we have read once; contended ones are above it after a few seconds.
constexpr int kUntouched = 6;
constexpr auto kSurelyAbove = 10s;
/// A counter that is high grows about every five seconds while ten touches a second come in.
constexpr auto kGrowthLasts = 30s;
/// Two looks with more time between them say nothing of what was in between.
constexpr auto kLooksBelongTogether = 10s;

} // namespace

std::optional<bool> FrequencyTrail::askedFor(int frequency, SteadyTime now, SteadyTime lastOwnRead,
                                             SteadyTime::duration age)
{
    const bool isOurs = !m_frequency || lastOwnRead >= m_readAt;
    if (!isOurs && frequency > *m_frequency)
        m_grewAt = now;
    m_frequency = frequency;
    m_readAt = now;
    if (m_grewAt && now - *m_grewAt <= kGrowthLasts)
        return true;
    if (frequency <= kUntouched && age >= kSurelyAbove)
        return false;
    return std::nullopt;
}

bool Suspicion::isProvedBy(SteadyTime touchSeenAt, SteadyTime now)
{
    if (!m_since || now - m_lookedAt > kLooksBelongTogether)
        m_since = touchSeenAt;
    m_lookedAt = now;
    return touchSeenAt - *m_since >= kSecondLookAfter;
}

bool Suspicion::isDue(SteadyTime now) const
{
    return m_since && now - *m_since >= kSecondLookAfter;
}

} // namespace lockkeeper::locks
