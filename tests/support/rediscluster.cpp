// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/rediscluster.h"

#include "support/eventually.h"
#include "support/sentinelgroup.h"

namespace lockkeeper::test {

namespace {

bool isAlive(RedisServer &node)
{
    return node.pid() != 0;
}

} // namespace

RedisCluster::RedisCluster()
    : RedisCluster(Options{})
{}

RedisCluster::RedisCluster(Options options)
    : m_options(std::move(options))
    , m_folder(QStringLiteral("/tmp/lk-cluster-XXXXXX"))
{}

bool RedisCluster::ok(const QVariant &reply, const char *what)
{
    if (reply == QByteArrayLiteral("OK") || reply == QByteArrayLiteral("NOKEY"))
        return true;
    m_reason = QStringLiteral("%1: %2").arg(QLatin1StringView(what),
                                            QString::fromUtf8(reply.toByteArray()));
    return false;
}

bool RedisCluster::start()
{
    if (m_options.listen == RedisServer::Listen::Tls &&
        !m_certificates.make(m_folder.path(), m_reason))
        return false;
    const int count = m_options.primaries * (m_options.hasReplicas ? 2 : 1);
    for (int i = 0; i < count; ++i) {
        if (!startNode())
            return false;
    }
    if (!assignSlots())
        return false;
    for (int i = 1; i < count; ++i) {
        if (!introduce(i))
            return false;
    }
    return (!m_options.hasReplicas || assignReplicas()) && waitUntilWhole();
}

bool RedisCluster::startNode()
{
    RedisServer::Options options{.listen = m_options.listen,
                                 .password = m_options.password,
                                 .databases = 1,
                                 .role = RedisServer::Role::ClusterNode};
    options.certificates = m_certificates;
    options.config = m_options.config;
    options.config << QStringLiteral("cluster-node-timeout %1").arg(m_options.nodeTimeout.count())
                   << QStringLiteral("cluster-replica-validity-factor 0")
                   << QStringLiteral("cluster-allow-replica-migration no")
                   << QStringLiteral("repl-diskless-sync-delay 0")
                   << QStringLiteral("repl-ping-replica-period 1");
    if (!m_options.announcedHost.isEmpty())
        options.config << QStringLiteral("cluster-announce-hostname ") + m_options.announcedHost
                       << QStringLiteral("cluster-preferred-endpoint-type hostname");
    if (m_options.listen == RedisServer::Listen::Tls)
        options.config << QStringLiteral("tls-cluster yes")
                       << QStringLiteral("tls-replication yes");
    if (!m_options.password.isEmpty())
        options.config << QStringLiteral("masterauth ") + QString::fromUtf8(m_options.password);
    m_nodes.push_back(std::make_unique<RedisServer>(options));
    if (m_nodes.back()->start())
        return true;
    m_reason = m_nodes.back()->reason();
    return false;
}

bool RedisCluster::assignSlots()
{
    for (int i = 0; i < m_options.primaries; ++i) {
        const int first = kSlots * i / m_options.primaries;
        const int last = kSlots * (i + 1) / m_options.primaries - 1;
        // Distinct epochs from the start, so that the nodes need not settle a tie.
        if (!ok(node(i).redis({"CLUSTER", "SET-CONFIG-EPOCH", QByteArray::number(i + 1)}),
                "CLUSTER SET-CONFIG-EPOCH") ||
            !ok(node(i).redis({"CLUSTER", "ADDSLOTSRANGE", QByteArray::number(first),
                               QByteArray::number(last)}),
                "CLUSTER ADDSLOTSRANGE"))
            return false;
    }
    return true;
}

bool RedisCluster::introduce(int index)
{
    RedisServer &first = node(0);
    return ok(node(index).redis({"CLUSTER", "MEET", "127.0.0.1", QByteArray::number(first.port()),
                                 QByteArray::number(first.busPort())}),
              "CLUSTER MEET");
}

bool RedisCluster::assignReplicas()
{
    for (int i = m_options.primaries; i < nodes(); ++i) {
        const QByteArray id = idOf(i - m_options.primaries);
        const bool isKnown = eventually([this, i, &id] {
            return node(i).redis({"CLUSTER", "NODES"}).toByteArray().contains(id);
        });
        if (!isKnown) {
            m_reason = QStringLiteral("the nodes of the cluster do not find each other");
            return false;
        }
        if (!ok(node(i).redis({"CLUSTER", "REPLICATE", id}), "CLUSTER REPLICATE"))
            return false;
    }
    return true;
}

bool RedisCluster::waitUntilWhole()
{
    const bool isWhole = eventually([this] {
        for (const auto &server : m_nodes) {
            if (!isAlive(*server))
                continue;
            const QByteArray info = server->redis({"CLUSTER", "INFO"}).toByteArray();
            const QByteArray known = "cluster_known_nodes:" + QByteArray::number(nodes()) + "\r\n";
            if (!info.contains("cluster_state:ok") || !info.contains(known))
                return false;
            if (infoField(*server, "replication", "role") == "slave" &&
                infoField(*server, "replication", "master_link_status") != "up")
                return false;
        }
        return true;
    });
    if (!isWhole)
        m_reason = QStringLiteral("the cluster does not settle: ") +
                   QString::fromUtf8(node(0).redis({"CLUSTER", "NODES"}).toByteArray());
    return isWhole;
}

QByteArray RedisCluster::idOf(int index)
{
    return node(index).redis({"CLUSTER", "MYID"}).toByteArray();
}

int RedisCluster::slotOf(const QByteArray &key)
{
    for (const auto &server : m_nodes) {
        if (isAlive(*server))
            return server->redis({"CLUSTER", "KEYSLOT", key}).toInt();
    }
    return -1;
}

int RedisCluster::ownerOf(int slot)
{
    // Whoever owns the slot lists it as its own; a node that was cut off may believe so too, hence
    // only those count that take writes.
    for (int i = 0; i < nodes(); ++i) {
        if (!isAlive(node(i)) || infoField(node(i), "replication", "role") != "master" ||
            !node(i).redis({"CLUSTER", "INFO"}).toByteArray().contains("cluster_state:ok"))
            continue;
        const QByteArray me = idOf(i);
        for (const QVariant &range : node(i).redis({"CLUSTER", "SLOTS"}).toList()) {
            const QVariantList parts = range.toList();
            if (slot < parts.at(0).toInt() || slot > parts.at(1).toInt())
                continue;
            if (parts.at(2).toList().at(2).toByteArray() == me)
                return i;
        }
    }
    return -1;
}

QVariant RedisCluster::redis(const QByteArray &key, const QList<QByteArray> &words)
{
    const int slot = slotOf(key);
    QVariant reply;
    const bool isAnswered = eventually([&] {
        const int owner = ownerOf(slot);
        if (owner < 0)
            return false;
        reply = node(owner).redis(words);
        QByteArray text = reply.toByteArray();
        if (text.startsWith("-ASK ")) {
            const int port = text.mid(text.lastIndexOf(':') + 1).toInt();
            for (const auto &server : m_nodes) {
                if (server->port() != port)
                    continue;
                server->redis({"ASKING"});
                reply = server->redis(words);
                text = reply.toByteArray();
            }
        }
        return !text.startsWith("-MOVED ") && !text.startsWith("-ASK ") &&
               !text.startsWith("-CLUSTERDOWN") && !text.startsWith("-TRYAGAIN");
    });
    return isAnswered ? reply : QVariant(QByteArray("-LOST"));
}

bool RedisCluster::waitForFailover(int index)
{
    const int replica = index + m_options.primaries;
    return eventually([this, replica] {
        return infoField(node(replica), "replication", "role") == "master" &&
               node(replica).redis({"CLUSTER", "INFO"}).toByteArray().contains("cluster_state:ok");
    });
}

bool RedisCluster::beginMigration(int slot, int from, int to)
{
    const QByteArray number = QByteArray::number(slot);
    return ok(node(to).redis({"CLUSTER", "SETSLOT", number, "IMPORTING", idOf(from)}),
              "SETSLOT IMPORTING") &&
           ok(node(from).redis({"CLUSTER", "SETSLOT", number, "MIGRATING", idOf(to)}),
              "SETSLOT MIGRATING");
}

bool RedisCluster::moveKeys(int slot, int from, int to)
{
    const QByteArray port = QByteArray::number(node(to).port());
    for (;;) {
        const QVariantList keys =
            node(from)
                .redis({"CLUSTER", "GETKEYSINSLOT", QByteArray::number(slot), "100"})
                .toList();
        if (keys.isEmpty())
            return true;
        QList<QByteArray> words{"MIGRATE", "127.0.0.1", port, "", "0", "5000"};
        if (!m_options.password.isEmpty())
            words << "AUTH" << m_options.password;
        words << "KEYS";
        for (const QVariant &key : keys)
            words << key.toByteArray();
        if (!ok(node(from).redis(words), "MIGRATE"))
            return false;
    }
}

bool RedisCluster::endMigration(int slot, int from, int to)
{
    const QByteArray number = QByteArray::number(slot);
    const QByteArray owner = idOf(to);
    return ok(node(to).redis({"CLUSTER", "SETSLOT", number, "NODE", owner}), "SETSLOT NODE") &&
           ok(node(from).redis({"CLUSTER", "SETSLOT", number, "NODE", owner}), "SETSLOT NODE");
}

bool RedisCluster::migrate(int slot, int from, int to)
{
    return beginMigration(slot, from, to) && moveKeys(slot, from, to) &&
           endMigration(slot, from, to);
}

int RedisCluster::addNode()
{
    const int index = nodes();
    if (!startNode() || !introduce(index) || !waitUntilWhole())
        return -1;
    return index;
}

QString RedisCluster::url() const
{
    QStringList hosts;
    for (int i = 0; i < m_options.primaries; ++i)
        hosts << QStringLiteral("127.0.0.1:%1").arg(m_nodes.at(std::size_t(i))->port());
    const QString secret = QString::fromLatin1(m_options.password.toPercentEncoding());
    QString url = QStringLiteral("redis+cluster://") +
                  (secret.isEmpty() ? QString() : QString(u':' + secret + u'@')) + hosts.join(u',');
    if (m_options.listen == RedisServer::Listen::Tls)
        url += QStringLiteral("?tls=1&cacert=") + m_certificates.caFile;
    return url;
}

} // namespace lockkeeper::test
