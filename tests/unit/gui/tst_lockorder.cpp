// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/lockorder.h"
#include "gui/models/words.h"
#include "records.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::gui;
using namespace lockkeeper::test;
using namespace std::chrono_literals;

class LockOrderTest : public QObject
{
    Q_OBJECT

private:
    ManualClock m_clock;

    [[nodiscard]] LockRow row(int i, milliseconds age = 0ms,
                              std::optional<milliseconds> ttl = 60s) const
    {
        LockRow row;
        row.record = makeRecord(sessionId(i), m_clock, age, ttl);
        row.owner = locks::Owner{.label = QStringLiteral("api-%1").arg(i)};
        return row;
    }

private slots:
    void mostSevereFirst();
    void goneRowsStandAtTheEnd();
    void deadlinesAreComparedNotTimesLeft();
    void missingValuesStandAtTheEndInBothDirections();
    void keysBreakTies();
    void filterFindsWordsAnywhere_data();
    void filterFindsWordsAnywhere();
    void textsOfValues();
};

void LockOrderTest::mostSevereFirst()
{
    LockRow healthy = row(1);
    LockRow severe = row(2);
    severe.state = app::LockState::NoExpiry;
    QVERIFY(LockOrder()(severe, healthy));
    QVERIFY(!LockOrder()(healthy, severe));
    QVERIFY(LockOrder()(row(9, 5s), row(1, 1s))); // then those that are held longest
}

void LockOrderTest::goneRowsStandAtTheEnd()
{
    LockRow gone = row(1);
    gone.gone = locks::HoldEnd::Released;
    gone.state = app::LockState::Foreign;
    QVERIFY(LockOrder()(row(2), gone));
    QVERIFY(LockOrder(LockColumn::State, Qt::DescendingOrder)(row(2), gone));
}

void LockOrderTest::deadlinesAreComparedNotTimesLeft()
{
    const LockOrder order(LockColumn::Ttl, Qt::AscendingOrder);
    QVERIFY(order(row(9, 0ms, 10s), row(1, 0ms, 20s)));
    QVERIFY(order(row(9, 0ms, 10s), row(1, 0ms, std::nullopt)));
    const LockOrder held(LockColumn::HeldFor, Qt::DescendingOrder);
    QVERIFY(held(row(9, 20s), row(1, 10s)));
}

void LockOrderTest::missingValuesStandAtTheEndInBothDirections()
{
    LockRow titled = row(9);
    titled.glance = app::SessionGlance{.title = QStringLiteral("A")};
    for (const auto direction : {Qt::AscendingOrder, Qt::DescendingOrder}) {
        QVERIFY(LockOrder(LockColumn::Title, direction)(titled, row(1)));
        QVERIFY(!LockOrder(LockColumn::Title, direction)(row(1), titled));
    }
}

void LockOrderTest::keysBreakTies()
{
    for (int column = 0; column < kLockColumns; ++column) {
        LockRow a = row(1);
        LockRow b = row(2);
        b.owner = a.owner;
        if (static_cast<LockColumn>(column) == LockColumn::Session)
            continue;
        for (const auto direction : {Qt::AscendingOrder, Qt::DescendingOrder}) {
            const LockOrder order(static_cast<LockColumn>(column), direction);
            QVERIFY(order(a, b));
            QVERIFY(!order(b, a));
            QVERIFY(!order(a, a));
        }
    }
}

void LockOrderTest::filterFindsWordsAnywhere_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("matches");
    QTest::newRow("nothing") << QString() << true;
    QTest::newRow("blanks") << QStringLiteral("   ") << true;
    QTest::newRow("id") << QStringLiteral("SESSION-1") << true;
    QTest::newRow("title") << QStringLiteral("refund") << true;
    QTest::newRow("user") << QStringLiteral("okafor") << true;
    QTest::newRow("owner") << QStringLiteral("api-1") << true;
    QTest::newRow("token") << QStringLiteral("0123456789abcdef") << true;
    QTest::newRow("state") << QStringLiteral("held long") << true;
    QTest::newRow("two fields") << QStringLiteral("okafor  refund") << true;
    QTest::newRow("one word missing") << QStringLiteral("okafor refunds") << false;
    QTest::newRow("no pattern") << QStringLiteral("ref.*d") << false;
}

void LockOrderTest::filterFindsWordsAnywhere()
{
    QFETCH(QString, text);
    LockRow lock = row(1);
    lock.glance = app::SessionGlance{.title = QStringLiteral("Refund for order 1017"),
                                     .user = UserId("t.okafor")};
    lock.state = app::LockState::HeldLong;
    QTEST(LockFilter(text).matches(lock), "matches");
}

void LockOrderTest::textsOfValues()
{
    const SteadyTime now = m_clock.steady();
    QCOMPARE(ttlText(row(1, 0ms, 41s), now), QStringLiteral("41 s"));
    QCOMPARE(ttlText(row(1, 0ms, std::nullopt), now), QStringLiteral("∞"));
    QCOMPARE(ttlText(row(1, 0ms, -1s), now), QStringLiteral("0.0 s"));
    LockRow foreign = row(1);
    foreign.record.foreignReason = QStringLiteral("a hash, not a string");
    QCOMPARE(ttlText(foreign, now), QStringLiteral("?"));
    LockRow atLeast = row(1, 19s);
    QCOMPARE(heldText(atLeast, now), QStringLiteral("19 s"));
    atLeast.record.isAcquiredAtKnown = false;
    QCOMPARE(heldText(atLeast, now), QStringLiteral("≥ 19 s"));
    QCOMPARE(splitLabel(QStringLiteral("02:42:ac:11:00:05 (Docker 172.17.0.5)")).name,
             QStringLiteral("02:42:ac:11:00:05"));
    QCOMPARE(splitLabel(QStringLiteral("api-3")).name, QStringLiteral("api-3"));
}

QTEST_GUILESS_MAIN(LockOrderTest)
#include "tst_lockorder.moc"
