// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>

namespace lockkeeper {

using std::chrono::milliseconds;

/// A moment that only moves forward, sleep of the machine included; for deadlines.
using SteadyTime = std::chrono::steady_clock::time_point;
/// A moment on the calendar (UTC), for people and for files.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

/// Where time comes from; injected, so that tests can turn it by hand.
class Clock
{
public:
    Clock() = default;
    Clock(const Clock &) = delete;
    Clock &operator=(const Clock &) = delete;
    virtual ~Clock() = default;

    [[nodiscard]] virtual SteadyTime steady() const = 0;
    [[nodiscard]] virtual WallTime wall() const = 0;
};

/// The machine's clocks. Steady time is CLOCK_BOOTTIME where there is one: a lease runs on while
/// the machine sleeps.
class SystemClock final : public Clock
{
public:
    [[nodiscard]] SteadyTime steady() const override;
    [[nodiscard]] WallTime wall() const override;
};

/// A moment of another clock, for what is to be said as of then.
class ClockAt final : public Clock
{
public:
    ClockAt(const Clock &clock, SteadyTime moment)
        : m_steady(moment)
        , m_wall(clock.wall() -
                 std::chrono::duration_cast<std::chrono::microseconds>(clock.steady() - moment))
    {}
    [[nodiscard]] SteadyTime steady() const override { return m_steady; }
    [[nodiscard]] WallTime wall() const override { return m_wall; }

private:
    SteadyTime m_steady;
    WallTime m_wall;
};

/// A clock that stands still until it is advanced.
class ManualClock final : public Clock
{
public:
    [[nodiscard]] SteadyTime steady() const override { return m_steady; }
    [[nodiscard]] WallTime wall() const override { return m_wall; }
    void advance(std::chrono::microseconds by);

private:
    SteadyTime m_steady{std::chrono::hours(1)};
    WallTime m_wall{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
};

} // namespace lockkeeper
