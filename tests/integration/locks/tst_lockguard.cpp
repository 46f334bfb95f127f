// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/acquirewait.h"
#include "locks/lockguard.h"
#include "peer.h"
#include "support/streamproxy.h"

#include <QSignalSpy>
#include <QTest>

#include <thread>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using namespace std::chrono_literals;
using test::await;
using test::callsOf;
using test::familyWithLease;
using test::kKey;
using test::kLock;
using test::kSession;
using test::Peer;
using test::RedisServer;

class TestLockGuard : public QObject
{
    Q_OBJECT

private slots:
    void renewsWhileItLives();
    void releasesOnce();
    void losesToAForceRelease();
    void losesToANewOwner();
    void losesToASilentServer();
    void outlivesConnectionTrouble();
    void releaseWaitsForARenewalUnderWay();
    void confirmsWithTheServer();
    void aDroppedGuardLetsTheLeaseRunOut();

    void waitsEndByTime();
    void waitsEndByNews();
    void waitsEndByStop();
    void waitsEndWithTheirObject();

private:
    static std::shared_ptr<LockGuard> guardOf(Peer &peer)
    {
        const auto lock = await(peer.protocol.acquire(kSession, {}));
        return lock ? LockGuard::create(peer.protocol, *lock) : nullptr;
    }
};

void TestLockGuard::renewsWhileItLives()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address(), familyWithLease(600ms));
    QVERIFY(peer.open());
    const auto guard = guardOf(peer);
    QVERIFY(guard);
    const QSignalSpy lost(guard.get(), &LockGuard::lost);
    const SteadyTime first = guard->lock().deadline;
    // Three whole leases later it is still ours, though nobody but the guard renewed it.
    QTRY_VERIFY(guard->lock().deadline > first + 1800ms);
    QVERIFY(guard->check());
    QCOMPARE(server.redis({"GET", kKey}).toByteArray(), guard->lock().token.bytes());
    QVERIFY(lost.isEmpty());
    QVERIFY(callsOf(server, "evalsha") >= 5);
    QVERIFY(await(guard->release()));
}

void TestLockGuard::releasesOnce()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    const auto guard = guardOf(peer);
    QVERIFY(guard);
    const QSignalSpy lost(guard.get(), &LockGuard::lost);
    const auto released = await(guard->release());
    QVERIFY(released && released->isDone);
    QCOMPARE(server.redis({"EXISTS", kKey}).toLongLong(), 0);
    QVERIFY(!guard->check());
    QCOMPARE(guard->check().error().code, ErrorCode::LeaseLost);

    server.redis({"SET", kKey, "next"});
    const int scripts = callsOf(server, "evalsha");
    const auto again = await(guard->release());
    QVERIFY(again && again->isDone); // what the first one said
    QCOMPARE(callsOf(server, "evalsha"), scripts);
    QCOMPARE(server.redis({"GET", kKey}).toByteArray(), QByteArray("next"));
    QVERIFY(lost.isEmpty());
}

void TestLockGuard::losesToAForceRelease()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address(), familyWithLease(600ms));
    QVERIFY(peer.open());
    const auto guard = guardOf(peer);
    QVERIFY(guard);
    QSignalSpy lost(guard.get(), &LockGuard::lost);
    QVERIFY(await(peer.protocol.forceRelease(kLock, guard->lock().token)));
    QVERIFY(lost.wait());
    const auto reason = lost.first().first().value<Error>();
    QCOMPARE(reason.code, ErrorCode::LeaseLost);
    QVERIFY2(reason.what.contains(u"it is free"), qPrintable(reason.what));
    QVERIFY(!guard->check());
    const auto released = await(guard->release());
    QVERIFY(released && !released->isDone);
    // Nothing is said twice within a whole lease, as another guard's renewals count it.
    const auto held = await(peer.protocol.acquire(SessionId("s2"), {}));
    QVERIFY(held);
    const auto other = LockGuard::create(peer.protocol, *held);
    QTRY_VERIFY(other->lock().deadline > held->deadline + held->lease);
    QCOMPARE(lost.size(), 1);
    QVERIFY(await(other->release()));
}

void TestLockGuard::losesToANewOwner()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address(), familyWithLease(600ms));
    QVERIFY(peer.open());
    const auto guard = guardOf(peer);
    QVERIFY(guard);
    QSignalSpy lost(guard.get(), &LockGuard::lost);
    server.redis({"SET", kKey, "thief", "PX", "60000"});
    QVERIFY(lost.wait());
    QVERIFY2(guard->check().error().what.contains(u"held by thief"),
             qPrintable(guard->check().error().what));
    const auto released = await(guard->release());
    QVERIFY(released && !released->isDone);
    QCOMPARE(server.redis({"GET", kKey}).toByteArray(), QByteArray("thief"));
}

void TestLockGuard::losesToASilentServer()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address(), familyWithLease(600ms));
    QVERIFY(peer.open());
    const auto guard = guardOf(peer);
    QVERIFY(guard);
    QSignalSpy lost(guard.get(), &LockGuard::lost);
    server.pause();
    const bool isLost = lost.wait(10'000);
    const SteadyTime now = peer.clock.steady();
    const SteadyTime deadline = guard->lock().deadline;
    server.resume();
    QVERIFY(isLost);
    QVERIFY(now >= deadline); // by our own clock, whatever the server says later
    QVERIFY(!guard->check());
    static_cast<void>(await(guard->release())); // ends when no renewal is under way
    QCOMPARE(lost.size(), 1);
}

void TestLockGuard::outlivesConnectionTrouble()
{
    RedisServer::Options options;
    options.listen = RedisServer::Listen::Tcp;
    RedisServer server(options);
    LK_START_REDIS(server);
    test::StreamProxy proxy(server.address().endpoint);
    redis::ServerAddress address;
    address.endpoint = proxy.endpoint();
    Peer peer(address, familyWithLease(6s));
    QVERIFY(peer.open());
    const auto guard = guardOf(peer);
    QVERIFY(guard);
    const QSignalSpy lost(guard.get(), &LockGuard::lost);
    const QSignalSpy struck(&proxy, &test::StreamProxy::struck);
    const SteadyTime first = guard->lock().deadline;
    proxy.cutOn("EVALSHA", test::StreamProxy::Cut::BeforeRequest);
    QTRY_VERIFY_WITH_TIMEOUT(guard->lock().deadline > first, 15'000);
    QCOMPARE(struck.size(), 1);
    QVERIFY(lost.isEmpty());
    QVERIFY(guard->check());
    QVERIFY(await(guard->release()));
}

void TestLockGuard::releaseWaitsForARenewalUnderWay()
{
    RedisServer::Options options;
    options.listen = RedisServer::Listen::Tcp;
    RedisServer server(options);
    LK_START_REDIS(server);
    test::StreamProxy proxy(server.address().endpoint);
    redis::ServerAddress address;
    address.endpoint = proxy.endpoint();
    auto peer = std::make_unique<Peer>(address, familyWithLease(3s));
    QVERIFY(peer->open());
    server.redis({"SCRIPT", "LOAD", redis::Script::fromResource(u"release"_qs).source()});
    auto guard = guardOf(*peer);
    QVERIFY(guard);
    // The server knows how to release, but not how to renew: the renewal, which is sent first,
    // needs a second round trip and is answered last.
    proxy.setStalled(true);
    QTRY_VERIFY(proxy.isHolding("EVALSHA"));
    const std::weak_ptr<LockGuard> remains = guard;
    auto releasing = guard->release();
    guard.reset();
    proxy.setStalled(false);
    QVERIFY(await(std::move(releasing)));
    QVERIFY(remains.expired()); // nobody holds it, so nobody comes back to the protocol
    peer.reset();
    QCoreApplication::processEvents();
}

void TestLockGuard::confirmsWithTheServer()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address());
    QVERIFY(peer.open());
    const auto guard = guardOf(peer);
    QVERIFY(guard);
    const QSignalSpy lost(guard.get(), &LockGuard::lost);
    const SteadyTime first = guard->lock().deadline;
    QVERIFY(await(guard->confirm()));
    QVERIFY(guard->lock().deadline > first);
    server.redis({"DEL", kKey});
    const auto confirmed = await(guard->confirm());
    QVERIFY(!confirmed);
    QCOMPARE(confirmed.error().code, ErrorCode::LeaseLost);
    QCOMPARE(lost.size(), 1);
}

void TestLockGuard::aDroppedGuardLetsTheLeaseRunOut()
{
    RedisServer server;
    LK_START_REDIS(server);
    Peer peer(server.address(), familyWithLease(300ms));
    QVERIFY(peer.open());
    auto guard = guardOf(peer);
    QVERIFY(guard);
    guard.reset();
    QTRY_COMPARE(server.redis({"EXISTS", kKey}).toLongLong(), 0);
}

void TestLockGuard::waitsEndByTime()
{
    AcquireWait wait(nullptr, kLock, {});
    QVERIFY(await(wait.pause(1ms)));
    QVERIFY(await(wait.pause(0ms)));
}

void TestLockGuard::waitsEndByNews()
{
    LockNews news;
    AcquireWait wait(&news, kLock, {});
    const auto pause = wait.pause(1h);
    emit news.keyChanged(LockKey("chat:session_lock:other"));
    QVERIFY(!pause.isFinished());
    emit news.keyChanged(kLock);
    QVERIFY(await(pause));
    emit news.keyChanged(kLock); // between two pauses, while a try is under way
    QVERIFY(await(wait.pause(1h)));
    const auto last = wait.pause(1h);
    QVERIFY(!last.isFinished()); // news counts once
}

void TestLockGuard::waitsEndByStop()
{
    std::stop_source stop;
    AcquireWait wait(nullptr, kLock, stop.get_token());
    const auto pause = wait.pause(1h);
    std::thread other([&stop] { stop.request_stop(); });
    QVERIFY(await(pause));
    other.join();
}

void TestLockGuard::waitsEndWithTheirObject()
{
    auto wait = std::make_unique<AcquireWait>(nullptr, kLock, std::stop_token());
    const auto pause = wait->pause(1h);
    wait.reset();
    const auto ended = await(pause);
    QVERIFY(!ended);
    QCOMPARE(ended.error().code, ErrorCode::Cancelled);
}

QTEST_GUILESS_MAIN(TestLockGuard)
#include "tst_lockguard.moc"
