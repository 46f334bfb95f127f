// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/rediscluster.h"

#include <QHash>

namespace lockkeeper::test {

/// The key of a test's i-th lock.
[[nodiscard]] QByteArray lockKey(int i);

/// Takes, changes and ends locks of a cluster, without Lockkeeper's code.
class ClusterHand
{
public:
    static constexpr int kLocks = 60;

    explicit ClusterHand(RedisCluster &cluster);

    /// One command about one key, as RedisCluster::redis(); it keeps in mind who served it last.
    QVariant redis(const QByteArray &key, const QList<QByteArray> &words);
    /// Takes kLocks locks, and waits until the replicas have them, where there are some.
    void takeLocks();
    /// Another token for some locks, others gone: so that what is shown has to follow.
    void changeLocks(int round);
    [[nodiscard]] std::vector<RedisServer *> nodes();

private:
    RedisCluster &m_cluster;
    QHash<QByteArray, int> m_owners;
};

} // namespace lockkeeper::test
