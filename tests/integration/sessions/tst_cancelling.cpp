// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sqlworker.h"
#include "storebench.h"
#include "support/childprocess.h"
#include "testdatabase.h"

#include <QProcess>

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
    void endsWhileAStatementIsStuck();

private:
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

void TestCancelling::endsWhileAStatementIsStuck()
{
    const Dsn dsn = m_databases.make(Kind::PostgresOlder);
    auto database = std::make_unique<SessionDatabase>(dsn);
    LK_VERIFY(await(database->save(sampleSession("s1", "u1", 1), 0)));

    QProcess other; // holds the row until it is ended
    test::dieWithParent(other);
    other.start(QStringLiteral("psql"),
                {QStringLiteral("-X"), QStringLiteral("-h"), dsn.host, QStringLiteral("-U"),
                 dsn.user, QStringLiteral("-d"), dsn.database, QStringLiteral("-c"),
                 QStringLiteral("BEGIN; UPDATE \"ChatSession\" SET \"title\" = 'x'; "
                                "SELECT pg_sleep(300)")});
    const auto count = [&](const char *condition) {
        return m_databases.server().sql(
            QStringLiteral("postgres"),
            QStringLiteral("SELECT count(*) FROM pg_stat_activity WHERE datname = '%1' AND %2")
                .arg(dsn.database, QString::fromLatin1(condition)));
    };
    QTRY_COMPARE_WITH_TIMEOUT(count("wait_event = 'PgSleep'"), QStringLiteral("1"), 30'000);

    const auto stuck = database->remove(SessionId("s1"), std::nullopt);
    const auto waiting = database->load(SessionId("s1"));
    QTRY_COMPARE_WITH_TIMEOUT(count("wait_event_type = 'Lock'"), QStringLiteral("1"), 30'000);
    database.reset();
    QVERIFY(stuck.isFinished());
    QCOMPARE(stuck.result().error().code, ErrorCode::TimedOut);
    QVERIFY(waiting.isFinished());
    QCOMPARE(waiting.result().error().code, ErrorCode::Cancelled);
    QCOMPARE(count("wait_event_type = 'Lock'"), QStringLiteral("0"));
    other.kill();
    other.waitForFinished();
}

QTEST_GUILESS_MAIN(TestCancelling)
#include "tst_cancelling.moc"
