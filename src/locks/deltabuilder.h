// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/packedhash.h"
#include "locks/lockrecord.h"

#include <QSet>

namespace lockkeeper::locks {

/// Collects what changed until somebody takes it: a row that came and went in between is none.
class DeltaBuilder
{
public:
    void added(const LockKey &key);
    void changed(const LockKey &key) { m_upserted.insert(key); }
    void removed(const LockKey &key);
    void happened(const LockEvent &event) { m_events << event; }

    /// `records` as they are now.
    [[nodiscard]] RegistryDelta take(const PackedHash<LockKey, LockRecord> &records);

private:
    QSet<LockKey> m_added; ///< of the upserted ones, those that the last delta did not know
    QSet<LockKey> m_upserted;
    QSet<LockKey> m_removed;
    QList<LockEvent> m_events;
};

} // namespace lockkeeper::locks
