// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/lockmonitor.h"
#include "redis/notifychannel.h"
#include "redis/pollfeed.h"
#include "redis/pushchannel.h"
#include "support/await.h"
#include "support/redisserver.h"

#include <QStringList>
#include <QTest>

#include <memory>

namespace lockkeeper::test {

/// A monitor on a server, with all that it said.
class Watching
{
public:
    using Kind = redis::ChangeFeed::Kind;

    explicit Watching(redis::ServerAddress address, Kind kind = Kind::Push,
                      locks::LockFamily family = {})
        : client(address, {}, clock)
        , changes(makeFeed(kind, address, {family.lockPrefix, family.sessionPrefix}))
        , monitor(client, *changes, family, clock)
    {
        QObject::connect(&monitor, &locks::LockMonitor::changed, &monitor,
                         [this](const locks::RegistryDelta &delta) { take(delta); });
    }

    [[nodiscard]] bool start()
    {
        return startUntrusted() &&
               QTest::qWaitFor([this] { return monitor.feed().isTrusted; }, 20'000);
    }
    /// Until all is read, whether it can be trusted or not.
    [[nodiscard]] bool startUntrusted()
    {
        if (!await(client.open()))
            return false;
        monitor.start();
        return QTest::qWaitFor([this] { return monitor.registry().isSynced(); }, 20'000);
    }

    /// The events of one lock so far, as "acquired released …".
    [[nodiscard]] QString eventsOf(const QByteArray &key) const
    {
        QStringList names;
        for (const locks::LockEvent &event : events) {
            if (event.key.bytes() == key)
                names << locks::name(event);
        }
        return names.join(u' ');
    }

    SystemClock clock;
    redis::Client client;
    std::unique_ptr<redis::ChangeFeed> changes;
    locks::LockMonitor monitor;
    QHash<LockKey, locks::LockRecord> rows; ///< kept from deltas alone
    QList<locks::LockEvent> events;

private:
    std::unique_ptr<redis::ChangeFeed> makeFeed(Kind kind, const redis::ServerAddress &address,
                                                const QList<QByteArray> &prefixes)
    {
        switch (kind) {
        case Kind::Push:
            return std::make_unique<redis::PushChannel>(address, prefixes, clock);
        case Kind::Notify:
            return std::make_unique<redis::NotifyChannel>(address, prefixes, client, clock);
        case Kind::Poll:
            return std::make_unique<redis::PollFeed>(client);
        }
        Q_UNREACHABLE();
    }

    void take(const locks::RegistryDelta &delta)
    {
        for (const LockKey &key : delta.removed)
            rows.remove(key);
        for (const locks::LockRecord &record : delta.upserted)
            rows.insert(record.key, record);
        events += delta.events;
    }
};

} // namespace lockkeeper::test
