// SPDX-License-Identifier: GPL-3.0-or-later
#include "deploymentwatch.h"
#include "locks/lockguard.h"
#include "locks/lockprotocol.h"
#include "redis/deploymenturl.h"
#include "support/await.h"
#include "support/rediscluster.h"
#include "support/sentinelgroup.h"

#include <QSignalSpy>
#include <QTest>

using namespace lockkeeper;
using namespace std::chrono_literals;
using locks::LockGuard;
using locks::LockProtocol;
using redis::Link;
using test::await;
using test::DeploymentWatch;
using test::RedisCluster;
using test::RedisServer;

namespace {

constexpr int kPatienceMs = 40'000;
constexpr int kLocks = 60;

QByteArray lockKey(int i)
{
    return "chat:session_lock:s" + QByteArray::number(i);
}

std::vector<RedisServer *> nodesOf(RedisCluster &cluster)
{
    std::vector<RedisServer *> nodes;
    for (int i = 0; i < cluster.nodes(); ++i)
        nodes.push_back(&cluster.node(i));
    return nodes;
}

void takeLocks(RedisCluster &cluster)
{
    for (int i = 0; i < kLocks; ++i)
        cluster.redis(lockKey(i), {"SET", lockKey(i), "t" + QByteArray::number(i), "PX", "600000"});
    for (RedisServer *node : nodesOf(cluster)) {
        if (test::infoField(*node, "replication", "role") == "master")
            node->redis({"WAIT", "1", "10000"});
    }
}

/// Another token for some locks, others gone, one more: so that what is shown has to follow.
void changeLocks(RedisCluster &cluster, int round)
{
    const QByteArray token = "r" + QByteArray::number(round);
    for (int i = round % 5; i < kLocks; i += 5)
        cluster.redis(lockKey(i), {"SET", lockKey(i), token, "PX", "600000"});
    for (int i = round % 7; i < kLocks; i += 7)
        cluster.redis(lockKey(i), {"DEL", lockKey(i)});
}

} // namespace

/// A cluster that changes while locks are watched, acted on and held.
class TestClusterChanges : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void followsAFailoverWhileWatching();
    void followsAFailoverWithoutALostConnection();
    void actsAndHoldsThroughAFailover();
    void followsSlotsThatMigrateWhileLocksChange();
    void followsKeysThatAreAheadOfTheirSlot();
    void followsANodeThatJoins();
};

void TestClusterChanges::initTestCase()
{
    LK_NEED_PROGRAM("redis-server");
}

void TestClusterChanges::followsAFailoverWhileWatching()
{
    RedisCluster cluster;
    LK_START(cluster);
    takeLocks(cluster);
    DeploymentWatch watch(cluster.url());
    QVERIFY2(watch.start(), qPrintable(watch.reason()));
    QCOMPARE(watch.shown(), test::locksOn(nodesOf(cluster)));
    cluster.node(1).kill();
    QVERIFY(watch.becomesDoubtful());
    QVERIFY(watch.shown().first().startsWith(u'?'));
    QCOMPARE(watch.rows.size(), kLocks);
    QTRY_VERIFY2_WITH_TIMEOUT(watch.monitor.feed().reason.contains(u"1 of 3 primaries"),
                              qPrintable(watch.monitor.feed().reason), kPatienceMs);
    QVERIFY2(watch.becomesTrusted(), qPrintable(watch.reason()));
    QVERIFY(cluster.waitForFailover(1));
    QCOMPARE(watch.shown(), test::locksOn(nodesOf(cluster)));
    QCOMPARE(watch.rows.size(), kLocks);
    changeLocks(cluster, 1);
    QTRY_COMPARE_WITH_TIMEOUT(watch.shown(), test::locksOn(nodesOf(cluster)), kPatienceMs);
    // The killed one comes back as a replica, and nothing is lost by that.
    QVERIFY(cluster.node(1).restart());
    QVERIFY2(cluster.waitUntilWhole(), qPrintable(cluster.reason()));
    changeLocks(cluster, 2);
    QTRY_COMPARE_WITH_TIMEOUT(watch.shown(), test::locksOn(nodesOf(cluster)), kPatienceMs);
    QVERIFY2(watch.becomesTrusted(), qPrintable(watch.reason()));
}

void TestClusterChanges::followsAFailoverWithoutALostConnection()
{
    RedisCluster cluster;
    LK_START(cluster);
    takeLocks(cluster);
    DeploymentWatch watch(cluster.url());
    QVERIFY2(watch.start(), qPrintable(watch.reason()));
    const int scans = watch.monitor.scansStarted();
    const auto isNamed = [&watch](RedisServer &server) {
        for (const redis::Primary &primary : watch.client.primaries()) {
            if (primary.address.endpoint.port == server.port())
                return true;
        }
        return false;
    };
    QCOMPARE(cluster.node(3).redis({"CLUSTER", "FAILOVER"}).toByteArray(), QByteArray("OK"));
    QTRY_VERIFY_WITH_TIMEOUT(isNamed(cluster.node(3)) && !isNamed(cluster.node(0)), kPatienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(watch.monitor.scansStarted() > scans, kPatienceMs);
    QVERIFY2(watch.becomesTrusted(), qPrintable(watch.reason()));
    changeLocks(cluster, 1);
    QTRY_COMPARE_WITH_TIMEOUT(watch.shown(), test::locksOn(nodesOf(cluster)), kPatienceMs);
}

void TestClusterChanges::actsAndHoldsThroughAFailover()
{
    RedisCluster cluster;
    LK_START(cluster);
    SystemClock clock;
    redis::Client client(*redis::parseDeploymentUrl(cluster.url()), {}, clock);
    QVERIFY(await(client.open()));
    LockProtocol protocol(client, {}, clock);
    std::vector<std::shared_ptr<LockGuard>> guards;
    int lost = 0;
    int onKilled = -1;
    for (int i = 0; i < 12; ++i) {
        const auto lock =
            await(protocol.acquire(SessionId("g" + QByteArray::number(i)), {.lease = 60s}));
        QVERIFY(lock);
        if (cluster.ownerOf(lock->key.bytes()) == 0)
            onKilled = i;
        guards.push_back(LockGuard::create(protocol, *lock));
        QObject::connect(guards.back().get(), &LockGuard::lost, this, [&lost] { ++lost; });
    }
    QVERIFY(onKilled >= 0);
    // Somebody waits for a lock of the primary that dies.
    const QByteArray wanted = client.keyOn(
        client.nodeOf(guards[std::size_t(onKilled)]->lock().key.bytes()), "chat:session_lock:w");
    cluster.redis(wanted, {"SET", wanted, "another", "PX", "600000"});
    std::optional<Result<locks::HeldLock>> acquired;
    const auto wait = [&]() -> QCoro::Task<> {
        const SessionId session(wanted.mid(qstrlen("chat:session_lock:")));
        acquired = co_await protocol.acquire(session, {.wait = 60s, .lease = 60s});
    };
    const auto waiting = wait();
    for (int i = 0; i < 3; ++i)
        cluster.node(i).redis({"WAIT", "1", "10000"});
    cluster.node(0).kill();
    QTRY_VERIFY_WITH_TIMEOUT(!client.isReady(), kPatienceMs);
    const auto during = await(guards[std::size_t(onKilled)]->confirm());
    QVERIFY(!during);
    QVERIFY2(during.error().code == ErrorCode::CannotConnect ||
                 during.error().code == ErrorCode::OutcomeUnknown ||
                 during.error().code == ErrorCode::ConnectionLost,
             qPrintable(describe(during.error())));
    QTRY_VERIFY_WITH_TIMEOUT(client.isReady(), kPatienceMs);
    for (const auto &guard : guards) {
        const auto confirmed = await(guard->confirm());
        QVERIFY2(confirmed, confirmed ? "" : qPrintable(describe(confirmed.error())));
        const auto released = await(guard->release());
        QVERIFY(released);
        QVERIFY(released->isDone);
    }
    QCOMPARE(lost, 0);
    QVERIFY(!acquired);
    QCOMPARE(cluster.redis(wanted, {"DEL", wanted}).toInt(), 1);
    QTRY_VERIFY_WITH_TIMEOUT(acquired, kPatienceMs);
    QVERIFY2(*acquired, *acquired ? "" : qPrintable(describe(acquired->error())));
}

void TestClusterChanges::followsSlotsThatMigrateWhileLocksChange()
{
    RedisCluster cluster(RedisCluster::Options{.hasReplicas = false});
    LK_START(cluster);
    takeLocks(cluster);
    DeploymentWatch watch(cluster.url());
    QVERIFY2(watch.start(), qPrintable(watch.reason()));
    LockProtocol protocol(watch.client, {}, watch.clock);
    for (int round = 0; round < 8; ++round) {
        const int slot = cluster.slotOf(lockKey(round * 3));
        const int from = cluster.ownerOf(slot);
        const int to = (from + 1) % 3;
        QVERIFY2(cluster.beginMigration(slot, from, to), qPrintable(cluster.reason()));
        changeLocks(cluster, round);
        // Ours go where the slot is on its way to, and come from there.
        const auto lock =
            await(protocol.acquire(SessionId("{" + lockKey(round * 3) + "}"), {.lease = 60s}));
        QVERIFY2(lock, lock ? "" : qPrintable(describe(lock.error())));
        QTest::qWait(1); // a turn of the event loop between
        QVERIFY2(cluster.moveKeys(slot, from, to), qPrintable(cluster.reason()));
        const auto released = await(protocol.release(lock->key, lock->token));
        QVERIFY2(released, released ? "" : qPrintable(describe(released.error())));
        QVERIFY(released->isDone);
        changeLocks(cluster, round + 1);
        QVERIFY2(cluster.endMigration(slot, from, to), qPrintable(cluster.reason()));
        changeLocks(cluster, round + 2);
        QTRY_COMPARE_WITH_TIMEOUT(watch.shown(), test::locksOn(nodesOf(cluster)), kPatienceMs);
    }
    QVERIFY2(watch.becomesTrusted(), qPrintable(watch.reason()));
    QTRY_COMPARE_WITH_TIMEOUT(watch.shown(), test::locksOn(nodesOf(cluster)), kPatienceMs);
}

void TestClusterChanges::followsKeysThatAreAheadOfTheirSlot()
{
    RedisCluster cluster(RedisCluster::Options{.hasReplicas = false});
    LK_START(cluster);
    takeLocks(cluster);
    DeploymentWatch watch(cluster.url());
    QVERIFY2(watch.start(), qPrintable(watch.reason()));
    const QByteArray key = lockKey(4);
    const int slot = cluster.slotOf(key);
    const int from = cluster.ownerOf(slot);
    const int to = (from + 1) % 3;
    QVERIFY(cluster.beginMigration(slot, from, to));
    QVERIFY(cluster.moveKeys(slot, from, to));
    const auto got = await(watch.client.send(redis::commands::get(key)));
    QVERIFY(got);
    QCOMPARE(got->bytes(), QByteArray("t4"));
    QTRY_COMPARE_WITH_TIMEOUT(watch.shown(), test::locksOn(nodesOf(cluster)), kPatienceMs);
    // A change there is told by the node that the slot is on its way to.
    cluster.node(to).redis({"ASKING"});
    QCOMPARE(cluster.node(to).redis({"DEL", key}).toInt(), 1);
    QTRY_COMPARE(watch.eventsOf(key), QStringLiteral("snapshot released"));
    QVERIFY(cluster.endMigration(slot, from, to));
    QTRY_COMPARE_WITH_TIMEOUT(watch.shown(), test::locksOn(nodesOf(cluster)), kPatienceMs);
}

void TestClusterChanges::followsANodeThatJoins()
{
    RedisCluster cluster(RedisCluster::Options{.hasReplicas = false});
    LK_START(cluster);
    takeLocks(cluster);
    DeploymentWatch watch(cluster.url());
    QVERIFY2(watch.start(), qPrintable(watch.reason()));
    const int added = cluster.addNode();
    QVERIFY2(added == 3, qPrintable(cluster.reason()));
    QTRY_COMPARE_WITH_TIMEOUT(watch.client.primaries().size(), 4, kPatienceMs);
    QVERIFY2(watch.becomesTrusted(), qPrintable(watch.reason()));
    for (int i = 0; i < 12; ++i) {
        const int slot = cluster.slotOf(lockKey(i));
        QVERIFY2(cluster.migrate(slot, cluster.ownerOf(slot), added), qPrintable(cluster.reason()));
    }
    changeLocks(cluster, 3);
    QTRY_COMPARE_WITH_TIMEOUT(watch.shown(), test::locksOn(nodesOf(cluster)), kPatienceMs);
    QVERIFY2(watch.becomesTrusted(), qPrintable(watch.reason()));
    changeLocks(cluster, 4);
    QTRY_COMPARE_WITH_TIMEOUT(watch.shown(), test::locksOn(nodesOf(cluster)), kPatienceMs);
}

QTEST_GUILESS_MAIN(TestClusterChanges)
#include "tst_clusterchanges.moc"
