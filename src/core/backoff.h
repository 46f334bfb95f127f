// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <random>

namespace lockkeeper {

/// How long to wait before the next try: full jitter over an interval that doubles from `first` to
/// `ceiling`, so that many clients of one restarted server do not come back in step.
class Backoff
{
public:
    explicit Backoff(std::chrono::milliseconds first = std::chrono::milliseconds(250),
                     std::chrono::milliseconds ceiling = std::chrono::seconds(30),
                     std::uint64_t seed = std::random_device{}());

    /// The next delay, in (0, interval]; the interval doubles with each call.
    [[nodiscard]] std::chrono::milliseconds next();
    /// After a success: starts again from `first`.
    void reset();

private:
    std::chrono::milliseconds m_first;
    std::chrono::milliseconds m_ceiling;
    std::chrono::milliseconds m_interval;
    std::mt19937_64 m_random;
};

} // namespace lockkeeper
