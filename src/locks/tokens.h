// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"

#include <QByteArray>

#include <cstdint>
#include <optional>

namespace lockkeeper::locks {

/// The fields of a version-1 UUID (RFC 9562, section 5.1), as redis-py writes it: 32 hex digits.
struct Uuid1
{
    WallTime time;              ///< when acquire() was called, on the maker's clock
    std::uint64_t node = 0;     ///< 48 bits: a MAC, or random with the multicast bit set
    std::uint16_t clockSeq = 0; ///< 14 bits: with the node, usually one worker

    [[nodiscard]] bool isRandomNode() const { return (node >> 40U & 1U) != 0; }

    friend bool operator==(const Uuid1 &, const Uuid1 &) = default;
};

/// Makes tokens that Python peers take for their own kind. One maker has one node and clock
/// sequence; two tokens of one maker never have the same time.
class TokenMaker
{
public:
    /// `node`: who we are, where that is known; nullopt: a random node.
    explicit TokenMaker(const Clock &clock, std::optional<std::uint64_t> node = std::nullopt);

    [[nodiscard]] Token make();
    /// Whether it is a token that this maker has made, within a day.
    [[nodiscard]] bool hasMade(const Token &token) const;
    [[nodiscard]] std::uint64_t node() const { return m_node; }

private:
    const Clock &m_clock;
    std::uint64_t m_node;
    std::uint16_t m_clockSeq;
    std::int64_t m_lastTicks = 0; ///< 100 ns since 1582-10-15
};

/// Reads 32 hex digits as a version-1 UUID. nullopt unless version and variant fit and the time is
/// within a day of `now`: random hex digits must not pass for a UUID.
[[nodiscard]] std::optional<Uuid1> decodeUuid1(const Token &token, WallTime now);

/// The 32 lower-case hex digits of a UUID.
[[nodiscard]] Token encodeUuid1(std::int64_t ticks, std::uint16_t clockSeq, std::uint64_t node);

} // namespace lockkeeper::locks
