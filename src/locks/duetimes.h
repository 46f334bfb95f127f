// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"

#include <QHash>
#include <QList>

#include <optional>
#include <set>
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
    std::set<std::pair<SteadyTime, LockKey>> m_order;
    QHash<LockKey, SteadyTime> m_times;
};

} // namespace lockkeeper::locks
