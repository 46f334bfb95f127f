// SPDX-License-Identifier: GPL-3.0-or-later
#include "deploymentwatch.h"
#include "locks/lockguard.h"
#include "locks/lockprotocol.h"
#include "redis/deploymenturl.h"
#include "support/await.h"
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
using test::RedisServer;
using test::SentinelGroup;

namespace {

const QByteArray kKey = QByteArrayLiteral("chat:session_lock:s1");
constexpr int kPatienceMs = 40'000;

QString portOf(const RedisServer &server)
{
    return u':' + QString::number(server.port());
}

Result<void> opening(const QString &url)
{
    SystemClock clock;
    redis::Client client(*redis::parseDeploymentUrl(url), {}, clock);
    return await(client.open());
}

} // namespace

class TestSentinel : public QObject
{
    Q_OBJECT

private slots:
    void connectsToThePrimary();
    void needsOneSentinelOnly();
    void logsInToBoth();
    void namesWhatIsWrong();
    void followsAFailoverWhileWatching();
    void holdsALockThroughAFailover();
    void losesALeaseThatTheFailoverOutlasts();
    void waitsForALockThroughAFailover();
    void isNotTakenBackByASentinelThatMissedTheFailover();
    void followsASwitchWithoutALostConnection();
};

void TestSentinel::connectsToThePrimary()
{
    SentinelGroup group;
    LK_NEED_PROGRAM("redis-server");
    LK_START(group);
    group.node(0).redis({"SET", kKey, "one", "PX", "60000"});
    DeploymentWatch watch(group.url());
    QVERIFY2(watch.start(), qPrintable(watch.reason()));
    QCOMPARE(watch.shown(), QStringList{QStringLiteral("chat:session_lock:s1=one")});
    QVERIFY2(watch.client.place().contains(portOf(group.node(0))),
             qPrintable(watch.client.place()));
    QCOMPARE(watch.monitor.feed().kind, locks::FeedStatus::Kind::Push);
    group.node(0).redis({"DEL", kKey});
    QTRY_COMPARE_WITH_TIMEOUT(watch.eventsOf(kKey), QStringLiteral("snapshot released"),
                              kPatienceMs);
}

void TestSentinel::needsOneSentinelOnly()
{
    SentinelGroup group;
    LK_NEED_PROGRAM("redis-server");
    LK_START(group);
    group.sentinel(0).kill();
    group.sentinel(2).kill();
    const auto opened = opening(group.url());
    QVERIFY2(opened, opened ? "" : qPrintable(describe(opened.error())));
}

void TestSentinel::logsInToBoth()
{
    SentinelGroup group(SentinelGroup::Options{.password = "data", .sentinelPassword = "watchers"});
    LK_NEED_PROGRAM("redis-server");
    LK_START(group);
    QVERIFY(opening(group.url()));

    auto deployment = *redis::parseDeploymentUrl(group.url());
    deployment.sentinelPassword = Secret("wrong");
    SystemClock clock;
    redis::Client wrong(deployment, {}, clock);
    const auto refused = await(wrong.open());
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::WrongPassword);
    QVERIFY2(refused.error().what.contains(u"Sentinel"), qPrintable(refused.error().what));
    QVERIFY2(refused.error().hint.contains(u"sentinel_password"), qPrintable(refused.error().hint));

    deployment = *redis::parseDeploymentUrl(group.url());
    deployment.node.password = Secret();
    redis::Client without(deployment, {}, clock);
    const auto asked = await(without.open());
    QVERIFY(!asked);
    QCOMPARE(asked.error().code, ErrorCode::PasswordNeeded);
    QCOMPARE(without.state(), Link::State::Failed);
}

void TestSentinel::namesWhatIsWrong()
{
    SentinelGroup group;
    LK_NEED_PROGRAM("redis-server");
    LK_START(group);
    const QString url = group.url();
    const auto unknown = opening(url.left(url.lastIndexOf(u'/')) + u"/nobody");
    QVERIFY(!unknown);
    QCOMPARE(unknown.error().code, ErrorCode::CannotConnect);
    QVERIFY2(unknown.error().what.contains(u"\"nobody\""), qPrintable(unknown.error().what));

    const auto noSentinel =
        opening(QStringLiteral("redis+sentinel://%1/x").arg(u"127.0.0.1" + portOf(group.node(0))));
    QVERIFY(!noSentinel);
    QVERIFY2(noSentinel.error().what.contains(portOf(group.node(0))),
             qPrintable(noSentinel.error().what));
    for (int i = 0; i < SentinelGroup::kSentinels; ++i)
        group.sentinel(i).kill();
    const auto nobody = opening(url);
    QVERIFY(!nobody);
    QCOMPARE(nobody.error().code, ErrorCode::CannotConnect);
    for (int i = 0; i < SentinelGroup::kSentinels; ++i)
        QVERIFY2(nobody.error().what.contains(portOf(group.sentinel(i))),
                 qPrintable(nobody.error().what));
}

void TestSentinel::followsAFailoverWhileWatching()
{
    SentinelGroup group;
    LK_NEED_PROGRAM("redis-server");
    LK_START(group);
    for (int i = 0; i < 50; ++i)
        group.node(0).redis({"SET", "chat:session_lock:s" + QByteArray::number(i),
                             "t" + QByteArray::number(i), "PX", "600000"});
    group.node(0).redis({"WAIT", "1", "10000"});
    DeploymentWatch watch(group.url());
    QVERIFY2(watch.start(), qPrintable(watch.reason()));
    QCOMPARE(watch.rows.size(), 50);
    group.node(0).kill();
    QVERIFY(watch.becomesDoubtful());
    QVERIFY(watch.shown().first().startsWith(u'?'));
    QCOMPARE(watch.rows.size(), 50); // greyed, not gone
    QVERIFY2(watch.becomesTrusted(), qPrintable(watch.reason()));
    QVERIFY2(watch.client.place().contains(portOf(group.node(1))),
             qPrintable(watch.client.place()));
    QCOMPARE(watch.shown(), test::locksOn({&group.node(1)}));
    QCOMPARE(watch.rows.size(), 50);
    group.node(1).redis({"DEL", "chat:session_lock:s7"});
    QTRY_COMPARE_WITH_TIMEOUT(watch.eventsOf("chat:session_lock:s7"),
                              QStringLiteral("snapshot released"), kPatienceMs);

    // The old primary comes back as a replica; on a busy machine the Sentinels may go back to it.
    QVERIFY(group.node(0).restart());
    QVERIFY(group.waitUntilWhole());
    RedisServer *now = group.primary();
    QVERIFY(now);
    now->redis({"SET", "chat:session_lock:late", "x", "PX", "600000"});
    QTRY_COMPARE_WITH_TIMEOUT(watch.shown(), test::locksOn({now}), kPatienceMs);
    QVERIFY2(watch.client.place().contains(portOf(*now)), qPrintable(watch.client.place()));
}

void TestSentinel::holdsALockThroughAFailover()
{
    SentinelGroup group;
    LK_NEED_PROGRAM("redis-server");
    LK_START(group);
    SystemClock clock;
    redis::Client client(*redis::parseDeploymentUrl(group.url()), {}, clock);
    QVERIFY(await(client.open()));
    LockProtocol protocol(client, {}, clock);
    const auto lock = await(protocol.acquire(SessionId("s1"), {.lease = 30s}));
    QVERIFY(lock);
    const auto guard = LockGuard::create(protocol, *lock);
    QSignalSpy lost(guard.get(), &LockGuard::lost);
    group.node(0).redis({"WAIT", "1", "10000"});
    group.node(0).kill();
    QTRY_VERIFY_WITH_TIMEOUT(!client.isReady(), kPatienceMs);
    QVERIFY(!await(guard->confirm()));
    QVERIFY(guard->check()); // its lease runs on
    QTRY_VERIFY_WITH_TIMEOUT(client.isReady(), kPatienceMs);
    const auto confirmed = await(guard->confirm());
    QVERIFY2(confirmed, confirmed ? "" : qPrintable(describe(confirmed.error())));
    QCOMPARE(group.node(1).redis({"GET", kKey}).toByteArray(), lock->token.bytes());
    QVERIFY(lost.isEmpty());
    const auto released = await(guard->release());
    QVERIFY(released);
    QVERIFY(released->isDone);
}

void TestSentinel::losesALeaseThatTheFailoverOutlasts()
{
    SentinelGroup group;
    LK_NEED_PROGRAM("redis-server");
    LK_START(group);
    SystemClock clock;
    redis::Client client(*redis::parseDeploymentUrl(group.url()), {}, clock);
    QVERIFY(await(client.open()));
    LockProtocol protocol(client, {}, clock);
    const auto lock = await(protocol.acquire(SessionId("s1"), {.lease = 600ms}));
    QVERIFY(lock);
    const auto guard = LockGuard::create(protocol, *lock);
    QSignalSpy lost(guard.get(), &LockGuard::lost);
    group.node(0).kill();
    QTRY_VERIFY_WITH_TIMEOUT(!lost.isEmpty(), kPatienceMs);
    QVERIFY(!client.isReady()); // said while nobody could be asked
    QVERIFY(!guard->check());
    static_cast<void>(await(guard->release()));
}

void TestSentinel::waitsForALockThroughAFailover()
{
    SentinelGroup group;
    LK_NEED_PROGRAM("redis-server");
    LK_START(group);
    group.node(0).redis({"SET", kKey, "another", "PX", "600000"});
    group.node(0).redis({"WAIT", "1", "10000"});
    SystemClock clock;
    redis::Client client(*redis::parseDeploymentUrl(group.url()), {}, clock);
    QVERIFY(await(client.open()));
    LockProtocol protocol(client, {}, clock);
    std::optional<Result<locks::HeldLock>> outcome;
    const auto wait = [&]() -> QCoro::Task<> {
        const LockProtocol::AcquireOptions options{.wait = 60s, .lease = 30s};
        outcome = co_await protocol.acquire(SessionId("s1"), options);
    };
    const auto waiting = wait();
    group.node(0).kill();
    QTRY_VERIFY_WITH_TIMEOUT(!client.isReady(), kPatienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(client.isReady(), kPatienceMs);
    QVERIFY(!outcome);
    QCOMPARE(group.node(1).redis({"DEL", kKey}).toInt(), 1);
    QTRY_VERIFY_WITH_TIMEOUT(outcome, kPatienceMs);
    QVERIFY2(*outcome, *outcome ? "" : qPrintable(describe(outcome->error())));
    QCOMPARE(group.node(1).redis({"GET", kKey}).toByteArray(), (*outcome)->token.bytes());
}

void TestSentinel::isNotTakenBackByASentinelThatMissedTheFailover()
{
    SentinelGroup group;
    LK_NEED_PROGRAM("redis-server");
    LK_START(group);
    DeploymentWatch watch(group.url());
    QVERIFY2(watch.start(), qPrintable(watch.reason()));
    group.sentinel(0).kill();
    group.node(0).kill();
    QVERIFY(watch.becomesDoubtful());
    QVERIFY2(watch.becomesTrusted(), qPrintable(watch.reason()));
    QVERIFY(watch.client.place().contains(portOf(group.node(1))));
    // The one that missed it is the only one left, and what it names says itself that it is the
    // primary.
    group.sentinel(1).kill();
    group.sentinel(2).kill();
    QVERIFY(group.node(0).restart());
    QVERIFY(group.sentinel(0).restart());
    const QVariantList named =
        group.sentinel(0)
            .redis({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", SentinelGroup::kService})
            .toList();
    QCOMPARE(named.value(1).toInt(), int(group.node(0).port()));
    watch.client.retryNow();
    const auto hasBeenAsked = [&] {
        for (const QByteArray &line :
             group.sentinel(0).redis({"CLIENT", "LIST"}).toByteArray().split('\n')) {
            if (line.contains("name=lockkeeper ") && line.contains("cmd=sentinel|master") &&
                !line.contains(" age=0 "))
                return true;
        }
        return false;
    };
    QTRY_VERIFY_WITH_TIMEOUT(hasBeenAsked(), kPatienceMs);
    QVERIFY2(watch.client.place().contains(portOf(group.node(1))),
             qPrintable(watch.client.place()));
    QVERIFY(watch.monitor.feed().isTrusted);
}

void TestSentinel::followsASwitchWithoutALostConnection()
{
    SentinelGroup group;
    LK_NEED_PROGRAM("redis-server");
    LK_START(group);
    group.node(0).redis({"SET", kKey, "one", "PX", "600000"});
    group.node(0).redis({"WAIT", "1", "10000"});
    DeploymentWatch watch(group.url());
    QVERIFY2(watch.start(), qPrintable(watch.reason()));
    QCOMPARE(
        group.sentinel(0).redis({"SENTINEL", "FAILOVER", SentinelGroup::kService}).toByteArray(),
        QByteArray("OK"));
    QTRY_VERIFY_WITH_TIMEOUT(watch.client.place().contains(portOf(group.node(1))), kPatienceMs);
    QVERIFY2(watch.becomesTrusted(), qPrintable(watch.reason()));
    group.node(1).redis({"SET", "chat:session_lock:s2", "two", "PX", "600000"});
    const QStringList both{QStringLiteral("chat:session_lock:s1=one"),
                           QStringLiteral("chat:session_lock:s2=two")};
    QTRY_COMPARE_WITH_TIMEOUT(watch.shown(), both, kPatienceMs);
}

QTEST_GUILESS_MAIN(TestSentinel)
#include "tst_sentinel.moc"
