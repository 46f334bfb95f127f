// SPDX-License-Identifier: GPL-3.0-or-later
#include "registryworld.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using namespace lockkeeper::test;
using namespace std::chrono_literals;

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

    void aRefusedReadEndsNoHold()
    {
        World world;
        world.syncWith(held("t1", 60s));
        LockObservation refused = foreign();
        refused.isRefused = true;
        world.pushAndRead(refused);
        QCOMPARE(world.events(), QStringList());
        QCOMPARE(world.row().token, Token("t1"));
        QVERIFY(!world.row().isVerified);

        // Nobody announces that the rights are back: it is tried again.
        world.clock.advance(10s);
        world.registry.expireDue();
        QVERIFY(world.registry.hasDirty());
        world.read(held("t1", 50s));
        QCOMPARE(world.events(), QStringList());
        QVERIFY(world.row().isVerified);
        world.pushAndRead({});
        QCOMPARE(world.events(), QStringList{QStringLiteral("released")});
    }

    void whatCannotBeReadIsNotShown()
    {
        World world;
        LockObservation refused = foreign();
        refused.isRefused = true;
        refused.refusedCommands = {QStringLiteral("get")};
        world.syncWith(refused);
        QVERIFY(world.registry.records().isEmpty()); // nobody knows whether it is foreign
        QVERIFY(world.registry.isRefused(kLock));
        QVERIFY(!world.registry.isSynced());
        QCOMPARE(world.registry.refusal()->what,
                 QStringLiteral("missing right: +get on ~chat:session_lock:*"));

        // Found again it is not read again, but after a while.
        world.registry.found(kKey);
        QVERIFY(!world.registry.hasDirty());
        world.clock.advance(10s);
        world.registry.expireDue();
        world.read(held("t1", 40s));
        QCOMPARE(world.events(),
                 (QStringList{QStringLiteral("snapshot"), QStringLiteral("synced")}));
        QVERIFY(!world.registry.refusal());
        QVERIFY(world.row().isVerified);
    }

    void whatCanBeReadAgainBringsTheOthers()
    {
        World world;
        world.registry.beginScan();
        QList<QByteArray> keys;
        for (int i = 0; i < 5; ++i) {
            keys << "chat:session_lock:" + QByteArray::number(i);
            world.registry.found(keys.last());
        }
        world.registry.endScan();
        LockObservation refused = foreign();
        refused.isRefused = true;
        for (const LockKey &key : world.registry.takeDirty(100))
            world.registry.observed(key, refused);
        QVERIFY(!world.registry.hasDirty());
        world.push(keys[0]);
        QCOMPARE(world.registry.takeDirty(100).size(), 1);
        world.registry.observed(LockKey(keys[0]), held("t", 40s));
        const QList<LockKey> others = world.registry.takeDirty(100);
        QCOMPARE(others.size(), 4);
        QVERIFY(world.registry.refusal());
        // Where some stay refused, they do not bring each other for ever.
        world.registry.observed(others[0], held("t", 40s));
        for (const LockKey &key : others.mid(1))
            world.registry.observed(key, refused);
        QVERIFY(!world.registry.hasDirty());
        QVERIFY(world.registry.refusal());
        world.push(others[1].bytes());
        QCOMPARE(world.registry.takeDirty(100).size(), 1);
        world.registry.observed(others[1], {}); // gone: that says nothing of the right
        QVERIFY(!world.registry.hasDirty());
        QVERIFY(!world.registry.find(others[1]));
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
    void readsAgainWhatTookTooLong();
};

/// Of a server that stood still nobody knows whether before or after it looked.
void TestLockRegistry::readsAgainWhatTookTooLong()
{
    World world;
    world.sync();
    const auto readWithin = [&](milliseconds took, milliseconds ttl) {
        const QList<LockKey> keys = world.registry.takeDirty(10);
        QCOMPARE(keys.size(), 1);
        LockObservation observation = held("a", ttl);
        observation.sentAt = world.clock.steady();
        world.clock.advance(took);
        observation.receivedAt = world.clock.steady();
        world.registry.observed(keys.first(), observation);
    };
    world.push();
    readWithin(2s, 30s);
    QVERIFY(!world.row().isVerified);
    QVERIFY(world.registry.hasDirty());
    readWithin(2ms, 30s);
    QVERIFY(world.row().isVerified);
    QVERIFY(std::chrono::abs(*world.row().deadline - (world.clock.steady() + 30s)) < 5ms);
    QVERIFY(!world.registry.hasDirty());
    QCOMPARE(world.row().renewals, 0); // it was the same deadline all the time

    // Where every answer is slow, the second one has to do.
    world.push();
    readWithin(2s, 28s);
    QVERIFY(!world.row().isVerified);
    readWithin(2s, 26s);
    QVERIFY(world.row().isVerified);
    QVERIFY(!world.registry.hasDirty());
}

QTEST_APPLESS_MAIN(TestLockRegistry)
#include "tst_lockregistry.moc"
