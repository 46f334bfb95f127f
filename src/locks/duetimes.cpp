// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/duetimes.h"

namespace lockkeeper::locks {

void DueTimes::set(const LockKey &key, SteadyTime at)
{
    remove(key);
    m_times.insert(key, at);
    m_order.insert({at, key});
}

void DueTimes::remove(const LockKey &key)
{
    const auto time = m_times.constFind(key);
    if (time == m_times.cend())
        return;
    m_order.erase({*time, key});
    m_times.erase(time);
}

std::optional<SteadyTime> DueTimes::next() const
{
    if (m_order.empty())
        return std::nullopt;
    return m_order.begin()->first;
}

QList<LockKey> DueTimes::take(SteadyTime now)
{
    QList<LockKey> due;
    while (!m_order.empty() && m_order.begin()->first <= now) {
        due << m_order.begin()->second;
        m_times.remove(due.last());
        m_order.erase(m_order.begin());
    }
    return due;
}

} // namespace lockkeeper::locks
