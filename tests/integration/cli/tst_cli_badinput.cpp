// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"
#include "support/postgresserver.h"

#include <QFile>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

const QStringList kList{QStringLiteral("list")};

/// A peer that speaks, but not what we speak.
class Talker final : public QTcpServer
{
public:
    explicit Talker(QByteArray greeting)
    {
        connect(this, &QTcpServer::newConnection, this, [this, greeting] {
            QTcpSocket *socket = nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, socket, [socket, greeting] {
                socket->readAll();
                socket->write(greeting);
            });
        });
        listen(QHostAddress::LocalHost);
    }

    [[nodiscard]] QString url(const QString &scheme) const
    {
        return scheme + u"://127.0.0.1:" + QString::number(serverPort());
    }
};

/// Runs it while this process's own servers answer.
CliRun runBeside(const CliProgram &cli, const QStringList &arguments)
{
    const auto process = cli.start(arguments);
    CliRun run;
    if (!QTest::qWaitFor([&] { return process->state() == QProcess::NotRunning; }, 60'000))
        return run;
    run.out = process->readAllStandardOutput();
    run.err = process->readAllStandardError();
    run.exitCode = process->exitCode();
    return run;
}

void isSaid(const CliRun &run, int exitCode, const QByteArray &words)
{
    if (run.exitCode != exitCode)
        qWarning("%s", run.err.constData());
    QCOMPARE(run.exitCode, exitCode);
    QVERIFY2(run.err.contains(words), run.err.constData());
    QVERIFY2(!run.err.contains("hunter2"), "the password is in the message");
    QCOMPARE(run.out, QByteArray());
}

} // namespace

class TestCliBadInput final : public QObject
{
    Q_OBJECT

private slots:
    void refusesUrls_data();
    void refusesUrls();
    void refusesOptions_data();
    void refusesOptions();
    void tellsWrongUsage_data();
    void tellsWrongUsage();
    void helpShowsConnectionOptions();
    void needsAnAddress();
    void tellsAWrongPassword();
    void tellsTlsToAPlainPort();
    void tellsAPlainClientOfATlsPort();
    void tellsAnUnknownHost();
    void tellsWhatIsNoRedis();
    void tellsAnUnreachableDatabase();
    void tellsAWrongSchema();
    void tellsAWrongSchemaOfPostgreSql_data();
    void tellsAWrongSchemaOfPostgreSql();
    void keepsItsEnvironmentApart();
};

void TestCliBadInput::refusesUrls_data()
{
    QTest::addColumn<QString>("url");
    QTest::newRow("no scheme") << QStringLiteral("localhost:6379");
    QTest::newRow("another scheme") << QStringLiteral("http://localhost");
    QTest::newRow("no host") << QStringLiteral("redis://");
    QTest::newRow("port") << QStringLiteral("redis://:hunter2@localhost:99999");
    QTest::newRow("database") << QStringLiteral("redis://:hunter2@localhost/one");
    QTest::newRow("option") << QStringLiteral("rediss://localhost?certificate=x");
    QTest::newRow("no socket") << QStringLiteral("redis+unix://");
}

void TestCliBadInput::refusesUrls()
{
    QFETCH(QString, url);
    isSaid(CliProgram().run(kList + QStringList{QStringLiteral("--url"), url}), 2, "--url");
    isSaid(CliProgram(url).run(kList), 2, "LOCKKEEPER_URL");
}

void TestCliBadInput::refusesOptions_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QByteArray>("words");
    const auto row = [](const char *name, const char *option, const char *value) {
        QTest::newRow(name) << QStringList{QString::fromLatin1(option), QString::fromLatin1(value)}
                            << QByteArray(option);
    };
    row("DSN", "--db", "mysql://localhost/db");
    row("DSN without database", "--db", "postgresql://localhost");
    row("empty address", "--url", "");
    row("empty database", "--db", "");
    row("empty family", "--family", "");
    row("empty lock prefix", "--lock-prefix", "");
    row("empty session prefix", "--session-prefix", "");
    row("overlapping prefixes", "--session-prefix", "chat:session_lock:x");
    row("family", "--family", "nonesuch");
    row("lease", "--lease", "soon");
    row("lease of nothing", "--lease", "0");
}

void TestCliBadInput::refusesOptions()
{
    QFETCH(QStringList, options);
    QFETCH(QByteArray, words);
    isSaid(CliProgram(QStringLiteral("redis://127.0.0.1:1")).run(kList + options), 2, words);
}

void TestCliBadInput::tellsWrongUsage_data()
{
    QTest::addColumn<QString>("call");
    QTest::addColumn<QByteArray>("what");
    QTest::addColumn<QByteArray>("wayOut");
    const auto row = [](const char *call, const char *what, const char *wayOut) {
        QTest::newRow(call) << QString::fromLatin1(call) << QByteArray(what) << QByteArray(wayOut);
    };
    row("", "no verb was given", "the verbs are list, watch");
    row("frobnicate", "there is no verb \"frobnicate\"", "the verbs are list, watch");
    row("wach", "there is no verb \"wach\"", "did you mean watch?");
    row("list --frobnicate", "list has no option --frobnicate", "see: lockkeeper-cli list --help");
    row("list --older 3s", "list has no option --older", "did you mean --older-than?");
    row("--older-than 3s list", "--older-than stands before its verb", "list --older-than");
    row("--profile x --url redis://y list", "--profile brings its own", "leave --profile away");
    row("release", "release needs SESSION", "or give a filter");
    row("release a --token t --state no_expiry", "do not go together", "leave one of them away");
    row("release --state no_expiry --token t", "--token belongs to one SESSION", "many locks");
    row("delete --user u --take-over t", "--take-over belongs to one SESSION", "--take-over-seen");
    row("list x", "list does not take the argument \"x\"", "write: lockkeeper-cli list");
    row("list --state", "--state needs a value", "see: lockkeeper-cli list --help");
    row("list --state bogus", "there is no state \"bogus\"", "lockkeeper-cli list --help");
    row("list --sort colour", "there is no column \"colour\"", "the columns are state");
    row("list --json=maybe", "--json takes no value", "see: lockkeeper-cli list --help");
    row("list --url", "--url needs a value", "see: lockkeeper-cli list --help");
    row("--url a --url b list", "--url was given more than once", "lockkeeper-cli list --help");
    row("watch --count 0", "--count: \"0\" is no whole number", "lockkeeper-cli watch --help");
    row("watch --for soon", "\"soon\" is no duration", "write for example 250ms");
    row("show", "show needs SESSION", "write: lockkeeper-cli show SESSION");
    row("show a b", "does not take the argument \"b\"", "write: lockkeeper-cli show SESSION");
    row("release a", "release needs --token", "lockkeeper-cli release SESSION --token TOKEN");
    row("release a --tokn x", "release has no option --tokn", "did you mean --token?");
    row("delete a --take-over", "--take-over needs a value", "lockkeeper-cli delete --help");
    row("with-lock", "with-lock needs SESSION", "lockkeeper-cli with-lock SESSION -- COMMAND");
    row("with-lock a ls", "the argument \"ls\"", "lockkeeper-cli with-lock SESSION -- COMMAND");
    row("with-lock a", "no command was given", "write it behind --");
    row("session", "no verb was given", "the verbs are get, list, create");
    row("session gte", "session has no verb \"gte\"", "did you mean get?");
    row("session --user u list", "--user stands before its verb", "session list --user USER");
    row("session list", "session list needs --user", "session list --user USER");
    row("session get", "session get needs SESSION", "lockkeeper-cli session get --help");
    row("session append a --role boss --content x", "\"boss\" is no role", "the roles are user");
    row("session rename a", "session rename needs TITLE", "session rename SESSION TITLE");
    row("doctor x", "doctor does not take the argument \"x\"", "lockkeeper-cli doctor");
    row("demo x", "demo does not take the argument \"x\"", "lockkeeper-cli demo");
    row("--demo --url redis://x list", "--demo brings its own", "leave --demo away");
}

void TestCliBadInput::tellsWrongUsage()
{
    QFETCH(QString, call);
    QFETCH(QByteArray, what);
    QFETCH(QByteArray, wayOut);
    const CliRun run = CliProgram().run(call.split(u' ', Qt::SkipEmptyParts));
    isSaid(run, 2, what);
    QVERIFY2(run.err.contains(wayOut), run.err.constData());
    for (const char *raw : {"is required", "not expected", "Could not", "subcommand", "received"})
        QVERIFY2(!run.err.contains(raw), run.err.constData());
}

void TestCliBadInput::helpShowsConnectionOptions()
{
    for (const char *verb : {"list", "watch", "show", "release", "delete", "with-lock", "session",
                             "session get", "session append", "doctor", "demo"}) {
        const QString words = QString::fromLatin1(verb) + u" --help";
        const CliRun run = CliProgram().run(words.split(u' '));
        QCOMPARE(run.exitCode, 0);
        // with-lock has a --lease of its own, and shows that one only.
        for (const char *option : {"--url", "--db", "--lease", "--read-only", "--json"})
            QVERIFY2(run.out.count(QByteArray(QByteArray("\n  ") + option + ' ')) == 1, verb);
    }
}

void TestCliBadInput::needsAnAddress()
{
    isSaid(CliProgram().run(kList), 2, "--url");
    isSaid(CliProgram(QStringLiteral("redis://127.0.0.1:1"))
               .run({QStringLiteral("list"), QStringLiteral("--frobnicate")}),
           2, "--frobnicate");
}

void TestCliBadInput::tellsAWrongPassword()
{
    RedisServer::Options options;
    options.password = "right";
    options.listen = RedisServer::Listen::Tcp;
    RedisServer server(options);
    LK_START_REDIS(server);
    const QString where = u"127.0.0.1:" + QString::number(server.port());
    isSaid(CliProgram(u"redis://:hunter2@" + where).run(kList), 6, "password");
    isSaid(CliProgram(u"redis://" + where).run(kList), 6, "password");
    CliProgram asked(u"redis://" + where);
    asked.setEnvironment(QStringLiteral("LOCKKEEPER_REDIS_PASSWORD"), QStringLiteral("right"));
    QCOMPARE(asked.run(kList).exitCode, 0);
}

void TestCliBadInput::tellsTlsToAPlainPort()
{
    RedisServer::Options options;
    options.listen = RedisServer::Listen::Tcp;
    RedisServer server(options);
    LK_START_REDIS(server);
    isSaid(CliProgram(u"rediss://127.0.0.1:" + QString::number(server.port())).run(kList), 6,
           "TLS");
}

void TestCliBadInput::tellsAPlainClientOfATlsPort()
{
    LK_NEED_PROGRAM("openssl");
    RedisServer::Options options;
    options.listen = RedisServer::Listen::Tls;
    RedisServer server(options);
    LK_START_REDIS(server);
    isSaid(CliProgram(u"redis://127.0.0.1:" + QString::number(server.port())).run(kList), 6,
           "127.0.0.1");
}

void TestCliBadInput::tellsAnUnknownHost()
{
    isSaid(CliProgram(QStringLiteral("redis://no-such-host.invalid")).run(kList), 6,
           "no-such-host.invalid");
    isSaid(CliProgram(QStringLiteral("redis://127.0.0.1:1")).run(kList), 6, "127.0.0.1:1");
}

void TestCliBadInput::tellsWhatIsNoRedis()
{
    const Talker web("HTTP/1.1 400 Bad Request\r\n\r\n");
    isSaid(runBeside(CliProgram(web.url(QStringLiteral("redis"))), kList), 6, "Redis");
    const Talker noise(QByteArray(4096, '\xee'));
    isSaid(runBeside(CliProgram(noise.url(QStringLiteral("redis"))), kList), 6, "Redis");
}

void TestCliBadInput::tellsAnUnreachableDatabase()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.setEnvironment(QStringLiteral("DATABASE_URL"),
                       QStringLiteral("postgresql://u:hunter2@127.0.0.1:1/chat"));
    isSaid(cli.run({QStringLiteral("session"), QStringLiteral("get"), QStringLiteral("s")}), 6,
           "127.0.0.1");
    isSaid(cli.run({QStringLiteral("delete"), QStringLiteral("s"), QStringLiteral("--yes")}), 6,
           "127.0.0.1");
    // Locks are listed all the same.
    server.redis({"SET", lockKey("s"), freshToken(), "PX", "60000"});
    const CliRun list = cli.run({QStringLiteral("list"), QStringLiteral("--json")});
    QCOMPARE(list.exitCode, 0);
    QCOMPARE(list.array().size(), 1);
    QVERIFY2(list.err.contains("127.0.0.1"), list.err.constData());
    QVERIFY(!list.err.contains("hunter2"));
    // And where none was named, that is said.
    isSaid(CliProgram(server.url())
               .run({QStringLiteral("delete"), QStringLiteral("s"), QStringLiteral("--yes")}),
           2, "--db");
}

void TestCliBadInput::tellsAWrongSchema()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    QFile file(cli.sqlitePath());
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("this is no SQLite database, and no table is in it; it is long enough to be read");
    file.close();
    const CliRun run =
        cli.run({QStringLiteral("session"), QStringLiteral("get"), QStringLiteral("s")});
    QVERIFY2(run.exitCode == 1 || run.exitCode == 6, run.err.constData());
    QVERIFY2(run.err.contains("chat.db"), run.err.constData());
}

void TestCliBadInput::tellsAWrongSchemaOfPostgreSql_data()
{
    QTest::addColumn<QString>("change");
    QTest::addColumn<QByteArray>("words");
    QTest::newRow("missing table") << QStringLiteral("DROP TABLE \"ChatMessage\"")
                                   << QByteArray("has no table \"ChatMessage\"");
    QTest::newRow("missing column")
        << QStringLiteral("ALTER TABLE \"ChatSession\" DROP COLUMN \"userId\"")
        << QByteArray("has no column \"userId\"");
}

void TestCliBadInput::tellsAWrongSchemaOfPostgreSql()
{
    QFETCH(QString, change);
    QFETCH(QByteArray, words);
    RedisServer server;
    LK_START_REDIS(server);
    PostgresServer postgres;
    LK_START_POSTGRES(postgres);
    const QString name = QStringLiteral("chat");
    QVERIFY(postgres.createChatDatabase(name, PostgresServer::Release::Newer));
    postgres.sql(name, change);
    CliProgram cli(server.url());
    cli.setEnvironment(QStringLiteral("LOCKKEEPER_DB"), postgres.dsn(name));
    isSaid(cli.run({QStringLiteral("session"), QStringLiteral("get"), QStringLiteral("s")}), 1,
           words);
    isSaid(cli.run({QStringLiteral("delete"), QStringLiteral("s"), QStringLiteral("--yes")}), 1,
           words);
    server.redis({"SET", lockKey("s"), freshToken(), "PX", "60000"});
    const CliRun list = cli.run(kList); // all the same
    QCOMPARE(list.exitCode, 0);
    QVERIFY2(list.err.contains(words), list.err.constData());
    const CliRun doctor = cli.run({QStringLiteral("doctor")});
    QCOMPARE(doctor.exitCode, 1);
    QVERIFY2(doctor.out.contains(words), doctor.out.constData());
}

void TestCliBadInput::keepsItsEnvironmentApart()
{
    // A password for the back end's server is not sent to another one.
    RedisServer::Options options;
    options.listen = RedisServer::Listen::Tcp;
    options.password = "right";
    RedisServer server(options);
    LK_START_REDIS(server);
    CliProgram cli;
    cli.setEnvironment(QStringLiteral("REDIS_HOST"), QStringLiteral("127.0.0.1"));
    cli.setEnvironment(QStringLiteral("REDIS_PORT"), QString::number(server.port()));
    cli.setEnvironment(QStringLiteral("REDIS_PASSWORD"), QStringLiteral("right"));
    QCOMPARE(cli.run(kList).exitCode, 0);
    QCOMPARE(cli.run(kList +
                     QStringList{QStringLiteral("--url"),
                                 QString(u"redis://127.0.0.1:" + QString::number(server.port()))})
                 .exitCode,
             6);
}

QTEST_GUILESS_MAIN(TestCliBadInput)
#include "tst_cli_badinput.moc"
