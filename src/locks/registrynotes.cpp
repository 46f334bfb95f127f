// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockregistry.h"

#include <utility>

namespace lockkeeper::locks {

namespace {

/// A deadline that may be off by more than this is no countdown.
constexpr std::chrono::milliseconds kVagueRead{250};

} // namespace

void LockRegistry::noteFlush()
{
    m_flushedAt = m_clock.steady();
    for (const LockRecord &record : std::as_const(m_records)) {
        if (!record.deadline || *record.deadline > m_flushedAt)
            m_flushed.insert(record.key);
    }
}

void LockRegistry::recheckAll()
{
    for (const LockRecord &record : m_records)
        recheck(record.key);
}

void LockRegistry::correctDeadline(const LockKey &key, const LockObservation &ttl,
                                   milliseconds jitter)
{
    const LockRecord *row = find(key);
    const auto seen = ttl.deadline();
    if (!row || !seen || !row->deadline)
        return;
    const auto doubt = ttl.doubt() + deadlineDoubt(key) + jitter;
    if (std::chrono::abs(*seen - *row->deadline) <= doubt)
        return;
    LockRecord record = *row;
    const SteadyTime seenAt = m_upkeep.value(key).seenAt; // of the key itself nothing was read
    setDeadline(record, ttl);
    m_upkeep[key].seenAt = seenAt;
    store(record);
}

bool LockRegistry::provesDeadline(const LockKey &key, const LockObservation &observation)
{
    // The server may have stood still in between, and whether before or after it looked, nobody
    // knows. A link that is always slow must do with its second answer.
    if (!observation.ttl || observation.doubt() <= kVagueRead || m_vague.remove(key)) {
        m_vague.remove(key);
        return true;
    }
    m_vague.insert(key);
    m_reads.addDue(key);
    return false;
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
    const Upkeep *upkeep = m_upkeep.find(key);
    return !upkeep ? std::nullopt : std::optional(upkeep->seenAt);
}

} // namespace lockkeeper::locks
