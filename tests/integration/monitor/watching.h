// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/lockmonitor.h"
#include "redis/feedchooser.h"
#include "redis/notifychannel.h"
#include "redis/pollfeed.h"
#include "redis/provenpush.h"
#include "support/await.h"
#include "support/jumpingclock.h"
#include "support/redisserver.h"

#include <QElapsedTimer>
#include <QStringList>
#include <QTest>
#include <QThread>

#include <memory>

namespace lockkeeper::test {

/// A monitor on a server, with all that it said.
class Watching
{
public:
    using Kind = redis::ChangeFeed::Kind;

    /// `feedAddress`: where news comes from; the same as commands go to, unless given.
    explicit Watching(redis::ServerAddress address, Kind kind = Kind::Push,
                      locks::LockFamily family = {},
                      std::optional<redis::ServerAddress> feedAddress = {})
        : client(address, {}, clock)
        , changes(makeFeed(kind, feedAddress.value_or(address),
                           {family.lockPrefix, family.sessionPrefix}))
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

    /// Keeps of the events only what they have led to.
    void forgetEvents()
    {
        QHash<LockKey, locks::LockEvent> last;
        for (const locks::LockEvent &event : std::as_const(events))
            last.insert(event.key, event);
        events = last.values();
    }

    /// Whether pushes were proved by a write of our own, over the channel that is there now.
    [[nodiscard]] bool isProven() const
    {
        const auto *push = qobject_cast<const redis::ProvenPush *>(changes.get());
        return push && push->isProven();
    }

    JumpingClock clock;
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
            return std::make_unique<redis::ProvenPush>(address, prefixes, client, clock);
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

/// What the server holds under the lock prefix: key -> token, empty for what is no string.
inline QHash<QByteArray, QByteArray> freshScan(RawRedis &redis)
{
    QHash<QByteArray, QByteArray> locks;
    const auto keys = redis.call({"KEYS", "chat:session_lock:*"}).toList();
    for (const QVariant &key : keys) {
        const QByteArray value = redis.call({"GET", key.toByteArray()}).toByteArray();
        const bool isGone = redis.call({"EXISTS", key.toByteArray()}).toInt() == 0;
        if (!isGone)
            locks.insert(key.toByteArray(), value.startsWith("-WRONGTYPE") ? QByteArray() : value);
    }
    return locks;
}

/// The same, as it is shown.
inline QHash<QByteArray, QByteArray> shown(const Watching &watching)
{
    QHash<QByteArray, QByteArray> locks;
    for (const locks::LockRecord &record : watching.rows)
        locks.insert(record.key.bytes(), record.token.bytes());
    return locks;
}

/// The locks that the events alone leave behind.
inline QHash<QByteArray, QByteArray> replayed(const QList<locks::LockEvent> &events)
{
    QHash<QByteArray, QByteArray> locks;
    for (const locks::LockEvent &event : events) {
        if (event.kind == locks::LockEvent::Kind::Synced)
            continue;
        if (event.kind != locks::LockEvent::Kind::Ended || event.previousToken)
            locks.insert(event.key.bytes(), event.token.bytes());
        else
            locks.remove(event.key.bytes());
    }
    return locks;
}

/// As QTest::qWaitFor, with less waiting in between.
template<typename Condition>
bool soon(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(60))
{
    QElapsedTimer waited;
    waited.start();
    while (!condition()) {
        if (waited.hasExpired(limit.count()))
            return false;
        QCoreApplication::processEvents(QEventLoop::AllEvents);
        QThread::usleep(300);
    }
    return true;
}

/// Trusted, equal to a fresh scan, and so are the events without what is no lock.
inline bool isExact(const Watching &watching, RawRedis &redis)
{
    const locks::LockRegistry &registry = watching.monitor.registry();
    if (!watching.monitor.feed().isTrusted || registry.hasDirty() || registry.hasReadsUnderWay())
        return false;
    QHash<QByteArray, QByteArray> locks = freshScan(redis);
    if (shown(watching) != locks)
        return false;
    locks.removeIf(
        [](QHash<QByteArray, QByteArray>::iterator lock) { return lock.value().isEmpty(); });
    return replayed(watching.events) == locks;
}

} // namespace lockkeeper::test
