// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/lockregistry.h"

#include <QStringList>

namespace lockkeeper::test {

using namespace std::chrono_literals;

inline const QByteArray kKey = "chat:session_lock:one";
inline const LockKey kLock(kKey);

inline locks::LockObservation held(const QByteArray &token, std::optional<milliseconds> ttl)
{
    locks::LockObservation observation;
    observation.kind = locks::LockObservation::Kind::Held;
    observation.token = Token(token);
    observation.ttl = ttl;
    return observation;
}

inline locks::LockObservation foreign()
{
    locks::LockObservation observation;
    observation.kind = locks::LockObservation::Kind::Foreign;
    observation.foreignReason = QStringLiteral("a hash");
    return observation;
}

/// A registry, its clock, and replies by hand.
class World
{
public:
    ManualClock clock;
    locks::LockRegistry registry{locks::LockFamily{}, clock};

    /// Reads the key, whatever else waits: the reply takes two milliseconds.
    void read(const locks::LockObservation &reply, const QByteArray &key = kKey)
    {
        while (registry.hasDirty()) {
            for (const LockKey &taken : registry.takeDirty(100)) {
                locks::LockObservation observation =
                    taken.bytes() == key ? reply : locks::LockObservation{};
                observation.sentAt = clock.steady();
                observation.receivedAt = clock.steady() + 2ms;
                clock.advance(2ms);
                registry.observed(taken, observation);
            }
        }
    }
    void push(const QByteArray &key = kKey) { registry.changed(key); }
    void pushAndRead(const locks::LockObservation &reply)
    {
        push();
        read(reply);
    }
    /// A first scan that finds nothing, or one lock.
    void sync()
    {
        registry.beginScan();
        registry.endScan();
        (void)registry.takeDelta();
    }
    void syncWith(const locks::LockObservation &reply)
    {
        registry.beginScan();
        registry.found(kKey);
        registry.endScan();
        read(reply);
        (void)registry.takeDelta();
    }
    const locks::LockRecord &row() const { return *registry.find(kLock); }
    /// The names of the events since the last call, and the last event.
    QStringList events()
    {
        QStringList names;
        for (const locks::LockEvent &event : registry.takeDelta().events) {
            names << locks::name(event);
            last = event;
        }
        return names;
    }
    locks::LockEvent last;
};

template<typename Duration>
bool isAbout(Duration actual, SteadyTime::duration expected, SteadyTime::duration by = 2ms)
{
    return std::chrono::abs(actual - expected) <= by;
}

} // namespace lockkeeper::test
