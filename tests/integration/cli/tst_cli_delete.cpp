// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"

#include <QFile>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

const QString kYes = QStringLiteral("--yes");
const QString kJson = QStringLiteral("--json");

QString createSession(const CliProgram &cli)
{
    return cli
        .run({QStringLiteral("session"), QStringLiteral("create"), QStringLiteral("--user"),
              QStringLiteral("u-1"), kJson})
        .object()[u"session_id"]
        .toString();
}

CliRun remove(const CliProgram &cli, const QString &id, const QStringList &more = {})
{
    return cli.run(QStringList{QStringLiteral("delete"), id} + more);
}

} // namespace

class TestCliDelete final : public QObject
{
    Q_OBJECT

private slots:
    void deletesRowAndCopyUnderTheLock();
    void doesNotFindOthersSessions();
    void waitsForTheLockAndGivesUp();
    void takesOverFromTheSeenOwnerOnly();
    void leavesTheLockOfOthersSessions();
    void finishesInTheSameDatabaseOnly();
    void aDryRunMakesNoTables();
    void doesNotActUnconfirmed();
    void refusesReadOnly();
    void tellsWhatIsHalfDone();
    void endsItsWaitOnASignal();
};

void TestCliDelete::deletesRowAndCopyUnderTheLock()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = createSession(cli);
    QVERIFY(!id.isEmpty());
    QCOMPARE(server.redis({"EXISTS", cacheKey(id.toUtf8())}).toInt(), 1);
    const CliRun run = remove(cli, id, {kYes, kJson});
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QCOMPARE(run.object()[u"done"].toBool(), true);
    QVERIFY(!run.object()[u"steps"].toArray().isEmpty());
    QCOMPARE(server.redis({"EXISTS", cacheKey(id.toUtf8())}).toInt(), 0);
    QCOMPARE(server.redis({"EXISTS", lockKey(id.toUtf8())}).toInt(), 0);
    const CliRun again = remove(cli, id, {kYes});
    QCOMPARE(again.exitCode, 3);
}

void TestCliDelete::doesNotFindOthersSessions()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = createSession(cli);
    const CliRun run = remove(cli, id, {kYes, QStringLiteral("--user"), QStringLiteral("u-2")});
    QCOMPARE(run.exitCode, 3);
    QCOMPARE(server.redis({"EXISTS", cacheKey(id.toUtf8())}).toInt(), 1);
    QCOMPARE(remove(cli, id, {kYes, QStringLiteral("--user"), QStringLiteral("u-1")}).exitCode, 0);
}

void TestCliDelete::waitsForTheLockAndGivesUp()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = createSession(cli);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey(id.toUtf8()), token, "PX", "60000"});
    const CliRun run = remove(cli, id, {kYes, QStringLiteral("--wait"), QStringLiteral("300ms")});
    QCOMPARE(run.exitCode, 5);
    QCOMPARE(server.redis({"GET", lockKey(id.toUtf8())}).toByteArray(), token);
    QCOMPARE(server.redis({"EXISTS", cacheKey(id.toUtf8())}).toInt(), 1);
}

void TestCliDelete::takesOverFromTheSeenOwnerOnly()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = createSession(cli);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey(id.toUtf8()), token, "PX", "60000"});
    const CliRun stale =
        remove(cli, id, {kYes, QStringLiteral("--take-over"), QString::fromLatin1(freshToken())});
    QCOMPARE(stale.exitCode, 4);
    QCOMPARE(server.redis({"GET", lockKey(id.toUtf8())}).toByteArray(), token);
    const CliRun run =
        remove(cli, id, {kYes, QStringLiteral("--take-over"), QString::fromLatin1(token)});
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QCOMPARE(server.redis({"EXISTS", lockKey(id.toUtf8())}).toInt(), 0);
}

void TestCliDelete::leavesTheLockOfOthersSessions()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = createSession(cli);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey(id.toUtf8()), token, "PX", "60000"});
    const QStringList options{QStringLiteral("--take-over"), QString::fromLatin1(token),
                              QStringLiteral("--user"), QStringLiteral("u-2")};
    const CliRun dry = remove(cli, id, options + QStringList(QStringLiteral("--dry-run")));
    const CliRun run = remove(cli, id, options + QStringList(kYes));
    QCOMPARE(dry.exitCode, 3);
    QCOMPARE(run.exitCode, 3);
    QVERIFY2(run.err.contains("the row is another user's"), run.err.constData());
    QVERIFY2(dry.err.contains("the row is another user's"), dry.err.constData());
    QVERIFY2(!QByteArray(run.out + run.err).contains("database: "), run.err.constData());
    QCOMPARE(server.redis({"GET", lockKey(id.toUtf8())}).toByteArray(), token);
}

/// A delete that was cut short is finished where it began: elsewhere the row may still be there.
void TestCliDelete::finishesInTheSameDatabaseOnly()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = createSession(cli);
    server.redis({"SET", lockKey(id.toUtf8()), freshToken(), "PX", "60000"});
    const auto waiting = cli.start(
        {QStringLiteral("delete"), id, kYes, QStringLiteral("--wait"), QStringLiteral("60s")});
    const auto hasIntent = [&cli] {
        const auto lines = cli.audit();
        return !lines.isEmpty() && lines.last()[u"action"].toString() == u"delete";
    };
    QTRY_VERIFY_WITH_TIMEOUT(hasIntent(), 20'000);
    waiting->kill();
    QVERIFY(waiting->waitForFinished());
    server.redis({"DEL", lockKey(id.toUtf8())});

    CliProgram other(server.url());
    other.setEnvironment(QStringLiteral("XDG_STATE_HOME"),
                         cli.environment().value(QStringLiteral("XDG_STATE_HOME")));
    other.useSqlite();
    QVERIFY(!createSession(other).isEmpty());
    const CliRun elsewhere = remove(other, id, {kYes});
    QVERIFY2(elsewhere.exitCode == 3, elsewhere.err.constData());
    QCOMPARE(server.redis({"EXISTS", cacheKey(id.toUtf8())}).toInt(), 1);
    QCOMPARE(remove(cli, id, {kYes}).exitCode, 0);
    QCOMPARE(server.redis({"EXISTS", cacheKey(id.toUtf8())}).toInt(), 0);
}

void TestCliDelete::aDryRunMakesNoTables()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    QFile empty(cli.sqlitePath());
    QVERIFY(empty.open(QIODevice::WriteOnly));
    empty.close();
    for (const QString &mode : {QStringLiteral("--dry-run"), kYes}) {
        const CliRun run = remove(cli, QStringLiteral("x"), {mode});
        QVERIFY2(run.exitCode != 0 && run.err.contains("is empty"), run.err.constData());
        QCOMPARE(empty.size(), 0);
    }
}

void TestCliDelete::doesNotActUnconfirmed()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = createSession(cli);
    const CliRun run = remove(cli, id);
    QCOMPARE(run.exitCode, 7);
    QVERIFY(run.err.contains("--yes"));
    const CliRun dry = remove(cli, id, {QStringLiteral("--dry-run"), kJson});
    QCOMPARE(dry.exitCode, 0);
    QCOMPARE(dry.object()[u"dry_run"].toBool(), true);
    QCOMPARE(server.redis({"EXISTS", cacheKey(id.toUtf8())}).toInt(), 1);
}

void TestCliDelete::refusesReadOnly()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = createSession(cli);
    QCOMPARE(remove(cli, id, {kYes, QStringLiteral("--read-only")}).exitCode, 7);
    QCOMPARE(remove(cli, id, {kYes}).exitCode, 0);
}

void TestCliDelete::tellsWhatIsHalfDone()
{
    RedisServer::Options options;
    // May do all that a delete does, but for deleting the cached copy, and cannot tell before.
    options.aclUsers = {QStringLiteral("half on >secret ~chat:session_lock:* %R~chat:session:* "
                                       "+@all -acl")};
    RedisServer server(options);
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = createSession(cli);
    const CliRun run = remove(cli, id,
                              {kYes, kJson, QStringLiteral("--url"),
                               QString(u"redis+unix://half:secret@" + server.socketPath())});
    QCOMPARE(run.exitCode, 8);
    QCOMPARE(run.object()[u"done"].toBool(), false);
    QCOMPARE(run.object()[u"partly_done"].toBool(), true);
    QCOMPARE(server.redis({"EXISTS", lockKey(id.toUtf8())}).toInt(), 0);
}

void TestCliDelete::endsItsWaitOnASignal()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = createSession(cli);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey(id.toUtf8()), token, "PX", "60000"});
    const auto process = cli.start(
        {QStringLiteral("delete"), id, kYes, QStringLiteral("--wait"), QStringLiteral("60s")});
    // The intent is on the disk before the first try.
    QTRY_VERIFY_WITH_TIMEOUT(cli.audit().size() == 3, 30'000);
    process->terminate();
    QVERIFY(process->waitForFinished(30'000));
    QCOMPARE(process->exitStatus(), QProcess::NormalExit);
    QCOMPARE(process->exitCode(), 1);
    QCOMPARE(server.redis({"GET", lockKey(id.toUtf8())}).toByteArray(), token);
    QCOMPARE(server.redis({"EXISTS", cacheKey(id.toUtf8())}).toInt(), 1);
}

QTEST_GUILESS_MAIN(TestCliDelete)
#include "tst_cli_delete.moc"
