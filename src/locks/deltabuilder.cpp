// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/deltabuilder.h"

#include <utility>

namespace lockkeeper::locks {

void DeltaBuilder::added(const LockKey &key)
{
    if (!m_removed.remove(key))
        m_added.insert(key);
    m_upserted.insert(key);
}

void DeltaBuilder::removed(const LockKey &key)
{
    m_upserted.remove(key);
    if (!m_added.remove(key))
        m_removed.insert(key);
}

RegistryDelta DeltaBuilder::take(const PackedHash<LockKey, LockRecord> &records)
{
    RegistryDelta delta;
    delta.upserted.reserve(m_upserted.size());
    for (const LockKey &key : std::as_const(m_upserted))
        delta.upserted << records.value(key);
    delta.removed = m_removed.values();
    delta.events = std::exchange(m_events, {});
    m_added.clear();
    m_upserted.clear();
    m_removed.clear();
    return delta;
}

} // namespace lockkeeper::locks
