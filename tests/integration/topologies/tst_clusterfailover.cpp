// SPDX-License-Identifier: GPL-3.0-or-later
#include "clusterhand.h"
#include "deploymentwatch.h"
#include "locks/lockguard.h"
#include "locks/lockprotocol.h"
#include "redis/deploymenturl.h"
#include "support/await.h"
#include "support/rediscluster.h"

#include <QTest>

using namespace lockkeeper;
using namespace std::chrono_literals;
using locks::LockGuard;
using locks::LockProtocol;
using test::await;
using test::ClusterHand;
using test::DeploymentWatch;
using test::lockKey;
using test::RedisCluster;
using test::RedisServer;

namespace {

constexpr int kPatienceMs = 40'000;

} // namespace

/// A primary of a cluster fails over while locks are watched, acted on and held.
class TestClusterFailover : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void followsAFailoverWhileWatching();
    void followsAFailoverWithoutALostConnection();
    void actsAndHoldsThroughAFailover();
};

void TestClusterFailover::initTestCase()
{
    LK_NEED_PROGRAM("redis-server");
}

void TestClusterFailover::followsAFailoverWhileWatching()
{
    RedisCluster cluster;
    LK_START(cluster);
    ClusterHand hand(cluster);
    hand.takeLocks();
    DeploymentWatch watch(cluster.url());
    QVERIFY2(watch.start(), qPrintable(watch.reason()));
    QCOMPARE(watch.shown(), test::locksOn(hand.nodes()));
    cluster.node(1).kill();
    QVERIFY(watch.becomesDoubtful());
    QVERIFY(watch.shown().first().startsWith(u'?'));
    QCOMPARE(watch.rows.size(), ClusterHand::kLocks);
    QTRY_VERIFY2_WITH_TIMEOUT(watch.monitor.feed().reason.contains(u"1 of 3 primaries"),
                              qPrintable(watch.monitor.feed().reason), kPatienceMs);
    QVERIFY2(watch.becomesTrusted(), qPrintable(watch.reason()));
    QVERIFY(cluster.waitForFailover(1));
    QCOMPARE(watch.shown(), test::locksOn(hand.nodes()));
    QCOMPARE(watch.rows.size(), ClusterHand::kLocks);
    hand.changeLocks(1);
    QTRY_COMPARE_WITH_TIMEOUT(watch.shown(), test::locksOn(hand.nodes()), kPatienceMs);
    // The killed one comes back as a replica, and nothing is lost by that.
    QVERIFY(cluster.node(1).restart());
    QVERIFY2(cluster.waitUntilWhole(), qPrintable(cluster.reason()));
    hand.changeLocks(2);
    QTRY_COMPARE_WITH_TIMEOUT(watch.shown(), test::locksOn(hand.nodes()), kPatienceMs);
    QVERIFY2(watch.becomesTrusted(), qPrintable(watch.reason()));
}

void TestClusterFailover::followsAFailoverWithoutALostConnection()
{
    RedisCluster cluster;
    LK_START(cluster);
    ClusterHand hand(cluster);
    hand.takeLocks();
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
    hand.changeLocks(1);
    QTRY_COMPARE_WITH_TIMEOUT(watch.shown(), test::locksOn(hand.nodes()), kPatienceMs);
}

void TestClusterFailover::actsAndHoldsThroughAFailover()
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
        const LockProtocol::AcquireOptions options{.wait = 60s, .lease = 60s};
        acquired = co_await protocol.acquire(session, options);
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

QTEST_GUILESS_MAIN(TestClusterFailover)
#include "tst_clusterfailover.moc"
