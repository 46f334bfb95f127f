// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/redisserver.h"

#include <memory>
#include <vector>

namespace lockkeeper::test {

/// A real Redis Cluster on loopback: three primaries (nodes 0 to 2) with a replica each (3 to 5).
///
///     test::RedisCluster cluster;
///     LK_NEED_PROGRAM("redis-server");
///     LK_START(cluster);
class RedisCluster
{
public:
    struct Options
    {
        QByteArray password;
        RedisServer::Listen listen = RedisServer::Listen::Tcp; ///< Tcp or Tls, for all
        int primaries = 3;
        bool hasReplicas = true;
        /// The nodes announce this name with their ports instead of 127.0.0.1.
        QString announcedHost;
        /// After how long a silent node counts as down; short, so that tests are.
        std::chrono::milliseconds nodeTimeout{1500};
        QStringList config; ///< further lines for each node
    };

    static constexpr int kSlots = 16384;

    RedisCluster();
    explicit RedisCluster(Options options);

    /// Starts all, and waits until every node sees a whole cluster and every replica is in sync.
    [[nodiscard]] bool start();
    [[nodiscard]] const QString &reason() const { return m_reason; }

    [[nodiscard]] RedisServer &node(int index) { return *m_nodes.at(std::size_t(index)); }
    [[nodiscard]] int nodes() const { return int(m_nodes.size()); }
    /// The node that serves the slot now, by the word of a node that lives; -1 while nobody does.
    [[nodiscard]] int ownerOf(int slot);
    [[nodiscard]] int ownerOf(const QByteArray &key) { return ownerOf(slotOf(key)); }
    /// By the server's own reckoning, not ours.
    [[nodiscard]] int slotOf(const QByteArray &key);

    /// One command about one key, at the node that serves it, redirections followed.
    QVariant redis(const QByteArray &key, const QList<QByteArray> &words);

    /// Waits until a replica serves what `index`, which was killed, had served.
    [[nodiscard]] bool waitForFailover(int index);
    /// Waits until every node that runs sees all slots served and nobody failing.
    [[nodiscard]] bool waitUntilWhole();

    /// The three parts of a slot's migration; whoever cuts in between sees MOVED, ASK, TRYAGAIN.
    [[nodiscard]] bool beginMigration(int slot, int from, int to);
    [[nodiscard]] bool moveKeys(int slot, int from, int to);
    [[nodiscard]] bool endMigration(int slot, int from, int to);
    [[nodiscard]] bool migrate(int slot, int from, int to);

    /// Starts one more node without slots and lets it join; its index, or -1 with reason().
    [[nodiscard]] int addNode();

    /// redis+cluster://host:port,… of the first nodes, password included.
    [[nodiscard]] QString url() const;

private:
    [[nodiscard]] bool startNode();
    [[nodiscard]] bool introduce(int index);
    [[nodiscard]] bool assignSlots();
    [[nodiscard]] bool assignReplicas();
    [[nodiscard]] QByteArray idOf(int index);
    [[nodiscard]] bool ok(const QVariant &reply, const char *what);

    Options m_options;
    QTemporaryDir m_folder; ///< of the shared certificates
    TestCertificates m_certificates;
    std::vector<std::unique_ptr<RedisServer>> m_nodes;
    QString m_reason;
};

} // namespace lockkeeper::test
