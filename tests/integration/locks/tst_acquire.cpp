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

/// Acquiring on a real server: at once, after a wait, and not at all.
class TestAcquire : public QObject
{
    Q_OBJECT

private slots:
    void acquiresWhatIsFree();
    void acquireNamesTheOwner();
    void acquireRefusesKeysThatAreNoLocks();
    void acquireRefusesAnEmptyLease();
    void acquireWaitsUntilTheLockIsFree();
    void acquireGivesUpInTime();
    void acquireIsStopped();
    void acquireEndsWithItsClient();
};

void TestAcquire::acquiresWhatIsFree()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    const SteadyTime before = peer.clock.steady();
    const auto lock = await(peer.protocol.acquire(kSession, {}));
    QVERIFY(lock);
    QCOMPARE(lock->key, kLock);
    QCOMPARE(lock->session, kSession);
    QCOMPARE(tokenOn(server), lock->token.bytes());
    QVERIFY(decodeUuid1(lock->token, peer.clock.wall()));
    QVERIFY(lock->lease == 60s);
    QVERIFY(lock->deadline >= before + 60s);
    QVERIFY(lock->deadline <= peer.clock.steady() + milliseconds(ttlOn(server)) + 1ms);

    LockProtocol::AcquireOptions options;
    options.lease = 5s;
    const auto other = await(peer.protocol.acquire(SessionId("s2"), options));
    QVERIFY(other);
    QVERIFY(other->lease == 5s);
    QVERIFY(server.redis({"PTTL", "chat:session_lock:s2"}).toLongLong() <= 5000);
}

void TestAcquire::acquireNamesTheOwner()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    hold(server, "worker-7");
    const auto lock = await(peer.protocol.acquire(kSession, {}));
    QVERIFY(!lock);
    QCOMPARE(lock.error().code, ErrorCode::LockTimeout);
    QVERIFY2(lock.error().what.contains(u"held by worker-7 for another"),
             qPrintable(lock.error().what));
    QCOMPARE(callsOf(server, "set"), 2); // ours and one try
    QCOMPARE(tokenOn(server), QByteArray("worker-7"));
}

void TestAcquire::acquireRefusesKeysThatAreNoLocks()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    server.redis({"HSET", kKey, "field", "1"});
    const auto lock = await(peer.protocol.acquire(kSession, {}));
    QVERIFY(!lock);
    QCOMPARE(lock.error().code, ErrorCode::Refused);
    QVERIFY2(lock.error().what.contains(u"no lock"), qPrintable(lock.error().what));
}

void TestAcquire::acquireRefusesAnEmptyLease()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    LockProtocol::AcquireOptions options;
    options.lease = 0ms;
    const auto lock = await(peer.protocol.acquire(kSession, options));
    QVERIFY(!lock);
    QCOMPARE(lock.error().code, ErrorCode::InvalidInput);
    QCOMPARE(callsOf(server, "set"), 0);
}

void TestAcquire::acquireWaitsUntilTheLockIsFree()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    hold(server, "worker-7");
    LockProtocol::AcquireOptions options;
    options.wait = 30s;
    std::optional<Result<HeldLock>> outcome;
    const WallTime calledAt = peer.clock.wall();
    const auto waiting = [](Peer &who, LockProtocol::AcquireOptions how,
                            std::optional<Result<HeldLock>> &where) -> QCoro::Task<> {
        where = co_await who.protocol.acquire(kSession, how);
    };
    waiting(peer, options, outcome);
    QTRY_VERIFY(callsOf(server, "set") > 3); // it tried more than once
    QVERIFY(!outcome);
    server.redis({"DEL", kKey});
    QTRY_VERIFY(outcome);
    QVERIFY(*outcome);
    QCOMPARE(tokenOn(server), (*outcome)->token.bytes());
    // The token was made before the wait began: it tells when the lock was asked for.
    const auto uuid = decodeUuid1((*outcome)->token, calledAt);
    QVERIFY(uuid);
    QVERIFY(std::chrono::abs(uuid->time - calledAt) < 50ms);
}

void TestAcquire::acquireGivesUpInTime()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    hold(server, "worker-7");
    LockProtocol::AcquireOptions options;
    options.wait = 450ms;
    const SteadyTime before = peer.clock.steady();
    const auto lock = await(peer.protocol.acquire(kSession, options));
    QVERIFY(peer.clock.steady() - before >= 350ms); // the next try would have passed it
    QVERIFY(!lock);
    QCOMPARE(lock.error().code, ErrorCode::LockTimeout);
    QVERIFY2(lock.error().what.contains(u"within 0.5 s") || lock.error().what.contains(u"0.4 s"),
             qPrintable(lock.error().what));
    const int tries = callsOf(server, "set") - 1;
    QVERIFY2(tries >= 2 && tries <= 10, qPrintable(QString::number(tries)));
}

void TestAcquire::acquireIsStopped()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    std::stop_source stop;
    LockProtocol::AcquireOptions options;
    options.wait = 1h;
    options.stop = stop.get_token();
    hold(server, "worker-7");
    QTimer::singleShot(150ms, this, [&stop] { stop.request_stop(); });
    const auto stopped = await(peer.protocol.acquire(kSession, options));
    QVERIFY(!stopped);
    QCOMPARE(stopped.error().code, ErrorCode::Cancelled);

    const int tries = callsOf(server, "set");
    const auto late = await(peer.protocol.acquire(kSession, options)); // stopped already
    QVERIFY(!late);
    QCOMPARE(late.error().code, ErrorCode::Cancelled);
    QCOMPARE(callsOf(server, "set"), tries);

    // Stopped while a try is on its way that succeeds: it is given back.
    server.redis({"DEL", kKey});
    std::stop_source second;
    options.stop = second.get_token();
    auto flow = peer.protocol.acquire(kSession, options);
    second.request_stop();
    const auto givenBack = await(std::move(flow));
    QVERIFY(!givenBack);
    QCOMPARE(givenBack.error().code, ErrorCode::Cancelled);
    QCOMPARE(callsOf(server, "set"), tries + 1);
    QCOMPARE(server.redis({"EXISTS", kKey}).toLongLong(), 0);
}

void TestAcquire::acquireEndsWithItsClient()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    hold(server, "worker-7");
    LockProtocol::AcquireOptions options;
    options.wait = 1h;
    auto flow = peer.protocol.acquire(kSession, options);
    QTimer::singleShot(50ms, this, [&peer] { peer.client.close(); });
    const auto lock = await(std::move(flow));
    QVERIFY(!lock);
    QCOMPARE(lock.error().code, ErrorCode::Cancelled);
}

QTEST_GUILESS_MAIN(TestAcquire)
#include "tst_acquire.moc"
