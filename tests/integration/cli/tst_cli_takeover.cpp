// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"
#include "integration/cli/terminal.h"

#include <QTest>

#include <csignal>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

constexpr int kEnd = 60'000;

/// The locks of the platform, with a lease that a test can wait for.
const QStringList kShortLease =
    words("--lock-prefix chat:session_lock: --session-prefix chat:session: --lease 3s");

QStringList takeOver(const QByteArray &token, const char *more = "")
{
    return words("take-over s --yes --token") << QString::fromLatin1(token) << words(more);
}

QByteArray holder(RedisServer &server)
{
    return server.redis({"GET", lockKey("s")}).toByteArray();
}

bool isOurs(RedisServer &server, const QByteArray &before)
{
    const QByteArray now = holder(server);
    return !now.isEmpty() && now != before;
}

QStringList phases(const CliProgram &cli)
{
    QStringList all;
    for (const QJsonObject &line : cli.audit())
        all.append(line[u"action"].toString() + u' ' + line[u"phase"].toString());
    return all;
}

} // namespace

class TestCliTakeOver final : public QObject
{
    Q_OBJECT

private slots:
    void givesBackAfterTheTime();
    void takesManyAndGivesThemBack();
    void givesBackWhenInterrupted_data();
    void givesBackWhenInterrupted();
    void renewsWhatItHolds();
    void refusesWhatChangedHands();
    void saysThatItLostTheLock();
    void saysThatTheServerIsGone();
    void triesDry();
    void doesNotActUnconfirmed();
    void asksOnATerminal();
};

void TestCliTakeOver::givesBackAfterTheTime()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token});
    const CliProgram cli(server.url());
    const CliRun run = cli.run(takeOver(token, "--for 200ms --json --reason why"));
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QCOMPARE(run.object()[u"action"].toString(), QStringLiteral("take-over"));
    QCOMPARE(run.object()[u"done"].toBool(), true);
    QVERIFY2(run.err.contains("held for 0.2 s") || run.err.contains("held for 200 ms"),
             run.err.constData());
    QVERIFY2(run.err.contains("given back"), run.err.constData());
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 0);
    QCOMPARE(
        phases(cli),
        (QStringList{QStringLiteral("take-over intent"), QStringLiteral("take-over outcome"),
                     QStringLiteral("give-back intent"), QStringLiteral("give-back outcome")}));
    QCOMPARE(cli.audit()[0][u"token"].toString().toLatin1(), token);
    QCOMPARE(cli.audit()[0][u"reason"].toString(), QStringLiteral("why"));
}

void TestCliTakeOver::takesManyAndGivesThemBack()
{
    RedisServer server;
    LK_START_REDIS(server);
    for (const char *id : {"a", "b", "s"})
        server.redis({"SET", lockKey(id), freshToken()});
    const CliProgram cli(server.url());
    const auto process = cli.start(words("take-over --state no_expiry --yes --json"));
    QTRY_COMPARE_WITH_TIMEOUT(cli.audit().size(), 6, kEnd);
    QCOMPARE(server.redis({"EXISTS", lockKey("a"), lockKey("b"), lockKey("s")}).toInt(), 3);
    QCOMPARE(::kill(static_cast<pid_t>(process->processId()), SIGINT), 0);
    const CliRun run = ended(*process);
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QCOMPARE(run.object()[u"done"].toInt(), 3);
    QCOMPARE(server.redis({"EXISTS", lockKey("a"), lockKey("b"), lockKey("s")}).toInt(), 0);
    QCOMPARE(phases(cli).filter(QStringLiteral("give-back outcome")).size(), 3);
}

void TestCliTakeOver::givesBackWhenInterrupted_data()
{
    QTest::addColumn<int>("number");
    QTest::addColumn<QString>("options");
    QTest::newRow("Ctrl+C") << SIGINT << QString();
    QTest::newRow("Ctrl+C before its time") << SIGINT << QStringLiteral("--for 1h");
    QTest::newRow("SIGTERM") << SIGTERM << QString();
    QTest::newRow("its terminal is gone") << SIGHUP << QString();
}

void TestCliTakeOver::givesBackWhenInterrupted()
{
    QFETCH(int, number);
    QFETCH(QString, options);
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token});
    const CliProgram cli(server.url());
    const auto process = cli.start(takeOver(token, options.toUtf8().constData()));
    QTRY_VERIFY_WITH_TIMEOUT(isOurs(server, token), kEnd);
    QTRY_COMPARE_WITH_TIMEOUT(cli.audit().size(), 2, kEnd);
    QCOMPARE(::kill(static_cast<pid_t>(process->processId()), number), 0);
    const CliRun run = ended(*process);
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QVERIFY2(run.err.contains("given back"), run.err.constData());
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 0);
    QCOMPARE(cli.audit().last()[u"outcome"].toString(), QStringLiteral("done"));
    QCOMPARE(cli.audit().size(), 4);
}

void TestCliTakeOver::renewsWhatItHolds()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token});
    const CliProgram cli(server.url());
    const auto process = cli.start(kShortLease + takeOver(token));
    QTRY_VERIFY_WITH_TIMEOUT(isOurs(server, token), kEnd);
    const QByteArray ours = holder(server);
    // It has less and less time, and then more again, twice.
    for (int i = 0; i < 2; ++i) {
        int least = server.redis({"PTTL", lockKey("s")}).toInt();
        const auto isRenewed = [&] {
            const int now = server.redis({"PTTL", lockKey("s")}).toInt();
            const bool grew = now > least;
            least = std::min(least, now);
            return grew;
        };
        QTRY_VERIFY_WITH_TIMEOUT(isRenewed(), kEnd);
    }
    QCOMPARE(holder(server), ours);
    process->terminate();
    QCOMPARE(ended(*process).exitCode, 0);
}

void TestCliTakeOver::refusesWhatChangedHands()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray current = freshToken();
    server.redis({"SET", lockKey("s"), current});
    const CliProgram cli(server.url());
    const CliRun run = cli.run(takeOver(freshToken(), "--json"));
    QCOMPARE(run.exitCode, 4);
    QCOMPARE(run.object()[u"done"].toBool(), false);
    QVERIFY2(run.err.contains("02:42:ac:12:00:07"), run.err.constData());
    QCOMPARE(holder(server), current);
    server.redis({"DEL", lockKey("s")});
    QCOMPARE(cli.run(takeOver(current)).exitCode, 4);
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 0);
}

void TestCliTakeOver::saysThatItLostTheLock()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token});
    const CliProgram cli(server.url());
    const auto process = cli.start(kShortLease + takeOver(token));
    QTRY_VERIFY_WITH_TIMEOUT(isOurs(server, token), kEnd);
    QTRY_COMPARE_WITH_TIMEOUT(cli.audit().size(), 2, kEnd);
    const QByteArray theirs = freshToken();
    server.redis({"SET", lockKey("s"), theirs}); // without regard to ours
    const CliRun run = ended(*process);
    QVERIFY2(run.exitCode == 4, run.err.constData());
    QCOMPARE(holder(server), theirs);
}

void TestCliTakeOver::saysThatTheServerIsGone()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token});
    const CliProgram cli(server.url());
    const auto process = cli.start(kShortLease + takeOver(token));
    QTRY_VERIFY_WITH_TIMEOUT(isOurs(server, token), kEnd);
    QTRY_COMPARE_WITH_TIMEOUT(cli.audit().size(), 2, kEnd);
    server.kill();
    const CliRun run = ended(*process);
    QVERIFY2(run.exitCode == 4, run.err.constData());
}

void TestCliTakeOver::triesDry()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token});
    const CliProgram cli(server.url());
    const CliRun dry = cli.run(takeOver(token, "--dry-run --json"));
    QVERIFY2(dry.exitCode == 0, dry.err.constData());
    QCOMPARE(dry.object()[u"dry_run"].toBool(), true);
    QVERIFY(dry.object()[u"effects"][0].toString().contains(u"makes the lock"));
    QCOMPARE(cli.run(takeOver(token, "--dry-run")).exitCode, 0);
    QCOMPARE(cli.run(takeOver(freshToken(), "--dry-run")).exitCode, 4);
    QCOMPARE(holder(server), token);
    QCOMPARE(cli.audit().size(), 0);
}

void TestCliTakeOver::doesNotActUnconfirmed()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token});
    const CliProgram cli(server.url());
    const CliRun run = cli.run(words("take-over s --token") << QString::fromLatin1(token));
    QCOMPARE(run.exitCode, 7);
    QVERIFY2(run.err.contains("--yes"), run.err.constData());
    QCOMPARE(cli.run(takeOver(token, "--read-only")).exitCode, 7);
    QCOMPARE(holder(server), token);
    // These make no sense of it.
    QCOMPARE(cli.run(takeOver(token, "--verify 1s")).exitCode, 2);
    QCOMPARE(cli.run(takeOver(token, "--confirm s")).exitCode, 2);
}

void TestCliTakeOver::asksOnATerminal()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token});
    const CliProgram cli(server.url());
    Terminal terminal;
    const auto process =
        startOn(terminal, cli, words("take-over s --token") << QString::fromLatin1(token));
    QTRY_VERIFY_WITH_TIMEOUT(terminal.text().contains("[y/N]"), kEnd);
    QVERIFY2(terminal.text().contains("Take this lock over?"), terminal.text().constData());
    QCOMPARE(holder(server), token);
    terminal.type("y\n");
    QTRY_VERIFY_WITH_TIMEOUT(terminal.text().contains("Ctrl+C gives it back"), kEnd);
    QVERIFY(isOurs(server, token));
    QCOMPARE(::kill(static_cast<pid_t>(process->processId()), SIGINT), 0);
    QCOMPARE(ended(*process).exitCode, 0);
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 0);
}

QTEST_GUILESS_MAIN(TestCliTakeOver)
#include "tst_cli_takeover.moc"
