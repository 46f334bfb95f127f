// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clock.h"

#include <ctime>

namespace lockkeeper {

SteadyTime SystemClock::steady() const
{
#ifdef CLOCK_BOOTTIME
    timespec now{};
    if (clock_gettime(CLOCK_BOOTTIME, &now) == 0)
        return SteadyTime(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
#endif
    return std::chrono::steady_clock::now();
}

WallTime SystemClock::wall() const
{
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

void ManualClock::advance(std::chrono::microseconds by)
{
    m_steady += by;
    m_wall += by;
}

} // namespace lockkeeper
