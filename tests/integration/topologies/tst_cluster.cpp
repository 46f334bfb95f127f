// SPDX-License-Identifier: GPL-3.0-or-later
#include "deploymentwatch.h"
#include "locks/lockprotocol.h"
#include "redis/deploymenturl.h"
#include "support/await.h"
#include "support/rediscluster.h"

#include <QTest>

#include <set>

using namespace lockkeeper;
using namespace std::chrono_literals;
using locks::LockProtocol;
using redis::Command;
using redis::Deployment;
using redis::Link;
using redis::Reply;
using test::await;
using test::DeploymentWatch;
using test::RedisCluster;
using test::RedisServer;

namespace {

constexpr int kPatienceMs = 40'000;

Result<void> opening(const Deployment &deployment)
{
    SystemClock clock;
    redis::Client client(deployment, {}, clock);
    return await(client.open());
}

QByteArray lockKey(int i)
{
    return "chat:session_lock:s" + QByteArray::number(i);
}

} // namespace

/// What needs a cluster that stays as it is, or that has never been whole.
class TestCluster : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void sendsEachCommandToItsPrimary();
    void keepsTheOrderOfReplies();
    void listsTheLocksOfAllPrimaries();
    void actsOnLocksWhereverTheyAre();
    void needsOneSeedOnly();
    void namesWhatIsWrong();
    void reachesNodesThatAnnounceAnotherAddress();
    void waitsForAClusterThatIsNotSettled();

private:
    std::unique_ptr<RedisCluster> m_cluster;
};

void TestCluster::initTestCase()
{
    LK_NEED_PROGRAM("redis-server");
    m_cluster = std::make_unique<RedisCluster>(
        RedisCluster::Options{.password = "pw", .hasReplicas = false});
    LK_START(*m_cluster);
}

void TestCluster::cleanupTestCase()
{
    m_cluster.reset();
}

void TestCluster::sendsEachCommandToItsPrimary()
{
    SystemClock clock;
    redis::Client client(*redis::parseDeploymentUrl(m_cluster->url()), {}, clock);
    QVERIFY(await(client.open()));
    QCOMPARE(client.state(), Link::State::Ready);
    QCOMPARE(client.primaries().size(), 3);
    std::set<QByteArray> nodes;
    for (int i = 0; i < 30; ++i) {
        const QByteArray key = "k" + QByteArray::number(i);
        const auto set = await(client.send(redis::commands::setWithTtl(key, key, 60s)));
        QVERIFY(set);
        QVERIFY2(!set->isError(), set->bytes().constData());
        QCOMPARE(m_cluster->node(m_cluster->ownerOf(key)).redis({"GET", key}).toByteArray(), key);
        nodes.insert(client.nodeOf(key).bytes());
    }
    QCOMPARE(nodes.size(), std::size_t(3));
    for (const redis::Primary &primary : client.primaries()) {
        const QByteArray key = client.keyOn(primary.id, "canary");
        QVERIFY(key.startsWith("canary"));
        QCOMPARE(client.nodeOf(key), primary.id);
    }
}

void TestCluster::keepsTheOrderOfReplies()
{
    SystemClock clock;
    redis::Client client(*redis::parseDeploymentUrl(m_cluster->url()), {}, clock);
    QVERIFY(await(client.open()));
    QList<Command> sets;
    QList<Command> gets;
    for (int i = 0; i < 300; ++i) {
        const QByteArray key = "o" + QByteArray::number(i);
        sets << redis::commands::setWithTtl(key, key, 60s);
        gets << redis::commands::get(key);
        if (i % 50 == 0)
            gets << redis::commands::ping();
    }
    QVERIFY(await(client.send(sets)));
    const auto replies = await(client.send(gets));
    QVERIFY(replies);
    QCOMPARE(replies->size(), gets.size());
    for (qsizetype i = 0; i < gets.size(); ++i)
        QCOMPARE(replies->at(i).bytes(), gets[i].words.value(1, "PONG"));
}

void TestCluster::listsTheLocksOfAllPrimaries()
{
    for (int i = 0; i < 60; ++i)
        m_cluster->redis(lockKey(i),
                         {"SET", lockKey(i), "t" + QByteArray::number(i), "PX", "600000"});
    DeploymentWatch watch(m_cluster->url());
    QVERIFY2(watch.start(), qPrintable(watch.reason()));
    QCOMPARE(watch.rows.size(), 60);
    QCOMPARE(watch.shown(),
             test::locksOn({&m_cluster->node(0), &m_cluster->node(1), &m_cluster->node(2)}));
    QCOMPARE(watch.monitor.feed().kind, locks::FeedStatus::Kind::Push);
    for (int i = 0; i < 60; ++i)
        QCOMPARE(m_cluster->redis(lockKey(i), {"DEL", lockKey(i)}).toInt(), 1);
    QTRY_VERIFY_WITH_TIMEOUT(watch.rows.isEmpty(), kPatienceMs);
    for (int i = 0; i < 60; ++i)
        QCOMPARE(watch.eventsOf(lockKey(i)), QStringLiteral("snapshot released"));
}

void TestCluster::actsOnLocksWhereverTheyAre()
{
    SystemClock clock;
    redis::Client client(*redis::parseDeploymentUrl(m_cluster->url()), {}, clock);
    QVERIFY(await(client.open()));
    LockProtocol protocol(client, {}, clock);
    for (int i = 0; i < 12; ++i) {
        const auto lock = await(protocol.acquire(SessionId("a" + QByteArray::number(i)), {}));
        QVERIFY(lock);
        const auto extended = await(protocol.extend(lock->key, lock->token, 90s, true));
        QVERIFY(extended);
        QVERIFY(extended->isDone);
        const auto taken = await(protocol.takeOver(lock->session, lock->token));
        QVERIFY(taken);
        const auto again = await(protocol.release(lock->key, lock->token));
        QVERIFY(again);
        QVERIFY(!again->isDone);
        const auto released = await(protocol.release(taken->key, taken->token));
        QVERIFY(released);
        QVERIFY(released->isDone);
    }
}

void TestCluster::needsOneSeedOnly()
{
    auto deployment = *redis::parseDeploymentUrl(m_cluster->url());
    RedisServer gone({.listen = RedisServer::Listen::Tcp});
    QVERIFY(gone.start());
    deployment.seeds = {gone.address().endpoint, m_cluster->node(1).address().endpoint};
    gone.kill();
    SystemClock clock;
    redis::Client client(deployment, {}, clock);
    const auto opened = await(client.open());
    QVERIFY2(opened, opened ? "" : qPrintable(describe(opened.error())));
    QCOMPARE(client.primaries().size(), 3);
}

void TestCluster::namesWhatIsWrong()
{
    auto deployment = *redis::parseDeploymentUrl(m_cluster->url());
    deployment.node.password = Secret();
    const auto asked = opening(deployment);
    QVERIFY(!asked);
    QCOMPARE(asked.error().code, ErrorCode::PasswordNeeded);
    deployment.node.password = Secret("wrong");
    const auto refused = opening(deployment);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::WrongPassword);

    RedisServer single({.listen = RedisServer::Listen::Tcp});
    QVERIFY(single.start());
    const QString at = single.address().endpoint.toString();
    const auto noCluster = opening(*redis::parseDeploymentUrl(u"redis+cluster://" + at));
    QVERIFY(!noCluster);
    QVERIFY2(noCluster.error().what.contains(at + u" is no node of a cluster"),
             qPrintable(noCluster.error().what));
    QVERIFY(noCluster.error().hint.contains(u"redis://"));
    single.kill();
    const auto nobody = opening(*redis::parseDeploymentUrl(u"redis+cluster://" + at));
    QVERIFY(!nobody);
    QCOMPARE(nobody.error().code, ErrorCode::CannotConnect);
    QVERIFY2(nobody.error().what.contains(at), qPrintable(nobody.error().what));
}

void TestCluster::reachesNodesThatAnnounceAnotherAddress()
{
    RedisCluster hidden(RedisCluster::Options{
        .primaries = 3, .hasReplicas = false, .announcedHost = QStringLiteral("node.invalid")});
    LK_START(hidden);
    const auto plain = opening(*redis::parseDeploymentUrl(hidden.url()));
    QVERIFY(!plain);
    QVERIFY2(plain.error().what.contains(u"node.invalid"), qPrintable(plain.error().what));
    QVERIFY2(plain.error().hint.contains(u"pin=1"), qPrintable(plain.error().hint));

    QStringList mappings;
    for (int i = 0; i < 3; ++i) {
        const QString port = u':' + QString::number(hidden.node(i).port());
        mappings << u"node.invalid" + port + u"=127.0.0.1" + port;
    }
    for (const QString &option :
         {QStringLiteral("pin=1"), QString(u"map=" + mappings.join(u','))}) {
        SystemClock clock;
        redis::Client client(*redis::parseDeploymentUrl(hidden.url() + u'?' + option), {}, clock);
        const auto opened = await(client.open());
        QVERIFY2(opened, opened ? "" : qPrintable(describe(opened.error())));
        // A refusal names the announced address as well.
        const int slot = hidden.slotOf("k");
        const int from = hidden.ownerOf(slot);
        const int to = (from + 1) % 3;
        QVERIFY(await(client.send(redis::commands::setWithTtl("k", "v", 60s))));
        QVERIFY(hidden.migrate(slot, from, to));
        const auto got = await(client.send(redis::commands::get("k")));
        QVERIFY(got);
        QCOMPARE(got->bytes(), QByteArray("v"));
    }
}

void TestCluster::waitsForAClusterThatIsNotSettled()
{
    RedisServer node({.listen = RedisServer::Listen::Tcp, .role = RedisServer::Role::ClusterNode});
    LK_START(node);
    const QString at = node.address().endpoint.toString();
    DeploymentWatch watch(u"redis+cluster://" + at);
    const auto opened = await(watch.client.open());
    QVERIFY(!opened);
    QVERIFY2(opened.error().what.contains(u"16384"), qPrintable(opened.error().what));
    watch.monitor.start();
    QVERIFY(!watch.monitor.feed().isTrusted);
    QCOMPARE(watch.client.state(), Link::State::Waiting);
    QVERIFY(watch.client.nextTry());
    node.redis({"CLUSTER", "ADDSLOTSRANGE", "0", "8000"});
    QTRY_VERIFY_WITH_TIMEOUT(watch.client.lastError()->what.contains(u"8383"), kPatienceMs);
    node.redis({"CLUSTER", "ADDSLOTSRANGE", "8001", "16383"});
    QVERIFY2(watch.becomesTrusted(), qPrintable(watch.reason()));
    QCOMPARE(watch.client.state(), Link::State::Ready);
    QTRY_VERIFY_WITH_TIMEOUT(
        node.redis({"CLUSTER", "INFO"}).toByteArray().contains("cluster_state:ok"), kPatienceMs);
    node.redis({"SET", lockKey(1), "one", "PX", "60000"});
    QTRY_COMPARE_WITH_TIMEOUT(watch.shown(),
                              QStringList{QStringLiteral("chat:session_lock:s1=one")}, kPatienceMs);
}

QTEST_GUILESS_MAIN(TestCluster)
#include "tst_cluster.moc"
