// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"
#include "support/redisserver.h"

#include <QFile>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

const QString kYes = QStringLiteral("--yes");
const QString kJson = QStringLiteral("--json");
const QString kReadOnly = QStringLiteral("--read-only");
const QByteArray kPassword = QByteArrayLiteral("secret");

/// The line of docs/rights.md that makes `user`, as words.
QList<QByteArray> recipeFor(const QByteArray &user)
{
    QFile page(qEnvironmentVariable("LK_SOURCE") + QStringLiteral("/docs/rights.md"));
    if (!page.open(QIODevice::ReadOnly))
        return {};
    const QByteArray head = "ACL SETUSER " + user + ' ';
    for (const QByteArray &line : page.readAll().split('\n')) {
        if (line.startsWith(head))
            return QByteArray(line).replace("PASSWORD", kPassword).split(' ');
    }
    return {};
}

const char *told(const CliRun &run)
{
    return run.err.isEmpty() ? run.out.constData() : run.err.constData();
}

/// A server with the user of a recipe, and a session whose lock is held.
class Bench
{
public:
    [[nodiscard]] bool begin(const QByteArray &user) { return begin(user, recipeFor(user)); }
    /// With a user of the test's own.
    [[nodiscard]] bool begin(const QByteArray &user, const QList<QByteArray> &recipe)
    {
        if (recipe.isEmpty() || !server.start() || server.redis(recipe).toByteArray() != "OK")
            return false;
        admin = std::make_unique<CliProgram>(server.url());
        admin->useSqlite();
        session = admin
                      ->run({QStringLiteral("session"), QStringLiteral("create"),
                             QStringLiteral("--user"), QStringLiteral("u-1"), kJson})
                      .object()[u"session_id"]
                      .toString();
        server.redis({"SET", lockKey(session.toUtf8()), token, "PX", "60000"});
        cli = std::make_unique<CliProgram>(QString(u"redis+unix://" +
                                                   QString::fromLatin1(user + ':' + kPassword) +
                                                   u'@' + server.socketPath()));
        cli->setEnvironment(QStringLiteral("LOCKKEEPER_DB"), u"sqlite://" + admin->sqlitePath());
        return !session.isEmpty();
    }
    [[nodiscard]] CliRun run(QStringList arguments) const { return cli->run(arguments); }

    RedisServer server;
    QString session;
    QByteArray token = freshToken();
    std::unique_ptr<CliProgram> admin;
    std::unique_ptr<CliProgram> cli;
};

} // namespace

/// The recipes of docs/rights.md are enough for what they promise, and no more.
class TestCliRights final : public QObject
{
    Q_OBJECT

private slots:
    void aViewerSeesAll();
    void aViewerChangesNothing();
    void anOperatorReleasesAndDeletes();
    void whatIsMissingIsKnownBeforeItIsTried_data();
    void whatIsMissingIsKnownBeforeItIsTried();
    void aServerThatDoesNotTellIsTried();
};

void TestCliRights::aViewerSeesAll()
{
    LK_NEED_PROGRAM("redis-server");
    Bench bench;
    QVERIFY(bench.begin("lockkeeper-viewer"));
    const CliRun doctor = bench.run({QStringLiteral("doctor"), kReadOnly});
    QVERIFY2(doctor.exitCode == 0, told(doctor));
    const CliRun list = bench.run({QStringLiteral("list"), kJson});
    QCOMPARE(list.exitCode, 0);
    const QJsonObject row = rowOf(list.array(), bench.session);
    QCOMPARE(row[u"token"].toString(), QString::fromLatin1(bench.token));
    QCOMPARE(row[u"session"][u"state"].toString(), QStringLiteral("ok"));
    QVERIFY(row[u"session"][u"bytes"].toInt() > 0);
    QCOMPARE(bench.run({QStringLiteral("show"), bench.session}).exitCode, 0);

    const auto watch = bench.cli->start({QStringLiteral("watch"), kJson});
    QCOMPARE(nextEvent(*watch, QStringLiteral("snapshot"))[u"session_id"].toString(),
             bench.session);
    const QJsonObject feed = nextEvent(*watch, QStringLiteral("feed"));
    QCOMPARE(feed[u"feed"].toString(), QStringLiteral("push"));
    QCOMPARE(feed[u"trusted"].toBool(), true);
    bench.server.redis({"DEL", lockKey(bench.session.toUtf8())});
    QCOMPARE(nextEvent(*watch, QStringLiteral("released"))[u"session_id"].toString(),
             bench.session);
}

void TestCliRights::aViewerChangesNothing()
{
    LK_NEED_PROGRAM("redis-server");
    Bench bench;
    QVERIFY(bench.begin("lockkeeper-viewer"));
    const CliRun doctor = bench.run({QStringLiteral("doctor")});
    QCOMPARE(doctor.exitCode, 7);
    QVERIFY2(doctor.out.contains("+evalsha +del +set +pexpire on ~chat:session_lock:*"),
             told(doctor));
    const CliRun release =
        bench.run({QStringLiteral("release"), bench.session, QStringLiteral("--token"),
                   QString::fromLatin1(bench.token), kYes});
    QVERIFY2(release.exitCode == 7, told(release));
    const CliRun remove = bench.run({QStringLiteral("delete"), bench.session, kYes,
                                     QStringLiteral("--wait"), QStringLiteral("100ms")});
    QVERIFY2(remove.exitCode == 7, told(remove));
    QVERIFY2(release.err.contains("+evalsha +del on ~chat:session_lock:*"), told(release));
    QVERIFY2(remove.err.contains("+del on ~chat:session:*"), told(remove));
    QVERIFY(bench.cli->audit().isEmpty()); // it was not even begun
    QCOMPARE(bench.server.redis({"GET", lockKey(bench.session.toUtf8())}).toByteArray(),
             bench.token);
    QCOMPARE(bench.server.redis({"EXISTS", cacheKey(bench.session.toUtf8())}).toInt(), 1);
}

void TestCliRights::anOperatorReleasesAndDeletes()
{
    LK_NEED_PROGRAM("redis-server");
    Bench bench;
    QVERIFY(bench.begin("lockkeeper-operator"));
    const CliRun doctor = bench.run({QStringLiteral("doctor")});
    QVERIFY2(doctor.exitCode == 0, told(doctor));
    const CliRun release =
        bench.run({QStringLiteral("release"), bench.session, QStringLiteral("--token"),
                   QString::fromLatin1(bench.token), kYes});
    QVERIFY2(release.exitCode == 0, told(release));
    const CliRun remove = bench.run({QStringLiteral("delete"), bench.session, kYes});
    QVERIFY2(remove.exitCode == 0, told(remove));
    QCOMPARE(bench.server.redis({"EXISTS", cacheKey(bench.session.toUtf8())}).toInt(), 0);
    QCOMPARE(bench
                 .run({QStringLiteral("with-lock"), bench.session, QStringLiteral("--"),
                       QStringLiteral("true")})
                 .exitCode,
             0);
}

void TestCliRights::whatIsMissingIsKnownBeforeItIsTried_data()
{
    QTest::addColumn<QByteArray>("rules");
    QTest::addColumn<QStringList>("verb");
    QTest::addColumn<QByteArray>("missing");
    QTest::addColumn<QByteArray>("given");
    const QStringList release{QStringLiteral("release"), QStringLiteral("SESSION"),
                              QStringLiteral("--token"), QStringLiteral("TOKEN"), kYes};
    const QStringList remove{QStringLiteral("delete"), QStringLiteral("SESSION"), kYes,
                             QStringLiteral("--take-over"), QStringLiteral("TOKEN")};
    const QStringList hold{QStringLiteral("with-lock"), QStringLiteral("SESSION"),
                           QStringLiteral("--"), QStringLiteral("true")};
    const QStringList waiters{QStringLiteral("waiters"), kYes};
    const QByteArray noScripts = "~chat:* &* +@all -evalsha";
    const QByteArray evalsha = "missing right: +evalsha on ~chat:session_lock:*";
    QTest::newRow("release without EVALSHA")
        << noScripts << release << evalsha << QByteArray("+evalsha");
    QTest::newRow("a dry run of it")
        << noScripts << release + QStringList(QStringLiteral("--dry-run")) << evalsha
        << QByteArray("+evalsha");
    QTest::newRow("delete without EVALSHA")
        << noScripts << remove << evalsha << QByteArray("+evalsha");
    QTest::newRow("with-lock without EVALSHA")
        << noScripts << hold << evalsha << QByteArray("+evalsha");
    QTest::newRow("delete without a write on the session prefix")
        << QByteArray("~chat:session_lock:* %R~chat:session:* &* +@all") << remove
        << QByteArray("missing right: +del on ~chat:session:*") << QByteArray("~chat:session:*");
    QTest::newRow("waiters without MONITOR")
        << QByteArray("~chat:* &* +@all -monitor") << waiters
        << QByteArray("missing right: +monitor") << QByteArray("+monitor");
}

void TestCliRights::whatIsMissingIsKnownBeforeItIsTried()
{
    LK_NEED_PROGRAM("redis-server");
    QFETCH(QByteArray, rules);
    QFETCH(QStringList, verb);
    QFETCH(QByteArray, missing);
    QFETCH(QByteArray, given);
    Bench bench;
    QVERIFY(bench.begin("u", QList<QByteArray>{"ACL", "SETUSER", "u", "on", '>' + kPassword} +
                                 rules.split(' ')));
    verb.replaceInStrings(QStringLiteral("SESSION"), bench.session);
    verb.replaceInStrings(QStringLiteral("TOKEN"), QString::fromLatin1(bench.token));
    const CliRun run = bench.run(verb);
    QVERIFY2(run.exitCode == 7, told(run));
    QVERIFY2(run.err.contains(missing), told(run));
    const QByteArray rule = "ACL SETUSER u " + given + '\n';
    QVERIFY2(run.err.contains(rule), told(run));
    QVERIFY(bench.cli->audit().isEmpty());
    QCOMPARE(bench.server.redis({"GET", lockKey(bench.session.toUtf8())}).toByteArray(),
             bench.token);
    QCOMPARE(bench.server.redis({"EXISTS", cacheKey(bench.session.toUtf8())}).toInt(), 1);
}

/// What is not known is tried: the server refuses it, and the audit log tells.
void TestCliRights::aServerThatDoesNotTellIsTried()
{
    LK_NEED_PROGRAM("redis-server");
    Bench bench;
    QVERIFY(bench.begin("u", {"ACL", "SETUSER", "u", "on", '>' + kPassword, "~chat:*", "&*",
                              "+@all", "-acl", "-evalsha", "-eval"}));
    const CliRun release =
        bench.run({QStringLiteral("release"), bench.session, QStringLiteral("--token"),
                   QString::fromLatin1(bench.token), kYes});
    QVERIFY2(release.exitCode == 7, told(release));
    QCOMPARE(bench.cli->audit().size(), 2);
    QCOMPARE(bench.server.redis({"GET", lockKey(bench.session.toUtf8())}).toByteArray(),
             bench.token);
    // Within a script it says the same in other words.
    QVERIFY(
        bench.server.redis({"ACL", "SETUSER", "u", "+evalsha", "+eval", "-del"}).toByteArray() ==
        "OK");
    const CliRun inScript =
        bench.run({QStringLiteral("release"), bench.session, QStringLiteral("--token"),
                   QString::fromLatin1(bench.token), kYes});
    QVERIFY2(inScript.exitCode == 7, told(inScript));
    // doctor tries what it may not ask for.
    const CliRun doctor = bench.run({QStringLiteral("doctor")});
    QCOMPARE(doctor.exitCode, 7);
    QVERIFY2(doctor.out.contains("+del on ~chat:session_lock:*"), told(doctor));
}

QTEST_GUILESS_MAIN(TestCliRights)
#include "tst_cli_rights.moc"
