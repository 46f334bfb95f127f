// SPDX-License-Identifier: GPL-3.0-or-later
#include "chaos.h"
#include "watching.h"

#include <QTest>

#include <algorithm>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using test::Chaos;
using test::RawRedis;
using test::RedisServer;
using test::Watching;

namespace {

/// Rounds, unless LK_ROUNDS says more.
constexpr int kRounds = 25;
/// Without pushes it takes longer to see what nobody tells of.
constexpr int kSlowShare = 30;
constexpr int kOperations = 100;

} // namespace

/// At rest the list equals a fresh scan, whatever happened before.
class TestExactness : public QObject
{
    Q_OBJECT

private slots:
    void equalsAFreshScanAtRest_data();
    void equalsAFreshScanAtRest();
};

void TestExactness::equalsAFreshScanAtRest_data()
{
    QTest::addColumn<redis::ChangeFeed::Kind>("kind");
    for (const auto kind : {redis::ChangeFeed::Kind::Push, redis::ChangeFeed::Kind::Notify,
                            redis::ChangeFeed::Kind::Poll})
        QTest::newRow(redis::name(kind).data()) << kind;
}

void TestExactness::equalsAFreshScanAtRest()
{
    QFETCH(redis::ChangeFeed::Kind, kind);
    RedisServer server({.config = {QStringLiteral("notify-keyspace-events KA")}});
    LK_START_REDIS(server);
    QRandomGenerator random(test::seedOfThisRun());
    RawRedis redis(server.socketPath());
    for (int i = 0; i < 3000; ++i)
        redis.call({"SET", "other:" + QByteArray::number(i), "x", "EX", "40000"});
    Watching watching(server.address(), kind);
    QVERIFY(watching.start());
    Chaos chaos(redis, random);
    const int rounds = test::roundsOf("LK_ROUNDS", kRounds);
    const int share = kind == redis::ChangeFeed::Kind::Push ? 1 : kSlowShare;
    for (int round = 0; round < std::max(rounds / share, std::min(rounds, kRounds / 2)); ++round) {
        for (int i = 0; i < kOperations; ++i) {
            chaos.act();
            if (random.bounded(3) == 0)
                QCoreApplication::processEvents();
            if (random.bounded(kOperations * 5) == 0)
                chaos.disturb();
        }
        // Leases of some tens of ms are running out meanwhile; that is part of it.
        const bool isExact = test::soon([&] { return test::isExact(watching, redis); });
        QVERIFY2(isExact, qPrintable(QStringLiteral("round %1").arg(round)));
        watching.forgetEvents();
    }
    qInfo("%d scans, %d rows that an audit found", watching.monitor.scansStarted(),
          watching.monitor.feed().differences);
}

QTEST_GUILESS_MAIN(TestExactness)
#include "tst_exactness.moc"
