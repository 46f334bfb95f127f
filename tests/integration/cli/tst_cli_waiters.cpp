// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"
#include "support/rawredis.h"

#include <QTcpSocket>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::test;
using namespace std::chrono_literals;

namespace {

const QStringList kAsk = {QStringLiteral("waiters"), QStringLiteral("--for"),
                          QStringLiteral("500ms"), QStringLiteral("--yes"),
                          QStringLiteral("--json")};

} // namespace

class TestCliWaiters final : public QObject
{
    Q_OBJECT

private slots:
    void namesThoseWhoWait();
    void keepsNothingOfOtherKeys();
    void asksFirst();
    void needsTheRight();
    void refusesToListenForLong();
};

void TestCliWaiters::namesThoseWhoWait()
{
    RedisServer server({.listen = RedisServer::Listen::Tcp});
    LK_START_REDIS(server);
    const QByteArray owner = freshToken(5s);
    server.redis({"SET", lockKey("wanted"), owner, "PX", "60000"});
    server.redis({"SET", lockKey("quiet"), freshToken(), "PX", "60000"});
    QTcpSocket first; // on a unix socket MONITOR tells no client from another
    first.connectToHost(QStringLiteral("127.0.0.1"), server.port());
    QVERIFY(first.waitForConnected());
    RawRedis second(server.socketPath());
    QTcpSocket third;
    third.connectToHost(QStringLiteral("127.0.0.1"), server.port());
    QVERIFY(third.waitForConnected());
    first.write("CLIENT SETNAME api\r\n");
    third.write("CLIENT SETNAME holder\r\n");
    const QByteArray token1 = freshToken(3s);
    const QByteArray token2 = freshToken(1s);
    const CliProgram cli(server.url());
    const auto process = cli.start(kAsk);
    while (process->state() != QProcess::NotRunning) {
        first.write(QByteArray("SET " + lockKey("wanted") + " " + token1 + " NX PX 60000\r\n"));
        second.call({"SET", lockKey("wanted"), token2, "NX", "PX", "60000"});
        // Its owner asks, too: that is no waiter.
        third.write(QByteArray("SET " + lockKey("wanted") + " " + owner + " NX PX 60000\r\n"));
        QTest::qWait(50);
    }
    CliRun run;
    run.out = process->readAllStandardOutput();
    QCOMPARE(process->exitCode(), 0);
    const QJsonArray locks = run.object()[QStringLiteral("locks")].toArray();
    QCOMPARE(locks.size(), 1);
    QCOMPARE(locks[0][QStringLiteral("session_id")].toString(), QStringLiteral("wanted"));
    QCOMPARE(locks[0][QStringLiteral("token")].toString().toUtf8(), owner);
    QCOMPARE(locks[0][QStringLiteral("owner_client_name")].toString(), QStringLiteral("holder"));
    QCOMPARE(locks[0][QStringLiteral("owner_address")].toString(),
             QStringLiteral("127.0.0.1:%1").arg(third.localPort()));
    const QJsonArray waiters = locks[0][QStringLiteral("waiters")].toArray();
    QCOMPARE(waiters.size(), 2);
    QStringList tokens;
    for (const QJsonValue &waiter : waiters) {
        tokens << waiter[QStringLiteral("token")].toString();
        QVERIFY(!waiter[QStringLiteral("address")].toString().isEmpty());
        QVERIFY(!waiter[QStringLiteral("called_at")].isNull());
        QVERIFY(waiter[QStringLiteral("attempts")].toInt() >= 2);
    }
    QVERIFY(tokens.contains(QString::fromUtf8(token1)));
    QVERIFY(tokens.contains(QString::fromUtf8(token2)));
    QVERIFY(run.out.contains("\"client_name\": \"api\""));
    QVERIFY(run.out.contains(QByteArray("127.0.0.1:" + QByteArray::number(first.localPort()))));
}

void TestCliWaiters::keepsNothingOfOtherKeys()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const auto process = cli.start(kAsk);
    RawRedis other(server.socketPath());
    while (process->state() != QProcess::NotRunning) {
        other.call({"SET", "private", "secret-of-others", "NX"});
        other.call({"SET", cacheKey("s"), QByteArray(300'000, 's'), "NX"});
        QTest::qWait(20);
    }
    CliRun run;
    run.out = process->readAllStandardOutput();
    run.err = process->readAllStandardError();
    QCOMPARE(process->exitCode(), 0);
    QVERIFY(run.object()[QStringLiteral("commands_seen")].toInt() > 0);
    QVERIFY(run.object()[QStringLiteral("locks")].toArray().isEmpty());
    QVERIFY(!run.out.contains("secret-of-others") && !run.err.contains("secret-of-others"));
}

void TestCliWaiters::asksFirst()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliRun run = CliProgram(server.url()).run({QStringLiteral("waiters")});
    QCOMPARE(run.exitCode, 7);
    QVERIFY2(run.err.contains("MONITOR") && run.err.contains("--yes"), run.err.constData());
    const QByteArray stats = server.redis({"INFO", "commandstats"}).toByteArray();
    QVERIFY(!stats.contains("cmdstat_monitor"));
}

void TestCliWaiters::needsTheRight()
{
    RedisServer server(
        {.aclUsers = {QStringLiteral("viewer on >secret ~chat:* &* +@all -monitor")}});
    LK_START_REDIS(server);
    CliProgram cli;
    const QStringList call = QStringList(kAsk)
                             << QStringLiteral("--url")
                             << QStringLiteral("redis+unix://viewer:secret@") + server.socketPath();
    const CliRun run = cli.run(call);
    QCOMPARE(run.exitCode, 7);
    QVERIFY2(run.err.contains("+monitor"), run.err.constData());
}

void TestCliWaiters::refusesToListenForLong()
{
    const CliRun run = CliProgram(QStringLiteral("redis://127.0.0.1:1"))
                           .run({QStringLiteral("waiters"), QStringLiteral("--for"),
                                 QStringLiteral("1m"), QStringLiteral("--yes")});
    QCOMPARE(run.exitCode, 2);
}

QTEST_GUILESS_MAIN(TestCliWaiters)
#include "tst_cli_waiters.moc"
