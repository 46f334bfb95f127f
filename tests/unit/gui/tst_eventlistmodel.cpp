// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/eventlistmodel.h"
#include "records.h"

#include <QAbstractItemModelTester>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::gui;
using namespace lockkeeper::test;

class EventListModelTest : public QObject
{
    Q_OBJECT

private slots:
    void newestFirst();
    void keepsNoMoreThanItsCapacity();
    void aSnapshotIsNoNews();
};

void EventListModelTest::newestFirst()
{
    EventListModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.apply(removalOf(sessionId(1)));
    model.apply(removalOf(sessionId(2), locks::HoldEnd::Expired));
    QCOMPARE(model.rowCount(), 0);
    model.flush();
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.lineAt(0).session, sessionId(2));
    QCOMPARE(model.lineAt(1).session, sessionId(1));
    model.note(WallTime(), QStringLiteral("feed lost"));
    model.flush();
    QCOMPARE(model.lineAt(0).sentence, QStringLiteral("feed lost"));
}

void EventListModelTest::keepsNoMoreThanItsCapacity()
{
    EventListModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    for (int round = 0; round < 4; ++round) {
        for (int i = 0; i < 300; ++i)
            model.apply(removalOf(sessionId(1000 * round + i)));
        model.flush();
    }
    QCOMPARE(model.rowCount(), static_cast<int>(EventListModel::kCapacity));
    QCOMPARE(model.lineAt(0).session, sessionId(3299));
    for (int i = 0; i < 2000; ++i)
        model.apply(removalOf(sessionId(10'000 + i)));
    model.flush();
    QCOMPARE(model.rowCount(), static_cast<int>(EventListModel::kCapacity));
    QCOMPARE(model.lineAt(0).session, sessionId(11'999));
}

void EventListModelTest::aSnapshotIsNoNews()
{
    EventListModel model;
    locks::RegistryDelta delta;
    delta.events.append(locks::LockEvent{.kind = locks::LockEvent::Kind::Snapshot});
    model.apply(delta);
    model.flush();
    QCOMPARE(model.rowCount(), 0);
}

QTEST_GUILESS_MAIN(EventListModelTest)
#include "tst_eventlistmodel.moc"
