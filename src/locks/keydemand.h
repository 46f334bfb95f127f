// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"

#include <optional>

/// Whether others ask for a held lock, from what the server keeps of its key. A refused `SET NX`
/// leaves no event, but it touches the key.
namespace lockkeeper::locks {

/// A lock has to be this old, and unread by ourselves for as long, before its key tells anything:
/// taking and reading touch it, too, and the server counts whole seconds.
inline constexpr std::chrono::seconds kRipeAge{3};

/// By OBJECT IDLETIME of a ripe lock: whoever waits asks every 100 ms.
[[nodiscard]] constexpr bool isAskedFor(std::chrono::seconds idle)
{
    return idle <= std::chrono::seconds(1);
}

/// By OBJECT FREQ, under LFU policies. The counter begins at 5, our own read makes it 6, and each
/// further touch makes it grow more seldom; only growth without our doing proves anything.
class FrequencyTrail
{
public:
    /// `read` at `now`; `lastOwnRead`: when we last touched the key, `age`: of the hold.
    [[nodiscard]] std::optional<bool> askedFor(int frequency, SteadyTime now,
                                               SteadyTime lastOwnRead, SteadyTime::duration age);

private:
    std::optional<int> m_frequency;
    SteadyTime m_readAt;
    std::optional<SteadyTime> m_grewAt;
};

} // namespace lockkeeper::locks
