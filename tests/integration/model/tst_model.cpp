// SPDX-License-Identifier: GPL-3.0-or-later
#include "dyingoperator.h"
#include "lane.h"
#include "support/await.h"
#include "support/randomrun.h"
#include "support/redisserver.h"

#include <QElapsedTimer>
#include <QLoggingCategory>
#include <QTemporaryDir>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::model;
using namespace std::chrono_literals;
using test::await;

namespace {

/// Operations, unless LK_OPERATIONS says otherwise.
constexpr int kOperations = 100'000;
/// From so many on everything that can happen has to have happened.
constexpr int kEnough = 100'000;
constexpr int kOperationsOfLane = 400;
constexpr int kLanesAtOnce = 24;
constexpr auto kLimit = 870s;

/// What has to have happened in a long run: every kind of operation, and every way that it can end.
constexpr const char *kMustHappen[] = {
    "acquire: obtained",
    "acquire: lock-timeout",
    "acquire by a guard: obtained",
    "acquire by a guard: lock-timeout",
    "renew: done",
    "renew: changed-hands",
    "renew by a guard: done",
    "renew by a guard: changed-hands",
    "extend: done",
    "extend: changed-hands",
    "release: done",
    "release: changed-hands",
    "release by a guard: done",
    "release by a guard: changed-hands",
    "expire: gone",
    "expire: renewed",
    "take over: done",
    "take over: changed-hands",
    "force-release: done",
    "force-release: changed-hands",
    "delete: done",
    "delete: not-found",
    "delete: lock-timeout",
    "delete: lease-lost",
    "delete that lost its lock on the way",
    "strike beside a delete: taken",
    "strike beside a delete: ended",
    "delete: partly done",
    "delete by take-over: done",
    "delete by take-over: changed-hands",
    "delete by take-over: not-found",
    "upsert: done",
    "upsert: lock-timeout",
    "upsert: lease-lost",
    "crash of a worker",
    "crash of a worker with a guard",
    "crash of a delete: before the intent",
    "crash of a delete: before the lock",
    "crash of a delete: before the row",
    "crash of a delete: before the copy",
    "crash of a delete: before the release",
    "crash of a delete: between intent and outcome",
    "crash of a force-release: between intent and outcome",
    "rerun that finished a delete",
};

/// Lanes one after the other, as others do it beside, until enough was done.
QCoro::Task<> runLanes(Site &site, int &lanes, int operations, quint32 seed)
{
    while (site.isWell() && lanes * kOperationsOfLane < operations) {
        const int number = lanes++;
        const int share = std::min(kOperationsOfLane, operations - number * kOperationsOfLane);
        Lane lane(site, number, seed);
        co_await lane.run(share);
    }
}

QCoro::Task<> runAll(Site &site, int operations, quint32 seed)
{
    int lanes = 0;
    std::vector<QCoro::Task<>> atOnce;
    atOnce.reserve(kLanesAtOnce);
    for (int i = 0; i < kLanesAtOnce; ++i)
        atOnce.push_back(runLanes(site, lanes, operations, seed));
    for (auto &one : atOnce)
        co_await std::move(one);
}

} // namespace

/// Workers and operators at random, and a model that says what may come of it.
class TestModel : public QObject
{
    Q_OBJECT

private slots:
    void nothingHappensButWhatTheModelAllows();
};

void TestModel::nothingHappensButWhatTheModelAllows()
{
    test::RedisServer server;
    LK_START_REDIS(server);
    QTemporaryDir folder;
    const SystemClock clock;
    app::Target target;
    target.name = QStringLiteral("model");
    target.server = server.address();
    target.family.lease = 10s;
    target.database.emplace();
    target.database->path = folder.filePath(QStringLiteral("chat.db"));
    sessions::SessionDatabase workers(*target.database);
    QVERIFY(await(workers.check()));
    Witness witness(server.socketPath(), *target.database, target.family, clock);
    Site site{clock, target, folder.path(), witness, workers};

    const quint32 seed = test::seedOfThisRun();
    const int operations = test::roundsOf("LK_OPERATIONS", kOperations);
    QElapsedTimer elapsed;
    elapsed.start();
    await(runAll(site, operations, seed), kLimit);
    const double seconds = double(elapsed.elapsed()) / 1000;
    qInfo("%d operations in %.1f s, %.0f a second\n%s", site.operations, seconds,
          site.operations / seconds, qPrintable(site.tally.text()));

    for (const QString &complaint : site.complaints)
        qWarning("%s", qPrintable(complaint));
    QVERIFY(site.isWell());
    // Nothing but the sessions of the model was touched, and of these nothing unseen.
    QCOMPARE(site.witness.allKeys(), site.keysLeft);
    QCOMPARE(site.witness.allRows(), site.rowsLeft);
    for (const char *what : kMustHappen)
        QVERIFY2(operations < kEnough || site.tally.of(QLatin1String(what)) > 0, what);
}

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    QLoggingCategory::setFilterRules(QStringLiteral("lockkeeper.*.info=false\n"
                                                    "lockkeeper.sessions.store.warning=false"));
    if (const auto code = runAsDyingOperator(QCoreApplication::arguments()))
        return *code;
    TestModel test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_model.moc"
