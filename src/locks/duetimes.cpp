// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/duetimes.h"

#include <algorithm>
#include <functional>

namespace lockkeeper::locks {

namespace {

constexpr std::size_t kFewStale = 64;

} // namespace

void DueTimes::set(const LockKey &key, SteadyTime at)
{
    if (const SteadyTime *time = m_times.find(key); time && *time == at)
        return;
    m_times.insert(key, at);
    m_order.emplace_back(at, key);
    std::push_heap(m_order.begin(), m_order.end(), std::greater<>());
    dropStale();
}

void DueTimes::remove(const LockKey &key)
{
    if (m_times.remove(key))
        dropStale();
}

std::optional<SteadyTime> DueTimes::next() const
{
    if (m_order.empty())
        return std::nullopt;
    return m_order.front().first;
}

QList<LockKey> DueTimes::take(SteadyTime now)
{
    QList<LockKey> due;
    while (!m_order.empty() && m_order.front().first <= now) {
        due << m_order.front().second;
        m_times.remove(due.last());
        dropStale();
    }
    return due;
}

bool DueTimes::isStale(const Entry &entry) const
{
    const SteadyTime *time = m_times.find(entry.second);
    return !time || *time != entry.first;
}

void DueTimes::dropEarliest()
{
    std::pop_heap(m_order.begin(), m_order.end(), std::greater<>());
    m_order.pop_back();
}

void DueTimes::dropStale()
{
    while (!m_order.empty() && isStale(m_order.front()))
        dropEarliest();
    if (m_order.size() <= 2 * static_cast<std::size_t>(m_times.size()) + kFewStale)
        return;
    std::erase_if(m_order, [this](const Entry &entry) { return isStale(entry); });
    std::make_heap(m_order.begin(), m_order.end(), std::greater<>());
}

} // namespace lockkeeper::locks
