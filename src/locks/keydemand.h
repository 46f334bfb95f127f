// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"

#include <optional>
#include <utility>

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

/// One touch is no waiter: a colleague's window reads a key once, and is gone. Others ask for a
/// lock once two looks found a touch, this far apart, and none in between found none.
inline constexpr std::chrono::milliseconds kSecondLookAfter{2500};

/// By OBJECT FREQ, under LFU policies. The counter begins at 5, our own read makes it 6, and each
/// further touch makes it grow more seldom; only growth without our doing proves anything.
class FrequencyTrail
{
public:
    /// `read` at `now`; `lastOwnRead`: when we last touched the key, `age`: of the hold.
    [[nodiscard]] std::optional<bool> askedFor(int frequency, SteadyTime now,
                                               SteadyTime lastOwnRead, SteadyTime::duration age);
    /// When it was last seen to have grown without our doing.
    [[nodiscard]] std::optional<SteadyTime> grewAt() const { return m_grewAt; }

private:
    std::optional<int> m_frequency;
    SteadyTime m_readAt;
    std::optional<SteadyTime> m_grewAt;
};

/// What the looks at one hold that found a touch add up to.
class Suspicion
{
public:
    explicit Suspicion(Token token)
        : m_token(std::move(token))
    {}
    [[nodiscard]] const Token &token() const { return m_token; }
    /// A look at `now` found that the key was touched, as it was seen at `touchSeenAt`.
    /// @return whether that proves a waiter.
    [[nodiscard]] bool isProvedBy(SteadyTime touchSeenAt, SteadyTime now);
    /// Whether the look that may prove it is due.
    [[nodiscard]] bool isDue(SteadyTime now) const;

private:
    Token m_token;
    std::optional<SteadyTime> m_since;
    SteadyTime m_lookedAt;
};

} // namespace lockkeeper::locks
