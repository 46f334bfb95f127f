// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/duetimes.h"
#include "locks/readqueue.h"
#include "locks/recentactivity.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using namespace std::chrono_literals;

class TestReadQueue : public QObject
{
    Q_OBJECT

    const LockKey a{"a"};
    const LockKey b{"b"};
    const LockKey c{"c"};
    const SteadyTime t0{1h};

private slots:
    void readsAKeyOnceForManyReasons()
    {
        ReadQueue queue;
        queue.addFound(a);
        queue.addFound(a);
        queue.addPushed(a, t0);
        queue.addDue(a);
        QCOMPARE(queue.take(10), QList<LockKey>{a});
        QVERIFY(queue.isEmpty());
        QVERIFY(queue.hasUnderWay());
        QVERIFY(queue.take(10).isEmpty());
    }

    void changesGoBeforeWhatWasOnlyFound()
    {
        ReadQueue queue;
        queue.addFound(a);
        queue.addFound(b);
        queue.addPushed(c, t0);
        queue.addPushed(b, t0);
        QCOMPARE(queue.take(2), (QList<LockKey>{c, b}));
        QCOMPARE(queue.take(2), QList<LockKey>{a});
    }

    void aReadUnderWayIsTooOldForAPush()
    {
        ReadQueue queue;
        queue.addPushed(a, t0);
        QCOMPARE(queue.take(1), QList<LockKey>{a});
        queue.addPushed(a, t0 + 1ms);
        queue.addPushed(a, t0 + 2ms);
        QVERIFY(queue.isEmpty()); // not before the first one is over
        const auto done = queue.finish(a);
        QVERIFY(done);
        QVERIFY(done->isCurrent);
        QVERIFY(done->pushes.first == t0);
        QVERIFY(done->pushes.last == t0 + 2ms);
        QCOMPARE(queue.take(1), QList<LockKey>{a});
        const auto again = queue.finish(a);
        QVERIFY(again);
        QVERIFY(again->pushes.first == t0 + 1ms);
        QVERIFY(queue.isEmpty());
    }

    void aReadUnderWayIsTooOldForADeadline()
    {
        ReadQueue queue;
        queue.addFound(a);
        QCOMPARE(queue.take(1).size(), 1);
        queue.addDue(a);
        QVERIFY(queue.finish(a));
        QCOMPARE(queue.take(1), QList<LockKey>{a});
    }

    void aReadUnderWayWillDoForAScan()
    {
        ReadQueue queue;
        queue.addFound(a);
        QCOMPARE(queue.take(1).size(), 1);
        queue.addFound(a);
        QVERIFY(queue.finish(a));
        QVERIFY(queue.isEmpty());
    }

    void aRestartRepeatsReadsUnderWay()
    {
        ReadQueue queue;
        queue.addFound(a);
        QCOMPARE(queue.take(1).size(), 1);
        queue.restart();
        queue.addFound(a);
        const auto done = queue.finish(a);
        QVERIFY(done);
        QVERIFY(!done->isCurrent);
        QCOMPARE(queue.take(1), QList<LockKey>{a});
        QVERIFY(queue.finish(a)->isCurrent);
        QVERIFY(queue.isEmpty());
    }

    void aFailedReadIsDueAgainWithItsPushes()
    {
        ReadQueue queue;
        queue.addPushed(a, t0);
        QCOMPARE(queue.take(1).size(), 1);
        queue.addPushed(a, t0 + 1ms);
        queue.fail(a);
        QCOMPARE(queue.keys(), QList<LockKey>{a});
        QCOMPARE(queue.take(1).size(), 1);
        const auto done = queue.finish(a);
        QVERIFY(done->pushes.first == t0);
        QVERIFY(done->pushes.last == t0 + 1ms);
        QVERIFY(queue.keys().isEmpty());
    }

    void repliesThatNobodyAskedForAreNone()
    {
        ReadQueue queue;
        QVERIFY(!queue.finish(a));
        queue.fail(a);
        QVERIFY(queue.isEmpty());
    }

    void dueTimesAreTakenInOrder()
    {
        DueTimes times;
        QVERIFY(!times.next());
        times.set(a, t0 + 3s);
        times.set(b, t0 + 1s);
        times.set(c, t0 + 2s);
        times.set(a, t0); // moved
        QVERIFY(times.next() == t0);
        QVERIFY(times.take(t0 - 1ns).isEmpty());
        QCOMPARE(times.take(t0 + 1s), (QList<LockKey>{a, b}));
        times.remove(c);
        times.remove(c);
        QVERIFY(!times.next());
    }

    /// What was moved and removed must neither come nor pile up.
    void dueTimesForgetWhatWasMoved()
    {
        DueTimes times;
        for (int round = 0; round < 1000; ++round) {
            times.set(a, t0 + 1s * (1000 - round));
            times.set(b, t0 + 1ms * round);
            times.set(b, t0 + 1ms * round);
        }
        QVERIFY(times.next() == t0 + 999ms);
        QCOMPARE(times.take(t0 + 999ms), QList<LockKey>{b});
        QVERIFY(times.next() == t0 + 1s);
        times.set(a, t0 + 2s);
        QVERIFY(times.take(t0 + 1s).isEmpty());
        QCOMPARE(times.take(t0 + 1h), QList<LockKey>{a});
        QVERIFY(!times.next());
    }

    void activityIsForgottenAfterAMinute()
    {
        RecentActivity recent;
        recent.noteAcquired(a, t0);
        recent.noteEnded(a, t0 + 9s, t0 + 10s);
        recent.noteAcquired(a, t0 + 20s);
        QCOMPARE(recent.acquisitions(a), 2);
        QVERIFY(recent.lastEnd(a) == t0 + 9s);
        QVERIFY(!recent.lastEnd(b));
        QVERIFY(recent.forgetOld(t0 + 60s).isEmpty());
        QCOMPARE(recent.forgetOld(t0 + 61s), QList<LockKey>{a});
        QCOMPARE(recent.acquisitions(a), 1);
        QVERIFY(recent.forgetOld(t0 + 71s).isEmpty());
        QVERIFY(!recent.lastEnd(a));
        QCOMPARE(recent.forgetOld(t0 + 90s), QList<LockKey>{a});
        QCOMPARE(recent.acquisitions(a), 0);
    }
};

QTEST_APPLESS_MAIN(TestReadQueue)
#include "tst_readqueue.moc"
