// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"

#include <QHash>
#include <QList>

#include <deque>
#include <optional>

namespace lockkeeper::locks {

/// What happened to each lock within the last minute; older things are forgotten.
class RecentActivity
{
public:
    static constexpr std::chrono::minutes kSpan{1};

    void noteAcquired(const LockKey &key, SteadyTime now);
    /// `end` is when the hold ended, `now` when we learned of it.
    void noteEnded(const LockKey &key, SteadyTime end, SteadyTime now);

    [[nodiscard]] int acquisitions(const LockKey &key) const;
    [[nodiscard]] std::optional<SteadyTime> lastEnd(const LockKey &key) const;
    /// Forgets what is older than kSpan; the keys whose count of acquisitions changed.
    QList<LockKey> forgetOld(SteadyTime now);

private:
    struct Entry
    {
        SteadyTime at;
        LockKey key;
        bool isAcquisition = false;
    };
    struct Activity
    {
        int acquisitions = 0;
        int ends = 0;
        SteadyTime lastEnd;
    };

    std::deque<Entry> m_entries;
    QHash<LockKey, Activity> m_byKey;
};

} // namespace lockkeeper::locks
