// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/lockrecord.h"

#include <deque>

namespace lockkeeper::locks {

/// One period of one token on one lock that is over.
struct Hold
{
    LockKey key;
    SessionId session;
    Token token;
    WallTime acquiredAt;
    bool isAcquiredAtKnown = false;
    WallTime endedAt;
    HoldEnd end = HoldEnd::Released;
    int renewals = 0;

    friend bool operator==(const Hold &, const Hold &) = default;
};

/// The holds that ended, newest last; the oldest go when there are more than `capacity`.
class HoldHistory
{
public:
    explicit HoldHistory(std::size_t capacity = 10'000)
        : m_capacity(capacity)
    {}

    void add(Hold hold);
    [[nodiscard]] const std::deque<Hold> &holds() const { return m_holds; }
    /// All that were ever added: who remembers it finds the newer ones at the end.
    [[nodiscard]] quint64 added() const { return m_added; }
    /// Those of one lock, oldest first.
    [[nodiscard]] QList<Hold> of(const LockKey &key) const;

private:
    std::size_t m_capacity;
    std::deque<Hold> m_holds;
    quint64 m_added = 0;
};

} // namespace lockkeeper::locks
