// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"
#include "support/childprocess.h"
#include "support/postgresserver.h"
#include "support/streamproxy.h"

#include <QHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <algorithm>
#include <csignal>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

constexpr int kEnd = 30'000;
const QString kDatabase = QStringLiteral("chat");
const QString kJson = QStringLiteral("--json");

/// Takes every connection, and never says a word.
class SilentServer
{
public:
    SilentServer() { m_server.listen(QHostAddress::LocalHost); }

    [[nodiscard]] QString address() const
    {
        return QStringLiteral("127.0.0.1:%1").arg(m_server.serverPort());
    }
    /// Whether somebody waits for an answer.
    [[nodiscard]] bool isAsked()
    {
        while (QTcpSocket *client = m_server.nextPendingConnection())
            m_clients.append(client);
        return std::any_of(m_clients.cbegin(), m_clients.cend(), [](const QTcpSocket *client) {
            return client->state() == QAbstractSocket::ConnectedState &&
                   client->bytesAvailable() > 0;
        });
    }

private:
    QTcpServer m_server;
    QList<QTcpSocket *> m_clients;
};

/// Keeps the table of the sessions from everybody, until it is destroyed.
class TableHolder
{
public:
    explicit TableHolder(PostgresServer &postgres)
        : m_postgres(postgres)
    {
        dieWithParent(m_psql);
        m_psql.start(QStringLiteral("psql"),
                     {QStringLiteral("-X"), QStringLiteral("-h"), postgres.socketFolder(),
                      QStringLiteral("-U"), QStringLiteral("lk"), QStringLiteral("-d"), kDatabase,
                      QStringLiteral("-c"),
                      QStringLiteral("BEGIN; LOCK TABLE \"ChatSession\" IN ACCESS EXCLUSIVE MODE; "
                                     "SELECT pg_sleep(300)")});
    }
    ~TableHolder() { end(); }
    TableHolder(const TableHolder &) = delete;
    TableHolder &operator=(const TableHolder &) = delete;

    [[nodiscard]] bool isHolding() { return count("wait_event = 'PgSleep'") == 1; }
    /// Statements that wait for the table.
    [[nodiscard]] int waiters() { return count("wait_event_type = 'Lock'"); }
    void end()
    {
        m_psql.kill();
        m_psql.waitForFinished();
        // The server would not notice before the sleep is over.
        static_cast<void>(m_postgres.sql(
            kDatabase, QStringLiteral("SELECT pg_terminate_backend(pid, 5000) FROM "
                                      "pg_stat_activity WHERE wait_event = 'PgSleep'")));
    }

private:
    int count(const char *condition)
    {
        return m_postgres
            .sql(kDatabase,
                 u"SELECT count(*) FROM pg_stat_activity WHERE " + QString::fromLatin1(condition))
            .toInt();
    }

    PostgresServer &m_postgres;
    QProcess m_psql;
};

void interrupt(const QProcess &process, int signal)
{
    QCOMPARE(::kill(static_cast<pid_t>(process.processId()), signal), 0);
}

QJsonObject documentOf(QProcess &process)
{
    return QJsonDocument::fromJson(process.readAllStandardOutput()).object();
}

} // namespace

/// A signal ends a program whose servers do not answer, long before their own time limits do.
class TestCliInterrupt final : public QObject
{
    Q_OBJECT

private slots:
    void endsTheDoctor_data();
    void endsTheDoctor();
    void endsTheLookOfADelete_data();
    void endsTheLookOfADelete();
};

void TestCliInterrupt::endsTheDoctor_data()
{
    QTest::addColumn<QString>("stage");
    QTest::addColumn<int>("signal");
    QTest::newRow("database, SIGINT") << "database" << SIGINT;
    QTest::newRow("database, SIGTERM") << "database" << SIGTERM;
    QTest::newRow("server") << "connect" << SIGINT;
}

void TestCliInterrupt::endsTheDoctor()
{
    QFETCH(const QString, stage);
    QFETCH(const int, signal);
    RedisServer server;
    LK_START_REDIS(server);
    SilentServer silent;
    CliProgram cli(stage == u"connect" ? QString(u"redis://" + silent.address()) : server.url());
    cli.setEnvironment(QStringLiteral("LOCKKEEPER_DB"),
                       u"postgresql://lk@" + silent.address() + u"/chat?connect_timeout=60");
    const auto process = cli.start({QStringLiteral("doctor"), kJson});
    QTRY_VERIFY_WITH_TIMEOUT(silent.isAsked(), kEnd);
    interrupt(*process, signal);
    QVERIFY(process->waitForFinished(kEnd));
    QCOMPARE(process->exitStatus(), QProcess::NormalExit);
    QCOMPARE(process->exitCode(), 1); // a time limit would have made it 6

    // What was found by then is shown.
    QHash<QString, QJsonObject> stages;
    const QJsonObject document = documentOf(*process);
    for (const QJsonValue value : document[u"stages"].toArray())
        stages.insert(value[u"stage"].toString(), value.toObject());
    QCOMPARE(stages.size(), 12);
    QCOMPARE(stages[QStringLiteral("resolve")][u"outcome"].toString(), QStringLiteral("ok"));
    QCOMPARE(stages[stage][u"outcome"].toString(), QStringLiteral("failed"));
    QCOMPARE(stages[stage][u"error"][u"code"].toString(), QStringLiteral("cancelled"));
    QCOMPARE(stages[QStringLiteral("tables")][u"outcome"].toString(), QStringLiteral("skipped"));
}

void TestCliInterrupt::endsTheLookOfADelete_data()
{
    QTest::addColumn<QString>("mode");
    QTest::addColumn<bool>("isSilent");
    QTest::newRow("preview, busy table") << "--dry-run" << false;
    QTest::newRow("preview, silent host") << "--dry-run" << true;
    QTest::newRow("confirmed, busy table") << "--yes" << false;
    QTest::newRow("confirmed, silent host") << "--yes" << true;
}

void TestCliInterrupt::endsTheLookOfADelete()
{
    QFETCH(const QString, mode);
    QFETCH(const bool, isSilent);
    RedisServer server;
    LK_START_REDIS(server);
    PostgresServer postgres;
    LK_START_POSTGRES(postgres);
    QVERIFY(postgres.createChatDatabase(kDatabase, PostgresServer::Release::Newer));
    CliProgram cli(server.url());
    const QString database = QStringLiteral("LOCKKEEPER_DB");
    cli.setEnvironment(database, postgres.dsn(kDatabase));
    const QString id = cli.run({QStringLiteral("session"), QStringLiteral("create"),
                                QStringLiteral("--user"), QStringLiteral("u-1"), kJson})
                           .object()[u"session_id"]
                           .toString();
    QVERIFY(!id.isEmpty());
    const qsizetype audited = cli.audit().size();

    Endpoint socket;
    socket.kind = Endpoint::Kind::Unix;
    socket.path = postgres.socketFolder() + QStringLiteral("/.s.PGSQL.5432");
    StreamProxy proxy(socket);
    cli.setEnvironment(database, QStringLiteral("postgresql://lk@127.0.0.1:%1/%2?sslmode=disable")
                                     .arg(proxy.endpoint().port)
                                     .arg(kDatabase));
    TableHolder holder(postgres);
    QTRY_VERIFY_WITH_TIMEOUT(holder.isHolding(), kEnd);
    const auto process = cli.start({QStringLiteral("delete"), id, mode, kJson});
    QTRY_COMPARE_WITH_TIMEOUT(holder.waiters(), 1, kEnd);
    proxy.setStalled(isSilent);
    interrupt(*process, SIGINT);
    QTRY_COMPARE_WITH_TIMEOUT(process->state(), QProcess::NotRunning, kEnd);
    QCOMPARE(process->exitStatus(), QProcess::NormalExit);
    QCOMPARE(process->exitCode(), 1);
    const QJsonValue error = documentOf(*process)[u"error"];
    QCOMPARE(error[u"code"].toString(), QStringLiteral("cancelled")); // no time limit of SQL

    holder.end();
    QCOMPARE(
        postgres.sql(kDatabase, QStringLiteral("SELECT count(*) FROM \"ChatSession\"")).trimmed(),
        QStringLiteral("1"));
    QCOMPARE(server.redis({"EXISTS", cacheKey(id.toUtf8())}).toInt(), 1);
    QCOMPARE(server.redis({"EXISTS", lockKey(id.toUtf8())}).toInt(), 0);
    const bool isAct = mode == u"--yes"; // with an intent, and an outcome
    QCOMPARE(cli.audit().size(), audited + (isAct ? 2 : 0));
    if (isAct)
        QVERIFY(cli.audit().last()[u"outcome"].toString().startsWith(u"failed: "));
}

QTEST_GUILESS_MAIN(TestCliInterrupt)
#include "tst_cli_interrupt.moc"
