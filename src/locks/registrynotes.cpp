// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockregistry.h"

#include <utility>

namespace lockkeeper::locks {

void LockRegistry::noteFlush()
{
    m_flushedAt = m_clock.steady();
    for (const LockRecord &record : std::as_const(m_records)) {
        if (!record.deadline || *record.deadline > m_flushedAt)
            m_flushed.insert(record.key);
    }
}

void LockRegistry::noteDemand(const LockDemand &demand)
{
    const LockRecord *row = find(demand.key);
    if (!row || row->isForeign() || row->token != demand.token)
        return;
    LockRecord record = *row;
    record.isContended = demand.isContended;
    if (demand.waiters)
        record.waiters = demand.waiters;
    else if (demand.isContended != true)
        record.waiters.reset(); // those who were counted have gone, or nobody can tell
    store(record);
}

std::optional<SteadyTime> LockRegistry::lastReadOf(const LockKey &key) const
{
    const auto upkeep = m_upkeep.constFind(key);
    return upkeep == m_upkeep.cend() ? std::nullopt : std::optional(upkeep->seenAt);
}

} // namespace lockkeeper::locks
