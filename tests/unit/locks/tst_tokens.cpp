// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/tokens.h"

#include <QSet>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kEpochTicks = 0x01B21DD213814000;

WallTime wall(qint64 microseconds)
{
    return WallTime(std::chrono::microseconds(microseconds));
}

} // namespace

class TestTokens : public QObject
{
    Q_OBJECT

private slots:
    /// Made by Python: uuid.UUID(fields=...).hex of a known time, node and clock_seq.
    void readsWhatPythonWrites()
    {
        // uuid.UUID('c232ab00-9414-11ec-b3c8-9f6bdeced846'), RFC 9562's example: 2022-02-22
        // 19:22:22
        const Token token("c232ab00941411ecb3c89f6bdeced846");
        const WallTime time = wall(1'645'557'742'000'000);
        const auto uuid = decodeUuid1(token, time);
        QVERIFY(uuid);
        QCOMPARE(uuid->time.time_since_epoch().count(), time.time_since_epoch().count());
        QCOMPARE(uuid->node, 0x9f6bdeced846ULL);
        QCOMPARE(uuid->clockSeq, std::uint16_t(0x33c8));
        QVERIFY(uuid->isRandomNode());
    }

    void encodesWhatItDecodes()
    {
        const std::int64_t ticks = 1'645'557'742'000'000LL * 10 + kEpochTicks;
        QCOMPARE(encodeUuid1(ticks, 0x33c8, 0x9f6bdeced846).bytes(),
                 QByteArray("c232ab00941411ecb3c89f6bdeced846"));
        QCOMPARE(encodeUuid1(ticks, 0, 0x0242ac110005).bytes(),
                 QByteArray("c232ab00941411ec80000242ac110005"));
    }

    void refusesWhatIsNoUuid1_data()
    {
        QTest::addColumn<QByteArray>("token");
        QTest::addColumn<qint64>("offsetSeconds");
        const QByteArray good = "c232ab00941411ecb3c89f6bdeced846";
        QTest::newRow("a day and a second later") << good << qint64(86'401);
        QTest::newRow("a day and a second earlier") << good << qint64(-86'401);
        QTest::newRow("upper case") << good.toUpper() << qint64(0);
        QTest::newRow("dashes") << QByteArray("c232ab00-9414-11ec-b3c8-9f6bdeced846") << qint64(0);
        QTest::newRow("too short") << good.chopped(1) << qint64(0);
        QTest::newRow("too long") << good + '0' << qint64(0);
        QTest::newRow("empty") << QByteArray() << qint64(0);
        QTest::newRow("not hex") << QByteArray("g232ab00941411ecb3c89f6bdeced846") << qint64(0);
        QTest::newRow("a sign") << QByteArray("+232ab00941411ecb3c89f6bdeced846") << qint64(0);
        QTest::newRow("version 4") << QByteArray("c232ab00941441ecb3c89f6bdeced846") << qint64(0);
        QTest::newRow("version 0") << QByteArray("c232ab00941401ecb3c89f6bdeced846") << qint64(0);
        QTest::newRow("variant 0") << QByteArray("c232ab00941411ec33c89f6bdeced846") << qint64(0);
        QTest::newRow("variant 110") << QByteArray("c232ab00941411ecc3c89f6bdeced846") << qint64(0);
        QTest::newRow("all f") << QByteArray(32, 'f') << qint64(0);
        QTest::newRow("binary") << QByteArray(32, '\0') << qint64(0);
    }
    void refusesWhatIsNoUuid1()
    {
        QFETCH(const QByteArray, token);
        QFETCH(const qint64, offsetSeconds);
        const WallTime now = wall(1'645'557'742'000'000) + std::chrono::seconds(offsetSeconds);
        QVERIFY(!decodeUuid1(Token(token), now));
    }

    void acceptsADayOfSkew()
    {
        const Token token("c232ab00941411ecb3c89f6bdeced846");
        QVERIFY(decodeUuid1(token, wall(1'645'557'742'000'000) + 23h));
        QVERIFY(decodeUuid1(token, wall(1'645'557'742'000'000) - 23h));
    }

    void makesTokensOfOneMaker()
    {
        ManualClock clock;
        TokenMaker maker(clock);
        const auto first = decodeUuid1(maker.make(), clock.wall());
        QVERIFY(first);
        QCOMPARE(first->time.time_since_epoch().count(), clock.wall().time_since_epoch().count());
        QCOMPARE(first->node, maker.node());
        QVERIFY(first->isRandomNode());
        clock.advance(1s);
        const auto second = decodeUuid1(maker.make(), clock.wall());
        QVERIFY(second);
        QCOMPARE(second->node, first->node);
        QCOMPARE(second->clockSeq, first->clockSeq);
        QVERIFY(second->time == first->time + 1s);
    }

    void neverMakesATokenTwice()
    {
        ManualClock clock; // stands still
        TokenMaker maker(clock);
        QSet<Token> tokens;
        for (int i = 0; i < 10'000; ++i)
            tokens.insert(maker.make());
        QCOMPARE(tokens.size(), 10'000);
        QVERIFY(decodeUuid1(maker.make(), clock.wall()));
    }

    void goesOnWhenTheClockIsSetBack()
    {
        class Backwards final : public Clock
        {
        public:
            SteadyTime steady() const override { return {}; }
            WallTime wall() const override { return now; }
            WallTime now{std::chrono::hours(500'000)};
        } clock;
        TokenMaker maker(clock);
        const Token before = maker.make();
        clock.now -= 1h;
        QVERIFY(maker.make() != before);
    }

    void makersDiffer()
    {
        ManualClock clock;
        QVERIFY(TokenMaker(clock).node() != TokenMaker(clock).node());
    }
};

QTEST_APPLESS_MAIN(TestTokens)
#include "tst_tokens.moc"
