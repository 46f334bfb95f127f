// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"

#include <QTest>

#include <csignal>
#include <unistd.h>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

constexpr int kEnd = 30'000;

const QStringList kWatch{QStringLiteral("watch"), QStringLiteral("--json")};

/// How often the server was asked to SCAN.
int scansOf(RedisServer &server)
{
    const QByteArray stats = server.redis({"INFO", "commandstats"}).toByteArray();
    const QByteArray head = "cmdstat_scan:calls=";
    const qsizetype at = stats.indexOf(head);
    return at < 0 ? 0 : stats.mid(at + head.size(), 12).split(',').first().toInt();
}

} // namespace

class TestCliWatch final : public QObject
{
    Q_OBJECT

private slots:
    void tellsTheSnapshotThenWhatHappens();
    void tellsExpiryAtTheDeadline();
    void tellsOfWritesWithoutTheLock();
    void tellsWhenTheFeedIsLost();
    void tellsWhatAnAuditFound();
    void namesTheRightToRead();
    void namesARightThatIsWithdrawn();
    void namesAReplica();
    void endsAfterACount();
    void endsAfterASpan();
    void endsWithItsReader();
    void endsInOrderOnSignals_data();
    void endsInOrderOnSignals();
    void writesText();
    void countsWhatIsHeldAfterAReconnect();
};

void TestCliWatch::tellsTheSnapshotThenWhatHappens()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray first = freshToken();
    server.redis({"SET", lockKey("there"), first, "PX", "60000"});
    const CliProgram cli(server.url());
    const auto watch = cli.start(kWatch);

    const QJsonObject opening = nextEvent(*watch); // as the manual has it
    QCOMPARE(opening[u"event"].toString(), QStringLiteral("feed"));
    QCOMPARE(opening[u"trusted"].toBool(), false);
    const QJsonObject snapshot = nextEvent(*watch);
    QCOMPARE(snapshot[u"event"].toString(), QStringLiteral("snapshot"));
    QCOMPARE(snapshot.keys(),
             QStringLiteral("at event held_ms lock_key previous_token server session_id token "
                            "ttl_ms")
                 .split(u' '));
    QCOMPARE(snapshot[u"session_id"].toString(), QStringLiteral("there"));
    QCOMPARE(snapshot[u"token"].toString(), QString::fromLatin1(first));
    QVERIFY(nextEvent(*watch, QStringLiteral("synced"))[u"lock_key"].isNull());
    const QJsonObject feed = nextEvent(*watch, QStringLiteral("feed"));
    QCOMPARE(feed[u"feed"].toString(), QStringLiteral("push"));
    QCOMPARE(feed[u"trusted"].toBool(), true);
    QVERIFY(feed[u"reason"].isNull());

    const QByteArray second = freshToken();
    server.redis({"SET", lockKey("new"), second, "NX", "PX", "60000"});
    const QJsonObject acquired = nextEvent(*watch);
    QCOMPARE(acquired[u"event"].toString(), QStringLiteral("acquired"));
    QCOMPARE(acquired[u"lock_key"].toString(), QString::fromLatin1(lockKey("new")));
    QVERIFY(acquired[u"ttl_ms"].toInt() > 0);

    server.redis({"PEXPIRE", lockKey("new"), "90000"});
    const QJsonObject renewed = nextEvent(*watch);
    QCOMPARE(renewed[u"event"].toString(), QStringLiteral("renewed"));
    QVERIFY(renewed[u"ttl_ms"].toInt() > 60000);

    const QByteArray third = freshToken();
    server.redis({"SET", lockKey("new"), third, "PX", "60000"});
    const QJsonObject replaced = nextEvent(*watch, QStringLiteral("replaced"));
    QCOMPARE(replaced[u"token"].toString(), QString::fromLatin1(third));
    QCOMPARE(replaced[u"previous_token"].toString(), QString::fromLatin1(second));

    server.redis({"DEL", lockKey("new")});
    const QJsonObject released = nextEvent(*watch, QStringLiteral("released"));
    QCOMPARE(released[u"token"].toString(), QString::fromLatin1(third));
    QVERIFY(released[u"held_ms"].isDouble());
    watch->terminate();
    QVERIFY(watch->waitForFinished(kEnd));
}

void TestCliWatch::tellsExpiryAtTheDeadline()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const auto watch = cli.start(kWatch);
    QVERIFY(!nextEvent(*watch, QStringLiteral("synced")).isEmpty());
    server.redis({"SET", lockKey("short"), freshToken(), "PX", "300"});
    QVERIFY(!nextEvent(*watch, QStringLiteral("acquired")).isEmpty());
    const QJsonObject expired = nextEvent(*watch, QStringLiteral("expired"));
    QCOMPARE(expired[u"session_id"].toString(), QStringLiteral("short"));
    watch->terminate();
    QVERIFY(watch->waitForFinished(kEnd));
}

void TestCliWatch::tellsOfWritesWithoutTheLock()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const auto watch =
        cli.start(QStringList(kWatch) << QStringLiteral("--count") << QStringLiteral("1"));
    QVERIFY(!nextEvent(*watch, QStringLiteral("synced")).isEmpty());
    QVERIFY(!nextEvent(*watch, QStringLiteral("feed")).isEmpty());
    server.redis({"SETEX", cacheKey("s"), "43200", "{}"});
    const QJsonObject write = nextEvent(*watch);
    QCOMPARE(write[u"event"].toString(), QStringLiteral("unlocked_write"));
    QCOMPARE(write.keys(), QStringLiteral("at bytes cache_key confidence event lock_key server "
                                          "session_id ttl_ms")
                               .split(u' '));
    QCOMPARE(write[u"session_id"].toString(), QStringLiteral("s"));
    QCOMPARE(write[u"cache_key"].toString(), QString::fromLatin1(cacheKey("s")));
    QCOMPARE(write[u"lock_key"].toString(), QString::fromLatin1(lockKey("s")));
    QCOMPARE(write[u"confidence"].toString(), QStringLiteral("likely"));
    QCOMPARE(write[u"bytes"].toInt(), 2);
    QVERIFY(write[u"ttl_ms"].toInt() > 43'000'000);
    QVERIFY(watch->waitForFinished(kEnd)); // it counts
    QCOMPARE(watch->exitCode(), 0);
}

void TestCliWatch::tellsWhenTheFeedIsLost()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const auto watch = cli.start(kWatch);
    QVERIFY(!nextEvent(*watch, QStringLiteral("synced")).isEmpty());
    QCOMPARE(nextEvent(*watch, QStringLiteral("feed"))[u"trusted"].toBool(), true);
    server.kill();
    const QJsonObject lost = nextEvent(*watch, QStringLiteral("feed"));
    QCOMPARE(lost[u"trusted"].toBool(), false);
    QVERIFY(!lost[u"reason"].toString().isEmpty());
    QVERIFY(server.restart());
    QVERIFY(!nextEvent(*watch, QStringLiteral("synced")).isEmpty());
    watch->terminate();
    QVERIFY(watch->waitForFinished(kEnd));
}

void TestCliWatch::tellsWhatAnAuditFound()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("there"), freshToken(), "PX", "60000"});
    const CliProgram cli(server.url());
    const auto watch = cli.start(kWatch);
    QVERIFY(!nextEvent(*watch, QStringLiteral("synced")).isEmpty());
    QCOMPARE(nextEvent(*watch, QStringLiteral("feed"))[u"differences"].toInt(), 0);
    server.redis({"SWAPDB", "0", "1"});
    const QJsonObject lost = nextEvent(*watch, QStringLiteral("feed"));
    QCOMPARE(lost[u"trusted"].toBool(), false);
    QCOMPARE(lost[u"differences"].toInt(), 1);
    QVERIFY(lost[u"reason"].toString().contains(u"the audit found 1 row"));
    QCOMPARE(nextEvent(*watch, QStringLiteral("released"))[u"session_id"].toString(),
             QStringLiteral("there"));
    const QJsonObject back = nextEvent(*watch, QStringLiteral("feed"));
    QCOMPARE(back[u"trusted"].toBool(), true);
    QCOMPARE(back[u"differences"].toInt(), 1);
}

void TestCliWatch::namesTheRightToRead()
{
    RedisServer::Options options;
    options.aclUsers = {QStringLiteral("viewer on >secret ~* &* +@all -get")};
    RedisServer server(options);
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("there"), freshToken(), "PX", "60000"});
    const CliProgram cli(u"redis+unix://viewer:secret@" + server.socketPath());
    const auto watch = cli.start(kWatch);
    QJsonObject line;
    while (!line[u"reason"].toString().contains(u"missing right")) {
        line = nextEvent(*watch);
        QCOMPARE(line[u"event"].toString(), QStringLiteral("feed"));
        QCOMPARE(line[u"trusted"].toBool(), false);
    }
    QCOMPARE(line[u"reason"].toString(),
             QStringLiteral("missing right: +get on ~chat:session_lock:*"));

    server.redis({"ACL", "SETUSER", "viewer", "+get"}); // it sees for itself
    QCOMPARE(nextEvent(*watch)[u"event"].toString(), QStringLiteral("snapshot"));
    QCOMPARE(nextEvent(*watch)[u"event"].toString(), QStringLiteral("synced"));
    const QJsonObject feed = nextEvent(*watch, QStringLiteral("feed"));
    QCOMPARE(feed[u"trusted"].toBool(), true);
    QVERIFY(feed[u"reason"].isNull());
}

/// The audit must not take for lost news what is not to be read.
void TestCliWatch::namesARightThatIsWithdrawn()
{
    RedisServer::Options options;
    options.aclUsers = {QStringLiteral("viewer on >secret ~* &* +@all")};
    RedisServer server(options);
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("there"), freshToken(), "PX", "60000"});
    const CliProgram cli(u"redis+unix://viewer:secret@" + server.socketPath());
    const auto watch = cli.start(kWatch);
    QVERIFY(!nextEvent(*watch, QStringLiteral("synced")).isEmpty());
    QCOMPARE(nextEvent(*watch, QStringLiteral("feed"))[u"trusted"].toBool(), true);

    server.redis({"ACL", "SETUSER", "viewer", "-get"});
    server.redis({"SET", lockKey("new"), freshToken(), "PX", "90000"});
    server.redis({"PEXPIRE", lockKey("there"), "90000"});
    const QJsonObject blind = nextEvent(*watch);
    QCOMPARE(blind[u"event"].toString(), QStringLiteral("feed"));
    QCOMPARE(blind[u"trusted"].toBool(), false);
    QCOMPARE(blind[u"reason"].toString(),
             QStringLiteral("missing right: +get on ~chat:session_lock:*"));
    // Several audits, one a second at most, outlast the grace of a difference.
    const int before = scansOf(server);
    QTRY_VERIFY_WITH_TIMEOUT(scansOf(server) >= before + 6, kEnd);
    server.redis({"ACL", "SETUSER", "viewer", "+get"});
    QStringList events;
    QJsonObject feed;
    while (!feed[u"trusted"].toBool()) {
        feed = nextEvent(*watch);
        QVERIFY(!feed.isEmpty());
        events << feed[u"event"].toString();
    }
    events.sort();
    QCOMPARE(events.join(u' '), QStringLiteral("acquired feed renewed"));
    QCOMPARE(feed[u"differences"].toInt(), 0);
}

void TestCliWatch::namesAReplica()
{
    RedisServer primary({.listen = RedisServer::Listen::Tcp});
    LK_START_REDIS(primary);
    RedisServer replica({.config = {u"replicaof 127.0.0.1 " + QString::number(primary.port()),
                                    QStringLiteral("replica-read-only yes")}});
    LK_START_REDIS(replica);
    const CliProgram cli(replica.url());
    const auto watch = cli.start(kWatch);
    QJsonObject feed;
    while (feed[u"feed"].toString() != u"push") {
        feed = nextEvent(*watch, QStringLiteral("feed"));
        QVERIFY(!feed.isEmpty());
    }
    QCOMPARE(feed[u"trusted"].toBool(), false);
    QVERIFY2(feed[u"reason"].toString().contains(u"replica of 127.0.0.1:"),
             qPrintable(feed[u"reason"].toString()));
}

void TestCliWatch::endsAfterACount()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("there"), freshToken(), "PX", "60000"});
    const CliProgram cli(server.url());
    const auto watch =
        cli.start(kWatch + QStringList{QStringLiteral("--count"), QStringLiteral("1")});
    QVERIFY(!nextEvent(*watch, QStringLiteral("synced")).isEmpty());
    server.redis({"DEL", lockKey("there")});
    QCOMPARE(nextEvent(*watch, QStringLiteral("released"))[u"session_id"].toString(),
             QStringLiteral("there"));
    QVERIFY(watch->waitForFinished(kEnd));
    QCOMPARE(watch->exitCode(), 0);
}

void TestCliWatch::endsAfterASpan()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliRun run =
        CliProgram(server.url())
            .run(kWatch + QStringList{QStringLiteral("--for"), QStringLiteral("300ms")});
    QCOMPARE(run.exitCode, 0);
    QVERIFY(run.out.contains("\"synced\""));
}

void TestCliWatch::endsWithItsReader()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    QProcess shell;
    shell.setProcessEnvironment(cli.environment());
    shell.start(
        QStringLiteral("bash"),
        {QStringLiteral("-c"), QStringLiteral("\"$LK_BIN\"/lockkeeper-cli watch --json | head -n 1;"
                                              "exit ${PIPESTATUS[0]}")});
    // What ends the program is the next line that nobody takes.
    QTRY_VERIFY_WITH_TIMEOUT((server.redis({"SET", lockKey("s"), freshToken(), "PX", "60000"}),
                              server.redis({"DEL", lockKey("s")}),
                              shell.state() == QProcess::NotRunning),
                             kEnd);
    QCOMPARE(shell.exitStatus(), QProcess::NormalExit);
    QCOMPARE(shell.exitCode(), 0);
    QCOMPARE(shell.readAllStandardOutput().count('\n'), 1);
    QCOMPARE(shell.readAllStandardError(), QByteArray());
}

void TestCliWatch::endsInOrderOnSignals_data()
{
    QTest::addColumn<int>("number");
    QTest::newRow("SIGINT") << SIGINT;
    QTest::newRow("SIGTERM") << SIGTERM;
    QTest::newRow("SIGHUP") << SIGHUP;
}

void TestCliWatch::endsInOrderOnSignals()
{
    QFETCH(int, number);
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const auto watch = cli.start(kWatch);
    QVERIFY(!nextEvent(*watch, QStringLiteral("synced")).isEmpty());
    QCOMPARE(::kill(static_cast<pid_t>(watch->processId()), number), 0);
    QVERIFY(watch->waitForFinished(kEnd));
    QCOMPARE(watch->exitStatus(), QProcess::NormalExit);
    QCOMPARE(watch->exitCode(), 0);
}

void TestCliWatch::writesText()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("there"), "worker-7", "PX", "60000"});
    server.redis({"SET", lockKey("stuck"), "worker-8"});
    server.redis({"SET", lockKey("long"), "worker-9", "PX", "600000"});
    server.redis({"HSET", lockKey("foreign"), "no", "lock"});
    const CliRun run =
        CliProgram(server.url())
            .run({QStringLiteral("watch"), QStringLiteral("--for"), QStringLiteral("300ms")});
    QCOMPARE(run.exitCode, 0);
    QVERIFY2(run.out.contains("snapshot      there"), run.out.constData());
    QVERIFY2(run.out.contains("there  worker-7  ttl"), run.out.constData());
    QVERIFY2(run.out.contains("stuck  worker-8  never expires  held ≥"), run.out.constData());
    QVERIFY2(run.out.contains("long  worker-9  ttl 10 min  held ≥"), run.out.constData());
    QVERIFY2(run.out.contains("  3 locks; from here on"), run.out.constData());
    QVERIFY(run.out.contains("synced"));
    QVERIFY(run.out.contains("push, trusted"));
}

/// Rows that stayed have no line of their own then.
void TestCliWatch::countsWhatIsHeldAfterAReconnect()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("a"), freshToken(), "PX", "60000"});
    server.redis({"SET", lockKey("b"), freshToken(), "PX", "60000"});
    const CliProgram cli(server.url());
    const auto watch = cli.start({QStringLiteral("watch")});
    QByteArray out;
    const auto hasSaid = [&](const QByteArray &words, int times) {
        return QTest::qWaitFor(
            [&] {
                out += watch->readAllStandardOutput();
                return out.count(words) == times;
            },
            kEnd);
    };
    QVERIFY(hasSaid("  2 locks; from here on", 1));
    server.redis({"CLIENT", "KILL", "TYPE", "normal"});
    server.redis({"CLIENT", "KILL", "TYPE", "pubsub"});
    QVERIFY2(hasSaid("; from here on", 2), out.constData());
    QCOMPARE(out.count("  2 locks; from here on"), 2);
    watch->terminate();
    QVERIFY(watch->waitForFinished(kEnd));
}

QTEST_GUILESS_MAIN(TestCliWatch)
#include "tst_cli_watch.moc"
