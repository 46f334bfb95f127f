// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"

#include <QString>

#include <optional>

namespace lockkeeper::redis {

/// The wall clock of a server, by what TIME has told: steady time is this machine's, wall time is
/// the server's, its drift against our steady clock included. Until the server was asked, and where
/// it may not be, wall time is this machine's as well.
///
/// This machine's wall clock is not part of it: it may jump.
class ServerTime final : public Clock
{
public:
    /// One answer to TIME: the server's clock stood at `server` at some moment between the two.
    struct Sample
    {
        WallTime server;
        SteadyTime sentAt;
        SteadyTime receivedAt;
    };

    /// `clock` is this machine's, and outlives this.
    explicit ServerTime(const Clock &clock)
        : m_clock(clock)
    {}

    /// @return by how much the server's clock was set meanwhile, where it was.
    std::optional<std::chrono::microseconds> take(const Sample &sample);

    [[nodiscard]] SteadyTime steady() const override { return m_clock.steady(); }
    [[nodiscard]] WallTime wall() const override;

    [[nodiscard]] bool isKnown() const { return m_anchor.has_value(); }
    /// How far the server's clock is ahead of this machine's; nullopt: not known.
    [[nodiscard]] std::optional<std::chrono::microseconds> offset() const;
    /// What the offset may be off by, since an answer takes its time.
    [[nodiscard]] SteadyTime::duration doubt() const
    {
        return m_anchor ? m_anchor->doubt : SteadyTime::duration{};
    }
    /// How much faster it runs than our steady clock, in parts; 0 until that can be told.
    [[nodiscard]] double drift() const { return m_drift; }

private:
    struct Anchor
    {
        WallTime server;
        SteadyTime at;
        SteadyTime::duration doubt{};
    };

    [[nodiscard]] WallTime wallAt(SteadyTime moment) const;

    const Clock &m_clock;
    std::optional<Anchor> m_anchor; ///< what wall() counts from
    std::optional<Anchor> m_first;  ///< what the drift is measured from
    double m_drift = 0;
};

/// "the server's clock is 1.2 s ahead of this machine's", with the drift where it is known; empty
/// where the offset is not.
[[nodiscard]] QString describe(const ServerTime &time);

} // namespace lockkeeper::redis
