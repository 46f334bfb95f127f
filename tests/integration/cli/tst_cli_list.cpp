// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"

#include <QElapsedTimer>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::test;
using namespace std::chrono_literals;

namespace {

const QByteArray kSession = R"({"session_id":"cached","user_id":"u-1","title":"A title",)"
                            R"("messages":[],"usage":[],"credentials":{},)"
                            R"("started_at":"2026-01-01T00:00:00.000000Z",)"
                            R"("updated_at":"2026-01-01T00:00:00.000000Z",)"
                            R"("successful_agent_runs":{},"successful_agent_schedules":{}})";

QStringList keysOf(const QByteArray &json)
{
    // As written, not as a map would sort them: the first level of the first object.
    QStringList keys;
    for (const QByteArray &line : json.split('\n')) {
        if (line.startsWith("    \""))
            keys.append(QString::fromUtf8(line.mid(5, line.indexOf('"', 5) - 5)));
        if (line.startsWith("  }"))
            break;
    }
    return keys;
}

} // namespace

class TestCliList final : public QObject
{
    Q_OBJECT

private slots:
    void listsNothing();
    void listsWhatIsThere();
    void writesKeysInTheirOrder();
    void namesStates();
    void filtersAndSorts();
    void tellsContendedLocks();
    void oneTouchIsNoContention();
    void showsBinaryTokensEscaped();
    void anEmptyTokenIsAToken();
    void saysThatAReplicaMayLag();
    void listsNoLockThatEndedDuringTheLook();
    void followsOtherFamilies();
    void worksForViewersWithoutAFeed();
    void namesTheRightToRead_data();
    void namesTheRightToRead();
    void lostOutputIsNoSuccess_data();
    void lostOutputIsNoSuccess();
    void aReaderThatHasEnoughIsNoFailure();
};

void TestCliList::listsNothing()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const CliRun json = cli.run({QStringLiteral("list"), QStringLiteral("--json")});
    QCOMPARE(json.exitCode, 0);
    QCOMPARE(json.out, QByteArray("[]\n"));
    const CliRun text = cli.run({QStringLiteral("list")});
    QCOMPARE(text.exitCode, 0);
    QCOMPARE(text.out, QByteArray());
    QVERIFY2(text.err.startsWith("no locks under chat:session_lock:"), text.err.constData());
}

void TestCliList::listsWhatIsThere()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("cached"), token, "PX", "60000"});
    server.redis({"SETEX", cacheKey("cached"), "43200", kSession});
    const CliProgram cli(server.url());

    const CliRun json = cli.run({QStringLiteral("--json"), QStringLiteral("list")});
    QCOMPARE(json.exitCode, 0);
    const QJsonObject row = rowOf(json.array(), QStringLiteral("cached"));
    QCOMPARE(row[u"token"].toString(), QString::fromLatin1(token));
    QCOMPARE(row[u"family"].toString(), QStringLiteral("chat"));
    QCOMPARE(row[u"lease_ms"].toInt(), 60000);
    QVERIFY(row[u"ttl_ms"].toInt() > 0 && row[u"ttl_ms"].toInt() <= 60000);
    QVERIFY(row[u"acquired_at"].toString().endsWith(u'Z'));
    QVERIFY(row[u"waiters"].isNull());
    const QJsonObject owner = row[u"owner"].toObject();
    QCOMPARE(owner[u"kind"].toString(), QStringLiteral("uuid1"));
    QCOMPARE(owner[u"node_id"].toString(), QStringLiteral("0242ac120007"));
    QVERIFY(owner[u"queued_ms"].isDouble());
    const QJsonObject session = row[u"session"].toObject();
    QCOMPARE(session[u"cached"].toBool(), true);
    QCOMPARE(session[u"title"].toString(), QStringLiteral("A title"));
    QCOMPARE(session[u"user_id"].toString(), QStringLiteral("u-1"));
    QCOMPARE(session[u"bytes"].toInt(), kSession.size());

    const CliRun text = cli.run({QStringLiteral("list")});
    QVERIFY(text.out.contains("cached"));
    QVERIFY(text.out.contains("A title"));
    QVERIFY(!text.out.contains('\x1b')); // no terminal, no colours
    QCOMPARE(text.err, QByteArray("1 lock\n"));
}

void TestCliList::writesKeysInTheirOrder()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("s"), freshToken(), "PX", "60000"});
    const CliRun json =
        CliProgram(server.url()).run({QStringLiteral("list"), QStringLiteral("--json")});
    QCOMPARE(keysOf(json.out).join(u' '),
             QStringLiteral("session_id lock_key family server token owner acquired_at held_ms "
                            "ttl_ms lease_ms renewals state reason session contended waiters"));
}

void TestCliList::namesStates()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("forever"), freshToken()});
    server.redis({"HSET", lockKey("hash"), "thread:1", "1"});
    server.redis({"SET", lockKey("nobody"), freshToken(), "PX", "60000"});
    server.redis({"SET", lockKey("long"), freshToken(41s), "PX", "20000"});
    server.redis({"SETEX", cacheKey("long"), "43200", kSession});
    const QJsonArray list =
        CliProgram(server.url()).run({QStringLiteral("list"), QStringLiteral("--json")}).array();
    const auto stateOf = [&](const char *session) {
        return rowOf(list, QString::fromLatin1(session))[u"state"].toString();
    };
    QCOMPARE(stateOf("forever"), QStringLiteral("no_expiry"));
    QCOMPARE(stateOf("hash"), QStringLiteral("foreign"));
    QCOMPARE(stateOf("nobody"), QStringLiteral("orphan"));
    QCOMPARE(stateOf("long"), QStringLiteral("held_long"));
    const QJsonObject endless = rowOf(list, QStringLiteral("forever"));
    QVERIFY(endless[u"ttl_ms"].isNull());
    QVERIFY(!endless[u"reason"].toString().isEmpty());
    QVERIFY(rowOf(list, QStringLiteral("hash"))[u"token"].isNull());
}

void TestCliList::filtersAndSorts()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("old"), freshToken(41s), "PX", "20000"});
    server.redis({"SET", lockKey("new"), "worker-9", "PX", "60000"});
    const CliProgram cli(server.url());
    const auto ids = [&](const QStringList &arguments) {
        QStringList found;
        const QJsonArray list =
            cli.run(QStringList{QStringLiteral("list"), QStringLiteral("--json")} + arguments)
                .array();
        for (const QJsonValue &row : list)
            found.append(row[u"session_id"].toString());
        return found.join(u' ');
    };
    QCOMPARE(ids({QStringLiteral("--older-than"), QStringLiteral("30s")}), QStringLiteral("old"));
    QCOMPARE(ids({QStringLiteral("--owner"), QStringLiteral("WORKER-9")}), QStringLiteral("new"));
    QCOMPARE(ids({QStringLiteral("--state"), QStringLiteral("foreign")}), QString());
    QCOMPARE(ids({QStringLiteral("--user"), QStringLiteral("nobody")}), QString());
    QCOMPARE(ids({QStringLiteral("--sort"), QStringLiteral("session")}), QStringLiteral("new old"));
    QCOMPARE(ids({QStringLiteral("--sort"), QStringLiteral("held")}), QStringLiteral("old new"));
    QCOMPARE(cli.run({QStringLiteral("list"), QStringLiteral("--state"), QStringLiteral("odd")})
                 .exitCode,
             2);
    QCOMPARE(cli.run({QStringLiteral("list"), QStringLiteral("--sort"), QStringLiteral("colour")})
                 .exitCode,
             2);
}

void TestCliList::tellsContendedLocks()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("wanted"), freshToken(), "PX", "60000"});
    server.redis({"SET", lockKey("quiet"), freshToken(), "PX", "60000"});
    const CliProgram cli(server.url());
    const auto process = cli.start(
        {QStringLiteral("list"), QStringLiteral("--contention"), QStringLiteral("--json")});
    QElapsedTimer limit;
    limit.start();
    while (process->state() != QProcess::NotRunning && limit.elapsed() < 30'000) {
        server.redis({"SET", lockKey("wanted"), "other", "NX", "PX", "60000"});
        QTest::qWait(100);
    }
    QCOMPARE(process->exitCode(), 0);
    CliRun run;
    run.out = process->readAllStandardOutput();
    const QJsonObject wanted = rowOf(run.array(), QStringLiteral("wanted"));
    QCOMPARE(wanted[QStringLiteral("contended")], QJsonValue(true));
    QCOMPARE(wanted[QStringLiteral("state")].toString(), QStringLiteral("contended"));
    QVERIFY(wanted[QStringLiteral("waiters")].isNull());
    const QJsonObject quiet = rowOf(run.array(), QStringLiteral("quiet"));
    QCOMPARE(quiet[QStringLiteral("contended")], QJsonValue(false));
    QCOMPARE(quiet[QStringLiteral("waiters")].toInt(-1), 0);
    // Without being asked to look it claims nothing.
    const CliRun plain = cli.run({QStringLiteral("list"), QStringLiteral("--json")});
    QVERIFY(rowOf(plain.array(), QStringLiteral("wanted"))[QStringLiteral("contended")].isNull());
}

void TestCliList::oneTouchIsNoContention()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("seen"), freshToken(), "PX", "60000"});
    const CliProgram cli(server.url());
    const auto process = cli.start(
        {QStringLiteral("list"), QStringLiteral("--contention"), QStringLiteral("--json")});
    // A colleague reads it, as late as it can be while the first look is yet to come.
    const auto hasLooked = [&server] {
        return server.redis({"INFO", "commandstats"}).toByteArray().contains("cmdstat_object");
    };
    QElapsedTimer limit;
    limit.start();
    while (process->state() != QProcess::NotRunning && limit.elapsed() < 30'000) {
        if (!hasLooked())
            server.redis({"GET", lockKey("seen")});
        QTest::qWait(50);
    }
    QCOMPARE(process->exitCode(), 0);
    CliRun run;
    run.out = process->readAllStandardOutput();
    const QJsonObject seen = rowOf(run.array(), QStringLiteral("seen"));
    QCOMPARE(seen[QStringLiteral("contended")], QJsonValue(false));
}

void TestCliList::showsBinaryTokensEscaped()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token("\x00\xff\x10 raw\x1b[2J", 11);
    server.redis({"SET", lockKey("binary"), token, "PX", "60000"});
    const CliProgram cli(server.url());
    const CliRun json = cli.run({QStringLiteral("list"), QStringLiteral("--json")});
    const QString shown = rowOf(json.array(), QStringLiteral("binary"))[u"token"].toString();
    QCOMPARE(shown, QStringLiteral("\\x00\\xff\\x10 raw\\x1b[2J"));
    QVERIFY(!cli.run({QStringLiteral("list")}).out.contains('\x1b'));

    // What is shown can be given back.
    const CliRun released = cli.run({QStringLiteral("release"), QStringLiteral("binary"),
                                     QStringLiteral("--token"), shown, QStringLiteral("--yes")});
    QVERIFY2(released.exitCode == 0, released.err.constData());
    QCOMPARE(server.redis({"EXISTS", lockKey("binary")}).toInt(), 0);
}

void TestCliList::anEmptyTokenIsAToken()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("empty"), "", "PX", "60000"});
    server.redis({"HSET", lockKey("hash"), "thread:1", "1"});
    const CliProgram cli(server.url());
    const QJsonArray list = cli.run({QStringLiteral("list"), QStringLiteral("--json")}).array();
    const QJsonValue token = rowOf(list, QStringLiteral("empty"))[u"token"];
    QVERIFY(token.isString());
    QCOMPARE(token.toString(), QString());
    QVERIFY(rowOf(list, QStringLiteral("hash"))[u"token"].isNull());
    const QStringList show{QStringLiteral("show"), QStringLiteral("empty"),
                           QStringLiteral("--json")};
    QVERIFY(cli.run(show).object()[u"lock"][u"token"].isString());

    const QStringList release{QStringLiteral("release"), QStringLiteral("empty"),
                              QStringLiteral("--yes"), QStringLiteral("--token")};
    QCOMPARE(cli.run(release + QStringList{QStringLiteral("other")}).exitCode, 4);
    const CliRun released = cli.run(release + QStringList{QString()});
    QVERIFY2(released.exitCode == 0, released.err.constData());
    QCOMPARE(server.redis({"EXISTS", lockKey("empty")}).toInt(), 0);
}

void TestCliList::saysThatAReplicaMayLag()
{
    RedisServer primary({.listen = RedisServer::Listen::Tcp});
    LK_START_REDIS(primary);
    const QString place = QStringLiteral("127.0.0.1 %1").arg(primary.port());
    RedisServer replica({.config = {u"replicaof " + place}});
    LK_START_REDIS(replica);
    QTRY_VERIFY_WITH_TIMEOUT(
        replica.redis({"INFO", "replication"}).toByteArray().contains("master_link_status:up"),
        60'000);
    const QByteArray warning = "this server is a replica of " +
                               QString(place).replace(u' ', u':').toLatin1() +
                               ": what it shows may lag";
    const CliProgram cli(replica.url());
    for (const QStringList &verb :
         {QStringList{QStringLiteral("list")},
          QStringList{QStringLiteral("show"), QStringLiteral("nobody")}}) {
        const CliRun run = cli.run(verb + QStringList{QStringLiteral("--json")});
        QVERIFY2(run.err.contains(warning), run.err.constData());
        QVERIFY(!run.out.contains("replica"));
    }
    const CliRun direct = CliProgram(primary.url()).run({QStringLiteral("list")});
    QVERIFY2(!direct.err.contains("replica"), direct.err.constData());
}

void TestCliList::listsNoLockThatEndedDuringTheLook()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("ends"), freshToken(), "PX", "1500"});
    server.redis({"SET", lockKey("stays"), freshToken(), "PX", "60000"});
    const QJsonArray list =
        CliProgram(server.url())
            .run({QStringLiteral("list"), QStringLiteral("--contention"), QStringLiteral("--json")})
            .array();
    QCOMPARE(list.size(), 1);
    QCOMPARE(list[0][u"session_id"].toString(), QStringLiteral("stays"));
}

void TestCliList::followsOtherFamilies()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", "copilot:session_lock:builder:u:g", freshToken(), "PX", "10000"});
    server.redis({"SET", "kb:lock:1", freshToken(), "PX", "10000"});
    const CliProgram cli(server.url());
    const QJsonArray copilot = cli.run({QStringLiteral("list"), QStringLiteral("--json"),
                                        QStringLiteral("--family"), QStringLiteral("copilot")})
                                   .array();
    QCOMPARE(copilot.size(), 1);
    QCOMPARE(copilot[0][u"session_id"].toString(), QStringLiteral("builder:u:g"));
    QCOMPARE(copilot[0][u"family"].toString(), QStringLiteral("copilot"));
    const QJsonArray own =
        cli.run({QStringLiteral("list"), QStringLiteral("--json"), QStringLiteral("--lock-prefix"),
                 QStringLiteral("kb:lock:"), QStringLiteral("--session-prefix"),
                 QStringLiteral("kb:chat:"), QStringLiteral("--lease"), QStringLiteral("10s")})
            .array();
    QCOMPARE(own.size(), 1);
    QCOMPARE(own[0][u"lease_ms"].toInt(), 10000);
}

void TestCliList::worksForViewersWithoutAFeed()
{
    RedisServer::Options options;
    options.aclUsers = {
        QStringLiteral("viewer on >secret ~chat:* +scan +get +pttl +strlen +getrange +ping +auth")};
    RedisServer server(options);
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("s"), freshToken(), "PX", "60000"});
    CliProgram cli(u"redis+unix://viewer:secret@" + server.socketPath());
    const CliRun json = cli.run({QStringLiteral("list"), QStringLiteral("--json")});
    QVERIFY2(json.exitCode == 0, json.err.constData());
    QCOMPARE(json.array().size(), 1);
}

void TestCliList::namesTheRightToRead_data()
{
    QTest::addColumn<QString>("without");
    QTest::addColumn<QByteArray>("words");
    QTest::newRow("get") << QStringLiteral("-get")
                         << QByteArray("missing right: +get on ~chat:session_lock:*");
    QTest::newRow("pttl") << QStringLiteral("-pttl")
                          << QByteArray("missing right: +pttl on ~chat:session_lock:*");
    QTest::newRow("both") << QStringLiteral("-get -pttl")
                          << QByteArray("missing rights: +get on ~chat:session_lock:*, "
                                        "+pttl on ~chat:session_lock:*");
}

/// A lock that cannot be read is no foreign key.
void TestCliList::namesTheRightToRead()
{
    QFETCH(const QString, without);
    QFETCH(const QByteArray, words);
    RedisServer::Options options;
    options.aclUsers = {u"blind on >secret ~* &* +@all " + without};
    RedisServer server(options);
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("a"), freshToken(), "PX", "60000"});
    const CliRun run = CliProgram(u"redis+unix://blind:secret@" + server.socketPath())
                           .run({QStringLiteral("list")});
    QCOMPARE(run.exitCode, 7);
    QVERIFY2(run.err.contains(words), run.err.constData());
    QVERIFY2(run.out.isEmpty(), run.out.constData());
}

void TestCliList::lostOutputIsNoSuccess_data()
{
    QTest::addColumn<QStringList>("call");
    QTest::newRow("list") << QStringList{QStringLiteral("list")};
    QTest::newRow("JSON") << QStringList{QStringLiteral("list"), QStringLiteral("--json")};
    QTest::newRow("show") << QStringList{QStringLiteral("show"), QStringLiteral("s1")};
    QTest::newRow("watch") << QStringList{QStringLiteral("watch")};
}

void TestCliList::lostOutputIsNoSuccess()
{
    QFETCH(QStringList, call);
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("s1"), freshToken(), "PX", "60000"});
    const CliRun run = CliProgram(server.url()).runInto(QStringLiteral("/dev/full"), call);
    QCOMPARE(run.exitCode, 1);
    QCOMPARE(run.err.count("the output could not be written: No space left on device"), 1);
}

void TestCliList::aReaderThatHasEnoughIsNoFailure()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    QProcess shell;
    shell.setProcessEnvironment(cli.environment());
    // A watch ends by itself only when it cannot write.
    shell.start(
        QStringLiteral("/bin/sh"),
        {QStringLiteral("-c"),
         QStringLiteral("{ \"$LK_BIN/lockkeeper-cli\" watch --json; echo $? >&2; } | true")});
    QVERIFY(shell.waitForFinished(60'000));
    QCOMPARE(shell.readAllStandardError(), QByteArray("0\n"));
}

QTEST_GUILESS_MAIN(TestCliList)
#include "tst_cli_list.moc"
