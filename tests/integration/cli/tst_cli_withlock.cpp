// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"

#include <QTest>

#include <csignal>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

constexpr int kEnd = 30'000;

QStringList withLock(const QStringList &options, const QString &script)
{
    return QStringList{QStringLiteral("with-lock"), QStringLiteral("s")} + options +
           QStringList{QStringLiteral("--"), QStringLiteral("sh"), QStringLiteral("-c"), script};
}

/// Starts it, and waits for the line that says that the command runs.
bool isRunning(QProcess &process)
{
    while (!process.canReadLine()) {
        if (!process.waitForReadyRead(kEnd))
            return false;
    }
    return process.readLine() == "running\n";
}

const QString kRunLong = QStringLiteral("echo running; exec sleep 60");

} // namespace

class TestCliWithLock final : public QObject
{
    Q_OBJECT

private slots:
    void passesTheExitCodeOn_data();
    void passesTheExitCodeOn();
    void holdsTheLockMeanwhile();
    void renewsIt();
    void doesNotStartWithoutTheLock();
    void stopsTheCommandWhenTheLeaseIsLost();
    void killsACommandThatDoesNotStop();
    void doesNotCallALostLeaseASuccess();
    void noticesALossBeforeTheNextRenewal();
    void passesSignalsOn();
    void needsACommand();
    void refusesReadOnly();
};

void TestCliWithLock::passesTheExitCodeOn_data()
{
    QTest::addColumn<QString>("script");
    QTest::addColumn<int>("exitCode");
    QTest::newRow("success") << QStringLiteral("exit 0") << 0;
    QTest::newRow("failure") << QStringLiteral("exit 42") << 42;
    QTest::newRow("signal") << QStringLiteral("kill -9 $$") << 128 + SIGKILL;
    QTest::newRow("no such command") << QStringLiteral("exec /nonexistent/command") << 127;
}

void TestCliWithLock::passesTheExitCodeOn()
{
    QFETCH(QString, script);
    QFETCH(int, exitCode);
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    QCOMPARE(cli.run(withLock({}, script)).exitCode, exitCode);
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 0);
    const CliRun missing = cli.run({QStringLiteral("with-lock"), QStringLiteral("s"),
                                    QStringLiteral("--"), QStringLiteral("/nonexistent/command")});
    QCOMPARE(missing.exitCode, 127);
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 0);
}

void TestCliWithLock::holdsTheLockMeanwhile()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const auto process = cli.start(withLock({}, kRunLong));
    QVERIFY(isRunning(*process));
    QCOMPARE(server.redis({"GET", lockKey("s")}).toByteArray().size(), 32);
    QVERIFY(server.redis({"PTTL", lockKey("s")}).toInt() > 0);
    process->terminate();
    QVERIFY(process->waitForFinished(kEnd));
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 0);
}

void TestCliWithLock::renewsIt()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const CliRun run = cli.run(withLock({QStringLiteral("--lease"), QStringLiteral("600ms")},
                                        QStringLiteral("sleep 2; exit 9")));
    QCOMPARE(run.exitCode, 9);
    QCOMPARE(run.err, QByteArray());
}

void TestCliWithLock::doesNotStartWithoutTheLock()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("s"), freshToken(), "PX", "60000"});
    const CliRun run = CliProgram(server.url())
                           .run(withLock({QStringLiteral("--wait"), QStringLiteral("300ms")},
                                         QStringLiteral("echo ran")));
    QCOMPARE(run.exitCode, 5);
    QCOMPARE(run.out, QByteArray());
    QVERIFY2(run.err.contains("02:42:ac:12:00:07"), run.err.constData());
}

void TestCliWithLock::stopsTheCommandWhenTheLeaseIsLost()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const auto process =
        cli.start(withLock({QStringLiteral("--lease"), QStringLiteral("900ms")}, kRunLong));
    QVERIFY(isRunning(*process));
    const QByteArray other = freshToken();
    server.redis({"SET", lockKey("s"), other, "PX", "60000"});
    QVERIFY(process->waitForFinished(kEnd));
    QCOMPARE(process->exitCode(), 128 + SIGTERM);
    QVERIFY(process->readAllStandardError().contains("telling the command to stop"));
    QCOMPARE(server.redis({"GET", lockKey("s")}).toByteArray(), other);
}

void TestCliWithLock::killsACommandThatDoesNotStop()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const auto process = cli.start(withLock(
        {QStringLiteral("--lease"), QStringLiteral("900ms"), QStringLiteral("--grace"),
         QStringLiteral("200ms")},
        QStringLiteral("trap 'echo asked' TERM; echo running; while :; do sleep 0.1; done")));
    QVERIFY(isRunning(*process));
    server.redis({"DEL", lockKey("s")});
    QVERIFY(process->waitForFinished(kEnd));
    QCOMPARE(process->exitCode(), 128 + SIGKILL);
    QVERIFY(process->readAllStandardOutput().contains("asked"));
}

void TestCliWithLock::doesNotCallALostLeaseASuccess()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const auto process = cli.start(
        withLock({QStringLiteral("--lease"), QStringLiteral("900ms")},
                 QStringLiteral("trap 'exit 0' TERM; echo running; while :; do sleep 0.1; done")));
    QVERIFY(isRunning(*process));
    server.redis({"DEL", lockKey("s")});
    QVERIFY(process->waitForFinished(kEnd));
    QCOMPARE(process->exitCode(), 4);
}

void TestCliWithLock::noticesALossBeforeTheNextRenewal()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const auto process = cli.start(
        withLock({QStringLiteral("--lease"), QStringLiteral("10m")},
                 QStringLiteral("trap 'exit 0' HUP; echo running; while :; do sleep 0.1; done")));
    QVERIFY(isRunning(*process));
    QCOMPARE(server.redis({"DEL", lockKey("s")}).toInt(), 1);
    QCOMPARE(::kill(static_cast<pid_t>(process->processId()), SIGHUP), 0);
    QVERIFY(process->waitForFinished(kEnd));
    QCOMPARE(process->exitCode(), 4);
    QVERIFY(process->readAllStandardError().contains("no longer ours"));
}

void TestCliWithLock::passesSignalsOn()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const auto process = cli.start(withLock(
        {}, QStringLiteral("trap 'exit 33' HUP; echo running; while :; do sleep 0.1; done")));
    QVERIFY(isRunning(*process));
    QCOMPARE(::kill(static_cast<pid_t>(process->processId()), SIGHUP), 0);
    QVERIFY(process->waitForFinished(kEnd));
    QCOMPARE(process->exitCode(), 33);
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 0);
}

void TestCliWithLock::needsACommand()
{
    const CliProgram cli(QStringLiteral("redis://127.0.0.1:1"));
    QCOMPARE(cli.run({QStringLiteral("with-lock"), QStringLiteral("s")}).exitCode, 2);
    QCOMPARE(
        cli.run({QStringLiteral("with-lock"), QStringLiteral("s"), QStringLiteral("--")}).exitCode,
        2);
}

void TestCliWithLock::refusesReadOnly()
{
    // Before anything is sent: nobody listens there.
    const CliRun run =
        CliProgram(QStringLiteral("redis://127.0.0.1:1"))
            .run(withLock({QStringLiteral("--read-only")}, QStringLiteral("echo ran")));
    QCOMPARE(run.exitCode, 7);
    QVERIFY2(run.err.contains("this connection is read-only"), run.err.constData());
    QCOMPARE(run.out, QByteArray());
}

QTEST_GUILESS_MAIN(TestCliWithLock)
#include "tst_cli_withlock.moc"
