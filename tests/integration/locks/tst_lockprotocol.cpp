// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text.h"
#include "peer.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using namespace std::chrono_literals;
using test::await;
using test::callsOf;
using test::hold;
using test::kKey;
using test::kLock;
using test::kSession;
using test::Peer;
using test::RedisServer;
using test::tokenOn;
using test::ttlOn;

/// Every call of the protocol on a real server: what it does, and what it refuses to do.
class TestLockProtocol : public QObject
{
    Q_OBJECT

private slots:
    void releaseDeletesOnlyItsOwn();
    void extendAddsOrReplaces();
    void reacquireRenews();
    void takeOverReplacesTheSeenToken();
    void takeOverLeavesNoGap();
    void forceReleaseDeletesTheSeenToken();
    void refusesWhatHoldsNoToken_data();
    void refusesWhatHoldsNoToken();
    void reloadsScripts();
    void readOnlySendsNothing();
    void describesLocks();
};

void TestLockProtocol::releaseDeletesOnlyItsOwn()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    const auto lock = await(peer.protocol.acquire(kSession, {}));
    QVERIFY(lock);
    const auto released = await(peer.protocol.release(kLock, lock->token));
    QVERIFY(released && released->isDone);
    QVERIFY(!released->isInferred);
    QCOMPARE(server.redis({"EXISTS", kKey}).toLongLong(), 0);

    const auto again = await(peer.protocol.release(kLock, lock->token));
    QVERIFY(again && !again->isDone);
    QCOMPARE(again->current.kind, LockObservation::Kind::Missing);

    hold(server, "worker-7");
    const auto others = await(peer.protocol.release(kLock, lock->token));
    QVERIFY(others && !others->isDone);
    QCOMPARE(others->current.token, Token("worker-7"));
    QVERIFY(others->current.ttl);
    QCOMPARE(tokenOn(server), QByteArray("worker-7"));
}

void TestLockProtocol::extendAddsOrReplaces()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    hold(server, "t1", "60000");
    const auto added = await(peer.protocol.extend(kLock, Token("t1"), 30s, false));
    QVERIFY(added && added->isDone);
    QVERIFY(ttlOn(server) > 80'000 && ttlOn(server) <= 90'000);
    const auto replaced = await(peer.protocol.extend(kLock, Token("t1"), 30s, true));
    QVERIFY(replaced && replaced->isDone);
    QVERIFY(ttlOn(server) <= 30'000);
    const auto others = await(peer.protocol.extend(kLock, Token("t2"), 500s, true));
    QVERIFY(others && !others->isDone);
    QVERIFY(ttlOn(server) <= 30'000);
    server.redis({"PERSIST", kKey});
    const auto endless = await(peer.protocol.extend(kLock, Token("t1"), 30s, false));
    QVERIFY(endless && !endless->isDone); // as redis-py: nothing to extend
    QCOMPARE(ttlOn(server), -1);
    const auto empty = await(peer.protocol.extend(kLock, Token("t1"), 0s, true));
    QVERIFY(!empty);
    QCOMPARE(empty.error().code, ErrorCode::InvalidInput);
}

void TestLockProtocol::reacquireRenews()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    hold(server, "t1", "5000");
    const auto renewed = await(peer.protocol.reacquire(kLock, Token("t1"), 60s));
    QVERIFY(renewed && renewed->isDone);
    QVERIFY(ttlOn(server) > 50'000);
    const auto others = await(peer.protocol.reacquire(kLock, Token("t2"), 1h));
    QVERIFY(others && !others->isDone);
    QCOMPARE(others->current.token, Token("t1"));
    QVERIFY(ttlOn(server) <= 60'000);
    server.redis({"DEL", kKey});
    const auto gone = await(peer.protocol.reacquire(kLock, Token("t1"), 60s));
    QVERIFY(gone && !gone->isDone);
    QCOMPARE(server.redis({"EXISTS", kKey}).toLongLong(), 0);
}

void TestLockProtocol::takeOverReplacesTheSeenToken()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    hold(server, "t1", "5000");
    const auto lock = await(peer.protocol.takeOver(kSession, Token("t1")));
    QVERIFY(lock);
    QCOMPARE(tokenOn(server), lock->token.bytes());
    QVERIFY(ttlOn(server) > 50'000);

    const auto refused = await(peer.protocol.takeOver(kSession, Token("t1")));
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::ChangedHands);
    QVERIFY2(refused.error().what.contains(shortened(QString::fromLatin1(lock->token.bytes()))),
             qPrintable(refused.error().what));
    QCOMPARE(tokenOn(server), lock->token.bytes());

    server.redis({"DEL", kKey});
    const auto free = await(peer.protocol.takeOver(kSession, Token("t1")));
    QVERIFY(!free);
    QCOMPARE(free.error().code, ErrorCode::ChangedHands);
    QVERIFY2(free.error().what.contains(u"is free"), qPrintable(free.error().what));
    QCOMPARE(server.redis({"EXISTS", kKey}).toLongLong(), 0);
}

void TestLockProtocol::takeOverLeavesNoGap()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    test::RawRedis waiter(server.socketPath());
    QVERIFY(waiter.isOpen());
    QByteArray seen = "t0";
    hold(server, seen);
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 200; ++i) // a waiter that asks without pause
            waiter.send({"SET", kKey, "waiter", "NX", "PX", "60000"});
        const auto lock = await(peer.protocol.takeOver(kSession, Token(seen)));
        QVERIFY2(lock, lock ? "" : qPrintable(lock.error().what));
        seen = lock->token.bytes();
        for (int i = 0; i < 200; ++i)
            QVERIFY(!waiter.next().isValid()); // nil: refused
    }
    QCOMPARE(tokenOn(server), seen);
}

void TestLockProtocol::forceReleaseDeletesTheSeenToken()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    hold(server, "t2");
    const auto refused = await(peer.protocol.forceRelease(kLock, Token("t1")));
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::ChangedHands);
    QVERIFY2(refused.error().what.contains(u"held by t2"), qPrintable(refused.error().what));
    QCOMPARE(tokenOn(server), QByteArray("t2"));

    QVERIFY(await(peer.protocol.forceRelease(kLock, Token("t2"))));
    QCOMPARE(server.redis({"EXISTS", kKey}).toLongLong(), 0);

    const auto free = await(peer.protocol.forceRelease(kLock, Token("t2")));
    QVERIFY(!free);
    QVERIFY2(free.error().what.contains(u"is free"), qPrintable(free.error().what));

    const QByteArray binary("\0\r\n\xff $5", 8); // any bytes are a token
    hold(server, binary);
    QVERIFY(await(peer.protocol.forceRelease(kLock, Token(binary))));
}

void TestLockProtocol::refusesWhatHoldsNoToken_data()
{
    QTest::addColumn<QByteArrayList>("makeIt");
    QTest::addColumn<QString>("kind");
    QTest::newRow("hash") << QByteArrayList{"HSET", kKey, "uuid:1", "1"} << "a hash";
    QTest::newRow("list") << QByteArrayList{"RPUSH", kKey, "x"} << "a list";
}

void TestLockProtocol::refusesWhatHoldsNoToken()
{
    QFETCH(const QByteArrayList, makeIt);
    QFETCH(const QString, kind);
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    server.redis(makeIt);
    const Token token("t1");
    QList<Error> errors;
    errors << await(peer.protocol.release(kLock, token)).error()
           << await(peer.protocol.extend(kLock, token, 1s, false)).error()
           << await(peer.protocol.reacquire(kLock, token, 1s)).error()
           << await(peer.protocol.takeOver(kSession, token)).error()
           << await(peer.protocol.forceRelease(kLock, token)).error();
    for (const Error &error : errors) {
        QCOMPARE(error.code, ErrorCode::Refused);
        QVERIFY2(error.what.contains(kind), qPrintable(error.what));
    }
    QCOMPARE(server.redis({"EXISTS", kKey}).toLongLong(), 1);
    const auto read = await(peer.protocol.read(kLock));
    QVERIFY(read);
    QCOMPARE(read->kind, LockObservation::Kind::Foreign);
}

void TestLockProtocol::reloadsScripts()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    for (int round = 0; round < 2; ++round) {
        server.redis({"SCRIPT", "FLUSH"});
        hold(server, "t1", "5000");
        const auto renewed = await(peer.protocol.reacquire(kLock, Token("t1"), 60s));
        QVERIFY(renewed && renewed->isDone);
        server.redis({"SCRIPT", "FLUSH"});
        const auto extended = await(peer.protocol.extend(kLock, Token("t1"), 1s, false));
        QVERIFY(extended && extended->isDone);
        server.redis({"SCRIPT", "FLUSH"});
        const auto lock = await(peer.protocol.takeOver(kSession, Token("t1")));
        QVERIFY(lock);
        server.redis({"SCRIPT", "FLUSH"});
        const auto released = await(peer.protocol.release(kLock, lock->token));
        QVERIFY(released && released->isDone);
        QCOMPARE(server.redis({"EXISTS", kKey}).toLongLong(), 0);
    }
    QCOMPARE(callsOf(server, "evalsha"), 8);
    QCOMPARE(callsOf(server, "eval"), 8);
    hold(server, "t1");
    QVERIFY(await(peer.protocol.release(kLock, Token("t1"))));
    QCOMPARE(callsOf(server, "eval"), 8); // known again
}

void TestLockProtocol::readOnlySendsNothing()
{
    RedisServer server;
    LK_START_REDIS(server);
    redis::Client::Options options;
    options.isReadOnly = true;
    Peer peer(server.address(), {}, options);
    QVERIFY(peer.open());
    hold(server, "t1");
    const int sets = callsOf(server, "set");
    const Token token("t1");
    QList<Error> errors;
    errors << await(peer.protocol.acquire(kSession, {})).error()
           << await(peer.protocol.release(kLock, token)).error()
           << await(peer.protocol.extend(kLock, token, 1s, true)).error()
           << await(peer.protocol.reacquire(kLock, token, 1s)).error()
           << await(peer.protocol.takeOver(kSession, token)).error()
           << await(peer.protocol.forceRelease(kLock, token)).error();
    for (const Error &error : errors)
        QCOMPARE(error.code, ErrorCode::NotPermitted);
    QCOMPARE(callsOf(server, "set"), sets);
    QCOMPARE(callsOf(server, "eval"), 0);
    QCOMPARE(callsOf(server, "evalsha"), 0);
    const auto read = await(peer.protocol.read(kLock));
    QVERIFY(read);
    QCOMPARE(read->token, token);
}

void TestLockProtocol::describesLocks()
{
    ManualClock clock;
    LockObservation lock;
    QCOMPARE(describe(lock, clock), QStringLiteral("free"));
    lock.kind = LockObservation::Kind::Foreign;
    lock.foreignReason = QStringLiteral("a hash, not a string");
    QCOMPARE(describe(lock, clock), QStringLiteral("no lock: it holds a hash, not a string"));
    lock.kind = LockObservation::Kind::Held;
    lock.token = Token("worker-7");
    lock.sentAt = lock.receivedAt = clock.steady();
    QCOMPARE(describe(lock, clock), QStringLiteral("held by worker-7 and never expires"));
    lock.ttl = 50s;
    clock.advance(9s);
    QCOMPARE(describe(lock, clock), QStringLiteral("held by worker-7 for another 41 s"));
    lock.token = TokenMaker(clock).make();
    const QString text = describe(lock, clock);
    QVERIFY2(text.contains(u"(random node; token "), qPrintable(text));
}

QTEST_GUILESS_MAIN(TestLockProtocol)
#include "tst_lockprotocol.moc"
