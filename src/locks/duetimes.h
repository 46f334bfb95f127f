// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/packedhash.h"
#include "core/strongtype.h"

#include <QList>

#include <deque>
#include <optional>
#include <utility>

namespace lockkeeper::locks {

/// At most one due time for each key, and the earliest of all at hand.
class DueTimes
{
public:
    void set(const LockKey &key, SteadyTime at);
    void remove(const LockKey &key);
    [[nodiscard]] std::optional<SteadyTime> next() const;
    /// Takes out the keys that are due, earliest first.
    [[nodiscard]] QList<LockKey> take(SteadyTime now);

private:
    using Entry = std::pair<SteadyTime, LockKey>;

    [[nodiscard]] bool isStale(const Entry &entry) const;
    void dropEarliest();
    void dropStale();

    PackedHash<LockKey, SteadyTime> m_times;
    /// A heap, the earliest in front. Entries that were moved or removed stay in it as stale ones
    /// until they come to the front or outnumber the others; the front is never stale.
    std::deque<Entry> m_order;
};

} // namespace lockkeeper::locks
