// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/readqueue.h"

namespace lockkeeper::locks {

namespace {

/// What a scan of many locks took is given back after it.
constexpr qsizetype kSpare = 2000;

PushMarks joined(const PushMarks &earlier, const PushMarks &later)
{
    return {earlier.first ? earlier.first : later.first, later.last ? later.last : earlier.last};
}

} // namespace

void ReadQueue::addFound(const LockKey &key)
{
    if (!m_underWay.contains(key))
        wait(key, {}, false);
}

void ReadQueue::addDue(const LockKey &key)
{
    const auto underWay = m_underWay.find(key);
    if (underWay != m_underWay.end())
        underWay->isRepeated = true;
    else
        wait(key, {}, true);
}

void ReadQueue::addPushed(const LockKey &key, SteadyTime now)
{
    const PushMarks push{now, now};
    const auto underWay = m_underWay.find(key);
    if (underWay == m_underWay.end()) {
        wait(key, push, true);
        return;
    }
    underWay->isRepeated = true;
    underWay->pushesSince = joined(underWay->pushesSince, push);
}

QList<LockKey> ReadQueue::take(int limit)
{
    QList<LockKey> taken;
    for (auto *queue : {&m_urgent, &m_patient}) {
        while (taken.size() < limit && !queue->empty()) {
            const auto waiting = m_waiting.find(queue->front());
            if (waiting != m_waiting.end()) {
                m_underWay.insert(waiting.key(), UnderWay{waiting.value(), {}, false, true});
                taken << waiting.key();
                m_waiting.erase(waiting);
            }
            queue->pop_front();
        }
    }
    if (m_waiting.isEmpty() && m_waiting.capacity() > kSpare)
        m_waiting = {};
    return taken;
}

std::optional<ReadQueue::Done> ReadQueue::finish(const LockKey &key)
{
    const auto found = m_underWay.constFind(key);
    if (found == m_underWay.cend())
        return std::nullopt;
    const UnderWay read = *found;
    m_underWay.erase(found);
    if (m_underWay.isEmpty() && m_underWay.capacity() > kSpare)
        m_underWay = {};
    if (read.isRepeated)
        wait(key, read.pushesSince, true);
    return Done{joined(read.pushes, read.pushesSince), read.isCurrent};
}

void ReadQueue::fail(const LockKey &key)
{
    const auto found = m_underWay.constFind(key);
    if (found == m_underWay.cend())
        return;
    const PushMarks pushes = joined(found->pushes, found->pushesSince);
    m_underWay.erase(found);
    wait(key, pushes, true);
}

void ReadQueue::restart()
{
    for (UnderWay &read : m_underWay) {
        read.isRepeated = true;
        read.isCurrent = false;
    }
}

QList<LockKey> ReadQueue::keys() const
{
    return m_waiting.keys() + m_underWay.keys();
}

void ReadQueue::wait(const LockKey &key, const PushMarks &pushes, bool isUrgent)
{
    const auto waiting = m_waiting.find(key);
    if (waiting != m_waiting.end()) {
        const bool wasPushed = waiting->last.has_value();
        *waiting = joined(*waiting, pushes);
        if (isUrgent && !wasPushed)
            m_urgent.push_back(key);
        return;
    }
    m_waiting.insert(key, pushes);
    (isUrgent ? m_urgent : m_patient).push_back(key);
}

} // namespace lockkeeper::locks
