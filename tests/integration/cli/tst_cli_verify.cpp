// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"

#include <QTest>

#include <csignal>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

constexpr int kEnd = 60'000;

/// A run that is watched while it goes on.
class Watched
{
public:
    explicit Watched(std::unique_ptr<QProcess> process)
        : m_process(std::move(process))
    {}

    [[nodiscard]] bool says(const char *words)
    {
        const auto hasSaid = [&] {
            m_err += m_process->readAllStandardError();
            return m_err.contains(words);
        };
        return QTest::qWaitFor(hasSaid, kEnd);
    }
    [[nodiscard]] CliRun interrupted()
    {
        ::kill(static_cast<pid_t>(m_process->processId()), SIGINT);
        CliRun run = ended(*m_process);
        run.err.prepend(m_err);
        return run;
    }
    [[nodiscard]] QProcess &process() { return *m_process; }
    [[nodiscard]] const QByteArray &said() const { return m_err; }

private:
    std::unique_ptr<QProcess> m_process;
    QByteArray m_err;
};

QStringList release(const QByteArray &token, const char *more)
{
    return words("release s --yes --token") << QString::fromLatin1(token) << words(more);
}

QString createSession(const CliProgram &cli)
{
    return cli.run(words("session create --user u-1 --json")).object()[u"session_id"].toString();
}

QJsonObject lastFinding(const CliProgram &cli)
{
    QJsonObject last;
    for (const QJsonObject &line : cli.audit()) {
        if (line[u"phase"].toString() == u"finding")
            last = line;
    }
    return last;
}

} // namespace

class TestCliVerify final : public QObject
{
    Q_OBJECT

private slots:
    void namesAWorkerThatComesBack();
    void namesTheNextInTheQueue();
    void tellsInTextToo();
    void tellsThatNothingCameBack();
    void whatCouldNotBeReadIsNotKnown();
    void endsWithTheActsOwnCodeWhenInterrupted();
    void doesNotWatchWhatWasRefused();
    void sayWhenADeletedCopyIsBack();
    void watchesEachOfMany();
    void tellsOfADeleteThatWasCutShort();
    void tellsOnceOfADeleteThatNeverBegan();
};

void TestCliVerify::namesAWorkerThatComesBack()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token});
    const CliProgram cli(server.url());
    Watched run(cli.start(release(token, "--verify 60s --json")));
    QVERIFY2(run.says("watching for"), run.said().constData());
    server.redis({"SET", lockKey("s"), freshToken(), "PX", "60000"}); // of the same node
    QVERIFY2(run.says("reappeared after"), run.said().constData());
    const CliRun left = run.interrupted();
    QVERIFY2(left.exitCode == 0, left.err.constData());
    const QJsonArray back = left.object()[u"reappeared"].toArray();
    QCOMPARE(back.size(), 1);
    QCOMPARE(back[0][u"session_id"].toString(), QStringLiteral("s"));
    QCOMPARE(back[0][u"kind"].toString(), QStringLiteral("lock"));
    QCOMPARE(back[0][u"same_owner"].toBool(), true);
    QVERIFY(back[0][u"after_ms"].isDouble());
    QVERIFY2(back[0][u"what"].toString().contains(u"02:42:ac:12:00:07"),
             qPrintable(back[0][u"what"].toString()));
    QVERIFY(left.object()[u"watched_ms"].toInt() >= back[0][u"after_ms"].toInt());
    QVERIFY(left.err.contains("a back end is still writing"));
    // It is on record under the act.
    QCOMPARE(lastFinding(cli)[u"outcome"].toString(), QStringLiteral("reappeared"));
    const QJsonArray acts = cli.run(words("audit list --json")).array();
    QCOMPARE(acts.size(), 1);
    QCOMPARE(acts[0][u"findings"][0][u"outcome"].toString(), QStringLiteral("reappeared"));
    QVERIFY(cli.run(words("audit list")).out.contains("reappeared after"));
}

void TestCliVerify::namesTheNextInTheQueue()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token});
    const CliProgram cli(server.url());
    Watched run(cli.start(release(token, "--verify 60s --json")));
    QVERIFY2(run.says("watching for"), run.said().constData());
    server.redis({"SET", lockKey("s"), freshToken().replace("0242ac120007", "0242ac120008")});
    QVERIFY2(run.says("02:42:ac:12:00:08"), run.said().constData());
    const CliRun left = run.interrupted();
    QCOMPARE(left.exitCode, 0);
    QCOMPARE(left.object()[u"reappeared"][0][u"same_owner"].toBool(), false);
    QVERIFY2(!left.err.contains("still writing"), left.err.constData());
}

void TestCliVerify::tellsInTextToo()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token});
    const CliProgram cli(server.url());
    Watched run(cli.start(release(token, "--verify 60s")));
    QVERIFY2(run.says("watching for"), run.said().constData());
    server.redis({"SET", lockKey("s"), freshToken(), "PX", "60000"});
    QVERIFY2(run.says("s: reappeared after"), run.said().constData());
    const CliRun left = run.interrupted();
    QCOMPARE(left.exitCode, 0);
    QVERIFY2(left.out.contains("lock: deleted"), left.out.constData());
    QVERIFY2(!left.out.contains("nothing came back"), left.out.constData());
}

void TestCliVerify::tellsThatNothingCameBack()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token});
    const CliRun text = cli.run(release(token, "--verify 1100ms"));
    QVERIFY2(text.exitCode == 0, text.err.constData());
    QVERIFY2(text.out.contains("nothing came back within"), text.out.constData());
    QCOMPARE(lastFinding(cli)[u"outcome"].toString(), QStringLiteral("nothing came back"));
    server.redis({"SET", lockKey("s"), token});
    const CliRun json = cli.run(release(token, "--verify 200ms --json"));
    QCOMPARE(json.exitCode, 0);
    QVERIFY(json.object()[u"watched_ms"].toInt() >= 200);
    QCOMPARE(json.object()[u"reappeared"].toArray().size(), 0);
    // Without a terminal nobody waits unasked.
    server.redis({"SET", lockKey("s"), token});
    const CliRun unasked = cli.run(release(token, "--json"));
    QCOMPARE(unasked.object()[u"watched_ms"].toInt(), 0);
}

void TestCliVerify::whatCouldNotBeReadIsNotKnown()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token});
    const auto process = cli.start(release(token, "--verify 6s"));
    QTRY_COMPARE_WITH_TIMEOUT(cli.audit().size(), 2, 60'000);
    server.kill();
    const CliRun run = ended(*process);
    QVERIFY2(run.exitCode == 0, run.err.constData()); // the release was done
    QVERIFY2(run.out.contains("is not known: it could not be read"), run.out.constData());
    QVERIFY(!run.out.contains("nothing came back"));
    QVERIFY(lastFinding(cli)[u"outcome"].toString().startsWith(u"not known"));
}

void TestCliVerify::endsWithTheActsOwnCodeWhenInterrupted()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token});
    const CliProgram cli(server.url());
    Watched run(cli.start(release(token, "--verify 60s --json")));
    QVERIFY2(run.says("watching for"), run.said().constData());
    const CliRun left = run.interrupted();
    QVERIFY2(left.exitCode == 0, left.err.constData());
    QCOMPARE(left.object()[u"done"].toBool(), true);
    QVERIFY(left.object()[u"watched_ms"].toInt() < 60'000);
}

void TestCliVerify::doesNotWatchWhatWasRefused()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("s"), freshToken()});
    const CliRun run = CliProgram(server.url()).run(release("old", "--verify 60s --json"));
    QCOMPARE(run.exitCode, 4);
    QVERIFY(!run.err.contains("watching"));
}

void TestCliVerify::sayWhenADeletedCopyIsBack()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = createSession(cli);
    const QByteArray copy = server.redis({"GET", cacheKey(id.toUtf8())}).toByteArray();
    Watched run(cli.start(words("delete --yes --verify 60s --json") << id));
    QVERIFY2(run.says("watching for"), run.said().constData());
    server.redis({"SET", cacheKey(id.toUtf8()), copy, "EX", "600"});
    QVERIFY2(run.says("the cached copy was written again"), run.said().constData());
    const CliRun left = run.interrupted();
    QVERIFY2(left.exitCode == 8, left.err.constData());
    QCOMPARE(left.object()[u"done"].toBool(), true);
    QCOMPARE(left.object()[u"reappeared"][0][u"kind"].toString(), QStringLiteral("cache"));
}

void TestCliVerify::watchesEachOfMany()
{
    RedisServer server;
    LK_START_REDIS(server);
    for (const char *session : {"a", "b"})
        server.redis({"SET", lockKey(session), freshToken()});
    const CliProgram cli(server.url());
    Watched run(cli.start(words("release --state no_expiry --yes --json --verify 60s")));
    QVERIFY2(run.says("watching for"), run.said().constData());
    server.redis({"SET", lockKey("b"), freshToken(), "PX", "60000"});
    QVERIFY2(run.says("b: reappeared after"), run.said().constData());
    const CliRun left = run.interrupted();
    QVERIFY2(left.exitCode == 0, left.err.constData());
    QCOMPARE(left.object()[u"done"].toInt(), 2);
    QCOMPARE(left.object()[u"reappeared"].toArray().size(), 1);
    QCOMPARE(left.object()[u"reappeared"][0][u"session_id"].toString(), QStringLiteral("b"));
}

/// A delete that waits for its lock, and is killed.
void startAndKill(RedisServer &server, const CliProgram &cli, const QString &id)
{
    server.redis({"SET", lockKey(id.toUtf8()), freshToken()});
    const qsizetype before = cli.audit().size();
    const auto waiting = cli.start(words("delete --yes --wait 60s") << id);
    QTRY_COMPARE_WITH_TIMEOUT(cli.audit().size(), before + 1, kEnd);
    waiting->kill();
    QVERIFY(waiting->waitForFinished());
    server.redis({"DEL", lockKey(id.toUtf8())});
}

void TestCliVerify::tellsOfADeleteThatWasCutShort()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = createSession(cli);
    startAndKill(server, cli, id);
    // The row goes, and the cached copy stays: as if it had been killed a moment later.
    RedisServer elsewhere;
    LK_START_REDIS(elsewhere);
    CliProgram other(elsewhere.url());
    other.setEnvironment(QStringLiteral("LOCKKEEPER_DB"), u"sqlite://" + cli.sqlitePath());
    QCOMPARE(other.run(words("delete --yes") << id).exitCode, 0);

    for (int i = 0; i < 2; ++i) {
        const CliRun list = cli.run(words("list --json"));
        QCOMPARE(list.exitCode, 0);
        QCOMPARE(list.out, QByteArray("[]\n"));
        QVERIFY2(list.err.contains("was cut short") && list.err.contains(id.toUtf8()),
                 list.err.constData());
        QVERIFY2(list.err.contains("the row is gone, its cached copy is there"),
                 list.err.constData());
        QVERIFY2(list.err.contains(QByteArray("lockkeeper-cli delete " + id.toUtf8())),
                 list.err.constData());
    }
    // Nothing is finished unasked.
    QCOMPARE(server.redis({"EXISTS", cacheKey(id.toUtf8())}).toInt(), 1);
    const QJsonArray cutShort = cli.run(words("audit list --cut-short --json")).array();
    QCOMPARE(cutShort.size(), 1);
    QCOMPARE(cutShort[0][u"findings"].toArray().size(), 1); // not once for each look
    const CliRun finished = cli.run(words("delete --yes") << id);
    QVERIFY2(finished.exitCode == 0, finished.err.constData());
    QCOMPARE(server.redis({"EXISTS", cacheKey(id.toUtf8())}).toInt(), 0);
    const CliRun after = cli.run(words("list"));
    QVERIFY2(!after.err.contains("cut short"), after.err.constData());
}

void TestCliVerify::tellsOnceOfADeleteThatNeverBegan()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = createSession(cli);
    startAndKill(server, cli, id);
    const CliRun first = cli.run(words("list"));
    QVERIFY2(first.err.contains("nothing was deleted") && !first.err.contains("finishes it"),
             first.err.constData());
    const CliRun second = cli.run(words("list"));
    QVERIFY2(!second.err.contains("cut short"), second.err.constData());
    QCOMPARE(server.redis({"EXISTS", cacheKey(id.toUtf8())}).toInt(), 1);
}

QTEST_GUILESS_MAIN(TestCliVerify)
#include "tst_cli_verify.moc"
