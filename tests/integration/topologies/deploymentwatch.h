// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/lockmonitor.h"
#include "redis/client.h"
#include "support/redisserver.h"

#include <QHash>
#include <QStringList>

#include <memory>
#include <vector>

namespace lockkeeper::test {

/// A monitor on a deployment, with all that it said.
class DeploymentWatch
{
public:
    explicit DeploymentWatch(const QString &url);

    /// Connects, and waits until what is shown is trusted.
    [[nodiscard]] bool start();
    [[nodiscard]] bool becomesTrusted();
    [[nodiscard]] bool becomesDoubtful();
    /// Why start() failed.
    [[nodiscard]] const QString &reason() const { return m_reason; }

    /// The rows as "key=token", sorted; "?" before those that are not verified.
    [[nodiscard]] QStringList shown() const;
    [[nodiscard]] QString eventsOf(const QByteArray &key) const;

    SystemClock clock;
    redis::Client client;
    std::unique_ptr<redis::ChangeFeed> changes;
    locks::LockMonitor monitor;
    QHash<LockKey, locks::LockRecord> rows; ///< kept from deltas alone
    QList<locks::LockEvent> events;
    QStringList feedReasons; ///< of each change of the feed, in their order

private:
    void take(const locks::RegistryDelta &delta);

    QString m_reason;
};

/// The locks that the servers among these hold that are primaries and run, as "key=token", sorted;
/// asked one by one, without Lockkeeper's code.
[[nodiscard]] QStringList locksOn(const std::vector<RedisServer *> &servers);

} // namespace lockkeeper::test
