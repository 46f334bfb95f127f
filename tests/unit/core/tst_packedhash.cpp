// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/packedhash.h"

#include <QHash>
#include <QTest>

#include <algorithm>
#include <random>

using namespace lockkeeper;

class PackedHashTest : public QObject
{
    Q_OBJECT

private slots:
    void holdsWhatAHashHolds_data();
    void holdsWhatAHashHolds();
    void entriesStayWhereTheyAre();
    void givesItsRoomBackWhenItIsEmpty();
    void visitsAllRoundByRound();
};

void PackedHashTest::holdsWhatAHashHolds_data()
{
    QTest::addColumn<int>("keys");
    QTest::newRow("few, so that they come and go all the time") << 6;
    QTest::newRow("a hundred") << 100;
    QTest::newRow("many") << 5000;
}

/// Random inserts, changes and removals; each look-up and the whole contents as QHash has them.
void PackedHashTest::holdsWhatAHashHolds()
{
    QFETCH(int, keys);
    std::mt19937 random(7);
    PackedHash<QByteArray, int> packed;
    QHash<QByteArray, int> model;
    for (int step = 0; step < 40'000; ++step) {
        const QByteArray key = QByteArray::number(static_cast<int>(random() % unsigned(keys)));
        // Growing at first, shrinking towards the end.
        if (random() % 40'000 > static_cast<unsigned>(step)) {
            packed.insert(key, step);
            model.insert(key, step);
        } else {
            QCOMPARE(packed.remove(key), model.remove(key));
        }
        QCOMPARE(packed.size(), model.size());
        const QByteArray other = QByteArray::number(static_cast<int>(random() % unsigned(keys)));
        QCOMPARE(packed.contains(other), model.contains(other));
        QCOMPARE(packed.value(other, -1), model.value(other, -1));
    }
    QList<QByteArray> left = packed.keys();
    QList<QByteArray> expected = model.keys();
    std::ranges::sort(left);
    std::ranges::sort(expected);
    QCOMPARE(left, expected);
    qint64 sum = 0;
    for (const int value : packed)
        sum += value;
    packed.forEach([&sum](const QByteArray &key, int &value) {
        sum -= value;
        value = key.toInt();
    });
    QCOMPARE(sum, 0);
    for (const QByteArray &key : expected)
        QCOMPARE(packed.value(key), key.toInt());
}

void PackedHashTest::entriesStayWhereTheyAre()
{
    PackedHash<int, int> packed;
    packed[0] = 7;
    const int *first = packed.find(0);
    for (int i = 1; i < 10'000; ++i)
        packed[i] = i;
    QCOMPARE(packed.find(0), first);
    QCOMPARE(*first, 7);
}

void PackedHashTest::givesItsRoomBackWhenItIsEmpty()
{
    PackedHash<int, int> packed;
    for (int i = 0; i < 100; ++i)
        packed[i] = i;
    for (int i = 0; i < 100; ++i)
        QVERIFY(packed.remove(i));
    QVERIFY(packed.isEmpty());
    QVERIFY(!packed.remove(1));
    QVERIFY(packed.values().isEmpty());
    packed[5] = 5;
    QCOMPARE(packed.values(), QList<int>{5});
}

/// What stays is visited in every round, though others come and go meanwhile.
void PackedHashTest::visitsAllRoundByRound()
{
    PackedHash<int, int> packed;
    QCOMPARE(packed.visitFrom(0, 10, [](int, int) { QFAIL("nothing is there"); }), 0U);
    for (int key = 0; key < 100; ++key)
        packed.insert(key, 0);
    std::size_t place = 0;
    int total = 0;
    for (int step = 0; step < 30; ++step) { // of ten: three rounds
        int visited = 0;
        place = packed.visitFrom(place, 10, [&](int key, int) {
            ++visited;
            if (key % 2 == 0)
                ++*packed.find(key);
        });
        QCOMPARE(visited, 10);
        total += visited;
        packed.remove(2 * step + 1);
        packed.insert(1000 + step, 0);
    }
    QCOMPARE(total, 300);
    for (int key = 0; key < 100; key += 2)
        QVERIFY(packed.value(key) >= 2);
    // A few are visited once each, not again and again.
    int all = 0;
    static_cast<void>(packed.visitFrom(place, 1000, [&all](int, int) { ++all; }));
    QCOMPARE(all, packed.size());
}

QTEST_APPLESS_MAIN(PackedHashTest)
#include "tst_packedhash.moc"
