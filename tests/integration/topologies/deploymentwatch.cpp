// SPDX-License-Identifier: GPL-3.0-or-later
#include "deploymentwatch.h"

#include "redis/deploymentfeed.h"
#include "redis/deploymenturl.h"
#include "support/await.h"
#include "support/sentinelgroup.h"

#include <QTest>

namespace lockkeeper::test {

namespace {

constexpr int kPatienceMs = 40'000;

} // namespace

DeploymentWatch::DeploymentWatch(const QString &url)
    : client(*redis::parseDeploymentUrl(url), {}, clock)
    , changes(redis::makeFeed(
          client, {locks::LockFamily().lockPrefix, locks::LockFamily().sessionPrefix}, clock))
    , monitor(client, *changes, {}, clock)
{
    QObject::connect(&monitor, &locks::LockMonitor::changed, &monitor,
                     [this](const locks::RegistryDelta &delta) { take(delta); });
    QObject::connect(&monitor, &locks::LockMonitor::feedChanged, &monitor,
                     [this](const locks::FeedStatus &feed) { feedReasons << feed.reason; });
    // As the workspace does it: a server that is back is asked for its news at once.
    QObject::connect(&client, &redis::Client::stateChanged, &monitor,
                     [this](redis::Link::State state) {
                         if (state == redis::Link::State::Ready)
                             changes->retryNow();
                     });
}

bool DeploymentWatch::start()
{
    const auto opened = await(client.open());
    if (!opened) {
        m_reason = describe(opened.error());
        return false;
    }
    monitor.start();
    return becomesTrusted();
}

bool DeploymentWatch::becomesTrusted()
{
    const bool isTrusted =
        QTest::qWaitFor([this] { return monitor.feed().isTrusted; }, kPatienceMs);
    m_reason = monitor.feed().reason;
    return isTrusted;
}

bool DeploymentWatch::becomesDoubtful()
{
    return QTest::qWaitFor([this] { return !monitor.feed().isTrusted; }, kPatienceMs);
}

QStringList DeploymentWatch::shown() const
{
    QStringList lines;
    for (const locks::LockRecord &record : rows)
        lines << (record.isVerified ? QString() : QStringLiteral("?")) +
                     QString::fromLatin1(record.key.bytes() + '=' + record.token.bytes());
    lines.sort();
    return lines;
}

QString DeploymentWatch::eventsOf(const QByteArray &key) const
{
    QStringList names;
    for (const locks::LockEvent &event : events) {
        if (event.key.bytes() == key)
            names << locks::name(event);
    }
    return names.join(u' ');
}

void DeploymentWatch::take(const locks::RegistryDelta &delta)
{
    for (const LockKey &key : delta.removed)
        rows.remove(key);
    for (const locks::LockRecord &record : delta.upserted)
        rows.insert(record.key, record);
    events += delta.events;
}

QStringList locksOn(const std::vector<RedisServer *> &servers)
{
    QStringList lines;
    for (RedisServer *server : servers) {
        if (server->pid() == 0 || infoField(*server, "replication", "role") != "master")
            continue;
        for (const QVariant &key : server->redis({"KEYS", "chat:session_lock:*"}).toList()) {
            const QByteArray name = key.toByteArray();
            server->redis({"ASKING"}); // a key may be ahead of its slot; others need it not
            const QByteArray token = server->redis({"GET", name}).toByteArray();
            if (!token.startsWith('-') && !token.isEmpty()) // moved meanwhile, or expired
                lines << QString::fromLatin1(name + '=' + token);
        }
    }
    lines.sort();
    return lines;
}

} // namespace lockkeeper::test
