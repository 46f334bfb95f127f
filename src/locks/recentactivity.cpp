// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/recentactivity.h"

namespace lockkeeper::locks {

void RecentActivity::noteAcquired(const LockKey &key, SteadyTime now)
{
    m_entries.push_back({now, key, true});
    ++m_byKey[key].acquisitions;
}

void RecentActivity::noteEnded(const LockKey &key, SteadyTime end, SteadyTime now)
{
    m_entries.push_back({now, key, false});
    Activity &activity = m_byKey[key];
    ++activity.ends;
    activity.lastEnd = end;
}

int RecentActivity::acquisitions(const LockKey &key) const
{
    const auto found = m_byKey.constFind(key);
    return found == m_byKey.cend() ? 0 : found->acquisitions;
}

std::optional<SteadyTime> RecentActivity::lastEnd(const LockKey &key) const
{
    const auto found = m_byKey.constFind(key);
    if (found == m_byKey.cend() || found->ends == 0)
        return std::nullopt;
    return found->lastEnd;
}

QList<LockKey> RecentActivity::forgetOld(SteadyTime now)
{
    QList<LockKey> changed;
    while (!m_entries.empty() && m_entries.front().at + kSpan < now) {
        const Entry entry = std::move(m_entries.front());
        m_entries.pop_front();
        const auto activity = m_byKey.find(entry.key);
        if (entry.isAcquisition) {
            --activity->acquisitions;
            changed << entry.key;
        } else {
            --activity->ends;
        }
        if (activity->acquisitions == 0 && activity->ends == 0)
            m_byKey.erase(activity);
    }
    return changed;
}

} // namespace lockkeeper::locks
