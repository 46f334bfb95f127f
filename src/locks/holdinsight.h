// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/clockskews.h"
#include "locks/holdstatistics.h"
#include "locks/lockregistry.h"

namespace lockkeeper::locks {

/// What can be learnt from watching holds come and go: the clocks of their owners, and statistics.
class HoldInsight
{
public:
    /// The registry must outlive the insight.
    HoldInsight(const LockRegistry &registry, NodeNames names);

    /// What the registry said last; every delta has to come by here.
    void take(const RegistryDelta &delta);

    [[nodiscard]] const HoldStatistics &statistics() const { return m_statistics; }
    [[nodiscard]] const ClockSkews &skews() const { return m_skews; }
    /// The owner of a hold that is over.
    [[nodiscard]] Owner ownerOf(const Hold &hold) const;
    /// Holds of one lock that ended since then, newest first.
    [[nodiscard]] QList<Hold> holdsOf(const LockKey &key, WallTime since) const;
    /// How long it waited for its lock, where that is known.
    [[nodiscard]] std::optional<milliseconds> waited(const Hold &hold) const;

private:
    void learnStart(const LockKey &key);

    const LockRegistry &m_registry;
    NodeNames m_names;
    ClockSkews m_skews;
    HoldStatistics m_statistics;
    quint64 m_holdsTaken = 0;
};

} // namespace lockkeeper::locks
