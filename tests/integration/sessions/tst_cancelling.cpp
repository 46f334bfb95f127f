// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sqlworker.h"
#include "storebench.h"
#include "support/childprocess.h"
#include "support/redisserver.h"
#include "testdatabase.h"

#include <QProcess>
#include <QSemaphore>
#include <QTcpServer>
#include <QTcpSocket>

using namespace lockkeeper;
using namespace lockkeeper::sessions;
using test::await;
using test::Kind;
using test::sampleSession;

/// A database that does not answer holds up neither its callers nor the end of the program.
class TestCancelling final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void limitsStatements();
    void endsWhileAStatementIsStuck_data();
    void endsWhileAStatementIsStuck();
    void stopsADelete();
    void stopsTheEndOfADelete();
    void leavesALockedFile();
    void abandonsASilentServer();
    void goesOnWhileACancellationHangs();

private:
    class Holder;

    test::TestDatabases m_databases;
};

void TestCancelling::initTestCase()
{
    LK_START_POSTGRES(m_databases);
}

void TestCancelling::limitsStatements()
{
    SqlWorker worker(m_databases.make(Kind::PostgresOlder), SqlAccess::ReadWrite,
                     [](SqlConnection &) { return Result<void>(); });
    const auto limit = await(worker.run<QString>([](SqlConnection &connection) -> Result<QString> {
        auto query =
            connection.execute(QStringLiteral("SELECT current_setting('statement_timeout')"), {},
                               QStringLiteral("asking"));
        if (!query)
            return query.error();
        return query->next() ? query->value(0).toString() : QString();
    }));
    LK_VERIFY(limit);
    QCOMPARE(*limit, QStringLiteral("10s"));
}

const QString kRow = QStringLiteral("UPDATE \"ChatSession\" SET \"title\" = 'x'");
const QString kMessages = QStringLiteral("LOCK TABLE \"ChatMessage\"");

/// Locks what the statement locks, and keeps it until it is destroyed.
class TestCancelling::Holder
{
public:
    Holder(TestCancelling &test, const Dsn &dsn, const QString &statement)
        : m_test(test)
        , m_dsn(dsn)
    {
        test::dieWithParent(m_psql);
        m_psql.start(QStringLiteral("psql"),
                     {QStringLiteral("-X"), QStringLiteral("-h"), dsn.host, QStringLiteral("-U"),
                      dsn.user, QStringLiteral("-d"), dsn.database, QStringLiteral("-c"),
                      u"BEGIN; " + statement + u"; SELECT pg_sleep(300)"});
    }
    ~Holder()
    {
        m_psql.kill();
        m_psql.waitForFinished();
    }
    Holder(const Holder &) = delete;
    Holder &operator=(const Holder &) = delete;

    [[nodiscard]] bool isHolding() { return count("wait_event = 'PgSleep'") == 1; }
    /// Statements that wait for it.
    [[nodiscard]] int waiters() { return count("wait_event_type = 'Lock'"); }

private:
    int count(const char *condition)
    {
        return m_test.m_databases.server()
            .sql(QStringLiteral("postgres"),
                 QStringLiteral("SELECT count(*) FROM pg_stat_activity WHERE datname = '%1' AND %2")
                     .arg(m_dsn.database, QString::fromLatin1(condition)))
            .toInt();
    }

    TestCancelling &m_test;
    Dsn m_dsn;
    QProcess m_psql;
};

void TestCancelling::endsWhileAStatementIsStuck_data()
{
    QTest::addColumn<bool>("isClosed");
    QTest::newRow("closed") << true;
    QTest::newRow("destroyed") << false;
}

void TestCancelling::endsWhileAStatementIsStuck()
{
    QFETCH(const bool, isClosed);
    const Dsn dsn = m_databases.make(Kind::PostgresOlder);
    auto database = std::make_unique<SessionDatabase>(dsn);
    LK_VERIFY(await(database->save(sampleSession("s1", "u1", 1), 0)));
    Holder holder(*this, dsn, kRow);
    QTRY_VERIFY_WITH_TIMEOUT(holder.isHolding(), 30'000);

    const auto stuck = database->remove(SessionId("s1"), std::nullopt);
    const auto waiting = database->load(SessionId("s1"));
    QTRY_COMPARE_WITH_TIMEOUT(holder.waiters(), 1, 30'000);
    if (isClosed) {
        database->close();
        QVERIFY(waiting.isFinished());
        const auto late = database->load(SessionId("s1"));
        QVERIFY(late.isFinished());
        QCOMPARE(late.result().error().code, ErrorCode::Cancelled);
    } else {
        database.reset();
        QVERIFY(stuck.isFinished());
    }
    // Its own limit would have said TimedOut.
    QCOMPARE(await(stuck).error().code, ErrorCode::Cancelled);
    QCOMPARE(waiting.result().error().code, ErrorCode::Cancelled);
    QTRY_COMPARE(holder.waiters(), 0);
}

void TestCancelling::stopsADelete()
{
    test::RedisServer redis;
    LK_START_REDIS(redis);
    const Dsn dsn = m_databases.make(Kind::PostgresOlder);
    test::StoreBench bench(redis.address(), dsn);
    QVERIFY(bench.open());
    LK_VERIFY(await(bench.database.save(sampleSession("s1", "u1", 1), 0)));
    Holder holder(*this, dsn, kRow);
    QTRY_VERIFY_WITH_TIMEOUT(holder.isHolding(), 30'000);

    std::stop_source stop;
    RemoveRequest request;
    request.id = SessionId("s1");
    request.stop = stop.get_token();
    auto removing = bench.store.remove(request);
    QTRY_COMPARE_WITH_TIMEOUT(holder.waiters(), 1, 30'000);
    stop.request_stop();
    const RemoveReport report = await(std::move(removing));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::Cancelled);
    QCOMPARE(report.database, StepState::Failed); // known: nothing was deleted
    QCOMPARE(report.release, StepState::Done);
    // The database goes on for others, and the row is there.
    const auto left = await(bench.database.summaries(QList<SessionId>{SessionId("s1")}));
    LK_VERIFY(left);
    QCOMPARE(left->size(), 1);
}

void TestCancelling::stopsTheEndOfADelete()
{
    test::RedisServer redis;
    LK_START_REDIS(redis);
    const Dsn dsn = m_databases.make(Kind::PostgresOlder);
    test::StoreBench bench(redis.address(), dsn);
    QVERIFY(bench.open());
    LK_VERIFY(await(bench.cache.put(sampleSession("s1", "u1", 1))));
    Holder holder(*this, dsn, kMessages); // a row that is not there can be deleted all the same
    QTRY_VERIFY_WITH_TIMEOUT(holder.isHolding(), 30'000);

    std::stop_source stop;
    RemoveRequest request;
    request.id = SessionId("s1");
    request.isRerun = true;
    request.stop = stop.get_token();
    auto removing = bench.store.remove(request);
    QTRY_COMPARE_WITH_TIMEOUT(holder.waiters(), 1, 30'000);
    stop.request_stop();
    const RemoveReport report = await(std::move(removing));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::Cancelled); // its own limit would have said TimedOut
    QCOMPARE(report.database, StepState::Nothing);
    QCOMPARE(report.cache, StepState::NotReached);
    QCOMPARE(report.release, StepState::Done);
    QVERIFY(await(bench.cache.get(SessionId("s1")))->has_value());
}

void TestCancelling::leavesALockedFile()
{
    const Dsn dsn = m_databases.make(Kind::Sqlite);
    SessionDatabase database(dsn);
    LK_VERIFY(await(database.save(sampleSession("s1", "u1", 1), 0)));
    SqlConnection other(dsn, SqlAccess::ReadWrite);
    LK_VERIFY(other.open());
    const QString doing = QStringLiteral("holding the file");
    LK_VERIFY(other.begin(SqlConnection::Intent::Write, doing));

    std::stop_source stop;
    const auto removing = database.remove(SessionId("s1"), std::nullopt, stop.get_token());
    const auto later =
        database.rename(SessionId("s1"), QStringLiteral("new"), SystemClock().wall());
    stop.request_stop();
    const auto removed = await(removing);
    QVERIFY(!removed);
    QCOMPARE(removed.error().code, ErrorCode::Cancelled);

    // It was said that nothing is written: so it is, though the thread gets the file in the end.
    other.rollback();
    const auto renamed = await(later);
    LK_VERIFY(renamed);
    QVERIFY(*renamed);
}

void TestCancelling::abandonsASilentServer()
{
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    Dsn dsn;
    dsn.kind = Dsn::Kind::PostgreSql;
    dsn.host = QStringLiteral("127.0.0.1");
    dsn.port = silent.serverPort();
    dsn.user = QStringLiteral("lk");
    dsn.database = QStringLiteral("lk");
    dsn.connectTimeout = std::chrono::seconds(60);
    auto database = std::make_unique<SessionDatabase>(dsn);
    const auto checked = database->check();
    QTRY_VERIFY(silent.hasPendingConnections());
    QTcpSocket *const client = silent.nextPendingConnection();
    QTRY_VERIFY(client->bytesAvailable() > 0); // it has spoken, and waits for an answer

    database->close();
    QVERIFY(checked.isFinished());
    QCOMPARE(checked.result().error().code, ErrorCode::Cancelled);
    database.reset();
    QVERIFY(!client->waitForReadyRead(0));
    QCOMPARE(client->state(), QAbstractSocket::ConnectedState); // the connecting was not awaited
    client->disconnectFromHost();
}

namespace {

/// A PostgreSQL that lets everybody in, and then says nothing more.
class MuteServer
{
public:
    [[nodiscard]] bool listen(quint16 port)
    {
        QObject::connect(&m_server, &QTcpServer::newConnection, &m_server, [this] {
            m_client = m_server.nextPendingConnection();
            QObject::connect(m_client, &QTcpSocket::readyRead, m_client, [this] { answer(); });
        });
        return m_server.listen(QHostAddress::LocalHost, port);
    }
    void stopListening() { m_server.close(); }
    /// Whether somebody waits for the answer to a statement.
    [[nodiscard]] bool isAsked() const
    {
        return m_isGreeted && m_client->state() == QAbstractSocket::ConnectedState &&
               m_client->bytesAvailable() > 0;
    }

private:
    void answer()
    {
        if (std::exchange(m_isGreeted, true))
            return;
        m_client->readAll();
        // AuthenticationOk, ReadyForQuery
        m_client->write(QByteArray::fromHex("520000000800000000") +
                        QByteArray::fromHex("5a0000000549"));
    }

    QTcpServer m_server;
    QTcpSocket *m_client = nullptr;
    bool m_isGreeted = false;
};

} // namespace

void TestCancelling::goesOnWhileACancellationHangs()
{
    test::StreamProxy proxy(m_databases.socket());
    SqlWorker worker(m_databases.through(proxy, m_databases.make(Kind::PostgresOlder)),
                     SqlAccess::ReadWrite, [](SqlConnection &) { return Result<void>(); });
    QSemaphore begun;
    QSemaphore mayEnd;
    std::stop_source stop;
    const auto stopped = worker.run<int>(
        [&](SqlConnection &) -> Result<int> {
            begun.release();
            mayEnd.acquire();
            return 1;
        },
        stop.get_token());
    const auto behind = worker.run<int>([](SqlConnection &connection) -> Result<int> {
        const auto asked =
            connection.execute(QStringLiteral("SELECT 1"), {}, QStringLiteral("asking"));
        return asked ? Result<int>(2) : asked.error();
    });
    QTRY_VERIFY_WITH_TIMEOUT(begun.available() > 0, 30'000);

    proxy.setListening(false);
    MuteServer mute;
    QVERIFY(mute.listen(proxy.endpoint().port));
    stop.request_stop();
    QTRY_VERIFY_WITH_TIMEOUT(mute.isAsked(), 30'000); // by the cancellation
    mute.stopListening();
    proxy.setListening(true);
    mayEnd.release();
    static_cast<void>(await(stopped)); // its own result, or on a slow machine that it was left

    QTRY_VERIFY_WITH_TIMEOUT(behind.isFinished(), 30'000);
    LK_VERIFY(behind.result());
    QCOMPARE(*behind.result(), 2);
    QVERIFY(mute.isAsked()); // it hangs still
}

QTEST_GUILESS_MAIN(TestCancelling)
#include "tst_cancelling.moc"
