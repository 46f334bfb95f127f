// SPDX-License-Identifier: GPL-3.0-or-later
#include "deploymentwatch.h"
#include "locks/unlockedwrites.h"
#include "support/pythonworker.h"
#include "support/rediscluster.h"

#include <QFile>
#include <QTest>

using namespace lockkeeper;
using test::DeploymentWatch;
using test::RedisCluster;

namespace {

constexpr int kPatienceMs = 40'000;

QByteArray writerSource()
{
    QFile file(qEnvironmentVariable("LK_SOURCE") +
               QStringLiteral("/tests/integration/monitor/session_writer.py"));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

/// In a cluster the news of a lock and of its session come from different servers, in any order.
class TestClusterWrites : public QObject
{
    Q_OBJECT

private slots:
    void tellsUnlockedWritesFromLockedOnes();
};

void TestClusterWrites::tellsUnlockedWritesFromLockedOnes()
{
    LK_NEED_PROGRAM("redis-server");
    LK_NEED_REDIS_PY();
    RedisCluster cluster;
    LK_START(cluster);
    DeploymentWatch watch(cluster.url());
    locks::UnlockedWrites writes(watch.client, watch.monitor, watch.clock);
    writes.start();
    QVERIFY2(watch.start(), qPrintable(watch.reason()));
    test::PythonWorker worker(writerSource(), {QString::number(cluster.node(0).port())});
    worker.start();
    QCOMPARE(worker.ask("locked 500 20"), QByteArray("done"));
    // What is written now is judged after all that.
    const QByteArray marker = "chat:session:marker";
    cluster.redis(marker, {"SETEX", marker, "43200", "{}"});
    QTRY_COMPARE_WITH_TIMEOUT(writes.of(SessionId("marker")).all(), 1, kPatienceMs);
    QCOMPARE(writes.overall().all(), 1);
    QCOMPARE(worker.ask("open 5 1"), QByteArray("done"));
    QTRY_VERIFY_WITH_TIMEOUT(writes.of(SessionId("s0")).all() >= 1, kPatienceMs);
}

QTEST_GUILESS_MAIN(TestClusterWrites)
#include "tst_clusterwrites.moc"
