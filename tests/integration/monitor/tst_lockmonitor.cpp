// SPDX-License-Identifier: GPL-3.0-or-later
#include "watching.h"

#include <QSignalSpy>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using test::RedisServer;
using test::Watching;

namespace {

const QByteArray kKey = QByteArrayLiteral("chat:session_lock:s1");
const QByteArray kTokenA = QByteArrayLiteral("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
const QByteArray kTokenB = QByteArrayLiteral("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");

} // namespace

class TestLockMonitor : public QObject
{
    Q_OBJECT

private slots:
    void listsWhatIsThere();
    void followsALockThroughItsLife();
    void tellsReleasedFromExpired();
    void showsWhatIsNoLock();
    void reportsCachedSessions();
    void scansOnceOnly();
    void distrustsAndResyncs();
    void callsAFlushAFlush();
    void aFlushOfAnotherDatabaseEndsNothing();
    void callsARestartAFlush();
    void namesOurOwnActs();
    void noticesExpiryBeforeTheServerDoes();
    void keepsHoldsWhileTheServerIsBusy();
    void saysWhyLocksCannotBeRead();
    void keepsHoldsThatItMayNotRead();
    void tellsHoldsOfOneDeadlineApart();
    void stopsInTheMiddleOfAnything();
};

void TestLockMonitor::listsWhatIsThere()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", kKey, kTokenA, "PX", "60000"});
    server.redis({"SET", "chat:session_lock:s2", "x"});
    server.redis({"SET", "chat:session:s1", "{}"});
    Watching watching(server.address());
    QVERIFY(watching.start());
    QCOMPARE(watching.rows.size(), 2);
    QCOMPARE(watching.eventsOf(kKey), QStringLiteral("snapshot"));
    const LockRecord held = watching.rows.value(LockKey(kKey));
    QCOMPARE(held.session, SessionId("s1"));
    QCOMPARE(held.token, Token(kTokenA));
    QVERIFY(held.deadline);
    QVERIFY(!watching.rows.value(LockKey("chat:session_lock:s2")).deadline);
    QCOMPARE(name(watching.events.last()), QLatin1StringView("synced"));
}

void TestLockMonitor::followsALockThroughItsLife()
{
    RedisServer server;
    LK_START_REDIS(server);
    Watching watching(server.address());
    QVERIFY(watching.start());
    server.redis({"SET", kKey, kTokenA, "NX", "PX", "30000"});
    QTRY_COMPARE(watching.eventsOf(kKey), QStringLiteral("acquired"));
    server.redis({"PEXPIRE", kKey, "60000"});
    QTRY_COMPARE(watching.eventsOf(kKey), QStringLiteral("acquired renewed"));
    QCOMPARE(watching.rows.value(LockKey(kKey)).renewals, 1);
    server.redis({"SET", kKey, kTokenB, "PX", "60000"});
    QTRY_COMPARE(watching.eventsOf(kKey), QStringLiteral("acquired renewed replaced"));
    QCOMPARE(watching.rows.value(LockKey(kKey)).token, Token(kTokenB));
    server.redis({"DEL", kKey});
    QTRY_COMPARE(watching.eventsOf(kKey), QStringLiteral("acquired renewed replaced released"));
    QVERIFY(watching.rows.isEmpty());
    QCOMPARE(watching.monitor.registry().history().holds().size(), std::size_t(2));
}

void TestLockMonitor::tellsReleasedFromExpired()
{
    RedisServer server;
    LK_START_REDIS(server);
    Watching watching(server.address());
    QVERIFY(watching.start());
    server.redis({"SET", kKey, kTokenA, "PX", "150"});
    QTRY_COMPARE(watching.eventsOf(kKey), QStringLiteral("acquired expired"));
    server.redis({"SET", kKey, kTokenB, "PX", "60000"});
    QTRY_COMPARE(watching.eventsOf(kKey), QStringLiteral("acquired expired acquired"));
    server.redis({"DEL", kKey});
    QTRY_COMPARE(watching.eventsOf(kKey), QStringLiteral("acquired expired acquired released"));
}

void TestLockMonitor::showsWhatIsNoLock()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"HSET", "chat:session_lock:hash", "f", "v"});
    server.redis({"SETRANGE", "chat:session_lock:huge", "5000", "x"});
    server.redis({"SET", "chat:session_lock:binary", QByteArray("\x00\xff\x1b", 3), "PX", "60000"});
    Watching watching(server.address());
    QVERIFY(watching.start());
    QVERIFY(watching.rows.value(LockKey("chat:session_lock:hash")).isForeign());
    QVERIFY(watching.rows.value(LockKey("chat:session_lock:huge")).isForeign());
    QCOMPARE(watching.rows.value(LockKey("chat:session_lock:binary")).token,
             Token(QByteArray("\x00\xff\x1b", 3)));
    server.redis({"DEL", "chat:session_lock:hash"});
    QTRY_COMPARE(watching.rows.size(), 2);
}

void TestLockMonitor::reportsCachedSessions()
{
    RedisServer server;
    LK_START_REDIS(server);
    Watching watching(server.address());
    QVERIFY(watching.start());
    QSignalSpy changed(&watching.monitor, &LockMonitor::cachedSessionsChanged);
    server.redis({"SETEX", "chat:session:s:7", "100", "{}"});
    QTRY_COMPARE(changed.count(), 1);
    QCOMPARE(changed[0][0].value<QList<SessionId>>(), QList<SessionId>{SessionId("s:7")});
}

void TestLockMonitor::scansOnceOnly()
{
    RedisServer server;
    LK_START_REDIS(server);
    Watching watching(server.address());
    QVERIFY(watching.start());
    server.redis({"CONFIG", "RESETSTAT"});
    for (int i = 0; i < 500; ++i)
        server.redis({"SET", "chat:session_lock:" + QByteArray::number(i), kTokenA, "PX", "60000"});
    QTRY_COMPARE(watching.rows.size(), 500);
    QVERIFY(!server.redis({"INFO", "commandstats"}).toByteArray().contains("cmdstat_scan"));
    QCOMPARE(watching.monitor.scansStarted(), 1);
}

void TestLockMonitor::distrustsAndResyncs()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", kKey, kTokenA, "PX", "60000"});
    Watching watching(server.address());
    QVERIFY(watching.start());
    QSignalSpy feed(&watching.monitor, &LockMonitor::feedChanged);
    server.redis({"CLIENT", "KILL", "TYPE", "pubsub"});
    QTRY_VERIFY(!feed.isEmpty() && !feed.first().first().value<FeedStatus>().isTrusted);
    QVERIFY(!feed.first().first().value<FeedStatus>().reason.isEmpty());
    QVERIFY(watching.rows.contains(LockKey(kKey))); // stays, greyed
    server.redis({"DEL", kKey});
    server.redis({"SET", "chat:session_lock:s2", kTokenB, "PX", "60000"});
    QTRY_VERIFY_WITH_TIMEOUT(watching.monitor.feed().isTrusted, 20'000);
    QVERIFY(!watching.rows.contains(LockKey(kKey)));
    QVERIFY(watching.rows.contains(LockKey("chat:session_lock:s2")));
    QCOMPARE(watching.monitor.scansStarted(), 2);
}

void TestLockMonitor::callsAFlushAFlush()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", kKey, kTokenA, "PX", "60000"});
    Watching watching(server.address());
    QVERIFY(watching.start());
    server.redis({"FLUSHALL"});
    QTRY_COMPARE(watching.eventsOf(kKey), QStringLiteral("snapshot flushed"));
    QTRY_VERIFY(watching.monitor.feed().isTrusted);
    QVERIFY(watching.rows.isEmpty());
}

void TestLockMonitor::aFlushOfAnotherDatabaseEndsNothing()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", kKey, kTokenA, "PX", "60000"});
    server.redis({"SET", "chat:session_lock:s2", kTokenB, "PX", "60000"});
    Watching watching(server.address());
    QVERIFY(watching.start());
    // News of it names no database.
    server.redis({"SELECT", "5"});
    server.redis({"FLUSHDB"});
    server.redis({"SELECT", "0"});
    server.redis({"DEL", kKey});
    QTRY_COMPARE(watching.eventsOf(kKey), QStringLiteral("snapshot released"));
    QTRY_VERIFY(watching.monitor.feed().isTrusted);
    QCOMPARE(watching.eventsOf("chat:session_lock:s2"), QStringLiteral("snapshot"));
}

/// What a new process does not know went with the old one; nobody released it.
void TestLockMonitor::callsARestartAFlush()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray shortKey = "chat:session_lock:short";
    server.redis({"SET", kKey, kTokenA, "PX", "60000"});
    Watching watching(server.address());
    QVERIFY(watching.start());
    server.redis({"SET", shortKey, kTokenB, "PX", "300"});
    QTRY_COMPARE(watching.eventsOf(shortKey), QStringLiteral("acquired expired"));
    server.kill();
    QTRY_VERIFY(!watching.monitor.feed().isTrusted);
    QVERIFY(server.restart());
    QTRY_VERIFY_WITH_TIMEOUT(watching.monitor.feed().isTrusted, 20'000);
    QCOMPARE(watching.eventsOf(kKey), QStringLiteral("snapshot flushed"));
    QVERIFY(watching.rows.isEmpty());
}

void TestLockMonitor::namesOurOwnActs()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", kKey, kTokenA, "PX", "60000"});
    Watching watching(server.address());
    QVERIFY(watching.start());
    watching.monitor.expectEnd(LockKey(kKey), Token(kTokenA), HoldEnd::ForceReleased);
    server.redis({"DEL", kKey});
    QTRY_COMPARE(watching.eventsOf(kKey), QStringLiteral("snapshot force_released"));
    // Whoever has it next, within a minute, has brought it back.
    server.redis({"SET", kKey, kTokenB, "PX", "60000"});
    QTRY_VERIFY(watching.rows.contains(LockKey(kKey)));
    QVERIFY(watching.rows.value(LockKey(kKey)).backAfter);
}

void TestLockMonitor::noticesExpiryBeforeTheServerDoes()
{
    // With this many other keys with a TTL Redis finds an expired one only after many seconds.
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"EVAL",
                  "for i = 1, 20000 do redis.call('set', 'other:' .. i, 'x', 'ex', 40000) end",
                  "0"});
    Watching watching(server.address());
    QVERIFY(watching.start());
    server.redis({"CONFIG", "RESETSTAT"});
    QList<QByteArray> keys;
    for (int i = 0; i < 20; ++i) {
        keys.append("chat:session_lock:" + QByteArray::number(i));
        server.redis({"SET", keys.last(), kTokenA, "PX", "300"});
    }
    for (const QByteArray &key : keys)
        QTRY_COMPARE(watching.eventsOf(key), QStringLiteral("acquired expired"));
    // It was our reads that made the server drop them: it looked at each key, and missed.
    QVERIFY(server.redis({"INFO", "stats"}).toByteArray().contains("expired_keys:20"));
}

void TestLockMonitor::keepsHoldsWhileTheServerIsBusy()
{
    RedisServer server({.config = {QStringLiteral("lua-time-limit 5")}});
    LK_START_REDIS(server);
    server.redis({"SET", kKey, kTokenA, "PX", "60000"});
    Watching watching(server.address());
    QVERIFY(watching.start());
    // The key is pushed by the script's SET; until the script is killed, reads are answered BUSY.
    test::RawRedis script(server.socketPath());
    server.redis({"PEXPIRE", kKey, "50000"});
    script.send({"EVAL", "while true do end", "0"});
    QTRY_VERIFY(server.redis({"PING"}).toByteArray().startsWith("-BUSY"));
    watching.monitor.rescan();
    QTRY_VERIFY(!watching.monitor.feed().isTrusted);
    QCOMPARE(server.redis({"SCRIPT", "KILL"}).toByteArray(), QByteArray("OK"));
    QTRY_VERIFY_WITH_TIMEOUT(watching.monitor.feed().isTrusted, 20'000);
    QVERIFY(watching.rows.contains(LockKey(kKey)));
    QVERIFY(!watching.rows.value(LockKey(kKey)).isForeign());
    QVERIFY(!watching.eventsOf(kKey).contains(u"released"));
}

/// What a lock has become is not known while its reads fail: the rows are not the server's state.
void TestLockMonitor::saysWhyLocksCannotBeRead()
{
    RedisServer server({.config = {QStringLiteral("lua-time-limit 5")}});
    LK_START_REDIS(server);
    Watching watching(server.address());
    QVERIFY(watching.start());
    test::RawRedis script(server.socketPath());
    server.redis({"SET", kKey, kTokenA, "PX", "500"});
    QTRY_VERIFY(watching.rows.contains(LockKey(kKey)));
    script.send({"EVAL", "while true do end", "0"});
    // Its lease ends meanwhile, and whether it was renewed in time nobody can say.
    QTRY_VERIFY2(watching.monitor.feed().reason.contains(u"BUSY"),
                 qPrintable(watching.monitor.feed().reason));
    QVERIFY(!watching.monitor.feed().isTrusted);
    QCOMPARE(server.redis({"SCRIPT", "KILL"}).toByteArray(), QByteArray("OK"));
    QTRY_VERIFY(watching.monitor.feed().isTrusted);
    QTRY_COMPARE(watching.eventsOf(kKey), QStringLiteral("acquired expired"));
}

void TestLockMonitor::keepsHoldsThatItMayNotRead()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"ACL", "SETUSER", "watcher", "on", ">secret", "~*", "&*", "+@all"});
    server.redis({"SET", kKey, kTokenA, "PX", "60000"});
    redis::ServerAddress address = server.address();
    address.user = QStringLiteral("watcher");
    address.password = Secret(QByteArray("secret"));
    Watching watching(address);
    QVERIFY(watching.start());
    server.redis({"ACL", "SETUSER", "watcher", "-get"});
    server.redis({"PEXPIRE", kKey, "50000"});
    QTRY_VERIFY(!watching.rows.value(LockKey(kKey)).isVerified);
    QCOMPARE(watching.rows.value(LockKey(kKey)).token, Token(kTokenA));

    server.redis({"ACL", "SETUSER", "watcher", "+get"});
    QTRY_VERIFY_WITH_TIMEOUT(watching.rows.value(LockKey(kKey)).isVerified, 20'000);
    QVERIFY(!watching.eventsOf(kKey).contains(u"released"));

    // That the key is gone may still be told: PTTL says so.
    server.redis({"ACL", "SETUSER", "watcher", "-get"});
    server.redis({"DEL", kKey});
    QTRY_VERIFY(watching.rows.isEmpty());
}

/// Where nobody tells of changes, the TTL of a row says nothing of another token with the same one.
void TestLockMonitor::tellsHoldsOfOneDeadlineApart()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", kKey, kTokenA, "PX", "60000"});
    Watching watching(server.address(), redis::ChangeFeed::Kind::Poll);
    QVERIFY(watching.start());
    server.redis({"EVAL",
                  "return redis.call('set', KEYS[1], ARGV[1], 'pxat', "
                  "redis.call('pexpiretime', KEYS[1]))",
                  "1", kKey, kTokenB});
    QTRY_COMPARE_WITH_TIMEOUT(watching.rows.value(LockKey(kKey)).token, Token(kTokenB), 20'000);
}

void TestLockMonitor::stopsInTheMiddleOfAnything()
{
    RedisServer server;
    LK_START_REDIS(server);
    for (int i = 0; i < 3000; ++i)
        server.redis({"SET", "chat:session_lock:" + QByteArray::number(i), kTokenA, "PX", "60000"});
    for (int turns = 0; turns < 60; ++turns) {
        auto watching = std::make_unique<Watching>(server.address());
        QVERIFY(test::await(watching->client.open()));
        watching->monitor.start();
        for (int i = 0; i < turns; ++i)
            QCoreApplication::processEvents(QEventLoop::AllEvents);
        if (turns % 2 == 0)
            watching->monitor.stop();
        watching.reset();
    }
    QCoreApplication::processEvents();
}

QTEST_GUILESS_MAIN(TestLockMonitor)
#include "tst_lockmonitor.moc"
