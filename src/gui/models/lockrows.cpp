// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/lockrows.h"

#include <algorithm>
#include <utility>

namespace lockkeeper::gui {

void LockRows::begin(locks::LockFamily family, locks::NodeNames nodeNames,
                     const app::Thresholds &thresholds)
{
    m_family = std::move(family);
    m_nodeNames = std::move(nodeNames);
    m_thresholds = thresholds;
    m_slots.clear();
    m_due.clear();
    m_freeSlots.clear();
    m_touched.clear();
    m_slotOf.clear();
    m_owners.clear();
    m_ownersLimit = kFewOwners;
    m_gone.clear();
    m_heldCount = 0;
    m_isFrozen = false;
}

void LockRows::freeze(SteadyTime lastProof)
{
    if (!std::exchange(m_isFrozen, true))
        m_lastProof = lastProof;
}

SteadyTime LockRows::timeOf(const LockRow &row) const
{
    if (row.gone)
        return m_shownTime; // that it has gone was proved
    return row.provenAt.value_or(frozenAt().value_or(m_shownTime));
}

void LockRows::upsert(const locks::LockRecord &record)
{
    const bool isNew = !m_slotOf.contains(record.key);
    const int slot = obtain(record.key);
    LockRow &row = at(slot).row;
    if (isNew || row.gone)
        ++m_heldCount;
    const bool isOtherOwner = isNew || row.record.token != record.token;
    row.record = record;
    if (isOtherOwner)
        setOwner(row);
    if (record.isVerified)
        row.provenAt.reset();
    else if (!row.provenAt)
        row.provenAt = frozenAt().value_or(m_clock.steady());
    row.gone.reset();
    at(slot).isEnded = false;
    diagnose(slot);
    touch(slot);
}

void LockRows::setOwner(LockRow &row)
{
    row.owner = {};
    row.calledAt.reset();
    if (row.record.isForeign())
        return;
    locks::Owner owner = locks::decodeOwner(row.record.token, m_clock.wall(), m_nodeNames);
    row.calledAt = std::exchange(owner.calledAt, std::nullopt);
    row.owner = owner.nodeId.isEmpty() ? Shared(std::move(owner)) : pooled(std::move(owner));
}

Shared<locks::Owner> LockRows::pooled(locks::Owner owner)
{
    const QString id = owner.nodeId + owner.worker;
    const auto known = m_owners.constFind(id);
    if (known != m_owners.cend())
        return *known;
    if (m_owners.size() >= m_ownersLimit) {
        m_owners.removeIf([](const auto &pool) { return pool.value().isAlone(); });
        m_ownersLimit = std::max(kFewOwners, 2 * m_owners.size());
    }
    return *m_owners.insert(id, Shared(std::move(owner)));
}

void LockRows::markGone(const LockKey &key, locks::HoldEnd end)
{
    const int slot = slotOf(key);
    if (slot < 0 || at(slot).row.gone)
        return;
    LockRow &row = at(slot).row;
    row.gone = end;
    row.goneAt = m_clock.steady();
    m_due[static_cast<std::size_t>(slot)] = SteadyTime::max();
    m_gone.push_back({key, row.goneAt});
    --m_heldCount;
    touch(slot);
}

bool LockRows::setGlance(const SessionId &session, const app::SessionGlance &glance)
{
    const int slot = slotOf(m_family.lockKey(session));
    if (slot < 0)
        return false;
    at(slot).row.glance = glance;
    diagnose(slot);
    touch(slot);
    return true;
}

void LockRows::retireGone()
{
    const SteadyTime now = m_clock.steady();
    while (!m_gone.empty() && (m_gone.front().at + kLinger <= now || m_gone.size() > kMostGone)) {
        const GoneRow oldest = m_gone.front();
        m_gone.pop_front();
        const int slot = slotOf(oldest.key);
        if (slot < 0)
            continue;
        // It may have come back, and even have gone once more, in the meantime.
        if (at(slot).row.gone && at(slot).row.goneAt == oldest.at) {
            at(slot).isEnded = true;
            touch(slot);
        }
    }
}

void LockRows::diagnoseDue()
{
    if (m_isFrozen)
        return;
    const SteadyTime now = m_clock.steady();
    for (std::size_t i = 0; i < m_due.size(); ++i) {
        if (m_due[i] <= now) {
            diagnose(static_cast<int>(i));
            touch(static_cast<int>(i));
        }
    }
}

std::vector<int> LockRows::takeTouched()
{
    std::vector<int> touched = std::exchange(m_touched, {});
    for (const int slot : touched)
        at(slot).isTouched = false;
    return touched;
}

void LockRows::release(int slot)
{
    m_slotOf.remove(at(slot).row.record.key);
    at(slot) = Slot{};
    m_due[static_cast<std::size_t>(slot)] = SteadyTime::max();
    m_freeSlots.push_back(slot);
}

int LockRows::obtain(const LockKey &key)
{
    if (const int known = slotOf(key); known >= 0)
        return known;
    int slot = static_cast<int>(m_slots.size());
    if (m_freeSlots.empty()) {
        m_slots.emplace_back();
        m_due.push_back(SteadyTime::max());
    } else {
        slot = m_freeSlots.back();
        m_freeSlots.pop_back();
    }
    m_slotOf.insert(key, slot);
    return slot;
}

void LockRows::touch(int slot)
{
    if (!std::exchange(at(slot).isTouched, true))
        m_touched.push_back(slot);
}

void LockRows::diagnose(int slot)
{
    SteadyTime &due = m_due[static_cast<std::size_t>(slot)];
    due = SteadyTime::max();
    LockRow &row = at(slot).row;
    if (row.gone)
        return;
    // What is not proved any more keeps its last state: the clock alone makes no lock held long.
    if (!row.record.isVerified && at(slot).isDiagnosed)
        return;
    const SteadyTime now = m_clock.steady();
    row.state = app::stateOf(row.record, row.glance->state, now, m_thresholds);
    at(slot).isDiagnosed = true;
    if (const auto next = app::nextChange(row.record, now, m_thresholds); next && *next > now)
        due = *next;
}

} // namespace lockkeeper::gui
