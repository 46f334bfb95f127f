// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"
#include "integration/cli/terminal.h"
#include "support/postgresserver.h"

#include <QFile>
#include <QTest>

#include <csignal>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

constexpr int kEnd = 60'000;

RedisServer::Options locked()
{
    RedisServer::Options options;
    options.aclUsers = {QStringLiteral("alice on >hunter2 ~* &* +@all"),
                        QStringLiteral("open on nopass ~* &* +@all")};
    return options;
}

const QStringList kList{QStringLiteral("list"), QStringLiteral("--json")};

} // namespace

class TestCliPassword final : public QObject
{
    Q_OBJECT

private slots:
    void asksOnceUnseen();
    void takesNoForAnAnswer();
    void restoresTheTerminalWhenInterrupted();
    void asksOnTerminalsOnly();
    void logsUsersWithoutPasswordIn();
    void asksForTheDatabasesPassword();
    void takesTheEndOfInputForANo();
    void doctorAsks();
};

void TestCliPassword::asksOnceUnseen()
{
    RedisServer server(locked());
    LK_START_REDIS(server);
    const CliProgram cli(u"redis+unix://alice@" + server.socketPath());
    Terminal terminal;
    QVERIFY(terminal.isOpen());
    const auto right = startOn(terminal, cli, kList);
    QTRY_VERIFY_WITH_TIMEOUT(terminal.text().contains("Password:"), kEnd);
    QVERIFY(terminal.text().contains("asks for a password of user alice"));
    QVERIFY(!terminal.hasEcho());
    terminal.type("hunter2\n");
    QVERIFY(right->waitForFinished(kEnd));
    QVERIFY2(right->exitCode() == 0, terminal.text().constData());
    QVERIFY(terminal.hasEcho());
    QVERIFY(!terminal.text().contains("hunter2"));
    QCOMPARE(right->readAllStandardOutput(), QByteArray("[]\n"));

    const auto wrong = startOn(terminal, cli, kList);
    QTRY_COMPARE_WITH_TIMEOUT(terminal.text().count("Password:"), 2, kEnd);
    terminal.type("nonsense\n");
    QVERIFY(wrong->waitForFinished(kEnd));
    QCOMPARE(wrong->exitCode(), 6);
    QVERIFY(terminal.text().contains("refuses the password of user alice"));
    QCOMPARE(terminal.text().count("Password:"), 2);
}

void TestCliPassword::takesNoForAnAnswer()
{
    RedisServer server(locked());
    LK_START_REDIS(server);
    const CliProgram cli(u"redis+unix://alice@" + server.socketPath());
    Terminal terminal;
    const auto process = startOn(terminal, cli, kList);
    QTRY_VERIFY_WITH_TIMEOUT(terminal.text().contains("Password:"), kEnd);
    terminal.type("\n");
    QVERIFY(process->waitForFinished(kEnd));
    QCOMPARE(process->exitCode(), 6);
    QVERIFY(terminal.text().contains("LOCKKEEPER_REDIS_PASSWORD"));
}

void TestCliPassword::restoresTheTerminalWhenInterrupted()
{
    RedisServer server(locked());
    LK_START_REDIS(server);
    const CliProgram cli(u"redis+unix://alice@" + server.socketPath());
    Terminal terminal;
    const auto process = startOn(terminal, cli, kList);
    QTRY_VERIFY_WITH_TIMEOUT(terminal.text().contains("Password:"), kEnd);
    QVERIFY(!terminal.hasEcho());
    QCOMPARE(::kill(static_cast<pid_t>(process->processId()), SIGINT), 0);
    QVERIFY(process->waitForFinished(kEnd));
    QCOMPARE(process->exitStatus(), QProcess::NormalExit);
    QCOMPARE(process->exitCode(), 1);
    QVERIFY(terminal.hasEcho());
}

void TestCliPassword::asksOnTerminalsOnly()
{
    RedisServer server(locked());
    LK_START_REDIS(server);
    const CliRun run = CliProgram(u"redis+unix://alice@" + server.socketPath()).run(kList);
    QCOMPARE(run.exitCode, 6);
    QVERIFY2(run.err.contains("asks for a password of user alice"), run.err.constData());
    QVERIFY(!run.err.contains("Password:"));
}

void TestCliPassword::logsUsersWithoutPasswordIn()
{
    RedisServer server(locked());
    LK_START_REDIS(server);
    const CliRun run = CliProgram(u"redis+unix://open@" + server.socketPath())
                           .run({QStringLiteral("doctor"), QStringLiteral("--json")});
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QVERIFY2(server.redis({"ACL", "LOG"}).toList().isEmpty(), "nobody was refused");
    const CliRun nobody = CliProgram(u"redis+unix://nobody@" + server.socketPath()).run(kList);
    QCOMPARE(nobody.exitCode, 6);
}

void TestCliPassword::asksForTheDatabasesPassword()
{
    RedisServer server;
    LK_START_REDIS(server);
    PostgresServer postgres;
    LK_START_POSTGRES(postgres);
    const QString name = QStringLiteral("chat");
    QVERIFY(postgres.createChatDatabase(name, PostgresServer::Release::Newer));
    postgres.sql(name, QStringLiteral("CREATE ROLE bob SUPERUSER LOGIN PASSWORD 'hunter2'"));
    const QString rules = postgres.sql(name, QStringLiteral("SHOW hba_file")).trimmed();
    QFile file(rules);
    QVERIFY2(file.open(QIODevice::WriteOnly | QIODevice::Truncate), qPrintable(rules));
    file.write("local all lk trust\nlocal all all scram-sha-256\n");
    file.close();
    postgres.sql(name, QStringLiteral("SELECT pg_reload_conf()"));

    CliProgram cli(server.url());
    const QString dsn = postgres.dsn(name, {}, QStringLiteral("bob"));
    cli.setEnvironment(QStringLiteral("LOCKKEEPER_DB"), dsn);
    const QStringList sessions{QStringLiteral("session"), QStringLiteral("list"),
                               QStringLiteral("--user"), QStringLiteral("u"),
                               QStringLiteral("--json")};
    CliRun run;
    QTRY_VERIFY2((run = cli.run(sessions)).err.contains("no password supplied") &&
                     run.exitCode == 6,
                 run.err.constData());
    QVERIFY2(run.err.contains("PGPASSWORD"), run.err.constData());

    Terminal terminal;
    const auto process = startOn(terminal, cli, sessions);
    QTRY_VERIFY_WITH_TIMEOUT(terminal.text().contains("Password:"), kEnd);
    terminal.type("hunter2\n");
    QVERIFY(process->waitForFinished(kEnd));
    QVERIFY2(process->exitCode() == 0, terminal.text().constData());
    QCOMPARE(process->readAllStandardOutput(), QByteArray("[]\n"));
    QVERIFY(!terminal.text().contains("hunter2"));
}

void TestCliPassword::doctorAsks()
{
    RedisServer server(locked());
    LK_START_REDIS(server);
    const CliProgram cli(u"redis+unix://alice@" + server.socketPath());
    Terminal terminal;
    const auto process = startOn(terminal, cli, {QStringLiteral("doctor")});
    QTRY_VERIFY_WITH_TIMEOUT(terminal.text().contains("Password:"), kEnd);
    terminal.type("hunter2\n");
    QVERIFY(process->waitForFinished(kEnd));
    QCOMPARE(process->exitCode(), 0);
    QVERIFY(process->readAllStandardOutput().contains("as alice"));
}

/// Ctrl+D at the question is no confirmation.
void TestCliPassword::takesTheEndOfInputForANo()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token, "PX", "60000"});
    Terminal terminal;
    QVERIFY(terminal.isOpen());
    const CliProgram cli(server.url());
    const auto process = startOn(terminal, cli,
                                 {QStringLiteral("release"), QStringLiteral("s"),
                                  QStringLiteral("--token"), QString::fromLatin1(token)});
    QTRY_VERIFY_WITH_TIMEOUT(terminal.text().contains("[y/N]"), kEnd);
    terminal.type("\x04");
    QVERIFY(process->waitForFinished(kEnd));
    QCOMPARE(process->exitCode(), 7);
    QVERIFY2(terminal.text().contains("not confirmed"), terminal.text().constData());
    QCOMPARE(server.redis({"GET", lockKey("s")}).toByteArray(), token);
}

QTEST_GUILESS_MAIN(TestCliPassword)
#include "tst_cli_password.moc"
