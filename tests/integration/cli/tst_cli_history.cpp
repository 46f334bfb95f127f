// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"

#include <QTest>

#include <csignal>

using namespace lockkeeper;
using namespace lockkeeper::test;
using namespace std::chrono_literals;

class TestCliHistory final : public QObject
{
    Q_OBJECT

private slots:
    void tellsHowHoldsEnded();
    void showsTables();
    void saysThatNothingEnded();
    void tellsNothingWhereItCouldNotWatch();
    void watchesAReplica();
};

namespace {

/// Starts `history`, waits until it watches, and does as told meanwhile.
CliRun historyWhile(const CliProgram &cli, const QStringList &options,
                    const std::function<void()> &act)
{
    const auto process = cli.start(QStringList{QStringLiteral("history")} + options);
    CliRun run;
    const bool isWatching = QTest::qWaitFor(
        [&] {
            run.err += process->readAllStandardError();
            return run.err.contains("watching for");
        },
        20'000);
    if (isWatching)
        act();
    if (!process->waitForFinished(30'000))
        return run;
    run.out = process->readAllStandardOutput();
    run.err += process->readAllStandardError();
    run.exitCode = process->exitCode();
    return run;
}

} // namespace

void TestCliHistory::tellsHowHoldsEnded()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const QByteArray waited = freshToken(1500ms);
    const CliRun run = historyWhile(
        cli, {QStringLiteral("--for"), QStringLiteral("3s"), QStringLiteral("--json")}, [&] {
            server.redis({"SET", lockKey("a"), waited, "NX", "PX", "60000"});
            QTest::qWait(300);
            server.redis({"DEL", lockKey("a")});
            server.redis({"SET", lockKey("b"), freshToken(), "NX", "PX", "200"});
            server.redis({"SET", lockKey("c"), freshToken(), "NX", "PX", "60000"});
            server.redis({"SETEX", cacheKey("c"), "43200", "under its lock"});
            server.redis({"SETEX", cacheKey("d"), "43200", "without"});
            server.redis({"HSET", lockKey("foreign"), "no", "lock"});
        });
    QCOMPARE(run.exitCode, 0);
    const QJsonObject history = run.object();
    QCOMPARE(history[QStringLiteral("held_now")].toInt(), 1);
    const QJsonObject overall = history[QStringLiteral("overall")].toObject();
    QCOMPARE(overall[QStringLiteral("holds")].toInt(), 2);
    const QJsonObject ended = overall[QStringLiteral("ended")].toObject();
    QCOMPARE(ended[QStringLiteral("released")].toInt(), 1);
    QCOMPARE(ended[QStringLiteral("expired")].toInt(), 1);
    QCOMPARE(ended[QStringLiteral("flushed")].toInt(), 0);
    QCOMPARE(history[QStringLiteral("sessions")].toArray().size(), 2);
    QVERIFY(!history[QStringLiteral("owners")].toArray().isEmpty());
    const QJsonArray holds = history[QStringLiteral("holds")].toArray();
    QCOMPARE(holds.size(), 2);
    QJsonObject a;
    for (const QJsonValue &hold : holds) {
        if (hold[QStringLiteral("session_id")].toString() == u"a")
            a = hold.toObject();
    }
    QCOMPARE(a[QStringLiteral("token")].toString().toUtf8(), waited);
    QCOMPARE(a[QStringLiteral("end")].toString(), QStringLiteral("released"));
    const int heldMs = a[QStringLiteral("held_ms")].toInt();
    QVERIFY2(heldMs >= 290 && heldMs < 3000, qPrintable(QString::number(heldMs)));
    const int waitedMs = a[QStringLiteral("waited_ms")].toInt();
    QVERIFY2(waitedMs >= 1400 && waitedMs < 3500, qPrintable(QString::number(waitedMs)));
    QVERIFY(!a[QStringLiteral("owner")].toObject()[QStringLiteral("worker")].isNull());
    const QJsonObject unlocked = history[QStringLiteral("unlocked_writes")].toObject();
    QCOMPARE(unlocked[QStringLiteral("sure")].toInt(), 0);
    QCOMPARE(unlocked[QStringLiteral("likely")].toInt(), 1);
    const QJsonArray written = unlocked[QStringLiteral("sessions")].toArray();
    QCOMPARE(written.size(), 1);
    QCOMPARE(written[0][QStringLiteral("session_id")].toString(), QStringLiteral("d"));
    QVERIFY(!written[0][QStringLiteral("last_at")].isNull());
}

void TestCliHistory::showsTables()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const CliRun run = historyWhile(cli, {QStringLiteral("--for"), QStringLiteral("1s")}, [&] {
        server.redis({"SET", lockKey("a"), freshToken(), "NX", "PX", "60000"});
        QTest::qWait(100);
        server.redis({"DEL", lockKey("a")});
        server.redis({"SETEX", cacheKey("b"), "43200", "without a lock"});
        server.redis({"HSET", lockKey("foreign"), "no", "lock"});
    });
    QCOMPARE(run.exitCode, 0);
    QVERIFY2(run.out.startsWith("OVERALL"), run.out.constData());
    QVERIFY2(run.out.contains("\nOWNER") && run.out.contains("\nSESSION"), run.out.constData());
    QVERIFY2(run.out.contains("\nWRITTEN WITHOUT LOCK"), run.out.constData());
    QVERIFY2(run.err.contains("0 locks are held now"), run.err.constData());
}

void TestCliHistory::saysThatNothingEnded()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const CliRun run = cli.run({QStringLiteral("history"), QStringLiteral("--for"),
                                QStringLiteral("100ms"), QStringLiteral("--json")});
    QCOMPARE(run.exitCode, 0);
    const QJsonObject overall = run.object()[QStringLiteral("overall")].toObject();
    QCOMPARE(overall[QStringLiteral("holds")].toInt(), 0);
    QVERIFY(overall[QStringLiteral("held_ms")].toObject()[QStringLiteral("p50")].isNull());
}

/// Interrupted before the list was complete, it has seen nothing that it could answer for.
void TestCliHistory::tellsNothingWhereItCouldNotWatch()
{
    RedisServer::Options options;
    options.aclUsers = {QStringLiteral("blind on >secret ~* &* +@all -scan")};
    RedisServer server(options);
    LK_START_REDIS(server);
    const CliProgram cli(u"redis+unix://blind:secret@" + server.socketPath());
    const auto process = cli.start({QStringLiteral("history"), QStringLiteral("--json")});
    QTRY_VERIFY_WITH_TIMEOUT(server.redis({"CLIENT", "LIST", "TYPE", "pubsub"})
                                 .toByteArray()
                                 .contains("lockkeeper-feed"),
                             20'000);
    QCOMPARE(::kill(static_cast<pid_t>(process->processId()), SIGINT), 0);
    QVERIFY(process->waitForFinished(30'000));
    QCOMPARE(process->exitCode(), 1);
    QVERIFY(process->readAllStandardOutput().isEmpty());
}

/// What it shows may lag, and that is said.
void TestCliHistory::watchesAReplica()
{
    RedisServer primary({.listen = RedisServer::Listen::Tcp,
                         .config = {QStringLiteral("repl-diskless-sync-delay 0")}});
    LK_START_REDIS(primary);
    RedisServer replica({.config = {u"replicaof 127.0.0.1 " + QString::number(primary.port())}});
    LK_START_REDIS(replica);
    primary.redis({"SET", lockKey("a"), freshToken(), "PX", "60000"});
    QTRY_COMPARE_WITH_TIMEOUT(replica.redis({"DBSIZE"}).toInt(), 1, 20'000);
    const CliRun run =
        historyWhile(CliProgram(replica.url()),
                     {QStringLiteral("--for"), QStringLiteral("2s"), QStringLiteral("--json")},
                     [&] { primary.redis({"DEL", lockKey("a")}); });
    QCOMPARE(run.exitCode, 0);
    QVERIFY2(run.err.contains("replica of 127.0.0.1:"), run.err.constData());
    const QJsonObject history = run.object();
    QCOMPARE(history[u"overall"][u"ended"][u"released"].toInt(), 1);
}

QTEST_GUILESS_MAIN(TestCliHistory)
#include "tst_cli_history.moc"
