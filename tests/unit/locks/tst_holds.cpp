// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/tokens.h"
#include "registryworld.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using namespace lockkeeper::test;
using namespace std::chrono_literals;

class TestHolds : public QObject
{
    Q_OBJECT

private slots:
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
        QTest::newRow("snapshot, token of its lease") << false << 53'000 << true << 7'000 << true;
        QTest::newRow("snapshot, token older than its lease")
            << false << 60'000 << true << 0 << true;
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
        QCOMPARE(world.row().isWatchedFromStart, isAnnounced);
        QVERIFY(world.row().lease == std::max<milliseconds>(60s, milliseconds(ttlMs)));
    }

    void anOldTokenWasRenewedOrWaited()
    {
        World world;
        const QByteArray token = TokenMaker(world.clock).make().bytes();
        const SteadyTime called = world.clock.steady();
        world.clock.advance(10min);
        world.syncWith(held(token, 58s));
        QVERIFY(!world.row().isAcquiredAtKnown);
        QVERIFY(isAbout(*world.row().earliestStart - called, 0ms));
        QVERIFY(isAbout(world.row().held(world.clock.steady()), 2s, 5ms));
    }

    void anOldTokenThatWasSeenToWaitIsNotRenewed()
    {
        World world;
        const QByteArray token = TokenMaker(world.clock).make().bytes();
        world.syncWith(held("t1", 30s));
        world.clock.advance(30s + 5ms);
        world.registry.expireDue();
        world.read(held(token, 60s)); // the push is on its way
        QVERIFY(world.row().isWatchedFromStart);
        QVERIFY(world.row().isAcquiredAtKnown);
        QVERIFY(*world.row().earliestStart == world.row().acquiredAt);
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
        QTest::newRow("within the step, earlier") << -49;
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

    void anEarlierDeadlineIsToldButIsNoRenewal()
    {
        World world;
        world.syncWith(held("t1", 50s));
        world.clock.advance(10s);
        world.pushAndRead(held("t1", 35s));
        QCOMPARE(world.events(), QStringList{QStringLiteral("renewed")});
        QVERIFY(world.last.ttl && isAbout(*world.last.ttl, 35s));
        QCOMPARE(world.row().renewals, 0);
    }

    void smallStepsAddUp()
    {
        World world;
        world.syncWith(held("t1", 50s));
        for (int i = 1; i <= 10; ++i)
            world.pushAndRead(held("t1", 50s + i * 20ms));
        QCOMPARE(world.row().renewals, 3); // a step of more than 50 ms each
        QCOMPARE(world.events().size(), 3);
    }

    /// Two clocks of which one is slow must not look like a renewal, however long they are watched.
    void driftDoesNotAddUp()
    {
        World world;
        world.syncWith(held("t1", 12h));
        for (int i = 1; i <= 60; ++i) {
            world.clock.advance(1min);
            world.registry.recheck(world.row().key);
            world.read(held("t1", 12h - i * (1min - 6ms)));
        }
        QCOMPARE(world.events(), QStringList());
        QCOMPARE(world.row().renewals, 0);
    }

    void persistIsARenewalWithoutEnd()
    {
        World world;
        world.syncWith(held("t1", 50s));
        world.pushAndRead(held("t1", std::nullopt));
        QCOMPARE(world.events(), QStringList{QStringLiteral("renewed")});
        QVERIFY(!world.last.ttl);
        QVERIFY(!world.registry.nextExpiryCheck());
        QCOMPARE(world.row().renewals, 1);
        world.pushAndRead(held("t1", 5s)); // a TTL where there was none comes earlier, not later
        QCOMPARE(world.events(), QStringList{QStringLiteral("renewed")});
        QVERIFY(world.last.ttl && isAbout(*world.last.ttl, 5s));
        QCOMPARE(world.row().renewals, 1);
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

    /// However short the lease: who releases before its end has not let it run out.
    void endsOfAShortHold_data()
    {
        QTest::addColumn<int>("pushBeforeDeadlineUs");
        QTest::addColumn<QString>("end");        // when nobody holds it afterwards
        QTest::addColumn<QString>("succession"); // when another one does
        QTest::newRow("released well before") << 20'000 << "released" << "replaced";
        QTest::newRow("released before") << 4'000 << "released" << "replaced";
        QTest::newRow("released just before") << 2'200 << "released" << "replaced";
        QTest::newRow("within the doubt") << 1'900 << "expired" << "expired acquired";
        QTest::newRow("at the deadline") << 0 << "expired" << "expired acquired";
        QTest::newRow("after it") << -1'000 << "expired" << "expired acquired";
    }
    void endsOfAShortHold()
    {
        QFETCH(const int, pushBeforeDeadlineUs);
        QFETCH(const QString, end);
        QFETCH(const QString, succession);
        const QStringList events{end, succession};
        const QList<LockObservation> afterwards{{}, held("t2", 50ms)};
        for (qsizetype i = 0; i < afterwards.size(); ++i) {
            World world;
            world.sync();
            world.pushAndRead(held("t1", 50ms));
            (void)world.events();
            const SteadyTime pushAt =
                *world.row().deadline - std::chrono::microseconds(pushBeforeDeadlineUs);
            world.clock.advance(std::chrono::duration_cast<std::chrono::microseconds>(
                pushAt - world.clock.steady()));
            world.pushAndRead(afterwards[i]);
            QCOMPARE(world.events().join(u' '), events[i]);
        }
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

QTEST_APPLESS_MAIN(TestHolds)
#include "tst_holds.moc"
