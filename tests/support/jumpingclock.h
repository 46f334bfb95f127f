// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"

namespace lockkeeper::test {

/// The machine's clocks, which can be made to jump: the wall clock as when it is set, the steady
/// one as when the machine has slept.
class JumpingClock final : public Clock
{
public:
    [[nodiscard]] SteadyTime steady() const override { return m_clock.steady() + m_slept; }
    [[nodiscard]] WallTime wall() const override { return m_clock.wall() + m_slept + m_set; }

    void setWallBy(std::chrono::microseconds by) { m_set += by; }
    void sleepFor(std::chrono::microseconds span) { m_slept += span; }

private:
    SystemClock m_clock;
    std::chrono::microseconds m_slept{0};
    std::chrono::microseconds m_set{0};
};

} // namespace lockkeeper::test
