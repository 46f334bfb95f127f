// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/singlelook.h"

#include "locks/lockregistry.h"

namespace lockkeeper::locks {

std::optional<LockRecord> recordOf(const LockFamily &family, const Clock &clock, const LockKey &key,
                                   const LockObservation &observation)
{
    LockRegistry registry(family, clock);
    registry.beginScan();
    registry.found(key.bytes());
    registry.endScan();
    for (const LockKey &dirty : registry.takeDirty(1))
        registry.observed(dirty, observation);
    const LockRecord *record = registry.find(key);
    return record ? std::optional(*record) : std::nullopt;
}

} // namespace lockkeeper::locks
