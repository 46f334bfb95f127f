// SPDX-License-Identifier: GPL-3.0-or-later
#include "clusterhand.h"

#include "support/sentinelgroup.h"

namespace lockkeeper::test {

QByteArray lockKey(int i)
{
    return "chat:session_lock:s" + QByteArray::number(i);
}

ClusterHand::ClusterHand(RedisCluster &cluster)
    : m_cluster(cluster)
{}

QVariant ClusterHand::redis(const QByteArray &key, const QList<QByteArray> &words)
{
    if (!m_owners.contains(key))
        m_owners.insert(key, m_cluster.ownerOf(key));
    const int owner = m_owners.value(key);
    if (owner >= 0 && m_cluster.node(owner).pid() != 0) {
        const QVariant reply = m_cluster.node(owner).redis(words);
        if (!reply.toByteArray().startsWith('-'))
            return reply;
    }
    m_owners.remove(key);
    return m_cluster.redis(key, words);
}

void ClusterHand::takeLocks()
{
    for (int i = 0; i < kLocks; ++i)
        redis(lockKey(i), {"SET", lockKey(i), "t" + QByteArray::number(i), "PX", "600000"});
    for (RedisServer *node : nodes()) {
        if (infoField(*node, "replication", "connected_slaves").toInt() > 0)
            node->redis({"WAIT", "1", "10000"});
    }
}

void ClusterHand::changeLocks(int round)
{
    const QByteArray token = "r" + QByteArray::number(round);
    for (int i = round % 5; i < kLocks; i += 5)
        redis(lockKey(i), {"SET", lockKey(i), token, "PX", "600000"});
    for (int i = round % 7; i < kLocks; i += 7)
        redis(lockKey(i), {"DEL", lockKey(i)});
}

std::vector<RedisServer *> ClusterHand::nodes()
{
    std::vector<RedisServer *> nodes;
    for (int i = 0; i < m_cluster.nodes(); ++i)
        nodes.push_back(&m_cluster.node(i));
    return nodes;
}

} // namespace lockkeeper::test
