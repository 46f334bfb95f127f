// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"

#include <QJsonDocument>
#include <QSet>
#include <QTest>

#include <csignal>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

/// A lock that never expires.
QByteArray plant(RedisServer &server, const QByteArray &session)
{
    const QByteArray token = freshToken(std::chrono::minutes(2));
    server.redis({"SET", lockKey(session), token});
    return token;
}

QByteArray holder(RedisServer &server, const QByteArray &session)
{
    return server.redis({"GET", lockKey(session)}).toByteArray();
}

QByteArray createSession(const CliProgram &cli, const char *user = "u-1")
{
    const QStringList create = words("session create --json --user") << QString::fromUtf8(user);
    return cli.run(create).object()[u"session_id"].toString().toUtf8();
}

/// What the result list says of one session.
QJsonObject itemOf(const QJsonObject &report, const QByteArray &session)
{
    for (const QJsonValue &item : report[u"items"].toArray()) {
        if (item[u"session_id"].toString().toUtf8() == session)
            return item.toObject();
    }
    return {};
}

/// A list of locks as `list --json` writes it, with what acts need of it.
QByteArray listOf(const QList<std::pair<QByteArray, QByteArray>> &locks)
{
    QJsonArray list;
    for (const auto &[session, token] : locks)
        list.append(QJsonObject{{QStringLiteral("session_id"), QString::fromUtf8(session)},
                                {QStringLiteral("token"), QString::fromUtf8(token)}});
    return QJsonDocument(list).toJson();
}

QSet<QString> batches(const CliProgram &cli)
{
    QSet<QString> all;
    for (const QJsonObject &line : cli.audit())
        all.insert(line[u"batch"].toString());
    return all;
}

} // namespace

class TestCliBulk final : public QObject
{
    Q_OBJECT

private slots:
    void releasesThoseThatAFilterAccepts();
    void guardsEachByItsOwnToken();
    void readsStandardInput();
    void leavesOutWhatHoldsNoLock();
    void endsWithTheCodeOfAllWhenAllAreRefused();
    void saysThatNothingMatches();
    void hasACap();
    void triesDry();
    void aDryRunEndsLikeTheAct();
    void showsTheEffectsInALockedProfile();
    void doesNotActUnconfirmed();
    void writesResults();
    void findsOutBeforeItActsThatResultsCannotBeWritten();
    void isInterruptedBetweenTwo();
    void isInterruptedBeforeAnyIsDone();
    void deletesWaitingForEachLock();
    void deletesTakingOverWhatWasSeen();
    void deletesOnlyWhatIsTheUsers();
    void refusesBadLists_data();
    void refusesBadLists();
};

void TestCliBulk::releasesThoseThatAFilterAccepts()
{
    RedisServer server;
    LK_START_REDIS(server);
    for (const char *session : {"a", "b", "c"})
        plant(server, session);
    const QByteArray healthy = freshToken();
    server.redis({"SET", lockKey("d"), healthy, "PX", "60000"});
    const CliProgram cli(server.url());
    const CliRun run = cli.run(words("release --state no_expiry --yes --json --reason tidy"));
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QCOMPARE(run.object()[u"action"].toString(), QStringLiteral("release"));
    QCOMPARE(run.object()[u"done"].toInt(), 3);
    QCOMPARE(run.object()[u"of"].toInt(), 3);
    QCOMPARE(run.object()[u"not_reached"].toInt(), 0);
    QCOMPARE(itemOf(run.object(), "b")[u"outcome"].toString(), QStringLiteral("done"));
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 1);
    QCOMPARE(holder(server, "d"), healthy);
    // Progress is on standard error only.
    QVERIFY2(run.err.contains("1 of 3  ") && run.err.contains("3 of 3  "), run.err.constData());
    QVERIFY2(run.err.contains("3 of 3 done"), run.err.constData());

    QCOMPARE(cli.audit().size(), 6);
    QCOMPARE(batches(cli), QSet<QString>{run.object()[u"batch"].toString()});
    QVERIFY(!run.object()[u"batch"].toString().isEmpty());
    QCOMPARE(cli.audit()[4][u"reason"].toString(), QStringLiteral("tidy"));
    const QJsonArray acts = cli.run(words("audit list --json")).array();
    QCOMPARE(acts.size(), 3);
    QCOMPARE(acts[0][u"batch"], run.object()[u"batch"]);
}

void TestCliBulk::guardsEachByItsOwnToken()
{
    RedisServer server;
    LK_START_REDIS(server);
    for (const char *session : {"a", "b", "c"})
        plant(server, session);
    const CliProgram cli(server.url());
    const CliRun list = cli.runInto(cli.path(QStringLiteral("locks.json")), words("list --json"));
    QCOMPARE(list.exitCode, 0);
    const QByteArray next = plant(server, "b"); // it changes hands
    const QStringList from = words("release --yes --from")
                             << cli.path(QStringLiteral("locks.json"));
    const CliRun run = cli.run(from + words("--json"));
    QVERIFY2(run.exitCode == 8, run.err.constData());
    QCOMPARE(run.object()[u"done"].toInt(), 2);
    const QJsonObject refused = itemOf(run.object(), "b");
    QVERIFY2(refused[u"outcome"].toString().startsWith(u"refused: "),
             qPrintable(refused[u"outcome"].toString()));
    QCOMPARE(refused[u"done"].toBool(), false);
    QCOMPARE(holder(server, "b"), next);
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 1);

    for (const char *session : {"a", "c"})
        plant(server, session); // with other tokens than the list has
    const CliRun text = cli.run(from);
    QCOMPARE(text.exitCode, 4);
    QVERIFY2(text.out.contains("refused: "), text.out.constData());
    QVERIFY2(text.err.contains("0 of 3 done"), text.err.constData());
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 3);
}

void TestCliBulk::readsStandardInput()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray odd("odd \xff id");
    plant(server, "a");
    plant(server, odd);
    const CliProgram cli(server.url());
    const QString list = cli.path(QStringLiteral("locks.json"));
    QCOMPARE(cli.runInto(list, words("list --json")).exitCode, 0);
    const CliRun run = cli.runFrom(list, words("release --from - --yes"));
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 0);
}

/// `list` names keys that hold no lock as well.
void TestCliBulk::leavesOutWhatHoldsNoLock()
{
    RedisServer server;
    LK_START_REDIS(server);
    plant(server, "a");
    server.redis({"LPUSH", lockKey("strange"), "x"});
    const CliProgram cli(server.url());
    const QString list = cli.path(QStringLiteral("locks.json"));
    QCOMPARE(cli.runInto(list, words("list --json")).exitCode, 0);
    QVERIFY(readFile(list).contains("strange"));
    const CliRun run = cli.runFrom(list, words("release --from - --yes --json"));
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QVERIFY2(run.err.contains("strange"), run.err.constData());
    QCOMPARE(run.object()[u"of"].toInt(), 1);
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 1);
}

void TestCliBulk::endsWithTheCodeOfAllWhenAllAreRefused()
{
    RedisServer server;
    LK_START_REDIS(server);
    plant(server, "a");
    plant(server, "b");
    const CliProgram cli(server.url());
    const QString list =
        writeFile(cli.path(QStringLiteral("l")), listOf({{"a", "old"}, {"b", "older"}}));
    QCOMPARE(cli.run(words("release --yes --from") << list).exitCode, 4);
    // Where nothing would be done nobody is asked.
    const CliRun unasked = cli.run(words("release --from") << list);
    QVERIFY2(unasked.exitCode == 4, unasked.err.constData());
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 2);
}

void TestCliBulk::saysThatNothingMatches()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("d"), freshToken(), "PX", "60000"});
    const CliProgram cli(server.url());
    for (const char *how : {"--yes", "--dry-run", "--yes --json"}) {
        const CliRun run = cli.run(words("release --state no_expiry") + words(how));
        QVERIFY2(run.exitCode == 3, run.err.constData());
        QVERIFY2(run.err.contains("no lock was chosen"), run.err.constData());
    }
    QCOMPARE(cli.audit().size(), 0);
}

void TestCliBulk::hasACap()
{
    RedisServer server;
    LK_START_REDIS(server);
    for (int i = 0; i < 51; ++i)
        plant(server, QByteArray::number(i));
    const CliProgram cli(server.url());
    const QStringList release = words("release --state no_expiry --yes --json");
    const CliRun refused = cli.run(release);
    QCOMPARE(refused.exitCode, 7);
    QVERIFY2(refused.err.contains("51 locks") && refused.err.contains("--cap 51"),
             refused.err.constData());
    const CliRun dry = cli.run(words("release --state no_expiry --dry-run"));
    QVERIFY2(dry.exitCode == 7 && dry.err.contains("--cap 51"), dry.err.constData());
    QVERIFY2(!dry.err.contains("0 locks"), dry.err.constData());
    QCOMPARE(cli.run(release + words("--cap 50")).exitCode, 7);
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 51);
    QCOMPARE(cli.audit().size(), 0);
    const CliRun raised = cli.run(release + words("--cap 51"));
    QVERIFY2(raised.exitCode == 0, raised.err.constData());
    QCOMPARE(raised.object()[u"done"].toInt(), 51);
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 0);
}

void TestCliBulk::triesDry()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = plant(server, "a");
    plant(server, "b");
    const CliProgram cli(server.url());
    const CliRun text = cli.run(words("release --state no_expiry --dry-run"));
    QVERIFY2(text.exitCode == 0, text.err.constData());
    QVERIFY2(text.out.contains("SESSION") && text.out.contains("02:42:ac:12:00:07"),
             text.out.constData());
    QVERIFY2(text.err.contains("2 locks"), text.err.constData());
    const CliRun run = cli.run(words("release --state no_expiry --dry-run --json"));
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QCOMPARE(run.object()[u"dry_run"].toBool(), true);
    QCOMPARE(run.object()[u"items"].toArray().size(), 2);
    const QJsonObject item = itemOf(run.object(), "a");
    QCOMPARE(item[u"token"].toString().toUtf8(), token);
    QVERIFY(item[u"effects"][0].toString().contains(u"deletes the lock chat:session_lock:a"));
    QVERIFY(item[u"error"].isNull());
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 2);
    QCOMPARE(cli.audit().size(), 0);
}

void TestCliBulk::aDryRunEndsLikeTheAct()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = plant(server, "a");
    plant(server, "b");
    const CliProgram cli(server.url());
    const QString some =
        writeFile(cli.path(QStringLiteral("some")), listOf({{"a", token}, {"b", "old"}}));
    const QString none =
        writeFile(cli.path(QStringLiteral("none")), listOf({{"a", "old"}, {"b", "old"}}));
    const QStringList dry = words("release --dry-run --from");
    const CliRun partly = cli.run(dry + QStringList{some});
    QVERIFY2(partly.exitCode == 8, partly.err.constData());
    QVERIFY2(partly.out.contains("would be refused"), partly.out.constData());
    QVERIFY2(partly.err.contains("2 locks, of which 1 would be refused"), partly.err.constData());
    const CliRun all = cli.run(dry + QStringList{none, QStringLiteral("--json")});
    QCOMPARE(all.exitCode, 4);
    QVERIFY(!itemOf(all.object(), "a")[u"error"].isNull());
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 2);
}

void TestCliBulk::showsTheEffectsInALockedProfile()
{
    RedisServer server;
    LK_START_REDIS(server);
    plant(server, "a");
    plant(server, "b");
    const CliProgram cli;
    QCOMPARE(
        cli.run(words("profile add prod --environment production --url") << server.url()).exitCode,
        0);
    const QStringList release = words("--profile prod release --state no_expiry");
    const CliRun text = cli.run(release + words("--dry-run"));
    QCOMPARE(text.exitCode, 7);
    QVERIFY2(text.out.contains("02:42:ac:12:00:07"), text.out.constData());
    QVERIFY2(text.err.contains("--unlock production"), text.err.constData());
    const CliRun json = cli.run(release + words("--dry-run --json"));
    QCOMPARE(json.exitCode, 7);
    QVERIFY(itemOf(json.object(), "b")[u"effects"][0].toString().contains(u"deletes the lock"));
    QVERIFY(json.object()[u"error"][u"what"].toString().contains(u"locked"));
    QCOMPARE(cli.run(release + words("--yes")).exitCode, 7);
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 2);
    const CliRun unlocked = cli.run(release + words("--yes --unlock production"));
    QVERIFY2(unlocked.exitCode == 0, unlocked.err.constData());
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 0);
}

void TestCliBulk::doesNotActUnconfirmed()
{
    RedisServer server;
    LK_START_REDIS(server);
    plant(server, "a");
    const CliRun run = CliProgram(server.url()).run(words("release --state no_expiry"));
    QCOMPARE(run.exitCode, 7);
    QVERIFY2(run.err.contains("1 lock") && run.err.contains("--yes"), run.err.constData());
    QCOMPARE(run.out, QByteArray());
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 1);
}

void TestCliBulk::writesResults()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    for (const char *name : {"results.csv", "results.json"}) {
        const QByteArray token = plant(server, "a");
        plant(server, "b");
        const QString list =
            writeFile(cli.path(QStringLiteral("l")), listOf({{"a", token}, {"b", "=old"}}));
        const QString results = cli.path(QString::fromUtf8(name));
        const CliRun run = cli.run(words("release --yes --from")
                                   << list << QStringLiteral("--results") << results);
        QVERIFY2(run.exitCode == 8, run.err.constData());
        const QByteArray written = readFile(results);
        if (results.endsWith(u".json")) {
            const QJsonObject report = QJsonDocument::fromJson(written).object();
            QCOMPARE(report[u"done"].toInt(), 1);
            QCOMPARE(itemOf(report, "a")[u"token"].toString().toUtf8(), token);
            QCOMPARE(itemOf(report, "b")[u"done"].toBool(), false);
            QVERIFY(batches(cli).contains(report[u"batch"].toString()));
            continue;
        }
        const QList<QByteArray> lines = written.trimmed().split('\n');
        QCOMPARE(lines.size(), 3);
        QCOMPARE(lines[0].trimmed(),
                 QByteArray("session_id,token,outcome,steps,warnings,verification,batch"));
        const QByteArray done = "\"a\",\"" + token + "\",\"done\"";
        QVERIFY2(lines[1].startsWith(done), lines[1].constData());
        QVERIFY2(lines[2].startsWith("\"b\",\"'=old\",\"refused: "), lines[2].constData());
    }
}

void TestCliBulk::findsOutBeforeItActsThatResultsCannotBeWritten()
{
    RedisServer server;
    LK_START_REDIS(server);
    plant(server, "a");
    const CliProgram cli(server.url());
    const CliRun run = cli.run(words("release --state no_expiry --yes --results /dev/null/x.csv"));
    QCOMPARE(run.exitCode, 1);
    QVERIFY2(run.err.contains("/dev/null/x.csv"), run.err.constData());
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 1);
    QCOMPARE(cli.audit().size(), 0);
    const CliRun one = cli.run(words("release a --token t --yes --results x.csv"));
    QCOMPARE(one.exitCode, 2);
    QCOMPARE(cli.run(words("release a --token t --yes --cap 3")).exitCode, 2);
}

void TestCliBulk::isInterruptedBetweenTwo()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QByteArray first = createSession(cli);
    const QByteArray second = createSession(cli);
    const QByteArray third = createSession(cli);
    const QByteArray token = plant(server, second);
    const QString list = writeFile(cli.path(QStringLiteral("l")),
                                   listOf({{first, "x"}, {second, token}, {third, "x"}}));
    const qsizetype before = cli.audit().size();
    const auto process = cli.start(words("delete --yes --json --wait 60s --from") << list);
    // The second one's intent is on the disk: it waits for its lock.
    QTRY_COMPARE_WITH_TIMEOUT(cli.audit().size(), before + 3, 30'000);
    QCOMPARE(::kill(static_cast<pid_t>(process->processId()), SIGINT), 0);
    const CliRun run = ended(*process);
    QVERIFY2(run.exitCode == 8, run.err.constData());
    const QJsonObject report = run.object();
    QCOMPARE(report[u"done"].toInt(), 1);
    QCOMPARE(report[u"not_reached"].toInt(), 1);
    QCOMPARE(itemOf(report, first)[u"outcome"].toString(), QStringLiteral("done"));
    QVERIFY(!itemOf(report, second)[u"done"].toBool());
    QCOMPARE(itemOf(report, third)[u"outcome"].toString(), QStringLiteral("not reached"));
    QVERIFY2(run.err.contains("1 of 3 done, 1 not reached"), run.err.constData());
    // Nothing is half done.
    QCOMPARE(server.redis({"EXISTS", cacheKey(first)}).toInt(), 0);
    QCOMPARE(holder(server, second), token);
    for (const QByteArray &left : {second, third}) {
        QCOMPARE(server.redis({"EXISTS", cacheKey(left)}).toInt(), 1);
        QCOMPARE(cli.run(words("session get") << QString::fromUtf8(left)).exitCode, 0);
    }
    QCOMPARE(cli.run(words("audit list --cut-short --json")).array().size(), 0);
}

void TestCliBulk::isInterruptedBeforeAnyIsDone()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QByteArray first = createSession(cli);
    const QByteArray token = plant(server, first);
    const QString list =
        writeFile(cli.path(QStringLiteral("l")), listOf({{first, token}, {"other", "x"}}));
    const qsizetype before = cli.audit().size();
    const auto process = cli.start(words("delete --yes --wait 60s --from") << list);
    QTRY_COMPARE_WITH_TIMEOUT(cli.audit().size(), before + 1, 30'000);
    QCOMPARE(::kill(static_cast<pid_t>(process->processId()), SIGINT), 0);
    const CliRun run = ended(*process);
    QVERIFY2(run.exitCode == 1, run.err.constData());
    QVERIFY2(run.out.contains("not reached"), run.out.constData());
    QCOMPARE(holder(server, first), token);
}

void TestCliBulk::deletesWaitingForEachLock()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QByteArray freed = createSession(cli);
    const QByteArray held = createSession(cli);
    server.redis({"SET", lockKey(freed), "soon-free", "PX", "1000"});
    const QByteArray token = plant(server, held);
    const QString list =
        writeFile(cli.path(QStringLiteral("l")), listOf({{freed, "soon-free"}, {held, token}}));
    const CliRun run = cli.run(words("delete --yes --json --wait 3s --from") << list);
    QVERIFY2(run.exitCode == 8, run.err.constData());
    QCOMPARE(itemOf(run.object(), freed)[u"outcome"].toString(), QStringLiteral("done"));
    QVERIFY(!itemOf(run.object(), held)[u"done"].toBool());
    QCOMPARE(holder(server, held), token);
    QCOMPARE(server.redis({"EXISTS", cacheKey(freed), cacheKey(held)}).toInt(), 1);
    // All of them in the end alike: the code of one of them.
    const CliRun again = cli.run(words("delete --state no_expiry --yes --wait 100ms"));
    QVERIFY2(again.exitCode == 5, again.err.constData());
}

void TestCliBulk::deletesTakingOverWhatWasSeen()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QByteArray first = createSession(cli);
    const QByteArray second = createSession(cli);
    plant(server, first);
    plant(server, second);
    const QStringList takeOver = words("delete --take-over-seen --state no_expiry");
    const CliRun dry = cli.run(takeOver + words("--dry-run --json"));
    QVERIFY2(dry.exitCode == 0, dry.err.constData());
    QCOMPARE(dry.object()[u"action"].toString(), QStringLiteral("take over and delete"));
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 4);
    const QString list = cli.path(QStringLiteral("l"));
    QCOMPARE(cli.runInto(list, words("list --json")).exitCode, 0);
    const QByteArray next = plant(server, second);
    const CliRun run = cli.run(words("delete --take-over-seen --yes --json --from") << list);
    QVERIFY2(run.exitCode == 8, run.err.constData());
    QCOMPARE(itemOf(run.object(), first)[u"outcome"].toString(), QStringLiteral("done"));
    QVERIFY(itemOf(run.object(), second)[u"outcome"].toString().startsWith(u"refused: "));
    QCOMPARE(server.redis({"EXISTS", cacheKey(first), lockKey(first)}).toInt(), 0);
    QCOMPARE(holder(server, second), next);
    QCOMPARE(server.redis({"EXISTS", cacheKey(second)}).toInt(), 1);
    const CliRun rest = cli.run(takeOver + words("--yes"));
    QVERIFY2(rest.exitCode == 0, rest.err.constData());
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 0);
}

void TestCliBulk::deletesOnlyWhatIsTheUsers()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QByteArray mine = createSession(cli, "u-1");
    const QByteArray theirs = createSession(cli, "u-2");
    plant(server, mine);
    plant(server, theirs);
    const CliRun run = cli.run(words("delete --user u-1 --take-over-seen --yes --json"));
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QCOMPARE(run.object()[u"of"].toInt(), 1);
    QCOMPARE(server.redis({"EXISTS", cacheKey(mine)}).toInt(), 0);
    QCOMPARE(server.redis({"EXISTS", cacheKey(theirs)}).toInt(), 1);
}

void TestCliBulk::refusesBadLists_data()
{
    QTest::addColumn<QByteArray>("list");
    QTest::addColumn<QByteArray>("says");
    QTest::newRow("no JSON") << QByteArray("session,token\na,b\n") << QByteArray("no list");
    QTest::newRow("an object") << QByteArray("{}") << QByteArray("no list");
    QTest::newRow("no objects") << QByteArray("[1]") << QByteArray("entry 1");
    QTest::newRow("no token") << listOf({{"a", "x"}}).replace("\"token\"", "\"tokes\"")
                              << QByteArray("entry 1");
    QTest::newRow("an empty session") << listOf({{"", "x"}}) << QByteArray("entry 1");
}

void TestCliBulk::refusesBadLists()
{
    QFETCH(QByteArray, list);
    QFETCH(QByteArray, says);
    RedisServer server;
    LK_START_REDIS(server);
    plant(server, "a");
    const CliProgram cli(server.url());
    const QString file = writeFile(cli.path(QStringLiteral("l")), list);
    const CliRun run = cli.run(words("release --yes --from") << file);
    QCOMPARE(run.exitCode, 2);
    QVERIFY2(run.err.contains(says), run.err.constData());
    QVERIFY2(run.err.contains("list --json"), run.err.constData());
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 1);
    QCOMPARE(cli.run(words("release --yes --from /nowhere/at-all")).exitCode, 2);
    QCOMPARE(cli.run(words("release --yes --state no_expiry --from") << file).exitCode, 2);
}

QTEST_GUILESS_MAIN(TestCliBulk)
#include "tst_cli_bulk.moc"
