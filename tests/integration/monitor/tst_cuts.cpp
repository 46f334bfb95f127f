// SPDX-License-Identifier: GPL-3.0-or-later
#include "chaos.h"
#include "support/streamproxy.h"
#include "watching.h"

#include <QElapsedTimer>
#include <QTest>

#include <algorithm>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using test::Chaos;
using test::RawRedis;
using test::RedisServer;
using test::StreamProxy;
using test::Watching;

namespace {

/// Cuts, unless LK_CUTS says more.
constexpr int kCuts = 20;
constexpr int kOperations = 60;

} // namespace

/// Connections that are cut at any moment, under load, cost nothing but a moment.
class TestCuts : public QObject
{
    Q_OBJECT

private slots:
    void equalsAFreshScanAfterEachCut();
};

void TestCuts::equalsAFreshScanAfterEachCut()
{
    RedisServer server;
    LK_START_REDIS(server);
    QRandomGenerator random(test::seedOfThisRun());
    RawRedis redis(server.socketPath());
    StreamProxy proxy(server.address().endpoint);
    redis::ServerAddress address;
    address.endpoint = proxy.endpoint();
    Watching watching(address);
    QVERIFY(watching.start());
    Chaos chaos(redis, random);
    const int cuts = test::roundsOf("LK_CUTS", kCuts);
    qint64 slowestMs = 0;
    for (int cut = 0; cut < cuts; ++cut) {
        const int at = random.bounded(kOperations);
        for (int i = 0; i < kOperations; ++i) {
            chaos.act();
            if (random.bounded(2) == 0)
                QCoreApplication::processEvents();
            if (i == at)
                proxy.cut(random.bounded(3)); // commands, news, or both
        }
        const bool isBack = test::soon(
            [&] { return proxy.connections() >= 2 && watching.monitor.feed().isTrusted; });
        QVERIFY2(isBack, qPrintable(QStringLiteral("cut %1").arg(cut)));
        QElapsedTimer back;
        back.start();
        const bool isExact = test::soon([&] { return test::isExact(watching, redis); });
        QVERIFY2(isExact, qPrintable(QStringLiteral("cut %1").arg(cut)));
        slowestMs = std::max(slowestMs, back.elapsed());
        watching.forgetEvents();
    }
    qInfo("%d cuts, exact %lld ms after trust at the latest, %d rows that an audit found", cuts,
          static_cast<long long>(slowestMs), watching.monitor.feed().differences);
    QCOMPARE(watching.monitor.feed().differences, 0);
}

QTEST_GUILESS_MAIN(TestCuts)
#include "tst_cuts.moc"
