// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"

#include <QJsonDocument>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <csignal>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

const QString kJson = QStringLiteral("--json");
const QString kReveal = QStringLiteral("--reveal");

CliRun session(const CliProgram &cli, const QStringList &arguments)
{
    return cli.run(QStringList{QStringLiteral("session")} + arguments);
}

CliRun append(const CliProgram &cli, const QString &id, const char *text,
              const QStringList &more = {})
{
    return session(cli, QStringList{QStringLiteral("append"), id, QStringLiteral("--role"),
                                    QStringLiteral("user"), QStringLiteral("--content"),
                                    QString::fromUtf8(text), kJson} +
                            more);
}

CliRun create(const CliProgram &cli, const char *user = "u-1")
{
    return session(cli, {QStringLiteral("create"), QStringLiteral("--user"),
                         QString::fromLatin1(user), kJson});
}

} // namespace

class TestCliSession final : public QObject
{
    Q_OBJECT

private slots:
    void livesThroughItsOperations();
    void keepsWhatItDoesNotKnow();
    void listsAUsersSessions();
    void checksTheUser();
    void doesNotPrintCredentials();
    void masksWhatMessagesSay();
    void refusesReadOnly();
    void recordsWhatItDid();
    void recordsWhatIsHalfDone();
    void saysThatAFailureIsNotRecorded();
    void appendsToWhatTheDatabaseHas();
    void endsWhileTheDatabaseIsSilent();
};

void TestCliSession::livesThroughItsOperations()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const CliRun created = create(cli);
    QVERIFY2(created.exitCode == 0, created.err.constData());
    const QString id = created.object()[u"session_id"].toString();
    QCOMPARE(created.object()[u"user_id"].toString(), QStringLiteral("u-1"));
    QCOMPARE(created.object()[u"messages"].toArray().size(), 0);

    QCOMPARE(append(cli, id, "Hello").object()[u"messages"].toArray().size(), 1);
    const CliRun second = append(cli, id, "Grüße\nzweite Zeile", {kReveal});
    QVERIFY2(second.exitCode == 0, second.err.constData());
    QCOMPARE(second.object()[u"messages"][1][u"content"].toString(),
             QString::fromUtf8("Grüße\nzweite Zeile"));

    const CliRun renamed =
        session(cli, {QStringLiteral("rename"), id, QStringLiteral("New title"), kJson});
    QCOMPARE(renamed.exitCode, 0);
    QCOMPARE(renamed.object()[u"title"].toString(), QStringLiteral("New title"));
    const CliRun got = session(cli, {QStringLiteral("get"), id, kJson});
    QCOMPARE(got.object()[u"messages"].toArray().size(), 2);
    const CliRun text = session(cli, {QStringLiteral("get"), id});
    QVERIFY(text.out.contains("New title"));
    QVERIFY(!text.out.contains("Hello"));

    QCOMPARE(session(cli, {QStringLiteral("get"), QStringLiteral("nobody")}).exitCode, 3);
    QCOMPARE(session(cli, {QStringLiteral("rename"), QStringLiteral("nobody"), QStringLiteral("x")})
                 .exitCode,
             3);
    QCOMPARE(append(cli, QStringLiteral("nobody"), "x").exitCode, 3);
}

void TestCliSession::keepsWhatItDoesNotKnow()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = create(cli).object()[u"session_id"].toString();
    QByteArray json = server.redis({"GET", cacheKey(id.toUtf8())}).toByteArray();
    json.replace("\"messages\"", "\"answer\":12345678901234567890123,\"messages\"");
    server.redis({"SET", cacheKey(id.toUtf8()), json});
    const CliRun appended = append(cli, id, "Hello", {kReveal});
    QVERIFY2(appended.out.contains("12345678901234567890123"), appended.out.constData());
    QVERIFY(server.redis({"GET", cacheKey(id.toUtf8())})
                .toByteArray()
                .contains("12345678901234567890123"));
}

void TestCliSession::listsAUsersSessions()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    for (int i = 0; i < 3; ++i)
        QCOMPARE(create(cli).exitCode, 0);
    QCOMPARE(create(cli, "u-2").exitCode, 0);
    const QStringList list{QStringLiteral("list"), QStringLiteral("--user"), QStringLiteral("u-1"),
                           kJson};
    QCOMPARE(session(cli, list).array().size(), 3);
    QCOMPARE(session(cli, list + QStringList{QStringLiteral("--limit"), QStringLiteral("2")})
                 .array()
                 .size(),
             2);
    const CliRun rest =
        session(cli, list + QStringList{QStringLiteral("--offset"), QStringLiteral("2")});
    QCOMPARE(rest.array().size(), 1);
    QCOMPARE(rest.array()[0][u"user_id"].toString(), QStringLiteral("u-1"));
    QCOMPARE(rest.array()[0].toObject().keys(),
             QStringLiteral("created_at messages session_id title updated_at user_id").split(u' '));
}

void TestCliSession::checksTheUser()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = create(cli).object()[u"session_id"].toString();
    QCOMPARE(
        session(cli, {QStringLiteral("get"), id, QStringLiteral("--user"), QStringLiteral("u-2")})
            .exitCode,
        3);
    QCOMPARE(
        session(cli, {QStringLiteral("get"), id, QStringLiteral("--user"), QStringLiteral("u-1")})
            .exitCode,
        0);
}

void TestCliSession::doesNotPrintCredentials()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = create(cli).object()[u"session_id"].toString();
    QByteArray json = server.redis({"GET", cacheKey(id.toUtf8())}).toByteArray();
    json.replace("\"credentials\":{}", "\"credentials\":{\"github\":{\"token\":\"ghs_secret\"}}");
    QVERIFY(json.contains("ghs_secret"));
    server.redis({"SET", cacheKey(id.toUtf8()), json});
    const CliRun got = session(cli, {QStringLiteral("get"), id, kJson});
    QVERIFY2(!got.out.contains("ghs_secret"), got.out.constData());
    QVERIFY(got.object()[u"credentials"].toObject().contains(u"github"));
}

void TestCliSession::masksWhatMessagesSay()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = create(cli).object()[u"session_id"].toString();
    QByteArray json = server.redis({"GET", cacheKey(id.toUtf8())}).toByteArray();
    // Twice the same key: what is not the last of them is shown no more than the last.
    json.replace("\"messages\":[]",
                 R"("metadata":{"notes":"hush-a"},"usual":"hush-b","messages":[)"
                 R"({"role":"assistant","content":"hush-c","content":"hush-d","name":"hush-e",)"
                 R"("refusal":"hush-f","tool_calls":[{"function":{"name":"hush-g"}}],)"
                 R"("function_call":{"name":"hush-h"},"tool_call_id":null,"sequence":7,)"
                 R"("thought":{"text":"hush-i"},"id":"m-1"}])");
    QVERIFY(json.contains("hush-i"));
    server.redis({"SET", cacheKey(id.toUtf8()), json});
    const CliRun got = session(cli, {QStringLiteral("get"), id, kJson});
    QVERIFY2(got.exitCode == 0 && !got.out.contains("hush-"), got.out.constData());
    const QJsonObject message = got.object()[u"messages"][0].toObject();
    QCOMPARE(message[u"content"].toString(), QStringLiteral("***"));
    QCOMPARE(message[u"role"].toString(), QStringLiteral("assistant"));
    QCOMPARE(message[u"sequence"].toInt(), 7);
    QCOMPARE(message[u"id"].toString(), QStringLiteral("m-1"));
    QVERIFY(message[u"tool_call_id"].isNull());
    const CliRun renamed = session(cli, {QStringLiteral("rename"), id, QStringLiteral("x"), kJson});
    QVERIFY2(!renamed.out.contains("hush-"), renamed.out.constData());
    server.redis({"SET", cacheKey(id.toUtf8()), json});
    const CliRun revealed = session(cli, {QStringLiteral("get"), id, kJson, kReveal});
    for (const char *each :
         {"hush-a", "hush-b", "hush-d", "hush-e", "hush-f", "hush-g", "hush-h", "hush-i"})
        QVERIFY2(revealed.out.contains(each), revealed.out.constData());
    QCOMPARE(session(cli, {QStringLiteral("get"), id, kReveal}).exitCode, 2);
}

void TestCliSession::refusesReadOnly()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = create(cli).object()[u"session_id"].toString();
    const QString readOnly = QStringLiteral("--read-only");
    QCOMPARE(session(cli, {QStringLiteral("create"), QStringLiteral("--user"), QStringLiteral("u"),
                           readOnly})
                 .exitCode,
             7);
    QCOMPARE(session(cli, {QStringLiteral("rename"), id, QStringLiteral("x"), readOnly}).exitCode,
             7);
    QCOMPARE(session(cli, {QStringLiteral("get"), id, readOnly}).exitCode, 0);
}

void TestCliSession::recordsWhatItDid()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = create(cli).object()[u"session_id"].toString();
    QCOMPARE(append(cli, id, "secret words").exitCode, 0);
    QCOMPARE(session(cli, {QStringLiteral("get"), id, kJson}).exitCode, 0);
    QCOMPARE(session(cli, {QStringLiteral("get"), id, kJson, kReveal}).exitCode, 0);
    QCOMPARE(session(cli, {QStringLiteral("rename"), id, QStringLiteral("x"), kJson}).exitCode, 0);
    QStringList actions;
    for (const QJsonObject &line : cli.audit()) {
        actions.append(line[u"action"].toString() + u' ' + line[u"phase"].toString());
        QVERIFY(!QString::fromUtf8(QJsonDocument(line).toJson()).contains(u"secret words"));
    }
    QCOMPARE(actions,
             QStringList({QStringLiteral("create intent"), QStringLiteral("create outcome"),
                          QStringLiteral("append intent"), QStringLiteral("append outcome"),
                          QStringLiteral("reveal outcome"), QStringLiteral("rename intent"),
                          QStringLiteral("rename outcome")}));
}

void TestCliSession::recordsWhatIsHalfDone()
{
    RedisServer::Options options;
    options.listen = RedisServer::Listen::Tcp;
    options.aclUsers += QStringLiteral("nocache on >pw ~chat:session_lock:* %R~chat:session:* "
                                       "&* +@all");
    RedisServer server(options);
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = create(cli).object()[u"session_id"].toString();
    cli.setEnvironment(QStringLiteral("LOCKKEEPER_URL"),
                       QStringLiteral("redis://nocache:pw@127.0.0.1:%1").arg(server.port()));
    const CliRun appended = append(cli, id, "Hello");
    QVERIFY2(appended.exitCode == 8, appended.err.constData());
    QVERIFY(appended.err.contains("not cached"));
    QVERIFY(cli.audit().last()[u"outcome"].toString().startsWith(u"partly done: "));
    QCOMPARE(session(cli, {QStringLiteral("rename"), id, QStringLiteral("x")}).exitCode, 8);
    QVERIFY(cli.audit().last()[u"outcome"].toString().startsWith(u"partly done: "));
}

void TestCliSession::saysThatAFailureIsNotRecorded()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    QCOMPARE(create(cli).exitCode, 0);
    const qsizetype before = cli.audit().size();
    server.redis({"SET", lockKey("nobody"), "other"});
    const auto appending =
        cli.start({QStringLiteral("session"), QStringLiteral("append"), QStringLiteral("nobody"),
                   QStringLiteral("--role"), QStringLiteral("user"), QStringLiteral("--content"),
                   QStringLiteral("Hello")});
    QTRY_COMPARE_WITH_TIMEOUT(cli.audit().size(), before + 1, 30'000);
    // It waits for the lock; meanwhile a file comes in the place of the audit log's folder.
    const QString audit = cli.auditFolder();
    QVERIFY(QFile::rename(audit, audit + u".away"));
    QFile file(audit);
    QVERIFY(file.open(QIODevice::WriteOnly));
    server.redis({"DEL", lockKey("nobody")});
    QVERIFY(appending->waitForFinished(30'000));
    const QByteArray said = appending->readAllStandardError();
    QVERIFY2(appending->exitCode() == 3, said.constData());
    QVERIFY2(said.contains("NOT IN THE AUDIT LOG"), said.constData());
}

void TestCliSession::appendsToWhatTheDatabaseHas()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = create(cli).object()[u"session_id"].toString();
    const QByteArray stale = server.redis({"GET", cacheKey(id.toUtf8())}).toByteArray();
    QCOMPARE(append(cli, id, "one").exitCode, 0);
    QCOMPARE(append(cli, id, "two").exitCode, 0);
    server.redis({"SET", cacheKey(id.toUtf8()), stale});
    const QJsonArray messages = append(cli, id, "three", {kReveal}).object()[u"messages"].toArray();
    QCOMPARE(messages.size(), 3);
    QCOMPARE(messages[1][u"content"].toString(), QStringLiteral("two"));
    const CliRun got = session(cli, {QStringLiteral("get"), id, kJson});
    QCOMPARE(got.object()[u"messages"].toArray().size(), 3);
}

void TestCliSession::endsWhileTheDatabaseIsSilent()
{
    RedisServer server;
    LK_START_REDIS(server);
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    CliProgram cli(server.url());
    cli.setEnvironment(QStringLiteral("LOCKKEEPER_DB"),
                       QStringLiteral("postgresql://lk@127.0.0.1:%1/lk?connect_timeout=60")
                           .arg(silent.serverPort()));
    const auto list = cli.start({QStringLiteral("session"), QStringLiteral("list"),
                                 QStringLiteral("--user"), QStringLiteral("u-1")});
    QTRY_VERIFY_WITH_TIMEOUT(silent.hasPendingConnections(), 30'000);
    QTcpSocket *const client = silent.nextPendingConnection();
    QTRY_VERIFY(client->bytesAvailable() > 0); // it waits for an answer
    QCOMPARE(::kill(static_cast<pid_t>(list->processId()), SIGINT), 0);
    QVERIFY(list->waitForFinished(10'000)); // connecting would go on for 15 s
    QCOMPARE(list->exitStatus(), QProcess::NormalExit);
    QVERIFY(list->exitCode() != 0);
}

QTEST_GUILESS_MAIN(TestCliSession)
#include "tst_cli_session.moc"
