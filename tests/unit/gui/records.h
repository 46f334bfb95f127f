// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "locks/lockfamily.h"
#include "locks/lockrecord.h"

#include <optional>

/// Locks and deltas made by hand.
namespace lockkeeper::test {

inline SessionId sessionId(int i)
{
    return SessionId("session-" + QByteArray::number(i));
}

inline locks::LockRecord makeRecord(const SessionId &session, const Clock &clock,
                                    milliseconds age = milliseconds(0),
                                    std::optional<milliseconds> ttl = std::chrono::seconds(60),
                                    const QByteArray &token = "0123456789abcdef")
{
    const locks::LockFamily family;
    locks::LockRecord record;
    record.key = family.lockKey(session);
    record.session = session;
    record.token = Token(token);
    if (ttl)
        record.deadline = clock.steady() + *ttl;
    record.acquiredAt = clock.steady() - age;
    record.seenSince = record.acquiredAt;
    record.isAcquiredAtKnown = true;
    record.lease = family.lease;
    return record;
}

inline locks::RegistryDelta upsertOf(const QList<locks::LockRecord> &records)
{
    locks::RegistryDelta delta;
    delta.upserted = records;
    return delta;
}

inline locks::RegistryDelta removalOf(const SessionId &session,
                                      locks::HoldEnd end = locks::HoldEnd::Released)
{
    const locks::LockFamily family;
    locks::LockEvent event;
    event.kind = locks::LockEvent::Kind::Ended;
    event.end = end;
    event.key = family.lockKey(session);
    event.session = session;
    locks::RegistryDelta delta;
    delta.removed.append(event.key);
    delta.events.append(event);
    return delta;
}

} // namespace lockkeeper::test
