// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"

#include <QFile>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

const QStringList kDoctor{QStringLiteral("doctor"), QStringLiteral("--json")};

QJsonObject stageOf(const CliRun &run, const char *name)
{
    const QJsonObject document = run.object();
    for (const QJsonValue stage : document[u"stages"].toArray()) {
        if (stage[u"stage"] == QLatin1StringView(name))
            return stage.toObject();
    }
    return {};
}

QString outcomeOf(const CliRun &run, const char *name)
{
    return stageOf(run, name)[u"outcome"].toString();
}

} // namespace

class TestCliDoctor final : public QObject
{
    Q_OBJECT

private slots:
    void findsAllWell();
    void looksAtTls();
    void namesMissingRights();
    void provesTheFeedOnlyWhereItMay();
    void namesALesserFeed();
    void namesAReplica();
    void namesTheStageThatFails_data();
    void namesTheStageThatFails();
    void looksAtTheDatabase();
    void createsNoDatabase();
    void leavesNothingBehind();
};

void TestCliDoctor::findsAllWell()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    QCOMPARE(cli.run({QStringLiteral("session"), QStringLiteral("create"), QStringLiteral("--user"),
                      QStringLiteral("u")})
                 .exitCode,
             0);
    const CliRun run = cli.run(kDoctor);
    QVERIFY2(run.exitCode == 0, run.out.constData());
    QCOMPARE(run.object()[u"ok"].toBool(), true);
    for (const char *stage : {"resolve", "connect", "auth", "role", "clock", "rights to watch",
                              "rights to act", "feed", "database", "tables"})
        QVERIFY2(outcomeOf(run, stage) == u"ok", stage);
    QCOMPARE(outcomeOf(run, "tls"), QStringLiteral("skipped"));
    QVERIFY(stageOf(run, "feed")[u"detail"].toString().contains(u"proven"));
    QVERIFY(!stageOf(run, "clock")[u"detail"].toString().isEmpty());

    const CliRun text = cli.run({QStringLiteral("doctor")});
    QCOMPARE(text.exitCode, 0);
    QVERIFY(text.out.contains("● connect"));
}

void TestCliDoctor::looksAtTls()
{
    LK_NEED_PROGRAM("openssl");
    RedisServer::Options options;
    options.listen = RedisServer::Listen::Tls;
    RedisServer server(options);
    LK_START_REDIS(server);
    const CliRun trusted = CliProgram(server.url()).run(kDoctor);
    QVERIFY2(outcomeOf(trusted, "tls") == u"ok", trusted.out.constData());
    // Without the authority nothing proves who the server is.
    QString url = server.url();
    const CliRun untrusted = CliProgram(url.left(url.indexOf(u'?'))).run(kDoctor);
    QCOMPARE(untrusted.exitCode, 6);
    QCOMPARE(outcomeOf(untrusted, "connect"), QStringLiteral("ok"));
    QCOMPARE(outcomeOf(untrusted, "tls"), QStringLiteral("failed"));
    QCOMPARE(outcomeOf(untrusted, "auth"), QStringLiteral("skipped"));
}

void TestCliDoctor::namesMissingRights()
{
    RedisServer::Options options;
    options.aclUsers = {
        QStringLiteral("viewer on >secret ~chat:* &__redis__:invalidate +ping +info +client|id "
                       "+client|tracking +client|setname +subscribe +scan +get +pttl +strlen "
                       "+getrange"),
        QStringLiteral("blind on >secret ~chat:* &__redis__:invalidate +ping +subscribe "
                       "+client|id +client|tracking +get +scan")};
    RedisServer server(options);
    LK_START_REDIS(server);
    const CliProgram viewer(u"redis+unix://viewer:secret@" + server.socketPath());
    const CliRun acting = viewer.run(kDoctor);
    QCOMPARE(acting.exitCode, 7);
    QCOMPARE(outcomeOf(acting, "rights to watch"), QStringLiteral("ok"));
    const QString what = stageOf(acting, "rights to act")[u"error"][u"what"].toString();
    for (const QString &command :
         {QStringLiteral("+evalsha +del +set +pexpire on ~chat:session_lock:*"),
          QStringLiteral("+set +del on ~chat:session:*")})
        QVERIFY2(what.contains(command), qPrintable(what));
    QVERIFY(!what.contains(u"+eval "));
    const QString further = stageOf(acting, "further rights")[u"detail"].toString();
    QVERIFY2(further.contains(u"+eval on ~chat:session_lock:*"), qPrintable(further));
    QCOMPARE(viewer.run(kDoctor + QStringList{QStringLiteral("--read-only")}).exitCode, 0);

    const CliRun blind = CliProgram(u"redis+unix://blind:secret@" + server.socketPath())
                             .run(kDoctor + QStringList{QStringLiteral("--read-only")});
    QCOMPARE(blind.exitCode, 7);
    QVERIFY(
        stageOf(blind, "rights to watch")[u"error"][u"what"].toString().contains(u"+pttl on ~"));
}

void TestCliDoctor::provesTheFeedOnlyWhereItMay()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliRun run =
        CliProgram(server.url()).run(kDoctor + QStringList{QStringLiteral("--read-only")});
    QCOMPARE(run.exitCode, 0);
    QCOMPARE(outcomeOf(run, "feed"), QStringLiteral("warning"));
    const QString why = stageOf(run, "feed")[u"detail"].toString();
    QVERIFY2(why.contains(u"the connection is read-only"), qPrintable(why));
    QVERIFY2(!why.contains(u"SET"), qPrintable(why));
    QCOMPARE(outcomeOf(run, "rights to act"), QStringLiteral("skipped"));
}

void TestCliDoctor::namesALesserFeed()
{
    RedisServer::Options options;
    options.aclUsers = {QStringLiteral("u on >secret ~* &* +@all -client|tracking")};
    RedisServer server(options);
    LK_START_REDIS(server);
    const CliProgram cli(u"redis+unix://u:secret@" + server.socketPath());
    const CliRun polling = cli.run(kDoctor);
    QCOMPARE(polling.exitCode, 0);
    QCOMPARE(outcomeOf(polling, "feed"), QStringLiteral("warning"));
    QString detail = stageOf(polling, "feed")[u"detail"].toString();
    QVERIFY2(detail.startsWith(u"poll") && detail.contains(u"no push"), qPrintable(detail));

    server.redis({"CONFIG", "SET", "notify-keyspace-events", "KA"});
    const CliRun notified = cli.run(kDoctor);
    QCOMPARE(outcomeOf(notified, "feed"), QStringLiteral("warning"));
    detail = stageOf(notified, "feed")[u"detail"].toString();
    QVERIFY2(detail.startsWith(u"notify, proven") && detail.contains(u"no push"),
             qPrintable(detail));
}

void TestCliDoctor::namesAReplica()
{
    RedisServer primary({.listen = RedisServer::Listen::Tcp});
    LK_START_REDIS(primary);
    const QByteArray port = QByteArray::number(primary.port());
    RedisServer replica({.config = {u"replicaof 127.0.0.1 " + QString::fromLatin1(port)}});
    LK_START_REDIS(replica);
    const CliRun run =
        CliProgram(replica.url()).run(kDoctor + QStringList{QStringLiteral("--read-only")});
    QCOMPARE(outcomeOf(run, "role"), QStringLiteral("warning"));
    const QString what = stageOf(run, "role")[u"error"][u"what"].toString();
    QVERIFY2(what.contains(u"replica of 127.0.0.1:" + QString::fromLatin1(port)), qPrintable(what));
}

void TestCliDoctor::namesTheStageThatFails_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("stage");
    QTest::newRow("host") << QStringLiteral("redis://no-such-host.invalid")
                          << QStringLiteral("resolve");
    QTest::newRow("port") << QStringLiteral("redis://127.0.0.1:1") << QStringLiteral("connect");
    QTest::newRow("socket") << QStringLiteral("redis+unix:///nonexistent/socket")
                            << QStringLiteral("connect");
}

void TestCliDoctor::namesTheStageThatFails()
{
    QFETCH(QString, url);
    QFETCH(QString, stage);
    const CliRun run = CliProgram(url).run(kDoctor);
    QCOMPARE(run.exitCode, 6);
    QVERIFY2(outcomeOf(run, stage.toLatin1().constData()) == u"failed", run.out.constData());
    QCOMPARE(outcomeOf(run, "feed"), QStringLiteral("skipped"));
}

void TestCliDoctor::looksAtTheDatabase()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    QCOMPARE(outcomeOf(cli.run(kDoctor), "database"), QStringLiteral("skipped"));
    cli.setEnvironment(QStringLiteral("LOCKKEEPER_DB"),
                       QStringLiteral("postgresql://nobody@127.0.0.1:1/none"));
    const CliRun run = cli.run(kDoctor);
    QCOMPARE(run.exitCode, 6);
    QCOMPARE(outcomeOf(run, "feed"), QStringLiteral("ok"));
    QCOMPARE(outcomeOf(run, "database"), QStringLiteral("failed"));
    QCOMPARE(outcomeOf(run, "tables"), QStringLiteral("skipped"));
}

void TestCliDoctor::createsNoDatabase()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const CliRun run = cli.run(kDoctor);
    QCOMPARE(run.exitCode, 6);
    QCOMPARE(outcomeOf(run, "database"), QStringLiteral("failed"));
    QCOMPARE(outcomeOf(cli.run(kDoctor + QStringList{QStringLiteral("--read-only")}), "database"),
             QStringLiteral("failed"));
    QVERIFY(!QFile::exists(cli.sqlitePath()));
}

void TestCliDoctor::leavesNothingBehind()
{
    RedisServer server;
    LK_START_REDIS(server);
    QCOMPARE(CliProgram(server.url()).run(kDoctor).exitCode, 0);
    // Its own key lives for a second at most.
    QTRY_COMPARE_WITH_TIMEOUT(server.redis({"DBSIZE"}).toInt(), 0, 10'000);
}

QTEST_GUILESS_MAIN(TestCliDoctor)
#include "tst_cli_doctor.moc"
