// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/locktablemodel.h"
#include "gui/views/lockdelegate.h"
#include "gui/views/locktable.h"
#include "records.h"

#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::gui;
using namespace lockkeeper::test;
using namespace std::chrono_literals;

/// Selection and scroll position are the user's.
class LockTableTest : public QObject
{
    Q_OBJECT

private:
    ManualClock m_clock;

    static LockKey key(int i) { return locks::LockFamily().lockKey(sessionId(i)); }

    /// 100 locks, the one with the smallest number held longest and so on top.
    void fill(LockTableModel &model)
    {
        QList<locks::LockRecord> records;
        for (int i = 0; i < 100; ++i)
            records.append(makeRecord(sessionId(i), m_clock, milliseconds(10'000 - i)));
        model.apply(upsertOf(records));
        model.flush();
    }

    /// Locks without an expiry: they stand above all others.
    void insertAbove(LockTableModel &model, int count)
    {
        QList<locks::LockRecord> records;
        for (int i = 0; i < count; ++i)
            records.append(makeRecord(sessionId(1000 + i), m_clock, 0ms, std::nullopt));
        model.apply(upsertOf(records));
        model.flush();
    }

private slots:
    void scrollIsAnchoredWhenRowsAreInsertedAbove();
    void atTheTopItShowsWhatComesIn();
    void selectionStaysOnItsLock();
    void aLeavingLockTakesNoOtherWithIt();
    void aLockThatComesBackIsSelectedAgain();
    void keysMoveTheSelectionAndScroll();
    void namesTheSessionsOnScreen();
    void allTimesGoOnTogether();
    void columnsStayWhenTheScrollBarComes();
    void waitersGiveWayInANarrowList();
    void cutsNoTimeLeft_data();
    void cutsNoTimeLeft();
};

/// Nothing is to be scrolled for sideways as long as there is a way without.
void LockTableTest::waitersGiveWayInANarrowList()
{
    LockTableModel model(m_clock);
    LockTable table(model);
    fill(model);
    const int waiters = static_cast<int>(LockColumn::Waiters);
    table.resize(1200, 330);
    table.show();
    QVERIFY(QTest::qWaitForWindowExposed(&table));
    QVERIFY(!table.isColumnHidden(waiters));
    const int width = table.columnWidth(waiters);
    table.resize(900, 330);
    QVERIFY(table.isColumnHidden(waiters));
    QCOMPARE(table.horizontalScrollBar()->maximum(), 0);
    table.resize(1200, 330);
    QCOMPARE(table.columnWidth(waiters), width);
}

void LockTableTest::scrollIsAnchoredWhenRowsAreInsertedAbove()
{
    LockTableModel model(m_clock);
    LockTable table(model);
    table.resize(800, 330);
    fill(model);
    table.show();
    QVERIFY(QTest::qWaitForWindowExposed(&table));
    table.verticalScrollBar()->setValue(40 * LockDelegate::kRowHeight + 7);
    const auto topLock = [&] {
        return model.rowAt(table.verticalScrollBar()->value() / LockDelegate::kRowHeight)
            .record.key;
    };
    const LockKey top = topLock();
    insertAbove(model, 5);
    QCOMPARE(topLock(), top);
    QCOMPARE(table.verticalScrollBar()->value(), 45 * LockDelegate::kRowHeight + 7);
    model.apply(removalOf(sessionId(3)));
    model.flush(); // from above to the end of the list
    QCOMPARE(topLock(), top);
}

void LockTableTest::atTheTopItShowsWhatComesIn()
{
    LockTableModel model(m_clock);
    LockTable table(model);
    table.resize(800, 330);
    fill(model);
    table.show();
    QVERIFY(QTest::qWaitForWindowExposed(&table));
    insertAbove(model, 2);
    QCOMPARE(table.verticalScrollBar()->value(), 0);
}

void LockTableTest::selectionStaysOnItsLock()
{
    LockTableModel model(m_clock);
    LockTable table(model);
    fill(model);
    table.selectLock(key(10));
    const QSignalSpy selected(&table, &LockTable::lockSelected);
    insertAbove(model, 5);
    model.sort(static_cast<int>(LockColumn::Session), Qt::DescendingOrder);
    model.apply(removalOf(sessionId(11)));
    model.flush();
    m_clock.advance(LockRows::kLinger);
    model.advance();
    QCOMPARE(model.rowAt(table.currentIndex().row()).record.key, key(10));
    QCOMPARE(table.selectionModel()->selectedRows().size(), 1);
    QCOMPARE(selected.count(), 0);
}

void LockTableTest::aLeavingLockTakesNoOtherWithIt()
{
    LockTableModel model(m_clock);
    LockTable table(model);
    table.resize(800, 330);
    fill(model);
    table.show();
    QVERIFY(QTest::qWaitForWindowExposed(&table));
    table.selectLock(key(50));
    const int scroll = table.verticalScrollBar()->value();
    QVERIFY(scroll > 0);
    const QSignalSpy selected(&table, &LockTable::lockSelected);
    model.apply(removalOf(sessionId(50)));
    model.flush();
    m_clock.advance(LockRows::kLinger);
    model.advance();
    QVERIFY(!model.find(key(50)));
    QVERIFY(!table.currentIndex().isValid());
    QVERIFY(table.selectionModel()->selectedRows().isEmpty());
    QCOMPARE(selected.count(), 0);
    QCOMPARE(table.selectedLock(), key(50));
    QVERIFY(std::abs(table.verticalScrollBar()->value() - scroll) <= LockDelegate::kRowHeight);
}

void LockTableTest::aLockThatComesBackIsSelectedAgain()
{
    LockTableModel model(m_clock);
    LockTable table(model);
    fill(model);
    table.selectLock(key(50));
    model.apply(removalOf(sessionId(50)));
    model.flush();
    m_clock.advance(LockRows::kLinger);
    model.advance();
    model.apply(upsertOf({makeRecord(sessionId(50), m_clock)}));
    model.flush();
    QVERIFY(table.currentIndex().isValid());
    QCOMPARE(model.rowAt(table.currentIndex().row()).record.key, key(50));
}

void LockTableTest::keysMoveTheSelectionAndScroll()
{
    LockTableModel model(m_clock);
    LockTable table(model);
    table.resize(800, 330);
    fill(model);
    table.show();
    QVERIFY(QTest::qWaitForWindowExposed(&table));
    table.selectLock(key(0));
    const QSignalSpy selected(&table, &LockTable::lockSelected);
    QTest::keyClick(&table, Qt::Key_Down);
    QCOMPARE(table.selectedLock(), key(1));
    QTest::keyClick(&table, Qt::Key_End);
    QCOMPARE(table.selectedLock(), key(99));
    QVERIFY(table.verticalScrollBar()->value() > 0);
    QCOMPARE(selected.count(), 2);
}

void LockTableTest::namesTheSessionsOnScreen()
{
    LockTableModel model(m_clock);
    LockTable table(model);
    table.resize(800, 330);
    fill(model);
    table.show();
    QVERIFY(QTest::qWaitForWindowExposed(&table));
    QVERIFY(table.sessionsOnScreen().contains(sessionId(0)));
    QVERIFY(!table.sessionsOnScreen().contains(sessionId(90)));
    QTest::keyClick(&table, Qt::Key_End);
    QVERIFY(!table.sessionsOnScreen().contains(sessionId(0)));
    QVERIFY(table.sessionsOnScreen().contains(sessionId(99)));
}

void LockTableTest::allTimesGoOnTogether()
{
    LockTableModel model(m_clock);
    fill(model);
    model.advance();
    const LockRow &row = model.rowAt(0);
    const QModelIndex ttl = model.index(0, static_cast<int>(LockColumn::Ttl));
    const SteadyTime shown = model.timeOf(row);
    const QString text = ttl.data().toString();
    const QSignalSpy stepped(&model, &LockTableModel::stepped);
    m_clock.advance(7s);
    QVERIFY(model.timeOf(row) == shown);
    QCOMPARE(ttl.data().toString(), text);
    model.advance();
    QCOMPARE(stepped.count(), 1);
    QVERIFY(model.timeOf(row) == shown + 7s);
    QVERIFY(ttl.data().toString() != text);
}

void LockTableTest::columnsStayWhenTheScrollBarComes()
{
    LockTableModel model(m_clock);
    LockTable table(model);
    table.resize(1000, 330);
    table.show();
    QVERIFY(QTest::qWaitForWindowExposed(&table));
    const auto widths = [&table] {
        QList<int> all;
        for (int column = 0; column < kLockColumns; ++column)
            all.append(table.columnWidth(column));
        return all;
    };
    const QList<int> before = widths();
    QVERIFY(!table.verticalScrollBar()->isVisible());
    fill(model);
    QTRY_VERIFY(table.verticalScrollBar()->isVisible());
    QCOMPARE(widths(), before);
    table.resize(1400, 330);
    QVERIFY(table.columnWidth(static_cast<int>(LockColumn::Title)) >=
            before[static_cast<int>(LockColumn::Title)] + 400);
}

void LockTableTest::cutsNoTimeLeft_data()
{
    QTest::addColumn<milliseconds>("ttl");
    QTest::newRow("a minute") << milliseconds(60s);
    QTest::newRow("minutes") << milliseconds(598s);
    QTest::newRow("an hour") << milliseconds(59min + 59s);
    QTest::newRow("hours") << milliseconds(23h + 59min);
    QTest::newRow("days") << milliseconds(27 * 24h + 18h);
}

void LockTableTest::cutsNoTimeLeft()
{
    QFETCH(milliseconds, ttl);
    LockTableModel model(m_clock);
    LockTable table(model);
    table.resize(1000, 330);
    model.apply(upsertOf({makeRecord(sessionId(1), m_clock, 0ms, ttl)}));
    model.flush();
    table.show();
    QVERIFY(QTest::qWaitForWindowExposed(&table));
    const QRect cell = table.visualRect(model.index(0, static_cast<int>(LockColumn::Ttl)));
    const QImage image = table.viewport()->grab().toImage();
    // A text that ends in time leaves its last pixels free; the row's lower line is not of it.
    const int right = cell.right() - LockDelegate::kPadding;
    for (int y = cell.top() + 1; y < cell.bottom() - 1; ++y)
        QCOMPARE(image.pixelColor(right, y), image.pixelColor(cell.right() - 1, y));
}

QTEST_MAIN(LockTableTest)
#include "tst_locktable.moc"
