// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/clientsightings.h"
#include "locks/holdinsight.h"
#include "locks/keydemand.h"
#include "locks/tokens.h"
#include "registryworld.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using namespace std::chrono_literals;
using test::World;

namespace {

Owner ownerCalledAt(WallTime time, const QString &node = QStringLiteral("0242ac110005"))
{
    Owner owner;
    owner.kind = TokenKind::Uuid1;
    owner.label = owner.nodeId = node;
    owner.worker = QStringLiteral("2a51");
    owner.calledAt = time;
    return owner;
}

Hold holdOf(const QByteArray &session, milliseconds held, HoldEnd end = HoldEnd::Released)
{
    const WallTime start = ManualClock().wall();
    return {LockKey("chat:session_lock:" + session),
            SessionId(session),
            Token("t"),
            start,
            true,
            start + held,
            end,
            0};
}

} // namespace

class TestInsight : public QObject
{
    Q_OBJECT

private slots:
    void aClockAheadIsTakenOutAtOnce();
    void aClockBehindIsBelievedAfterManyHolds();
    void percentilesAreNearestRank();
    void percentilesOfLongSpansAreClose();
    void countsEnds();
    void forgetsTheQuietest();
    void tokensThatNameNobodyAreOneOwner();
    void learnsFromTheRegistry();
    void growthProvesDemand();
    void ourOwnReadsProveNothing();
    void whatComesBackSaysSo();
    void demandBelongsToOneHold();
    void remembersTheNewestClients();
};

void TestInsight::aClockAheadIsTakenOutAtOnce()
{
    ClockSkews skews;
    const WallTime now = ManualClock().wall();
    QVERIFY(!skews.skewOf(QStringLiteral("0242ac110005")));
    skews.note(ownerCalledAt(now + 2s), now);
    QVERIFY(skews.skewOf(QStringLiteral("0242ac110005")) == -2s);
    QVERIFY(skews.queued(ownerCalledAt(now + 2s), now) == 0ms);
    QVERIFY(skews.queued(ownerCalledAt(now + 500ms), now) == 1500ms);
    // Another node has another clock.
    QVERIFY(skews.queued(ownerCalledAt(now - 100ms, QStringLiteral("00163e0a0b0c")), now) == 100ms);
}

void TestInsight::aClockBehindIsBelievedAfterManyHolds()
{
    ClockSkews skews;
    const WallTime now = ManualClock().wall();
    skews.note(ownerCalledAt(now - 3s), now);
    // One hold alone may have had to wait.
    QVERIFY(skews.queued(ownerCalledAt(now - 3s), now) == 3s);
    for (int i = 1; i < ClockSkews::kEnough; ++i)
        skews.note(ownerCalledAt(now - 3s - i * 10ms), now);
    QVERIFY(skews.skewOf(QStringLiteral("0242ac110005")) == 3s);
    QVERIFY(skews.queued(ownerCalledAt(now - 4s), now) == 1s);
}

void TestInsight::percentilesAreNearestRank()
{
    SpanHistogram histogram;
    QCOMPARE(histogram.figures(), SpanFigures());
    for (int i = 1; i <= 50; ++i)
        histogram.add(milliseconds(i));
    const SpanFigures figures = histogram.figures();
    QCOMPARE(figures.count, 50);
    QVERIFY(figures.p50 == 25ms);
    QVERIFY(figures.p90 == 45ms);
    QVERIFY(figures.p95 == 48ms);
    QVERIFY(figures.p99 == 50ms);
    QVERIFY(figures.longest == 50ms);
}

void TestInsight::percentilesOfLongSpansAreClose()
{
    for (const milliseconds span : {63ms, 64ms, 65ms, 1000ms, 59'999ms, 86'400'000ms}) {
        SpanHistogram histogram;
        for (int i = 0; i < 99; ++i)
            histogram.add(span);
        histogram.add(span * 10);
        const SpanFigures figures = histogram.figures();
        QVERIFY2(figures.p50 >= span && figures.p50 <= span * 1.032,
                 qPrintable(QString::number(figures.p50.count())));
        QVERIFY(figures.longest == span * 10);
    }
}

void TestInsight::countsEnds()
{
    HoldStatistics statistics;
    const Owner owner = ownerCalledAt(ManualClock().wall());
    statistics.add(holdOf("a", 100ms), owner, 10ms);
    statistics.add(holdOf("a", 300ms, HoldEnd::Expired), owner, std::nullopt);
    Hold unmeasured = holdOf("b", 900ms, HoldEnd::TakenOver);
    unmeasured.isAcquiredAtKnown = false;
    statistics.add(unmeasured, owner, std::nullopt);
    const HoldFigures overall = statistics.overall();
    QCOMPARE(overall.holds, 3);
    QCOMPARE(overall.endedBy(HoldEnd::Released), 1);
    QCOMPARE(overall.endedBy(HoldEnd::Expired), 1);
    QCOMPARE(overall.endedBy(HoldEnd::TakenOver), 1);
    QCOMPARE(overall.held.count, 2);
    QVERIFY(overall.held.longest == 300ms);
    QCOMPARE(overall.waited.count, 1);
    QCOMPARE(statistics.of(SessionId("a")).holds, 2);
    QCOMPARE(statistics.of(SessionId("nobody")).holds, 0);
    QCOMPARE(statistics.sessions().first().session, SessionId("a"));
    QCOMPARE(statistics.owners().size(), 1);
    QVERIFY(!statistics.isCut());
}

void TestInsight::forgetsTheQuietest()
{
    HoldStatistics statistics;
    const Owner owner = ownerCalledAt(ManualClock().wall());
    const int many = int(HoldStatistics::kMostSessions) * 2;
    for (int i = 0; i < many; ++i) {
        statistics.add(holdOf("s" + QByteArray::number(i), 5ms), owner, 0ms);
        statistics.add(holdOf("busy", 5ms), owner, 0ms);
    }
    QVERIFY(statistics.isCut());
    QVERIFY(statistics.sessions().size() <= HoldStatistics::kMostSessions * 5 / 4 + 1);
    QCOMPARE(statistics.of(SessionId("busy")).holds, many);
    QCOMPARE(statistics.of(SessionId("s0")).holds, 0);
    QCOMPARE(statistics.of(SessionId("s" + QByteArray::number(many - 1))).holds, 1);
    QCOMPARE(statistics.overall().holds, 2 * many);
}

void TestInsight::tokensThatNameNobodyAreOneOwner()
{
    HoldStatistics statistics;
    const WallTime now = ManualClock().wall();
    for (const char *token : {"3f2a77c1-0b7d-4e5f-a9c8-112233445566",
                              "4f2a77c1-0b7d-4e5f-a9c8-112233445566", "worker-1", "worker-2"})
        statistics.add(holdOf("s", 5ms), decodeOwner(Token(token), now), std::nullopt);
    QCOMPARE(statistics.owners().size(), 3);
    QCOMPARE(statistics.owners().first().owner.label, QStringLiteral("(any uuid4 token)"));
    QCOMPARE(statistics.owners().first().figures.holds, 2);
}

void TestInsight::learnsFromTheRegistry()
{
    World world;
    HoldInsight insight(world.registry, {});
    world.sync();
    world.clock.advance(5s);
    TokenMaker maker(world.clock, 0x0242ac110005);
    const Token token = maker.make();
    world.clock.advance(1500ms);
    world.pushAndRead(test::held(token.bytes(), 60s));
    insight.take(world.registry.takeDelta());
    world.clock.advance(2s);
    world.pushAndRead({});
    insight.take(world.registry.takeDelta());
    insight.take(world.registry.takeDelta()); // nothing new: nothing counted twice
    const HoldFigures figures = insight.statistics().overall();
    QCOMPARE(figures.holds, 1);
    QVERIFY(test::isAbout(figures.held.longest, 2s, 10ms));
    QVERIFY(test::isAbout(figures.waited.longest, 1500ms, 10ms));
    QCOMPARE(insight.statistics().owners().first().owner.nodeId, QStringLiteral("0242ac110005"));
}

void TestInsight::growthProvesDemand()
{
    FrequencyTrail trail;
    const SteadyTime start{1h};
    QVERIFY(!trail.askedFor(6, start, start - 3s, 3s));
    QCOMPARE(trail.askedFor(7, start + 1s, start - 3s, 4s), std::optional(true));
    QCOMPARE(trail.askedFor(7, start + 20s, start - 3s, 23s), std::optional(true));
    QVERIFY(!trail.askedFor(7, start + 40s, start - 3s, 43s));
    QCOMPARE(trail.askedFor(6, start + 70s, start - 3s, 73s), std::optional(false));
}

void TestInsight::ourOwnReadsProveNothing()
{
    FrequencyTrail trail;
    const SteadyTime start{1h};
    QVERIFY(!trail.askedFor(6, start, start - 3s, 3s));
    QVERIFY(!trail.askedFor(7, start + 5s, start + 1s, 8s));
    QVERIFY(isAskedFor(0s));
    QVERIFY(isAskedFor(1s));
    QVERIFY(!isAskedFor(2s));
}

void TestInsight::whatComesBackSaysSo()
{
    World world;
    world.sync();
    world.pushAndRead(test::held("a", 60s));
    QVERIFY(!world.row().backAfter);
    world.registry.expectEnd(test::kLock, Token("a"), HoldEnd::ForceReleased);
    world.pushAndRead({});
    world.clock.advance(10s);
    world.pushAndRead(test::held("b", 60s));
    QVERIFY(world.row().backAfter);
    QVERIFY(test::isAbout(*world.row().backAfter, 10s, 20ms));
    world.pushAndRead({});
    world.clock.advance(61s);
    world.pushAndRead(test::held("c", 60s));
    QVERIFY(!world.row().backAfter);
    // After a delete, whose own hold simply ends.
    world.pushAndRead({});
    world.registry.noteOwnAct(test::kLock);
    world.pushAndRead(test::held("d", 60s));
    QVERIFY(world.row().backAfter);
}

void TestInsight::demandBelongsToOneHold()
{
    World world;
    world.sync();
    world.pushAndRead(test::held("a", 60s));
    world.registry.noteDemand({test::kLock, Token("other"), true, 3});
    QVERIFY(!world.row().isContended);
    (void)world.registry.takeDelta();
    world.registry.noteDemand({test::kLock, Token("a"), true, 3});
    QCOMPARE(world.registry.takeDelta().upserted.size(), 1);
    QCOMPARE(world.row().waiters, std::optional(3));
    world.registry.noteDemand({test::kLock, Token("a"), true, std::nullopt});
    QCOMPARE(world.row().waiters, std::optional(3));
    world.registry.noteDemand({test::kLock, Token("a"), false, std::nullopt});
    QVERIFY(!world.row().waiters);
    world.registry.noteDemand({test::kLock, Token("a"), true, 2});
    world.pushAndRead(test::held("b", 60s));
    QVERIFY(!world.row().isContended);
    QVERIFY(!world.row().waiters);
}

void TestInsight::remembersTheNewestClients()
{
    ClientSightings sightings;
    QVERIFY(!sightings.of(Token("a")));
    sightings.note(Token("a"), {"10.0.0.7:1", QStringLiteral("api"), {}});
    sightings.note(Token("a"), {"10.0.0.7:2", {}, {}}); // it has connected anew
    QCOMPARE(sightings.of(Token("a"))->address, QByteArray("10.0.0.7:2"));
    QCOMPARE(sightings.size(), 1);
    for (std::size_t i = 0; i < ClientSightings::kMost; ++i)
        sightings.note(Token(QByteArray::number(qulonglong(i))), {"10.0.0.8:1", {}, {}});
    QCOMPARE(sightings.size(), qsizetype(ClientSightings::kMost));
    QVERIFY(!sightings.of(Token("a")));
    QVERIFY(sightings.of(Token("0")));
}

QTEST_GUILESS_MAIN(TestInsight)
#include "tst_insight.moc"
