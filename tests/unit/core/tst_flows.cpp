// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/flows.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>

using namespace lockkeeper;
using namespace std::chrono_literals;

namespace {

QCoro::Task<> untilFinished(QFuture<Result<void>> future, int &ended)
{
    co_await future;
    ++ended;
}

QCoro::Task<> atOnce(int &ended)
{
    ++ended;
    co_return;
}

Task<int> doubled(int value)
{
    co_return value * 2;
}

Task<int> addedUp(int a, int b)
{
    const auto first = co_await doubled(a);
    if (!first)
        co_return first.error();
    const auto second = co_await doubled(b);
    co_return *first + *second;
}

} // namespace

class TestFlows : public QObject
{
    Q_OBJECT

private slots:
    void afterEndsInTime()
    {
        QElapsedTimer timer;
        timer.start();
        const auto future = after(30ms, this);
        QVERIFY(!future.isFinished());
        QTRY_VERIFY(future.isFinished());
        QVERIFY(future.result());
        QVERIFY(timer.elapsed() >= 29);
        QTRY_VERIFY(children().isEmpty()); // no timer is left behind
    }

    void afterEndsWithItsContext()
    {
        auto context = std::make_unique<QObject>();
        const auto future = after(1h, context.get());
        context.reset();
        QVERIFY(future.isFinished());
        QVERIFY(!future.result());
        QCOMPARE(future.result().error().code, ErrorCode::Cancelled);
    }

    void finishedIsFinished()
    {
        const auto good = finished<int>(7);
        QVERIFY(good.isFinished());
        QCOMPARE(*good.result(), 7);
        const auto bad = finished<int>(Error{ErrorCode::Io, QStringLiteral("no"), {}});
        QVERIFY(!bad.result());
    }

    void groupsWaitForTheirFlows()
    {
        FlowGroup group;
        QSignalSpy idle(&group, &FlowGroup::becameIdle);
        QVERIFY(group.isIdle());
        int ended = 0;
        QPromise<Result<void>> promise;
        promise.start();
        group.start(untilFinished(promise.future(), ended));
        group.start(untilFinished(after(1ms, this), ended));
        QCOMPARE(group.running(), 2);
        QTRY_COMPARE(ended, 1);
        QCOMPARE(group.running(), 1);
        QVERIFY(idle.isEmpty());
        promise.addResult(Result<void>());
        promise.finish();
        QTRY_VERIFY(group.isIdle());
        QCOMPARE(ended, 2);
        QCOMPARE(idle.size(), 1);
    }

    void flowsThatEndAtOnceLeaveTheGroupIdle()
    {
        FlowGroup group;
        int ended = 0;
        group.start(atOnce(ended));
        QCOMPARE(ended, 1);
        QVERIFY(group.isIdle());
    }

    void flowsOutliveTheirGroup()
    {
        int ended = 0;
        {
            FlowGroup group;
            group.start(untilFinished(after(1ms, this), ended));
        }
        QTRY_COMPARE(ended, 1);
    }

    void tasksCarryResults()
    {
        std::optional<Result<int>> sum;
        addedUp(2, 3).then([&sum](const Result<int> &result) { sum = result; });
        QTRY_VERIFY(sum);
        QCOMPARE(**sum, 10);
    }
};

QTEST_GUILESS_MAIN(TestFlows)
#include "tst_flows.moc"
