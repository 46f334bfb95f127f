// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/clustermap.h"
#include "redis/replyreader.h"
#include "redis/routing.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::redis;

namespace {

QByteArray bulk(const QByteArray &text)
{
    return "$" + QByteArray::number(text.size()) + "\r\n" + text + "\r\n";
}

QByteArray array(const QList<QByteArray> &parts)
{
    QByteArray wire = "*" + QByteArray::number(parts.size()) + "\r\n";
    for (const QByteArray &part : parts)
        wire += part;
    return wire;
}

QByteArray number(int value)
{
    return ":" + QByteArray::number(value) + "\r\n";
}

struct NodeLine
{
    QByteArray id;
    int port = 0;
    QByteArray role = "master";
    QByteArray health = "online";
    QByteArray endpoint = "10.0.0.1";
};

QByteArray nodeWire(const NodeLine &node)
{
    return array({bulk("id"), bulk(node.id), bulk("port"), number(node.port), bulk("ip"),
                  bulk("172.16.0.9"), bulk("endpoint"), bulk(node.endpoint), bulk("role"),
                  bulk(node.role), bulk("health"), bulk(node.health)});
}

QByteArray shardWire(const QList<int> &bounds, const QList<NodeLine> &nodes)
{
    QList<QByteArray> ranges;
    for (const int bound : bounds)
        ranges << number(bound);
    QList<QByteArray> lines;
    for (const NodeLine &node : nodes)
        lines << nodeWire(node);
    return array({bulk("slots"), array(ranges), bulk("nodes"), array(lines)});
}

ClusterMap mapOf(const QList<QByteArray> &shards)
{
    ReplyReader reader;
    if (!reader.feed(array(shards)))
        return {};
    const auto reply = reader.next();
    const auto map = parseShards(**reply, false, QStringLiteral("asked"));
    return map ? *map : ClusterMap{};
}

constexpr int kLast = kSlots - 1;

} // namespace

/// What servers of several releases say of their shards.
class ClusterMapTest : public QObject
{
    Q_OBJECT

private slots:
    void oneShard();
    void aFailedPrimaryInTheShardOfItsSuccessor();
    void aFailedPrimaryInAShardOfItsOwn();
    void aFailingPrimaryWithoutASuccessorKeepsItsSlots();
    void aPrimaryThatHasJustJoined();
    void hosts();
};

void ClusterMapTest::oneShard()
{
    const ClusterMap map =
        mapOf({shardWire({0, kLast}, {{"a", 1}, {.id = "b", .port = 2, .role = "replica"}})});
    QCOMPARE(map.primaries.size(), 1);
    QCOMPARE(map.replicas.size(), 1);
    QCOMPARE(map.served(), qsizetype(kSlots));
}

void ClusterMapTest::aFailedPrimaryInTheShardOfItsSuccessor()
{
    // Redis 7.2: whichever of the two comes first, the slots are the living one's.
    const NodeLine dead{.id = "a", .port = 1, .health = "fail"};
    const NodeLine heir{.id = "b", .port = 2};
    for (const QList<NodeLine> &nodes : {QList{dead, heir}, QList{heir, dead}}) {
        const ClusterMap map = mapOf({shardWire({0, kLast}, nodes)});
        QCOMPARE(map.primaries.size(), 1);
        QCOMPARE(map.primaries.first().id, NodeId("b"));
        QCOMPARE(map.served(), qsizetype(kSlots));
    }
}

void ClusterMapTest::aFailedPrimaryInAShardOfItsOwn()
{
    const ClusterMap map = mapOf({shardWire({0, kLast}, {{"b", 2}}),
                                  shardWire({}, {{.id = "a", .port = 1, .health = "fail"}})});
    QCOMPARE(map.primaries.size(), 1);
    QCOMPARE(map.primaries.first().id, NodeId("b"));
}

void ClusterMapTest::aFailingPrimaryWithoutASuccessorKeepsItsSlots()
{
    const ClusterMap map =
        mapOf({shardWire({0, kLast}, {{.id = "a", .port = 1, .health = "fail"},
                                      {.id = "b", .port = 2, .role = "replica"}})});
    QCOMPARE(map.primaries.size(), 1);
    QCOMPARE(map.primaries.first().id, NodeId("a"));
    QCOMPARE(map.served(), qsizetype(kSlots));
}

void ClusterMapTest::aPrimaryThatHasJustJoined()
{
    const ClusterMap map = mapOf({shardWire({0, kLast}, {{"a", 1}}), shardWire({}, {{"n", 2}})});
    QCOMPARE(map.primaries.size(), 2);
    QCOMPARE(map.owners.count(1), qsizetype(0));
}

void ClusterMapTest::hosts()
{
    const auto hostOf = [](const QByteArray &endpoint) {
        const NodeLine node{.id = "a", .port = 1, .endpoint = endpoint};
        return mapOf({shardWire({0, kLast}, {node})}).primaries.first().announced.host;
    };
    QCOMPARE(hostOf("redis-1.example.org"), QStringLiteral("redis-1.example.org"));
    // "unknown-endpoint": the host that was asked.
    QCOMPARE(hostOf(""), QStringLiteral("asked"));
    // A name is preferred and not known.
    QCOMPARE(hostOf("?"), QStringLiteral("172.16.0.9"));
}

QTEST_GUILESS_MAIN(ClusterMapTest)
#include "tst_clustermap.moc"
