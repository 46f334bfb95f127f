// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/tokens.h"

#include <QRandomGenerator>

#include <algorithm>

namespace lockkeeper::locks {

namespace {

/// 100 ns from the UUID epoch, 1582-10-15, to 1970-01-01.
constexpr std::int64_t kEpochTicks = 0x01B21DD213814000;
constexpr std::uint64_t kNodeMask = 0xFFFF'FFFF'FFFF;
constexpr std::uint64_t kMulticastBit = 1ULL << 40U;
constexpr std::uint16_t kClockSeqMask = 0x3FFF;
constexpr int kUuidDigits = 32;

std::int64_t ticksOf(WallTime time)
{
    return time.time_since_epoch().count() * 10 + kEpochTicks;
}

QByteArray hex(std::uint64_t value, int digits)
{
    return QByteArray::number(qulonglong(value), 16).rightJustified(digits, '0');
}

bool isLowerHex(const QByteArray &text)
{
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::uint64_t number(const QByteArray &digits, qsizetype first, qsizetype count)
{
    return digits.sliced(first, count).toULongLong(nullptr, 16);
}

} // namespace

TokenMaker::TokenMaker(const Clock &clock, std::optional<std::uint64_t> node)
    : m_clock(clock)
    , m_node(node.value_or(QRandomGenerator::system()->generate64() | kMulticastBit) & kNodeMask)
    , m_clockSeq(std::uint16_t(QRandomGenerator::system()->bounded(int(kClockSeqMask) + 1)))
{}

Token TokenMaker::make()
{
    m_lastTicks = std::max(ticksOf(m_clock.wall()), m_lastTicks + 1);
    return encodeUuid1(m_lastTicks, m_clockSeq, m_node);
}

bool TokenMaker::hasMade(const Token &token) const
{
    const std::optional<Uuid1> uuid = decodeUuid1(token, m_clock.wall());
    return uuid && uuid->node == m_node && uuid->clockSeq == m_clockSeq;
}

std::optional<Uuid1> decodeUuid1(const Token &token, WallTime now)
{
    const QByteArray &digits = token.bytes();
    if (digits.size() != kUuidDigits || !isLowerHex(digits))
        return std::nullopt;
    const std::uint64_t timeHigh = number(digits, 12, 4);
    const std::uint64_t clockSeq = number(digits, 16, 4);
    if (timeHigh >> 12U != 1 || clockSeq >> 14U != 0b10)
        return std::nullopt;

    const std::uint64_t ticks =
        (timeHigh & 0x0FFFU) << 48U | number(digits, 8, 4) << 32U | number(digits, 0, 8);
    const std::chrono::microseconds sinceUnixEpoch(std::chrono::floor<std::chrono::microseconds>(
        std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>(std::int64_t(ticks) -
                                                                       kEpochTicks)));
    Uuid1 uuid;
    uuid.time = WallTime(sinceUnixEpoch);
    uuid.node = number(digits, 20, 12);
    uuid.clockSeq = std::uint16_t(clockSeq & kClockSeqMask);
    if (std::chrono::abs(uuid.time - now) > std::chrono::hours(24))
        return std::nullopt;
    return uuid;
}

Token encodeUuid1(std::int64_t ticks, std::uint16_t clockSeq, std::uint64_t node)
{
    const auto time = std::uint64_t(ticks);
    return Token(hex(time & 0xFFFF'FFFFU, 8) + hex(time >> 32U & 0xFFFFU, 4) +
                 hex((time >> 48U & 0x0FFFU) | 0x1000U, 4) +
                 hex((clockSeq & kClockSeqMask) | 0x8000U, 4) + hex(node & kNodeMask, 12));
}

} // namespace lockkeeper::locks
