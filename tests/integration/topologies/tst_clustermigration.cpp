// SPDX-License-Identifier: GPL-3.0-or-later
#include "clusterhand.h"
#include "deploymentwatch.h"
#include "locks/lockprotocol.h"
#include "redis/deploymenturl.h"
#include "support/await.h"
#include "support/eventually.h"
#include "support/rediscluster.h"
#include "support/sentinelgroup.h"

#include <QTest>

using namespace lockkeeper;
using namespace std::chrono_literals;
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

/// Slots move between the primaries of a cluster while locks change.
class TestClusterMigration : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void cleanup();
    void followsSlotsThatMigrateWhileLocksChange();
    void followsKeysThatAreAheadOfTheirSlot();
    void followsANodeThatJoins();
    void aNodeThatDoesNotLetUsInStopsNothing();

private:
    /// How often all was read anew.
    [[nodiscard]] qsizetype syncs() const
    {
        return std::ranges::count(m_watch->events, locks::LockEvent::Kind::Synced,
                                  &locks::LockEvent::kind);
    }

    std::optional<RedisCluster> m_cluster;
    std::optional<ClusterHand> m_hand;
    std::optional<DeploymentWatch> m_watch;
};

void TestClusterMigration::initTestCase()
{
    LK_NEED_PROGRAM("redis-server");
}

void TestClusterMigration::init()
{
    m_cluster.emplace(RedisCluster::Options{.hasReplicas = false});
    LK_START(*m_cluster);
    m_hand.emplace(*m_cluster);
    m_hand->takeLocks();
    m_watch.emplace(m_cluster->url());
    QVERIFY2(m_watch->start(), qPrintable(m_watch->reason()));
}

void TestClusterMigration::cleanup()
{
    m_watch.reset();
    m_hand.reset();
    m_cluster.reset();
}

void TestClusterMigration::followsSlotsThatMigrateWhileLocksChange()
{
    LockProtocol protocol(m_watch->client, {}, m_watch->clock);
    for (int round = 0; round < 8; ++round) {
        const int slot = m_cluster->slotOf(lockKey(round * 3));
        const int from = m_cluster->ownerOf(slot);
        const int to = (from + 1) % 3;
        QVERIFY2(m_cluster->beginMigration(slot, from, to), qPrintable(m_cluster->reason()));
        m_hand->changeLocks(round);
        // Ours go where the slot is on its way to, and come from there.
        const auto lock =
            await(protocol.acquire(SessionId("{" + lockKey(round * 3) + "}"), {.lease = 60s}));
        QVERIFY2(lock, lock ? "" : qPrintable(describe(lock.error())));
        QTest::qWait(1); // a turn of the event loop between
        QVERIFY2(m_cluster->moveKeys(slot, from, to), qPrintable(m_cluster->reason()));
        const auto released = await(protocol.release(lock->key, lock->token));
        QVERIFY2(released, released ? "" : qPrintable(describe(released.error())));
        QVERIFY(released->isDone);
        m_hand->changeLocks(round + 1);
        QVERIFY2(m_cluster->endMigration(slot, from, to), qPrintable(m_cluster->reason()));
        m_hand->changeLocks(round + 2);
        QTRY_COMPARE_WITH_TIMEOUT(m_watch->shown(), test::locksOn(m_hand->nodes()), kPatienceMs);
    }
    QVERIFY2(m_watch->becomesTrusted(), qPrintable(m_watch->reason()));
    QTRY_COMPARE_WITH_TIMEOUT(m_watch->shown(), test::locksOn(m_hand->nodes()), kPatienceMs);
    // Nothing was lost sight of meanwhile: all was read once, at the beginning.
    QCOMPARE(syncs(), 1);
}

void TestClusterMigration::followsKeysThatAreAheadOfTheirSlot()
{
    const QByteArray key = lockKey(4);
    const int slot = m_cluster->slotOf(key);
    const int from = m_cluster->ownerOf(slot);
    const int to = (from + 1) % 3;
    QVERIFY(m_cluster->beginMigration(slot, from, to));
    QVERIFY(m_cluster->moveKeys(slot, from, to));
    const auto got = await(m_watch->client.send(redis::commands::get(key)));
    QVERIFY(got);
    QCOMPARE(got->bytes(), QByteArray("t4"));
    QTRY_COMPARE_WITH_TIMEOUT(m_watch->shown(), test::locksOn(m_hand->nodes()), kPatienceMs);
    // A change there is told by the node that the slot is on its way to.
    m_cluster->node(to).redis({"ASKING"});
    QCOMPARE(m_cluster->node(to).redis({"DEL", key}).toInt(), 1);
    QTRY_COMPARE_WITH_TIMEOUT(m_watch->eventsOf(key), QStringLiteral("snapshot released"),
                              kPatienceMs);
    QVERIFY(m_cluster->endMigration(slot, from, to));
    QTRY_COMPARE_WITH_TIMEOUT(m_watch->shown(), test::locksOn(m_hand->nodes()), kPatienceMs);
}

void TestClusterMigration::followsANodeThatJoins()
{
    const int added = m_cluster->addNode();
    QVERIFY2(added == 3, qPrintable(m_cluster->reason()));
    QTRY_COMPARE_WITH_TIMEOUT(m_watch->client.primaries().size(), 4, kPatienceMs);
    QVERIFY2(m_watch->becomesTrusted(), qPrintable(m_watch->reason()));
    for (int i = 0; i < 12; ++i) {
        const int slot = m_cluster->slotOf(lockKey(i));
        QVERIFY2(m_cluster->migrate(slot, m_cluster->ownerOf(slot), added),
                 qPrintable(m_cluster->reason()));
    }
    m_hand->changeLocks(3);
    QTRY_COMPARE_WITH_TIMEOUT(m_watch->shown(), test::locksOn(m_hand->nodes()), kPatienceMs);
    QVERIFY2(m_watch->becomesTrusted(), qPrintable(m_watch->reason()));
    m_hand->changeLocks(4);
    QTRY_COMPARE_WITH_TIMEOUT(m_watch->shown(), test::locksOn(m_hand->nodes()), kPatienceMs);
}

void TestClusterMigration::aNodeThatDoesNotLetUsInStopsNothing()
{
    // Logins do not spread in a cluster: this one joins without ours, and serves nothing yet.
    RedisServer closed({.listen = RedisServer::Listen::Tcp,
                        .password = "other",
                        .databases = 1,
                        .role = RedisServer::Role::ClusterNode});
    LK_START_REDIS(closed);
    RedisServer &first = m_cluster->node(0);
    closed.redis({"CLUSTER", "MEET", "127.0.0.1", QByteArray::number(first.port()),
                  QByteArray::number(first.busPort())});
    const QByteArray address = ":" + QByteArray::number(closed.port()) + "@";
    const auto isKnown = [&] {
        return first.redis({"CLUSTER", "NODES"}).toByteArray().contains(address);
    };
    QVERIFY(test::eventually(isKnown));
    const auto refusals = [&] {
        return test::infoField(closed, "stats", "total_error_replies").toInt();
    };
    QTRY_VERIFY_WITH_TIMEOUT(refusals() > 0, kPatienceMs); // we have tried to get in
    QVERIFY2(m_watch->becomesTrusted(), qPrintable(m_watch->reason()));
    m_hand->changeLocks(1);
    QTRY_COMPARE_WITH_TIMEOUT(m_watch->shown(), test::locksOn(m_hand->nodes()), kPatienceMs);
    QCOMPARE(m_watch->client.state(), redis::Link::State::Ready);
    QCOMPARE(m_watch->client.primaries().size(), 3);

    // All was read once: nothing depends on a node without slots.
    QCOMPARE(syncs(), 1);

    // With its first slot everything depends on it.
    const QByteArray slot = QByteArray::number(m_cluster->slotOf("no key is there"));
    const QByteArray id = closed.redis({"CLUSTER", "MYID"}).toByteArray();
    for (RedisServer *node :
         {&m_cluster->node(0), &m_cluster->node(1), &m_cluster->node(2), &closed})
        node->redis({"CLUSTER", "SETSLOT", slot, "NODE", id});
    QVERIFY(m_watch->becomesDoubtful());
    QTRY_VERIFY2_WITH_TIMEOUT(m_watch->monitor.feed().reason.contains(u"password"),
                              qPrintable(m_watch->monitor.feed().reason), kPatienceMs);
    // As soon as it lets us in it counts, with news of its own.
    closed.redis({"CONFIG", "SET", "requirepass", ""});
    QTRY_COMPARE_WITH_TIMEOUT(m_watch->client.primaries().size(), 4, kPatienceMs);
    QVERIFY2(m_watch->becomesTrusted(), qPrintable(m_watch->reason()));
    QTRY_COMPARE_WITH_TIMEOUT(m_watch->shown(), test::locksOn(m_hand->nodes()), kPatienceMs);
}

QTEST_GUILESS_MAIN(TestClusterMigration)
#include "tst_clustermigration.moc"
