// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockregistry.h"
#include "locks/tokens.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using namespace std::chrono_literals;

namespace {

const QByteArray kKey = "chat:session_lock:one";
const LockKey kLock(kKey);

LockObservation held(const QByteArray &token, std::optional<milliseconds> ttl)
{
    LockObservation observation;
    observation.kind = LockObservation::Kind::Held;
    observation.token = Token(token);
    observation.ttl = ttl;
    return observation;
}

LockObservation foreign()
{
    LockObservation observation;
    observation.kind = LockObservation::Kind::Foreign;
    observation.foreignReason = QStringLiteral("a hash");
    return observation;
}

/// A registry, its clock, and replies by hand.
class World
{
public:
    ManualClock clock;
    LockRegistry registry{LockFamily{}, clock};

    /// Reads the key, whatever else waits: the reply takes two milliseconds.
    void read(const LockObservation &reply, const QByteArray &key = kKey)
    {
        while (registry.hasDirty()) {
            for (const LockKey &taken : registry.takeDirty(100)) {
                LockObservation observation = taken.bytes() == key ? reply : LockObservation{};
                observation.sentAt = clock.steady();
                observation.receivedAt = clock.steady() + 2ms;
                clock.advance(2ms);
                registry.observed(taken, observation);
            }
        }
    }
    void push(const QByteArray &key = kKey) { registry.changed(key); }
    void pushAndRead(const LockObservation &reply)
    {
        push();
        read(reply);
    }
    /// A first scan that finds nothing, or one lock.
    void sync()
    {
        registry.beginScan();
        registry.endScan();
        (void)registry.takeDelta();
    }
    void syncWith(const LockObservation &reply)
    {
        registry.beginScan();
        registry.found(kKey);
        registry.endScan();
        read(reply);
        (void)registry.takeDelta();
    }
    const LockRecord &row() const { return *registry.find(kLock); }
    /// The names of the events since the last call, and the last event.
    QStringList events()
    {
        QStringList names;
        for (const LockEvent &event : registry.takeDelta().events) {
            names << locks::name(event);
            last = event;
        }
        return names;
    }
    LockEvent last;
};

template<typename Duration>
bool isAbout(Duration actual, SteadyTime::duration expected, SteadyTime::duration by = 2ms)
{
    return std::chrono::abs(actual - expected) <= by;
}

} // namespace

class TestLockRegistry : public QObject
{
    Q_OBJECT

private slots:
    void theFirstScanIsASnapshot()
    {
        World world;
        world.registry.beginScan();
        world.registry.found(kKey);
        world.registry.found(kKey);
        QCOMPARE(world.registry.takeDirty(10), QList<LockKey>{kLock});
        world.registry.endScan();
        QVERIFY(!world.registry.isSynced());
        LockObservation reply = held("t1", 41s);
        reply.sentAt = reply.receivedAt = world.clock.steady();
        world.registry.observed(kLock, reply);
        QVERIFY(world.registry.isSynced());
        const auto delta = world.registry.takeDelta();
        QCOMPARE(delta.upserted.size(), 1);
        QCOMPARE(delta.upserted.first(), world.row());
        QCOMPARE(delta.events.size(), 2);
        QCOMPARE(locks::name(delta.events[0]), QLatin1StringView("snapshot"));
        QCOMPARE(delta.events[0].token, Token("t1"));
        QVERIFY(delta.events[0].ttl == 41s);
        QVERIFY(delta.events[0].held == 19s);
        QCOMPARE(locks::name(delta.events[1]), QLatin1StringView("synced"));
        QVERIFY(delta.events[1].key.isEmpty());
        QVERIFY(world.row().isVerified);
        QCOMPARE(world.row().session, SessionId("one"));
        QVERIFY(world.registry.takeDelta().isEmpty());
    }

    void anEmptyScanIsSyncedAtOnce()
    {
        World world;
        QVERIFY(!world.registry.isSynced());
        world.registry.beginScan();
        world.registry.endScan();
        QCOMPARE(world.events(), QStringList{QStringLiteral("synced")});
    }

    void endScanWithoutScanIsNothing()
    {
        World world;
        world.registry.endScan();
        QVERIFY(!world.registry.isSynced());
    }

    void keysOfOthersAreIgnored()
    {
        World world;
        world.registry.changed("chat:session:one");
        world.registry.changed("chat:session_lock:");
        world.registry.found("other");
        QVERIFY(!world.registry.hasDirty());
    }

    void aPushAnnouncesALock()
    {
        World world;
        world.sync();
        world.clock.advance(10s);
        world.pushAndRead(held("t1", 60s));
        QCOMPARE(world.events(), QStringList{QStringLiteral("acquired")});
        QVERIFY(world.row().isAcquiredAtKnown);
        QVERIFY(isAbout(world.row().held(world.clock.steady()), 1ms));
        QCOMPARE(world.row().acquisitionsLastMinute, 1);
        QVERIFY(world.row().lease == 60s);
    }

    void theDeadlineIsCountedFromTheMiddleOfTheRead()
    {
        World world;
        world.sync();
        world.push();
        QCOMPARE(world.registry.takeDirty(1).size(), 1);
        LockObservation reply = held("t1", 58s);
        reply.sentAt = world.clock.steady();
        world.clock.advance(10ms);
        reply.receivedAt = world.clock.steady();
        world.registry.observed(kLock, reply);
        QVERIFY(*world.row().deadline == reply.sentAt + 5ms + 58s);
        QVERIFY(world.row().acquiredAt == *world.row().deadline - 60s);
    }

    void beginningOfOtherLeases_data()
    {
        QTest::addColumn<bool>("isAnnounced");
        QTest::addColumn<int>("ttlMs"); // -1: never expires
        QTest::addColumn<bool>("isUuid1");
        QTest::addColumn<int>("heldMs");
        QTest::addColumn<bool>("isKnown");
        QTest::newRow("snapshot") << false << 41'000 << false << 19'000 << true;
        QTest::newRow("snapshot, ttl of a whole lease") << false << 60'000 << false << 0 << true;
        QTest::newRow("snapshot, never expires") << false << -1 << false << 0 << false;
        QTest::newRow("snapshot, never expires, uuid1") << false << -1 << true << 7'000 << false;
        QTest::newRow("snapshot, longer lease") << false << 600'000 << false << 0 << false;
        QTest::newRow("snapshot, longer lease, uuid1")
            << false << 600'000 << true << 7'000 << false;
        QTest::newRow("announced") << true << 60'000 << true << 0 << true;
        QTest::newRow("announced, shorter lease") << true << 10'000 << false << 0 << true;
        QTest::newRow("announced, longer lease") << true << 600'000 << true << 0 << true;
        QTest::newRow("announced, never expires") << true << -1 << true << 0 << true;
    }
    void beginningOfOtherLeases()
    {
        QFETCH(const bool, isAnnounced);
        QFETCH(const int, ttlMs);
        QFETCH(const bool, isUuid1);
        QFETCH(const int, heldMs);
        QFETCH(const bool, isKnown);
        World world;
        const QByteArray token = isUuid1 ? TokenMaker(world.clock).make().bytes() : "t1";
        if (isUuid1)
            world.clock.advance(7s);
        const auto reply =
            held(token, ttlMs < 0 ? std::nullopt : std::optional(milliseconds(ttlMs)));
        if (isAnnounced) {
            world.sync();
            world.pushAndRead(reply);
        } else {
            world.syncWith(reply);
        }
        QVERIFY(isAbout(world.row().held(world.clock.steady()), milliseconds(heldMs), 3ms));
        QCOMPARE(world.row().isAcquiredAtKnown, isKnown);
        QVERIFY(world.row().lease == std::max<milliseconds>(60s, milliseconds(ttlMs)));
    }

    void aLaterDeadlineIsARenewal()
    {
        World world;
        world.syncWith(held("t1", 50s));
        world.clock.advance(20s);
        world.pushAndRead(held("t1", 60s));
        QCOMPARE(world.events(), QStringList{QStringLiteral("renewed")});
        QCOMPARE(world.row().renewals, 1);
        QVERIFY(world.last.ttl && isAbout(*world.last.ttl, 60s));
        QVERIFY(isAbout(world.row().held(world.clock.steady()), 30s, 5ms));
        QVERIFY(*world.registry.nextExpiryCheck() == *world.row().deadline + 2ms);
    }

    void noiseIsNoRenewal_data()
    {
        QTest::addColumn<int>("laterMs");
        QTest::newRow("the same") << 0;
        QTest::newRow("within the step") << 49;
        QTest::newRow("earlier") << -5'000;
    }
    void noiseIsNoRenewal()
    {
        QFETCH(const int, laterMs);
        World world;
        world.syncWith(held("t1", 50s));
        world.clock.advance(10s);
        world.pushAndRead(held("t1", 40s + milliseconds(laterMs)));
        QCOMPARE(world.events(), QStringList());
        QCOMPARE(world.row().renewals, 0);
        QVERIFY(isAbout(*world.row().deadline - world.clock.steady(), 40s + milliseconds(laterMs),
                        4ms));
    }

    void persistIsARenewalWithoutEnd()
    {
        World world;
        world.syncWith(held("t1", 50s));
        world.pushAndRead(held("t1", std::nullopt));
        QCOMPARE(world.events(), QStringList{QStringLiteral("renewed")});
        QVERIFY(!world.last.ttl);
        QVERIFY(!world.registry.nextExpiryCheck());
        world.pushAndRead(held("t1", 5s)); // a TTL where there was none comes earlier, not later
        QCOMPARE(world.events(), QStringList());
        QVERIFY(world.registry.nextExpiryCheck());
    }

    void endsOfAHold_data()
    {
        QTest::addColumn<int>("pushAtMs"); // after the acquisition; -1: none
        QTest::addColumn<int>("readAtMs");
        QTest::addColumn<QString>("end");
        QTest::addColumn<int>("heldMs");
        QTest::newRow("released") << 10'000 << 10'001 << "released" << 10'000;
        QTest::newRow("released, read late") << 10'000 << 70'000 << "released" << 10'000;
        QTest::newRow("expired") << -1 << 60'002 << "expired" << 60'000;
        QTest::newRow("expired, announced late") << 81'000 << 81'001 << "expired" << 60'000;
        QTest::newRow("expired, told at once") << 60'001 << 60'001 << "expired" << 60'000;
        QTest::newRow("at the very end") << 59'998 << 59'999 << "expired" << 60'000;
    }
    void endsOfAHold()
    {
        QFETCH(const int, pushAtMs);
        QFETCH(const int, readAtMs);
        QFETCH(const QString, end);
        QFETCH(const int, heldMs);
        World world;
        world.sync();
        world.pushAndRead(held("t1", 60s));
        (void)world.events();
        const SteadyTime start = world.row().acquiredAt;
        const auto goTo = [&world, start](int ms) {
            world.clock.advance(std::chrono::duration_cast<std::chrono::microseconds>(
                start + milliseconds(ms) - world.clock.steady()));
        };
        if (pushAtMs >= 0) {
            goTo(pushAtMs);
            world.push();
        }
        goTo(readAtMs);
        world.registry.expireDue();
        world.read({});
        QCOMPARE(world.events(), QStringList{end});
        QCOMPARE(world.last.token, Token("t1"));
        QVERIFY(!world.last.previousToken);
        QVERIFY(isAbout(*world.last.held, milliseconds(heldMs), 5ms));
        QVERIFY(!world.registry.find(kLock));
        QVERIFY(!world.registry.nextExpiryCheck());
        const auto holds = world.registry.history().of(kLock);
        QCOMPARE(holds.size(), 1);
        QCOMPARE(locks::name(holds.first().end), QLatin1StringView(end.toLatin1()));
        QVERIFY(holds.first().isAcquiredAtKnown);
        QVERIFY(
            isAbout(holds.first().endedAt - holds.first().acquiredAt, milliseconds(heldMs), 5ms));
    }

    void aLockWithoutExpiryCanOnlyBeReleased()
    {
        World world;
        world.syncWith(held("t1", std::nullopt));
        world.clock.advance(24h);
        world.pushAndRead({});
        QCOMPARE(world.events(), QStringList{QStringLiteral("released")});
    }

    void anotherTokenWithoutAGapReplaces()
    {
        World world;
        world.syncWith(held("t1", 50s));
        world.clock.advance(10s);
        world.pushAndRead(held("t2", 60s));
        QCOMPARE(world.events(), QStringList{QStringLiteral("replaced")});
        QCOMPARE(world.last.token, Token("t2"));
        QCOMPARE(world.last.previousToken, Token("t1"));
        QVERIFY(isAbout(*world.last.held, 20s, 5ms));
        QCOMPARE(world.row().token, Token("t2"));
        QCOMPARE(world.row().renewals, 0);
        QCOMPARE(world.registry.history().holds().front().token, Token("t1"));
        QCOMPARE(world.registry.history().holds().front().end, HoldEnd::Replaced);
    }

    void anotherTokenAfterTheDeadlineSucceeds()
    {
        World world;
        world.syncWith(held("t1", 50s));
        world.clock.advance(50s);
        world.pushAndRead(held("t2", 60s));
        QCOMPARE(world.events(),
                 (QStringList{QStringLiteral("expired"), QStringLiteral("acquired")}));
        QCOMPARE(world.last.token, Token("t2"));
        QVERIFY(world.row().acquiredAt >=
                world.clock.steady() - 50s); // not before the first one's end
    }

    void aHoldBeginsAfterTheLastOneEnded()
    {
        World world;
        world.syncWith(held("t1", 50s));
        world.clock.advance(10s);
        world.pushAndRead({}); // released about now
        (void)world.events();
        const WallTime end = world.registry.history().holds().back().endedAt;
        world.clock.advance(100ms);
        world.pushAndRead(held("t2", 59s)); // by its TTL, acquired a second before that
        const auto delta = world.registry.takeDelta();
        QVERIFY(delta.events.first().at >= end);
    }

    void ourActsNameTheEnd_data()
    {
        QTest::addColumn<HoldEnd>("expected");
        QTest::addColumn<QByteArray>("after"); // token, empty: gone
        QTest::addColumn<QStringList>("events");
        const QString forced = QStringLiteral("force_released");
        const QString taken = QStringLiteral("taken_over");
        const QString acquired = QStringLiteral("acquired");
        QTest::newRow("force-released")
            << HoldEnd::ForceReleased << QByteArray() << QStringList{forced};
        QTest::newRow("force-released, next waiter")
            << HoldEnd::ForceReleased << QByteArray("t2") << QStringList{forced, acquired};
        QTest::newRow("taken over") << HoldEnd::TakenOver << QByteArray("t2") << QStringList{taken};
        QTest::newRow("taken over and gone again")
            << HoldEnd::TakenOver << QByteArray() << QStringList{taken};
    }
    void ourActsNameTheEnd()
    {
        QFETCH(const HoldEnd, expected);
        QFETCH(const QByteArray, after);
        QFETCH(const QStringList, events);
        World world;
        world.syncWith(held("t1", 50s));
        world.registry.expectEnd(kLock, Token("t1"), expected);
        world.pushAndRead(after.isEmpty() ? LockObservation{} : held(after, 60s));
        QCOMPARE(world.events(), events);
        QCOMPARE(world.registry.history().holds().front().end, expected);
    }

    void expectationsEnd_data()
    {
        QTest::addColumn<QString>("how");
        QTest::newRow("withdrawn") << "withdrawn";
        QTest::newRow("another token") << "token";
        QTest::newRow("too old") << "old";
    }
    void expectationsEnd()
    {
        QFETCH(const QString, how);
        World world;
        world.syncWith(held("t1", std::nullopt));
        world.registry.expectEnd(kLock, Token(how == u"token" ? "t0" : "t1"),
                                 HoldEnd::ForceReleased);
        if (how == u"withdrawn") {
            world.registry.withdrawExpectation(kLock, Token("t0")); // not that one
            world.registry.withdrawExpectation(kLock, Token("t1"));
        }
        if (how == u"old")
            world.clock.advance(61s);
        world.pushAndRead({});
        QCOMPARE(world.events(), QStringList{QStringLiteral("released")});
    }

    void aFlushTakesAllWithIt()
    {
        World world;
        world.syncWith(held("t1", 50s));
        world.registry.noteFlush();
        world.registry.beginScan();
        QVERIFY(!world.registry.isSynced());
        world.registry.endScan();
        world.read({});
        QCOMPARE(world.events(),
                 (QStringList{QStringLiteral("flushed"), QStringLiteral("synced")}));
        world.pushAndRead(held("t2", 60s));
        world.pushAndRead({});
        QCOMPARE(world.events(),
                 (QStringList{QStringLiteral("acquired"), QStringLiteral("released")}));
    }

    void aLockThatOutlivedTheFlushEndsAsItEnds()
    {
        World world;
        world.syncWith(held("t1", 50s));
        world.registry.noteFlush();
        world.registry.beginScan();
        world.registry.endScan();
        world.read(held("t1", 50s)); // a resync of the server, not a flush
        world.pushAndRead({});
        QCOMPARE(world.events(),
                 (QStringList{QStringLiteral("synced"), QStringLiteral("released")}));
    }

    void rowsKeepTheirIdentityThroughAResync()
    {
        World world;
        world.syncWith(held("t1", 50s));
        const LockRecord before = world.row();
        world.registry.distrust();
        QVERIFY(!world.registry.isSynced());
        QVERIFY(!world.row().isVerified);
        QCOMPARE(world.registry.takeDelta().upserted.size(), 1);
        world.clock.advance(5s);
        world.registry.beginScan();
        world.registry.found(kKey);
        world.registry.endScan();
        QVERIFY(!world.registry.isSynced());
        world.read(held("t1", 45s));
        QCOMPARE(world.events(), QStringList{QStringLiteral("synced")});
        QVERIFY(world.row().isVerified);
        QVERIFY(world.row().seenSince == before.seenSince);
        QVERIFY(world.row().acquiredAt == before.acquiredAt);
    }

    void rowsThatAScanDoesNotFindAreReadOnce()
    {
        World world;
        world.syncWith(held("t1", std::nullopt));
        world.registry.distrust();
        world.registry.beginScan();
        QVERIFY(!world.registry.hasDirty());
        world.registry.endScan();
        QCOMPARE(world.registry.takeDirty(10), QList<LockKey>{kLock});
        world.registry.readFailed(kLock);
        QVERIFY(!world.registry.isSynced());
        world.read({});
        QCOMPARE(world.events(),
                 (QStringList{QStringLiteral("released"), QStringLiteral("synced")}));
    }

    void aReadFromBeforeTheResyncProvesNothing()
    {
        World world;
        world.sync();
        world.push();
        QCOMPARE(world.registry.takeDirty(1).size(), 1);
        world.registry.distrust();
        world.registry.beginScan();
        world.registry.endScan(); // the key is gone by now, so the scan does not find it
        LockObservation late = held("t1", std::nullopt);
        late.sentAt = late.receivedAt = world.clock.steady();
        world.registry.observed(kLock, late);
        QVERIFY(!world.registry.isSynced());
        QVERIFY(!world.row().isVerified);
        world.read({});
        QVERIFY(world.registry.isSynced());
        QVERIFY(!world.registry.find(kLock));
    }

    void locksFoundByALaterScanWereAcquired()
    {
        World world;
        world.sync();
        world.registry.distrust();
        world.clock.advance(30s);
        world.registry.beginScan();
        world.registry.found(kKey);
        world.registry.endScan();
        world.read(held("t1", 40s));
        QCOMPARE(world.events(),
                 (QStringList{QStringLiteral("acquired"), QStringLiteral("synced")}));
        QVERIFY(isAbout(world.row().held(world.clock.steady()), 20s, 5ms));
    }

    void readsAreRepeatedAfterAPushMeanwhile()
    {
        World world;
        world.sync();
        world.push();
        QCOMPARE(world.registry.takeDirty(1).size(), 1);
        world.push();
        QVERIFY(!world.registry.hasDirty());
        QVERIFY(world.registry.hasReadsUnderWay());
        LockObservation reply = held("t1", 60s);
        reply.sentAt = reply.receivedAt = world.clock.steady();
        world.registry.observed(kLock, reply);
        QCOMPARE(world.registry.takeDirty(1), QList<LockKey>{kLock});
    }

    void repliesThatNobodyAskedForAreIgnored()
    {
        World world;
        world.sync();
        world.registry.observed(kLock, held("t1", 60s));
        QVERIFY(world.registry.records().isEmpty());
    }

    void comingAndGoingWithinOneDeltaIsNoRow()
    {
        World world;
        world.sync();
        world.pushAndRead(held("t1", 60s));
        world.pushAndRead({});
        const auto delta = world.registry.takeDelta();
        QVERIFY(delta.upserted.isEmpty());
        QVERIFY(delta.removed.isEmpty());
        QCOMPARE(delta.events.size(), 2);
    }

    void goingAndComingWithinOneDeltaIsAnUpdate()
    {
        World world;
        world.syncWith(held("t1", 60s));
        world.pushAndRead({});
        world.pushAndRead(held("t2", 60s));
        const auto delta = world.registry.takeDelta();
        QCOMPARE(delta.upserted.size(), 1);
        QVERIFY(delta.removed.isEmpty());
        QCOMPARE(delta.upserted.first().token, Token("t2"));
    }

    void whatIsNoLockIsARowWithoutEvents()
    {
        World world;
        world.sync();
        world.pushAndRead(foreign());
        QCOMPARE(world.events(), QStringList());
        QVERIFY(world.row().isForeign());
        QVERIFY(world.row().isVerified);
        world.pushAndRead(held("t1", 60s));
        QCOMPARE(world.events(), QStringList{QStringLiteral("acquired")});
        world.pushAndRead(foreign());
        QCOMPARE(world.events(), QStringList{QStringLiteral("released")});
        QVERIFY(world.row().token.isEmpty());
        world.pushAndRead({});
        QCOMPARE(world.events(), QStringList());
        QVERIFY(world.registry.records().isEmpty());
        QCOMPARE(world.registry.history().holds().size(), 1U);
    }

    void aRowThatOutlivesItsDeadlineIsArmedAgain()
    {
        World world;
        world.syncWith(held("t1", 10s));
        for (int i = 0; i < 3; ++i) {
            const auto check = world.registry.nextExpiryCheck();
            QVERIFY(check);
            if (*check > world.clock.steady())
                world.clock.advance(
                    std::chrono::ceil<std::chrono::microseconds>(*check - world.clock.steady()));
            world.registry.expireDue();
            QVERIFY(!world.registry.nextExpiryCheck()); // until it was read
            QVERIFY(world.registry.hasDirty());
            world.read(held("t1", 0ms));
            QVERIFY(*world.registry.nextExpiryCheck() >= world.clock.steady() + 2ms);
        }
        QCOMPARE(world.events(), QStringList());
    }

    void onlyWhatIsDueIsRead()
    {
        World world;
        world.registry.beginScan();
        for (int i = 0; i < 100; ++i)
            world.registry.found("chat:session_lock:" + QByteArray::number(i));
        world.registry.endScan();
        int i = 0;
        for (const LockKey &key : world.registry.takeDirty(1000)) {
            LockObservation reply = held("t", std::chrono::seconds(++i));
            reply.sentAt = reply.receivedAt = world.clock.steady();
            world.registry.observed(key, reply);
        }
        world.clock.advance(10s + 1ms);
        world.registry.expireDue();
        QCOMPARE(world.registry.takeDirty(1000).size(), 9); // the tenth has a millisecond left
        world.clock.advance(1ms);
        world.registry.expireDue();
        QCOMPARE(world.registry.takeDirty(1000).size(), 1);
    }

    void acquisitionsAreCountedForAMinute()
    {
        World world;
        world.sync();
        for (int i = 0; i < 5; ++i) {
            world.clock.advance(1s);
            world.pushAndRead(held("t" + QByteArray::number(i), 60s));
        }
        QCOMPARE(world.row().acquisitionsLastMinute, 5);
        (void)world.registry.takeDelta();
        world.clock.advance(57s);
        world.registry.expireDue();
        QCOMPARE(world.row().acquisitionsLastMinute, 3);
        QCOMPARE(world.registry.takeDelta().upserted.size(), 1);
    }

    void theHistoryIsBounded()
    {
        HoldHistory history(3);
        for (int i = 0; i < 10; ++i) {
            Hold hold;
            hold.key = LockKey(i % 2 == 0 ? "even" : "odd");
            hold.renewals = i;
            history.add(hold);
        }
        QCOMPARE(history.holds().size(), 3U);
        QCOMPARE(history.holds().front().renewals, 7);
        QCOMPARE(history.of(LockKey("odd")).size(), 2);
        QCOMPARE(history.of(LockKey("odd")).first().renewals, 7);
        QVERIFY(history.of(LockKey("none")).isEmpty());
    }
};

QTEST_APPLESS_MAIN(TestLockRegistry)
#include "tst_lockregistry.moc"
