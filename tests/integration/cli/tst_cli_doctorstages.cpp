// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"
#include "support/postgresserver.h"

#include <QFile>
#include <QTcpServer>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

using Flaw = TestCertificates::Flaw;

const QStringList kDoctor{QStringLiteral("doctor"), QStringLiteral("--json")};

/// The first stage that failed.
QJsonObject failedStage(const CliRun &run)
{
    const QJsonObject document = run.object();
    for (const QJsonValue stage : document[u"stages"].toArray()) {
        if (stage[u"outcome"].toString() == u"failed")
            return stage.toObject();
    }
    return {};
}

/// What a failure has to tell.
struct Expected
{
    QString stage;
    int exitCode;
    QString thing;  ///< whom or what the sentence is about
    QString cause;  ///< what is wrong with it
    QString wayOut; ///< in the hint
};

/// What is told otherwise; empty: nothing.
QString difference(const CliRun &run, const Expected &expected)
{
    const QJsonObject stage = failedStage(run);
    const QString what = stage[u"error"][u"what"].toString();
    const QString hint = stage[u"error"][u"hint"].toString();
    const bool isSame = stage[u"stage"].toString() == expected.stage &&
                        run.exitCode == expected.exitCode && what.contains(expected.thing) &&
                        what.contains(expected.cause) && hint.contains(expected.wayOut);
    return isSame ? QString()
                  : u"stage %1, exit code %2: %3 — %4"_qs.arg(stage[u"stage"].toString())
                        .arg(run.exitCode)
                        .arg(what, hint);
}

#define VERIFY_TELLS(run, ...)                                                                     \
    do {                                                                                           \
        const QString told = difference(run, Expected{__VA_ARGS__});                               \
        QVERIFY2(told.isEmpty(), qPrintable(told));                                                \
    } while (false)

/// A server that speaks TLS with such a certificate.
class TlsServer
{
public:
    [[nodiscard]] bool begin(Flaw flaw, QString &reason)
    {
        RedisServer::Options options;
        options.listen = RedisServer::Listen::Tls;
        if (!options.certificates.make(m_folder.path(), reason, flaw))
            return false;
        m_caFile = options.certificates.caFile;
        m_server = std::make_unique<RedisServer>(options);
        const bool isUp = m_server->start();
        reason = m_server->reason();
        return isUp;
    }
    [[nodiscard]] QString place() const { return u"127.0.0.1:%1"_qs.arg(m_server->port()); }
    [[nodiscard]] QString url() const { return u"rediss://" + place() + u"?cacert=" + m_caFile; }

private:
    QTemporaryDir m_folder;
    QString m_caFile;
    std::unique_ptr<RedisServer> m_server;
};

} // namespace

/// Each way in which a target can fail has a stage, an exit code and a sentence of its own.
class TestCliDoctorStages final : public QObject
{
    Q_OBJECT

private slots:
    void unknownHost();
    void refusedConnection();
    void silence();
    void silenceToTls();
    void expiredCertificate();
    void certificateForAnotherName();
    void unknownAuthority();
    void missingClientCertificate();
    void plainToTls();
    void tlsToPlain();
    void noRedis();
    void missingPassword();
    void wrongPassword();
    void missingRights();
    void wrongRole();
    void refusedDatabase();
    void wrongDatabasePassword();
    void missingTables();
};

void TestCliDoctorStages::unknownHost()
{
    const CliRun run = CliProgram(QStringLiteral("redis://no-such-host.invalid")).run(kDoctor);
    VERIFY_TELLS(run, u"resolve"_qs, 6, u"no-such-host.invalid"_qs, u"has no address"_qs,
                 u"host's name"_qs);
}

void TestCliDoctorStages::refusedConnection()
{
    const CliRun run = CliProgram(QStringLiteral("redis://127.0.0.1:1")).run(kDoctor);
    VERIFY_TELLS(run, u"connect"_qs, 6, u"127.0.0.1:1"_qs, u"connection refused"_qs,
                 u"check host and port"_qs);
}

/// A socket that listens, and nobody who answers.
void TestCliDoctorStages::silence()
{
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    const QString place = u"127.0.0.1:%1"_qs.arg(silent.serverPort());
    const CliRun run = CliProgram(u"redis://" + place).run(kDoctor);
    VERIFY_TELLS(run, u"connect"_qs, 6, place, u"did not answer PING in time"_qs,
                 u"may be stopped, busy or unreachable"_qs);
}

void TestCliDoctorStages::silenceToTls()
{
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    const QString place = u"127.0.0.1:%1"_qs.arg(silent.serverPort());
    const CliRun run = CliProgram(u"rediss://" + place).run(kDoctor);
    VERIFY_TELLS(run, u"tls"_qs, 6, place, u"the TLS handshake"_qs, u"firewall"_qs);
}

void TestCliDoctorStages::expiredCertificate()
{
    LK_NEED_PROGRAM("redis-server");
    LK_NEED_PROGRAM("openssl");
    TlsServer server;
    QString reason;
    QVERIFY2(server.begin(Flaw::Expired, reason), qPrintable(reason));
    const CliRun run = CliProgram(server.url()).run(kDoctor);
    VERIFY_TELLS(run, u"tls"_qs, 6, server.place(), u"expired on 2"_qs, u"renewed"_qs);
}

void TestCliDoctorStages::certificateForAnotherName()
{
    LK_NEED_PROGRAM("redis-server");
    LK_NEED_PROGRAM("openssl");
    TlsServer server;
    QString reason;
    QVERIFY2(server.begin(Flaw::OtherName, reason), qPrintable(reason));
    const CliRun run = CliProgram(server.url()).run(kDoctor);
    VERIFY_TELLS(run, u"tls"_qs, 6, server.place(),
                 u"was not made for 127.0.0.1, but for redis.example"_qs, u"connect by a name"_qs);
}

void TestCliDoctorStages::unknownAuthority()
{
    LK_NEED_PROGRAM("redis-server");
    LK_NEED_PROGRAM("openssl");
    TlsServer server;
    QString reason;
    QVERIFY2(server.begin(Flaw::None, reason), qPrintable(reason));
    const CliRun run = CliProgram(u"rediss://" + server.place()).run(kDoctor);
    VERIFY_TELLS(run, u"tls"_qs, 6, server.place(),
                 u"authority that is not known here: Lockkeeper test CA"_qs, u"?cacert="_qs);
    QCOMPARE(CliProgram(server.url()).run(kDoctor).exitCode, 0);
}

void TestCliDoctorStages::missingClientCertificate()
{
    LK_NEED_PROGRAM("openssl");
    RedisServer server({.listen = RedisServer::Listen::Tls, .asksForClientCertificate = true});
    LK_START_REDIS(server);
    const QString url = server.url();
    const CliRun run = CliProgram(url.left(url.indexOf(u"&cert="))).run(kDoctor);
    VERIFY_TELLS(run, u"tls"_qs, 6, u"127.0.0.1:%1"_qs.arg(server.port()),
                 u"asks for a TLS client certificate"_qs, u"?cert="_qs);
    QCOMPARE(CliProgram(url).run(kDoctor).exitCode, 0);
}

void TestCliDoctorStages::plainToTls()
{
    LK_NEED_PROGRAM("openssl");
    RedisServer server({.listen = RedisServer::Listen::Tls});
    LK_START_REDIS(server);
    const QString place = u"127.0.0.1:%1"_qs.arg(server.port());
    const CliRun run = CliProgram(u"redis://" + place).run(kDoctor);
    VERIFY_TELLS(run, u"connect"_qs, 6, place, u"closed the connection"_qs, u"rediss://"_qs);
}

void TestCliDoctorStages::tlsToPlain()
{
    RedisServer server({.listen = RedisServer::Listen::Tcp});
    LK_START_REDIS(server);
    const QString place = u"127.0.0.1:%1"_qs.arg(server.port());
    const CliRun run = CliProgram(u"rediss://" + place).run(kDoctor);
    VERIFY_TELLS(run, u"tls"_qs, 6, place, u"speaks no TLS"_qs, u"use redis://"_qs);
}

void TestCliDoctorStages::noRedis()
{
    QTcpServer web;
    QVERIFY(web.listen(QHostAddress::LocalHost));
    const CliProgram cli(u"redis://127.0.0.1:%1"_qs.arg(web.serverPort()));
    const auto doctor = cli.start(kDoctor);
    QVERIFY(web.waitForNewConnection(30'000));
    web.nextPendingConnection()->write("HTTP/1.1 400 Bad Request\r\n\r\n");
    QTRY_COMPARE_WITH_TIMEOUT(doctor->state(), QProcess::NotRunning, 60'000);
    const CliRun run{doctor->exitCode(), doctor->readAllStandardOutput(), {}};
    VERIFY_TELLS(run, u"connect"_qs, 6, QString(), u"like a Redis server"_qs, QString());
}

void TestCliDoctorStages::missingPassword()
{
    RedisServer server({.password = "hush"});
    LK_START_REDIS(server);
    const CliRun run = CliProgram(u"redis+unix://" + server.socketPath()).run(kDoctor);
    VERIFY_TELLS(run, u"auth"_qs, 6, server.socketPath(), u"asks for a password"_qs,
                 u"LOCKKEEPER_REDIS_PASSWORD"_qs);
}

void TestCliDoctorStages::wrongPassword()
{
    RedisServer server({.password = "hush"});
    LK_START_REDIS(server);
    const CliRun run = CliProgram(u"redis+unix://:wrong@" + server.socketPath()).run(kDoctor);
    VERIFY_TELLS(run, u"auth"_qs, 6, server.socketPath(), u"refuses the password"_qs,
                 u"check user and password"_qs);
}

void TestCliDoctorStages::missingRights()
{
    RedisServer server(
        {.aclUsers = {QStringLiteral("u on >secret ~chat:* &* +@all -evalsha"),
                      QStringLiteral("blind on >secret ~chat:* &* +@all -scan -acl")}});
    LK_START_REDIS(server);
    const CliRun acting = CliProgram(u"redis+unix://u:secret@" + server.socketPath()).run(kDoctor);
    VERIFY_TELLS(acting, u"rights to act"_qs, 7, QString(),
                 u"missing right: +evalsha on ~chat:session_lock:*"_qs,
                 u"ACL SETUSER u +evalsha"_qs);
    const CliRun watching =
        CliProgram(u"redis+unix://blind:secret@" + server.socketPath()).run(kDoctor);
    VERIFY_TELLS(watching, u"rights to watch"_qs, 7, QString(), u"missing right: +scan"_qs,
                 u"ACL SETUSER blind +scan"_qs);
}

void TestCliDoctorStages::wrongRole()
{
    RedisServer primary({.listen = RedisServer::Listen::Tcp});
    LK_START_REDIS(primary);
    RedisServer replica({.config = {u"replicaof 127.0.0.1 %1"_qs.arg(primary.port())}});
    LK_START_REDIS(replica);
    QTRY_VERIFY_WITH_TIMEOUT(
        replica.redis({"INFO", "replication"}).toByteArray().contains("master_link_status:up"),
        60'000);
    const CliProgram cli(replica.url());
    const CliRun run = cli.run(kDoctor);
    VERIFY_TELLS(run, u"role"_qs, 7, u"this server"_qs, u"is a replica"_qs,
                 u"connect to the primary"_qs);
    // Who only looks may look at a replica.
    const CliRun looking = cli.run(kDoctor + QStringList{QStringLiteral("--read-only")});
    QVERIFY2(looking.exitCode == 0, looking.out.constData());
}

void TestCliDoctorStages::refusedDatabase()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.setEnvironment(QStringLiteral("LOCKKEEPER_DB"),
                       QStringLiteral("postgresql://nobody@127.0.0.1:1/none"));
    VERIFY_TELLS(cli.run(kDoctor), u"database"_qs, 6, u"127.0.0.1"_qs, u"refused"_qs, QString());
}

void TestCliDoctorStages::wrongDatabasePassword()
{
    RedisServer server;
    LK_START_REDIS(server);
    PostgresServer postgres;
    LK_START_POSTGRES(postgres);
    const QString name = QStringLiteral("chat");
    QVERIFY(postgres.createChatDatabase(name, PostgresServer::Release::Newer));
    postgres.sql(name, QStringLiteral("CREATE ROLE bob SUPERUSER LOGIN PASSWORD 'hunter2'"));
    QFile rules(postgres.sql(name, QStringLiteral("SHOW hba_file")).trimmed());
    QVERIFY(rules.open(QIODevice::WriteOnly | QIODevice::Truncate));
    rules.write("local all lk trust\nlocal all all scram-sha-256\n");
    rules.close();
    postgres.sql(name, QStringLiteral("SELECT pg_reload_conf()"));
    CliProgram cli(server.url());
    QString dsn = postgres.dsn(name, {}, QStringLiteral("bob"));
    cli.setEnvironment(QStringLiteral("LOCKKEEPER_DB"), dsn.replace(u"bob@"_qs, u"bob:wrong@"_qs));
    // The new rules hold a moment after they were asked for.
    CliRun run;
    QTRY_VERIFY_WITH_TIMEOUT((run = cli.run(kDoctor)).exitCode != 0, 60'000);
    VERIFY_TELLS(run, u"database"_qs, 6, u"bob"_qs, u"password"_qs, u"password"_qs);
    QVERIFY(!run.out.contains("wrong@"));
}

void TestCliDoctorStages::missingTables()
{
    RedisServer server;
    LK_START_REDIS(server);
    PostgresServer postgres;
    LK_START_POSTGRES(postgres);
    CliProgram cli(server.url());
    cli.setEnvironment(QStringLiteral("LOCKKEEPER_DB"), postgres.dsn(QStringLiteral("postgres")));
    VERIFY_TELLS(cli.run(kDoctor), u"tables"_qs, 1, u"ChatSession"_qs, QString(), QString());
}

QTEST_GUILESS_MAIN(TestCliDoctorStages)
#include "tst_cli_doctorstages.moc"
