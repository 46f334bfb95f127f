// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/rediscluster.h"
#include "support/sentinelgroup.h"

#include <QTest>

using namespace lockkeeper;

/// The deployments that tests run against behave as the real ones that they are.
class DeploymentsTest : public QObject
{
    Q_OBJECT

private slots:
    void init() { LK_NEED_PROGRAM("redis-server"); }
    void sentinelsFailOver_data();
    void sentinelsFailOver();
    void clusterFailsOverAndMovesSlots_data();
    void clusterFailsOverAndMovesSlots();
};

void DeploymentsTest::sentinelsFailOver_data()
{
    QTest::addColumn<test::SentinelGroup::Options>("options");
    QTest::newRow("plain") << test::SentinelGroup::Options{};
    QTest::newRow("TLS and passwords") << test::SentinelGroup::Options{
        .password = "data", .sentinelPassword = "watch", .listen = test::RedisServer::Listen::Tls};
}

void DeploymentsTest::sentinelsFailOver()
{
    QFETCH(test::SentinelGroup::Options, options);
    test::SentinelGroup group(options);
    LK_START(group);
    test::RedisServer &old = group.node(0);
    QCOMPARE(group.primary(), &old);
    QCOMPARE(old.redis({"SET", "a", "1"}), QVariant(QByteArray("OK")));
    QCOMPARE(old.redis({"WAIT", "1", "10000"}), QVariant(qlonglong(1)));

    old.kill();
    QVERIFY(group.waitForFailover(old));
    QCOMPARE(group.primary(), &group.node(1));
    QCOMPARE(group.node(1).redis({"GET", "a"}), QVariant(QByteArray("1")));
    QVERIFY(old.restart());
    QVERIFY(group.waitUntilWhole());
}

void DeploymentsTest::clusterFailsOverAndMovesSlots_data()
{
    QTest::addColumn<test::RedisCluster::Options>("options");
    QTest::newRow("plain") << test::RedisCluster::Options{};
    QTest::newRow("TLS and a password") << test::RedisCluster::Options{
        .password = "data", .listen = test::RedisServer::Listen::Tls};
}

void DeploymentsTest::clusterFailsOverAndMovesSlots()
{
    QFETCH(test::RedisCluster::Options, options);
    test::RedisCluster cluster(options);
    LK_START(cluster);
    const int slot = cluster.slotOf("a");
    const int first = cluster.ownerOf(slot);
    QVERIFY(first >= 0 && first < 3);
    QCOMPARE(cluster.redis("a", {"SET", "a", "1"}), QVariant(QByteArray("OK")));

    const int second = (first + 1) % 3;
    QVERIFY(cluster.beginMigration(slot, first, second));
    QVERIFY(cluster.moveKeys(slot, first, second));
    QVERIFY(cluster.node(first).redis({"GET", "a"}).toByteArray().startsWith("-ASK "));
    QCOMPARE(cluster.redis("a", {"GET", "a"}), QVariant(QByteArray("1")));
    QVERIFY(cluster.endMigration(slot, first, second));
    QVERIFY(cluster.node(first).redis({"GET", "a"}).toByteArray().startsWith("-MOVED "));
    QCOMPARE(cluster.ownerOf(slot), second);

    const int added = cluster.addNode();
    QVERIFY2(added >= 0, qPrintable(cluster.reason()));
    QVERIFY2(cluster.migrate(slot, second, added), qPrintable(cluster.reason()));
    QCOMPARE(cluster.redis("a", {"GET", "a"}), QVariant(QByteArray("1")));

    cluster.node(second).kill();
    QVERIFY(cluster.waitForFailover(second));
    QVERIFY(cluster.node(second).restart());
    QVERIFY2(cluster.waitUntilWhole(), qPrintable(cluster.reason()));
}

QTEST_GUILESS_MAIN(DeploymentsTest)
#include "tst_deployments.moc"
