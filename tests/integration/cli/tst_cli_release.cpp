// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

QStringList release(const QByteArray &token, const QStringList &more = {})
{
    return QStringList{QStringLiteral("release"), QStringLiteral("s"), QStringLiteral("--token"),
                       QString::fromLatin1(token)} +
           more;
}

const QString kYes = QStringLiteral("--yes");

} // namespace

class TestCliRelease final : public QObject
{
    Q_OBJECT

private slots:
    void releasesTheSeenLock();
    void refusesAnOldToken();
    void refusesALockThatIsGone();
    void doesNotActUnconfirmed();
    void triesDry();
    void refusesReadOnly();
    void needsTheRightToAct();
    void writesTheAuditLog();
    void doesNothingWithoutAnAuditLog();
};

void TestCliRelease::releasesTheSeenLock()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token, "PX", "60000"});
    const CliRun run =
        CliProgram(server.url()).run(release(token, {kYes, QStringLiteral("--json")}));
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QCOMPARE(run.object()[u"done"].toBool(), true);
    QCOMPARE(run.object()[u"action"].toString(), QStringLiteral("release"));
    QVERIFY(run.object()[u"error"].isNull());
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 0);
}

void TestCliRelease::refusesAnOldToken()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray current = freshToken();
    server.redis({"SET", lockKey("s"), current, "PX", "60000"});
    const CliProgram cli(server.url());
    const CliRun run = cli.run(release(freshToken(), {kYes}));
    QCOMPARE(run.exitCode, 4);
    // The new owner is named.
    QVERIFY2(run.err.contains("02:42:ac:12:00:07"), run.err.constData());
    QVERIFY2(run.err.contains(current.left(8)), run.err.constData());
    QCOMPARE(server.redis({"GET", lockKey("s")}).toByteArray(), current);
    // A dry run knows it, too.
    QCOMPARE(cli.run(release(freshToken(), {QStringLiteral("--dry-run")})).exitCode, 4);
}

void TestCliRelease::refusesALockThatIsGone()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliRun run = CliProgram(server.url()).run(release(freshToken(), {kYes}));
    QCOMPARE(run.exitCode, 4);
}

void TestCliRelease::doesNotActUnconfirmed()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token, "PX", "60000"});
    const CliRun run = CliProgram(server.url()).run(release(token));
    QCOMPARE(run.exitCode, 7);
    QVERIFY2(run.err.contains("--yes"), run.err.constData());
    QCOMPARE(run.out, QByteArray());
    QCOMPARE(server.redis({"GET", lockKey("s")}).toByteArray(), token);
}

void TestCliRelease::triesDry()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token, "PX", "60000"});
    const CliProgram cli(server.url());
    const CliRun run =
        cli.run(release(token, {QStringLiteral("--dry-run"), QStringLiteral("--json")}));
    QCOMPARE(run.exitCode, 0);
    QCOMPARE(run.object()[u"dry_run"].toBool(), true);
    QVERIFY(!run.object()[u"effects"].toArray().isEmpty());
    QCOMPARE(server.redis({"GET", lockKey("s")}).toByteArray(), token);
    QCOMPARE(cli.audit().size(), 0);
}

void TestCliRelease::refusesReadOnly()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token, "PX", "60000"});
    const CliRun run =
        CliProgram(server.url()).run(release(token, {kYes, QStringLiteral("--read-only")}));
    QCOMPARE(run.exitCode, 7);
    QCOMPARE(server.redis({"GET", lockKey("s")}).toByteArray(), token);
}

void TestCliRelease::needsTheRightToAct()
{
    RedisServer::Options options;
    options.aclUsers = {QStringLiteral("viewer on >secret ~chat:* +get +pttl +strlen +ping")};
    RedisServer server(options);
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token, "PX", "60000"});
    const CliRun run = CliProgram(u"redis+unix://viewer:secret@" + server.socketPath())
                           .run(release(token, {kYes}));
    QVERIFY2(run.exitCode == 7, run.err.constData());
    QCOMPARE(server.redis({"GET", lockKey("s")}).toByteArray(), token);
}

void TestCliRelease::writesTheAuditLog()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token, "PX", "60000"});
    const CliProgram cli(server.url());
    QCOMPARE(cli.run(release(token, {kYes, QStringLiteral("--reason"), QStringLiteral("stuck")}))
                 .exitCode,
             0);
    const QList<QJsonObject> audit = cli.audit();
    QCOMPARE(audit.size(), 2);
    QCOMPARE(audit[0][u"phase"].toString(), QStringLiteral("intent"));
    QCOMPARE(audit[0][u"reason"].toString(), QStringLiteral("stuck"));
    QCOMPARE(audit[1][u"phase"].toString(), QStringLiteral("outcome"));
    QCOMPARE(audit[1][u"outcome"].toString(), QStringLiteral("done"));
    QCOMPARE(audit[0][u"id"], audit[1][u"id"]);
}

void TestCliRelease::doesNothingWithoutAnAuditLog()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token, "PX", "60000"});
    CliProgram cli(server.url());
    cli.setEnvironment(QStringLiteral("XDG_STATE_HOME"), QStringLiteral("/dev/null/nowhere"));
    const CliRun run = cli.run(release(token, {kYes}));
    QCOMPARE(run.exitCode, 1);
    QCOMPARE(server.redis({"GET", lockKey("s")}).toByteArray(), token);
}

QTEST_GUILESS_MAIN(TestCliRelease)
#include "tst_cli_release.moc"
