// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/lockrows.h"

#include <utility>

namespace lockkeeper::gui {

void LockRows::begin(locks::LockFamily family, locks::NodeNames nodeNames)
{
    m_family = std::move(family);
    m_nodeNames = std::move(nodeNames);
    m_slots.clear();
    m_freeSlots.clear();
    m_touched.clear();
    m_slotOf.clear();
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
    if (isNew || row.record.token != record.token)
        row.owner = record.isForeign()
                        ? locks::Owner{}
                        : locks::decodeOwner(record.token, m_clock.wall(), m_nodeNames);
    row.record = record;
    if (record.isVerified)
        row.provenAt.reset();
    else if (!row.provenAt)
        row.provenAt = frozenAt().value_or(m_clock.steady());
    row.gone.reset();
    at(slot).isEnded = false;
    diagnose(at(slot));
    touch(slot);
}

void LockRows::markGone(const LockKey &key, locks::HoldEnd end)
{
    const auto found = m_slotOf.constFind(key);
    if (found == m_slotOf.cend() || at(*found).row.gone)
        return;
    LockRow &row = at(*found).row;
    row.gone = end;
    row.goneAt = m_clock.steady();
    at(*found).due = SteadyTime::max();
    m_gone.push_back({key, row.goneAt});
    --m_heldCount;
    touch(*found);
}

bool LockRows::setGlance(const SessionId &session, const app::SessionGlance &glance)
{
    const auto found = m_slotOf.constFind(m_family.lockKey(session));
    if (found == m_slotOf.cend())
        return false;
    at(*found).row.glance = glance;
    diagnose(at(*found));
    touch(*found);
    return true;
}

void LockRows::retireGone()
{
    const SteadyTime now = m_clock.steady();
    while (!m_gone.empty() && (m_gone.front().at + kLinger <= now || m_gone.size() > kMostGone)) {
        const GoneRow oldest = m_gone.front();
        m_gone.pop_front();
        const auto found = m_slotOf.constFind(oldest.key);
        if (found == m_slotOf.cend())
            continue;
        // It may have come back, and even have gone once more, in the meantime.
        if (at(*found).row.gone && at(*found).row.goneAt == oldest.at) {
            at(*found).isEnded = true;
            touch(*found);
        }
    }
}

void LockRows::diagnoseDue()
{
    if (m_isFrozen)
        return;
    const SteadyTime now = m_clock.steady();
    for (std::size_t i = 0; i < m_slots.size(); ++i) {
        if (m_slots[i].due <= now) {
            diagnose(m_slots[i]);
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
    m_freeSlots.push_back(slot);
}

int LockRows::obtain(const LockKey &key)
{
    if (const auto found = m_slotOf.constFind(key); found != m_slotOf.cend())
        return *found;
    int slot = static_cast<int>(m_slots.size());
    if (m_freeSlots.empty()) {
        m_slots.emplace_back();
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

void LockRows::diagnose(Slot &slot)
{
    slot.due = SteadyTime::max();
    if (slot.row.gone)
        return;
    // What is not proved any more keeps its last state: the clock alone makes no lock held long.
    const bool isDiagnosed = !slot.row.diagnosis.reason.isEmpty();
    if (!slot.row.record.isVerified && isDiagnosed)
        return;
    const SteadyTime now = m_clock.steady();
    slot.row.diagnosis = app::diagnose(slot.row.record, slot.row.glance.state, now);
    if (const auto next = app::nextChange(slot.row.record, now); next && *next > now)
        slot.due = *next;
}

} // namespace lockkeeper::gui
