// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/locktablemodel.h"
#include "records.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>
#include <random>

using namespace lockkeeper;
using namespace lockkeeper::gui;
using namespace lockkeeper::test;
using namespace std::chrono_literals;

namespace {

/// What a view knows that believes every signal: the key of each row.
class Shadow final : public QObject
{
public:
    explicit Shadow(const LockTableModel &model)
        : m_model(model)
    {
        connect(&model, &LockTableModel::modelReset, this, [this] { refresh(); });
        connect(&model, &LockTableModel::layoutChanged, this, [this] { refresh(); });
        connect(&model, &LockTableModel::rowsInserted, this,
                [this](const QModelIndex &, int first, int last) {
                    for (int row = first; row <= last; ++row)
                        m_keys.insert(row, m_model.rowAt(row).record.key);
                });
        connect(&model, &LockTableModel::rowsRemoved, this,
                [this](const QModelIndex &, int first, int last) {
                    m_keys.remove(first, last - first + 1);
                });
        connect(&model, &LockTableModel::dataChanged, this,
                [this](const QModelIndex &from, const QModelIndex &to) {
                    m_changedRows += to.row() - from.row() + 1;
                });
    }

    [[nodiscard]] const QList<LockKey> &keys() const { return m_keys; }
    [[nodiscard]] int takeChangedRows() { return std::exchange(m_changedRows, 0); }

private:
    void refresh()
    {
        m_keys.clear();
        for (int row = 0; row < m_model.rowCount(); ++row)
            m_keys.append(m_model.rowAt(row).record.key);
    }

    const LockTableModel &m_model;
    QList<LockKey> m_keys;
    int m_changedRows = 0;
};

/// A second, simple-minded list: everything in a hash, sorted from nothing each time.
class Mirror
{
public:
    explicit Mirror(const ManualClock &clock)
        : m_clock(clock)
    {}

    void upsert(const locks::LockRecord &record) { m_rows.insert(record.key, {record, {}, {}}); }
    void remove(const LockKey &key)
    {
        if (const auto row = m_rows.find(key); row != m_rows.end() && !row->isGone)
            row->isGone = true, row->goneAt = m_clock.steady();
    }
    void retire()
    {
        m_rows.removeIf([this](const auto &entry) {
            return entry.value().isGone &&
                   entry.value().goneAt + LockRows::kLinger <= m_clock.steady();
        });
    }
    [[nodiscard]] QList<LockKey> sorted(const LockTableModel &model) const
    {
        QList<LockKey> keys;
        for (auto row = m_rows.cbegin(); row != m_rows.cend(); ++row) {
            if (const LockRow *shown = model.find(row.key());
                shown && model.filter().matches(*shown))
                keys.append(row.key());
        }
        std::ranges::sort(keys, [&model](const LockKey &a, const LockKey &b) {
            return model.order()(*model.find(a), *model.find(b));
        });
        return keys;
    }
    [[nodiscard]] bool agreesWith(const LockTableModel &model) const
    {
        return model.totalCount() == m_rows.size() &&
               std::ranges::all_of(m_rows.keys(), [&](const LockKey &key) {
                   const LockRow *row = model.find(key);
                   return row && row->record == m_rows[key].record &&
                          row->gone.has_value() == m_rows[key].isGone;
               });
    }
    [[nodiscard]] int heldCount() const
    {
        return static_cast<int>(
            std::ranges::count_if(m_rows, [](const Row &row) { return !row.isGone; }));
    }

private:
    struct Row
    {
        locks::LockRecord record;
        bool isGone = false;
        SteadyTime goneAt;
    };

    const ManualClock &m_clock;
    QHash<LockKey, Row> m_rows;
};

} // namespace

class LockTableModelTest : public QObject
{
    Q_OBJECT

private:
    ManualClock m_clock;

    static void fill(LockTableModel &model, const Clock &clock, int count)
    {
        QList<locks::LockRecord> records;
        for (int i = 0; i < count; ++i)
            records.append(makeRecord(sessionId(i), clock, milliseconds(100 * (count - i))));
        model.apply(upsertOf(records));
        model.flush();
    }

private slots:
    void followsARandomReplay_data();
    void followsARandomReplay();
    void persistentIndexesStayOnTheirLock();
    void changesInPlaceMoveNoRow();
    void goneLocksLingerAndLeave();
    void aGoneLockThatComesBackKeepsItsRow();
    void atMostSoManyGoneLocksLinger();
    void everyEndIsHeardBeforeItsRowLeaves();
    void filterAndSortAreExact();
    void diagnosesByThePassingOfTime();
    void keepsTheLastStateOfWhatIsNotProved();
    void glancesFillTheSessionColumns();
    void queuesUntilTheFlush();
    void takesOverALargeDeltaInTurns();
};

void LockTableModelTest::followsARandomReplay_data()
{
    QTest::addColumn<unsigned>("seed");
    for (unsigned seed = 1; seed <= 8; ++seed)
        QTest::addRow("seed %u", seed) << seed;
}

void LockTableModelTest::followsARandomReplay()
{
    QFETCH(unsigned, seed);
    std::mt19937 random(seed);
    const auto upTo = [&random](int limit) {
        return static_cast<int>(random() % static_cast<unsigned>(limit));
    };
    LockTableModel model(m_clock);
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    const Shadow shadow(model);
    Mirror mirror(m_clock);
    for (int step = 0; step < 600; ++step) {
        for (int change = upTo(6); change >= 0; --change) {
            const SessionId id = sessionId(upTo(60));
            if (upTo(3) == 0) {
                model.apply(removalOf(id));
                mirror.remove(locks::LockFamily().lockKey(id));
            } else {
                auto record = makeRecord(id, m_clock, milliseconds(upTo(90'000)),
                                         upTo(10) == 0 ? std::optional<milliseconds>()
                                                       : milliseconds(upTo(60'000)),
                                         "token-" + QByteArray::number(upTo(4)));
                model.apply(upsertOf({record}));
                mirror.upsert(record);
            }
            // Only the last change of a key counts within a flush; the mirror takes each at once.
            model.flush();
            mirror.retire();
        }
        m_clock.advance(milliseconds(upTo(1500)));
        if (upTo(10) == 0)
            model.sort(upTo(kLockColumns), upTo(2) ? Qt::AscendingOrder : Qt::DescendingOrder);
        if (upTo(12) == 0)
            model.setFilter(
                LockFilter(upTo(2) ? QString() : QStringLiteral("session-%1").arg(upTo(7))));
        if (upTo(5) == 0) {
            app::SessionGlance glance;
            glance.state = upTo(2) ? app::SessionState::Ok : app::SessionState::None;
            glance.title = QStringLiteral("title %1").arg(upTo(5));
            model.setGlance(sessionId(upTo(60)), glance);
        }
        model.advance();
        mirror.retire();
        QVERIFY(mirror.agreesWith(model));
        QCOMPARE(model.heldCount(), mirror.heldCount());
        const QList<LockKey> expected = mirror.sorted(model);
        QCOMPARE(model.rowCount(), expected.size());
        for (int row = 0; row < model.rowCount(); ++row) {
            QCOMPARE(model.rowAt(row).record.key, expected[row]);
            QCOMPARE(model.rowOf(expected[row]), row);
        }
        QCOMPARE(shadow.keys(), expected);
    }
}

void LockTableModelTest::persistentIndexesStayOnTheirLock()
{
    LockTableModel model(m_clock);
    fill(model, m_clock, 50);
    QHash<LockKey, QPersistentModelIndex> held;
    for (int row = 0; row < model.rowCount(); row += 5)
        held.insert(model.rowAt(row).record.key, model.index(row, 3));
    std::mt19937 random(7);
    for (int step = 0; step < 200; ++step) {
        const auto i = static_cast<int>(random() % 50);
        if (i % 5 != 0 && random() % 2)
            model.apply(removalOf(sessionId(i)));
        else
            model.apply(upsertOf({makeRecord(sessionId(i), m_clock,
                                             milliseconds(static_cast<int>(random() % 60'000)))}));
        m_clock.advance(400ms);
        model.flush();
        model.advance();
        for (auto one = held.cbegin(); one != held.cend(); ++one) {
            if (!one->isValid())
                continue; // it has left
            QCOMPARE(model.rowAt(one->row()).record.key, one.key());
            QCOMPARE(one->column(), 3);
        }
    }
}

void LockTableModelTest::changesInPlaceMoveNoRow()
{
    LockTableModel model(m_clock);
    fill(model, m_clock, 20);
    Shadow shadow(model);
    const QSignalSpy layouts(&model, &LockTableModel::layoutChanged);
    const QSignalSpy updates(&model, &LockTableModel::updated);
    auto renewed = model.rowAt(4).record;
    renewed.deadline = m_clock.steady() + 60s;
    renewed.renewals = 1;
    model.apply(upsertOf({renewed}));
    model.flush();
    QCOMPARE(layouts.count(), 0);
    QCOMPARE(updates.count(), 0);
    QCOMPARE(shadow.takeChangedRows(), 1);
    QCOMPARE(model.rowAt(4).record.renewals, 1);
}

void LockTableModelTest::goneLocksLingerAndLeave()
{
    LockTableModel model(m_clock);
    fill(model, m_clock, 3);
    model.apply(removalOf(sessionId(1), locks::HoldEnd::Expired));
    model.flush();
    QCOMPARE(model.rowCount(), 3);
    QCOMPARE(model.heldCount(), 2);
    const int row = model.rowOf(locks::LockFamily().lockKey(sessionId(1)));
    QCOMPARE(row, 2); // below those that are held
    m_clock.advance(2s);
    model.advance();
    QCOMPARE(model.index(row, 0).data().toString(), QStringLiteral("expired"));
    QCOMPARE(model.index(row, 4).data().toString(), QStringLiteral("gone 2 s ago"));
    m_clock.advance(LockRows::kLinger);
    model.advance();
    QCOMPARE(model.rowCount(), 2);
    QVERIFY(!model.find(locks::LockFamily().lockKey(sessionId(1))));
}

void LockTableModelTest::aGoneLockThatComesBackKeepsItsRow()
{
    LockTableModel model(m_clock);
    fill(model, m_clock, 3);
    const LockKey key = locks::LockFamily().lockKey(sessionId(1));
    const QPersistentModelIndex index = model.index(model.rowOf(key), 0);
    model.apply(removalOf(sessionId(1)));
    model.flush();
    m_clock.advance(3s);
    model.apply(upsertOf({makeRecord(sessionId(1), m_clock)}));
    model.flush();
    QVERIFY(!model.find(key)->gone);
    m_clock.advance(LockRows::kLinger);
    model.advance();
    QVERIFY(index.isValid());
    QCOMPARE(model.rowAt(index.row()).record.key, key);
}

void LockTableModelTest::atMostSoManyGoneLocksLinger()
{
    LockTableModel model(m_clock);
    fill(model, m_clock, 500);
    for (int i = 0; i < 500; ++i)
        model.apply(removalOf(sessionId(i)));
    model.flush();
    QCOMPARE(model.rowCount(), static_cast<int>(LockRows::kMostGone));
    QCOMPARE(model.heldCount(), 0);
}

void LockTableModelTest::everyEndIsHeardBeforeItsRowLeaves()
{
    LockTableModel model(m_clock);
    fill(model, m_clock, 500);
    model.setFilter(
        LockFilter(QStringLiteral("none of these"))); // hidden ones are followed as well
    QCOMPARE(model.rowCount(), 0);
    int heard = 0;
    connect(&model, &LockTableModel::aboutToUpdate, &model, [&] {
        for (int i = 0; i < 500; ++i) {
            const LockRow *row = model.find(locks::LockFamily().lockKey(sessionId(i)));
            heard += row && row->gone == locks::HoldEnd::Flushed ? 1 : 0;
        }
    });
    for (int i = 0; i < 500; ++i)
        model.apply(removalOf(sessionId(i), locks::HoldEnd::Flushed));
    model.flush();
    QCOMPARE(heard, 500);
    QCOMPARE(model.totalCount(), static_cast<int>(LockRows::kMostGone));
}

void LockTableModelTest::filterAndSortAreExact()
{
    LockTableModel model(m_clock);
    fill(model, m_clock, 30);
    model.setFilter(LockFilter(QStringLiteral("session-1")));
    QCOMPARE(model.rowCount(), 11); // 1 and 10 to 19
    QCOMPARE(model.heldCount(), 30);
    model.apply(
        upsertOf({makeRecord(sessionId(100), m_clock), makeRecord(sessionId(200), m_clock)}));
    model.flush();
    QCOMPARE(model.rowCount(), 12);
    model.sort(static_cast<int>(LockColumn::Session), Qt::DescendingOrder);
    QCOMPARE(model.rowAt(0).record.session, sessionId(19));
    model.setFilter(LockFilter());
    QCOMPARE(model.rowCount(), 32);
    QCOMPARE(model.rowAt(0).record.session, sessionId(9));
}

void LockTableModelTest::diagnosesByThePassingOfTime()
{
    LockTableModel model(m_clock);
    model.apply(upsertOf({makeRecord(sessionId(0), m_clock)}));
    model.flush();
    QCOMPARE(model.rowAt(0).state, app::LockState::Healthy);
    m_clock.advance(31s);
    model.advance();
    QCOMPARE(model.rowAt(0).state, app::LockState::HeldLong);
}

void LockTableModelTest::keepsTheLastStateOfWhatIsNotProved()
{
    LockTableModel model(m_clock);
    locks::LockRecord record = makeRecord(sessionId(0), m_clock);
    model.apply(upsertOf({record}));
    record.isVerified = false;
    model.apply(upsertOf({record}));
    model.flush();
    m_clock.advance(31s);
    model.advance();
    QCOMPARE(model.rowAt(0).state, app::LockState::Healthy);
    record.isVerified = true;
    model.apply(upsertOf({record}));
    model.flush();
    QCOMPARE(model.rowAt(0).state, app::LockState::HeldLong);
}

void LockTableModelTest::glancesFillTheSessionColumns()
{
    LockTableModel model(m_clock);
    fill(model, m_clock, 2);
    app::SessionGlance glance;
    glance.state = app::SessionState::None;
    model.setGlance(sessionId(0), glance);
    glance.state = app::SessionState::Ok;
    glance.title = QStringLiteral("Refund for order 1017");
    glance.user = UserId("t.okafor");
    glance.cachedBytes = 128 * 1024;
    model.setGlance(sessionId(1), glance);
    model.setGlance(sessionId(77), glance); // not in the list
    model.flush();
    QCOMPARE(model.rowAt(0).state, app::LockState::Orphan);
    QCOMPARE(model.index(1, 2).data().toString(), QStringLiteral("Refund for order 1017"));
    QCOMPARE(model.index(1, 3).data().toString(), QStringLiteral("t.okafor"));
    QCOMPARE(model.index(1, 8).data().toString(), QStringLiteral("128 KB"));
    QCOMPARE(model.index(0, 8).data().toString(), QStringLiteral("none"));
}

void LockTableModelTest::queuesUntilTheFlush()
{
    LockTableModel model(m_clock);
    const QSignalSpy inserted(&model, &LockTableModel::rowsInserted);
    for (int i = 0; i < 100; ++i)
        model.apply(upsertOf({makeRecord(sessionId(i), m_clock)}));
    QCOMPARE(inserted.count(), 0);
    QTRY_COMPARE(model.rowCount(), 100);
    QCOMPARE(inserted.count(), 1);
}

/// So that a window that lists a hundred thousand locks goes on answering meanwhile.
void LockTableModelTest::takesOverALargeDeltaInTurns()
{
    LockTableModel model(m_clock);
    constexpr int kRows = 5000;
    QList<locks::LockRecord> records;
    for (int i = 0; i < kRows; ++i)
        records.append(makeRecord(sessionId(i), m_clock, milliseconds(i)));
    QList<int> rows;
    connect(&model, &LockTableModel::updated, this, [&] { rows.append(model.rowCount()); });
    model.apply(upsertOf(records));
    QTRY_COMPARE(model.rowCount(), kRows);
    QVERIFY(rows.size() >= 3);
    QVERIFY(rows.first() < kRows / 2);
    // A change that waits is overtaken by a newer one of its lock.
    model.apply(upsertOf(records));
    for (int i = 0; i < kRows; ++i)
        records[i].renewals = 3;
    model.apply(upsertOf(records));
    const auto isTaken = [&model](int row) { return model.rowAt(row).record.renewals == 3; };
    QTRY_VERIFY(isTaken(0) && isTaken(kRows / 2) && isTaken(kRows - 1));
}

QTEST_GUILESS_MAIN(LockTableModelTest)
#include "tst_locktablemodel.moc"
