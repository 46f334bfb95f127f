// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/holdinsight.h"

#include "core/text.h"

#include <algorithm>

namespace lockkeeper::locks {

HoldInsight::HoldInsight(const LockRegistry &registry, NodeNames names)
    : m_registry(registry)
    , m_names(std::move(names))
{}

void HoldInsight::take(const RegistryDelta &delta)
{
    // A beginning before the ends: a hold's own wait must not be judged by less than is known.
    for (const LockEvent &event : delta.events) {
        const bool beginsOne = event.kind == LockEvent::Kind::Acquired ||
                               event.kind == LockEvent::Kind::Snapshot || event.previousToken;
        if (beginsOne)
            learnStart(event.key);
    }
    const std::deque<Hold> &holds = m_registry.history().holds();
    const quint64 added = m_registry.history().added();
    const auto fresh = std::min<quint64>(added - m_holdsTaken, holds.size());
    m_holdsTaken = added;
    for (std::size_t i = holds.size() - fresh; i < holds.size(); ++i) {
        m_statistics.add(holds[i], ownerOf(holds[i]), waited(holds[i]));
    }
}

Owner HoldInsight::ownerOf(const Hold &hold) const
{
    return decodeOwner(hold.token, hold.endedAt, m_names);
}

QList<Hold> HoldInsight::holdsOf(const LockKey &key, WallTime since) const
{
    QList<Hold> found;
    const std::deque<Hold> &holds = m_registry.history().holds();
    // Ends become known in their order, but for those that a lost feed kept back.
    constexpr auto kDelay = std::chrono::seconds(5);
    for (auto hold = holds.crbegin(); hold != holds.crend(); ++hold) {
        if (hold->endedAt + kDelay < since)
            break;
        if (hold->key == key && hold->endedAt >= since)
            found.append(*hold);
    }
    return found;
}

std::optional<milliseconds> HoldInsight::waited(const Hold &hold) const
{
    if (!hold.isAcquiredAtKnown)
        return std::nullopt;
    return m_skews.queued(ownerOf(hold), hold.acquiredAt);
}

void HoldInsight::learnStart(const LockKey &key)
{
    const LockRecord *record = m_registry.find(key);
    if (!record || record->isForeign() || !record->isAcquiredAtKnown)
        return;
    const Clock &clock = m_registry.clock();
    m_skews.note(decodeOwner(record->token, clock.wall(), m_names),
                 wallTimeOf(record->acquiredAt, clock));
}

} // namespace lockkeeper::locks
