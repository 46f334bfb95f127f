// SPDX-License-Identifier: GPL-3.0-or-later
#include "clusterhand.h"
#include "deploymentwatch.h"
#include "locks/contentionprobe.h"
#include "locks/waitersample.h"
#include "support/await.h"
#include "support/rediscluster.h"

#include <QDeadlineTimer>
#include <QTest>

using namespace lockkeeper;
using namespace std::chrono_literals;
using Kind = locks::FeedStatus::Kind;
using test::await;
using test::ClusterHand;
using test::DeploymentWatch;
using test::lockKey;
using test::RedisCluster;

namespace {

constexpr int kPatienceMs = 40'000;

} // namespace

/// What has to be asked of each primary of a cluster for itself.
class TestClusterFeeds : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void followsLesserFeeds_data();
    void followsLesserFeeds();
    void callsAFlushOfOnePrimaryAFlush();
    void seesContentionOnEveryPrimary();
    void namesTheWaitersOfEveryPrimary();

private:
    std::unique_ptr<RedisCluster> m_cluster;
};

void TestClusterFeeds::initTestCase()
{
    LK_NEED_PROGRAM("redis-server");
    RedisCluster::Options options{.hasReplicas = false};
    options.config << QStringLiteral("notify-keyspace-events KA")
                   << QStringLiteral("user noTracking on >pw ~* &* +@all -client|tracking")
                   << QStringLiteral(
                          "user noConfig on >pw ~* &* +@all -client|tracking -config|get")
                   << QStringLiteral("user noNews on >pw ~* +@all -client|tracking -subscribe "
                                     "-psubscribe");
    m_cluster = std::make_unique<RedisCluster>(options);
    LK_START(*m_cluster);
}

void TestClusterFeeds::cleanupTestCase()
{
    m_cluster.reset();
}

void TestClusterFeeds::followsLesserFeeds_data()
{
    QTest::addColumn<QString>("user");
    QTest::addColumn<Kind>("kind");
    QTest::newRow("notifications") << QStringLiteral("noTracking") << Kind::Notify;
    QTest::newRow("notifications, proven by a write") << QStringLiteral("noConfig") << Kind::Notify;
    QTest::newRow("polling") << QStringLiteral("noNews") << Kind::Poll;
}

void TestClusterFeeds::followsLesserFeeds()
{
    QFETCH(QString, user);
    QFETCH(Kind, kind);
    ClusterHand hand(*m_cluster);
    hand.takeLocks();
    QString url = m_cluster->url();
    url.replace(QStringLiteral("://"), u"://" + user + u":pw@");
    DeploymentWatch watch(url);
    QVERIFY2(watch.start(), qPrintable(watch.reason()));
    QCOMPARE(watch.monitor.feed().kind, kind);
    QVERIFY2(watch.monitor.feed().reason.contains(u"no push"), qPrintable(watch.reason()));
    QCOMPARE(watch.shown(), test::locksOn(hand.nodes()));
    hand.changeLocks(1);
    QTRY_COMPARE_WITH_TIMEOUT(watch.shown(), test::locksOn(hand.nodes()), kPatienceMs);
}

void TestClusterFeeds::callsAFlushOfOnePrimaryAFlush()
{
    ClusterHand hand(*m_cluster);
    hand.takeLocks();
    DeploymentWatch watch(m_cluster->url());
    QVERIFY2(watch.start(), qPrintable(watch.reason()));
    const int owner = m_cluster->ownerOf(lockKey(0));
    m_cluster->node(owner).redis({"FLUSHALL"});
    QTRY_COMPARE_WITH_TIMEOUT(watch.shown(), test::locksOn(hand.nodes()), kPatienceMs);
    QVERIFY(!watch.rows.isEmpty());
    QCOMPARE(watch.eventsOf(lockKey(0)), QStringLiteral("snapshot flushed"));
    QVERIFY2(watch.becomesTrusted(), qPrintable(watch.reason()));
}

void TestClusterFeeds::seesContentionOnEveryPrimary()
{
    ClusterHand hand(*m_cluster);
    hand.takeLocks();
    DeploymentWatch watch(m_cluster->url());
    locks::ContentionProbe probe(watch.client, watch.monitor, watch.clock);
    QVERIFY2(watch.start(), qPrintable(watch.reason()));
    probe.start();
    // Every third one is wanted, again and again.
    const auto isTold = [&] {
        int told = 0;
        for (int i = 0; i < ClusterHand::kLocks; ++i) {
            if (i % 3 == 0)
                hand.redis(lockKey(i), {"SET", lockKey(i), "waiter", "NX", "PX", "1000"});
            const auto verdict = watch.rows.value(LockKey(lockKey(i))).isContended;
            told += verdict && *verdict == (i % 3 == 0) ? 1 : 0;
        }
        QTest::qWait(50); // a turn for the program, and no more than a waiter's pause
        return told == ClusterHand::kLocks;
    };
    bool isEachTold = false;
    for (QDeadlineTimer limit(kPatienceMs); !isEachTold && !limit.hasExpired();)
        isEachTold = isTold();
    QVERIFY(isEachTold);
    QVERIFY2(probe.trouble().isEmpty(), qPrintable(probe.trouble()));
}

void TestClusterFeeds::namesTheWaitersOfEveryPrimary()
{
    ClusterHand hand(*m_cluster);
    hand.takeLocks();
    SystemClock clock;
    DeploymentWatch watch(m_cluster->url());
    QVERIFY(await(watch.client.open()));
    std::optional<Result<locks::WaiterSample>> sample;
    const auto listen = [&]() -> QCoro::Task<> {
        const redis::MonitorTap::Budget budget{.span = 1500ms};
        const locks::LockFamily family;
        sample = co_await locks::sampleWaiters(watch.client, family, clock, budget);
    };
    const auto listening = listen();
    for (QDeadlineTimer limit(kPatienceMs); !sample && !limit.hasExpired();) {
        for (int i = 0; i < 9; ++i)
            hand.redis(lockKey(i),
                       {"SET", lockKey(i), "w" + QByteArray::number(i), "NX", "PX", "900"});
        QTest::qWait(20);
    }
    QVERIFY(sample);
    QVERIFY2(*sample, *sample ? "" : qPrintable(describe(sample->error())));
    QCOMPARE((*sample)->locks.size(), 9);
    for (const locks::ContendedLock &lock : (*sample)->locks) {
        QCOMPARE(lock.waiters.size(), 1);
        QCOMPARE(lock.waiters.first().token.bytes(), "w" + lock.session.bytes().mid(1));
    }
}

QTEST_GUILESS_MAIN(TestClusterFeeds)
#include "tst_clusterfeeds.moc"
