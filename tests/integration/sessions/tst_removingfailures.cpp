// SPDX-License-Identifier: GPL-3.0-or-later
#include "removingbench.h"

#include <QSqlDatabase>
#include <QSqlQuery>

#include <utility>

using namespace lockkeeper;
using namespace lockkeeper::sessions;
using namespace std::chrono_literals;
using test::await;
using test::Kind;
using test::sampleSession;
using test::StoreBench;
using State = StepState;

/// What can go wrong on the way of remove(): the database, the cache, the lease.
class TestRemovingFailures final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { LK_START_POSTGRES(m_bench.databases()); }
    void init()
    {
        m_bench.newServer();
        LK_START_REDIS(m_bench.server());
    }
    void cleanup() { m_bench.close(); }

    void keepsAllWhenTheDatabaseIsDown();
    void keepsAllWhenTheDatabaseIsLocked();
    void keepsAllWhenTheStatementIsLost();
    void reportsAnUnknownCommitAndFinishesLater();

    void warnsWhenTheCacheRefuses();
    void warnsWhenTheCacheIsGone();
    void doesNothingWithoutTheServer();

    void stopsWhenTheLeaseIsLost_data();
    void stopsWhenTheLeaseIsLost();
    void warnsWhenTheLockIsLostAtTheEnd();
    void keepsItsLeaseDuringALongDelete();

private:
    test::RemovingBench m_bench;
};

// The database fails ----------------------------------------------------------------------

void TestRemovingFailures::keepsAllWhenTheDatabaseIsDown()
{
    m_bench.prepare(Kind::PostgresOlder, [&](RemoveStep step) {
        if (step == RemoveStep::Database)
            m_bench.databases().server().stop();
    });
    const RemoveReport report = m_bench.remove();
    QVERIFY(m_bench.databases().server().restart());
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::CannotConnect);
    QCOMPARE(report.database, State::Failed);
    QCOMPARE(report.cache, State::NotReached);
    QCOMPARE(report.release, State::Done);
    QCOMPARE(m_bench.rows(), 1);
    QVERIFY(m_bench.isCached());
    QVERIFY(m_bench.lockToken().isEmpty());
}

void TestRemovingFailures::keepsAllWhenTheDatabaseIsLocked()
{
    const QString name = QStringLiteral("blocker");
    m_bench.prepare(Kind::Sqlite, [&](RemoveStep step) {
        if (step != RemoveStep::Database)
            return;
        QSqlDatabase blocker = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), name);
        blocker.setDatabaseName(m_bench.dsn().path);
        QVERIFY(blocker.open());
        QVERIFY(QSqlQuery(blocker).exec(QStringLiteral("BEGIN IMMEDIATE")));
    });
    const RemoveReport report = m_bench.remove();
    QSqlDatabase::database(name).close();
    QSqlDatabase::removeDatabase(name);
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::TimedOut);
    QCOMPARE(report.database, State::Failed);
    QCOMPARE(report.release, State::Done);
    QCOMPARE(m_bench.rows(), 1);
    QVERIFY(m_bench.isCached());
}

void TestRemovingFailures::keepsAllWhenTheStatementIsLost()
{
    test::StreamProxy proxy(m_bench.databases().socket());
    m_bench.prepare(
        Kind::PostgresOlder,
        [&](RemoveStep step) {
            if (step == RemoveStep::Database)
                proxy.cutOn("DELETE", test::StreamProxy::Cut::AfterRequest);
        },
        {}, &proxy);
    const RemoveReport report = m_bench.remove();
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::ConnectionLost);
    QCOMPARE(report.database, State::Failed);
    QCOMPARE(report.cache, State::NotReached);
    QCOMPARE(report.release, State::Done);
    QCOMPARE(m_bench.rows(), 1);
    QVERIFY(m_bench.isCached());
}

void TestRemovingFailures::reportsAnUnknownCommitAndFinishesLater()
{
    test::StreamProxy proxy(m_bench.databases().socket());
    m_bench.prepare(
        Kind::PostgresOlder,
        [&, isFirst = true](RemoveStep step) mutable {
            if (step == RemoveStep::Database && std::exchange(isFirst, false))
                proxy.cutOn("COMMIT", test::StreamProxy::Cut::AfterRequest);
        },
        {}, &proxy);
    const RemoveReport report = m_bench.remove();
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::OutcomeUnknown);
    QCOMPARE(report.database, State::Unknown);
    QVERIFY(!report.isRemoved());
    QCOMPARE(report.cache, State::NotReached);
    QCOMPARE(report.release, State::Done);
    QVERIFY(m_bench.isCached());
    QTRY_COMPARE(m_bench.rows(), 0);

    RemoveRequest again;
    again.id = SessionId("s1");
    again.user = UserId("u1");
    again.isRerun = true;
    const RemoveReport rerun = m_bench.remove(again);
    QVERIFY(!rerun.failure);
    QCOMPARE(rerun.cache, State::Done);
    QVERIFY(!m_bench.isCached());
}

// The cache fails -------------------------------------------------------------------------

void TestRemovingFailures::warnsWhenTheCacheRefuses()
{
    m_bench.prepare(Kind::Sqlite, {}, QStringLiteral("nocache"));
    const RemoveReport report = m_bench.remove();
    QVERIFY2(!report.failure, report.failure ? qPrintable(report.failure->what) : "");
    QVERIFY(report.isRemoved());
    QCOMPARE(report.cache, State::Failed);
    QCOMPARE(report.release, State::Done);
    QCOMPARE(report.warnings.size(), 1);
    QVERIFY(report.warnings[0].contains(u"the cached entry could not be deleted"));
    QCOMPARE(m_bench.rows(), 0);
    QVERIFY(m_bench.isCached());
    QVERIFY(m_bench.lockToken().isEmpty());
}

void TestRemovingFailures::warnsWhenTheCacheIsGone()
{
    m_bench.prepare(Kind::Sqlite, [&](RemoveStep step) {
        if (step == RemoveStep::Cache)
            m_bench.parts().client.close();
    });
    const RemoveReport report = m_bench.remove();
    QVERIFY(!report.failure);
    QVERIFY(report.isRemoved());
    QCOMPARE(report.cache, State::Failed);
    QCOMPARE(report.release, State::Failed);
    QCOMPARE(report.warnings.size(), 2);
    QVERIFY(report.warnings[1].contains(u"stays until its lease ends"));
    QVERIFY(m_bench.isCached());
    QVERIFY(m_bench.redis({"PTTL", test::RemovingBench::kLock}).toLongLong() >
            0); // it ends by itself
}

void TestRemovingFailures::doesNothingWithoutTheServer()
{
    for (const RemoveStep when : {RemoveStep::Lock, RemoveStep::Database}) {
        m_bench.prepare(Kind::Sqlite, [&](RemoveStep step) {
            if (step == when)
                m_bench.parts().client.close();
        });
        const RemoveReport report = m_bench.remove();
        QVERIFY(report.failure);
        QVERIFY(report.failure->code != ErrorCode::LeaseLost);
        QCOMPARE(report.database, State::NotReached);
        QCOMPARE(m_bench.rows(), 1);
        QVERIFY(m_bench.isCached());
        m_bench.redis({"DEL", test::RemovingBench::kLock});
    }
}

// The lease is lost -----------------------------------------------------------------------

void TestRemovingFailures::stopsWhenTheLeaseIsLost_data()
{
    QTest::addColumn<Kind>("kind");
    QTest::addColumn<bool>("isRowGone"); // lost before the cache, not before the database
    QTest::addColumn<bool>("isReplaced");
    for (const Kind kind : {Kind::Sqlite, Kind::PostgresOlder}) {
        for (const bool isRowGone : {false, true}) {
            for (const bool isReplaced : {false, true})
                QTest::addRow("%s, %s, %s", kind == Kind::Sqlite ? "sqlite" : "postgres",
                              isRowGone ? "before the cache" : "before the database",
                              isReplaced ? "replaced" : "deleted")
                    << kind << isRowGone << isReplaced;
        }
    }
}

void TestRemovingFailures::stopsWhenTheLeaseIsLost()
{
    QFETCH(Kind, kind);
    QFETCH(bool, isRowGone);
    QFETCH(bool, isReplaced);
    m_bench.prepare(kind, [&](RemoveStep step) {
        if (step != (isRowGone ? RemoveStep::Cache : RemoveStep::Database))
            return;
        if (isReplaced)
            m_bench.redis({"SET", test::RemovingBench::kLock, "successor", "PX", "60000"});
        else
            m_bench.redis({"DEL", test::RemovingBench::kLock});
    });
    const RemoveReport report = m_bench.remove();
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::LeaseLost);
    QCOMPARE(report.database, isRowGone ? State::Done : State::NotReached);
    QCOMPARE(report.cache, State::NotReached);
    QCOMPARE(report.release, State::Nothing);
    QCOMPARE(m_bench.rows(), isRowGone ? 0 : 1);
    QVERIFY(m_bench.isCached());
    QCOMPARE(m_bench.lockToken(), isReplaced ? QByteArray("successor") : QByteArray());
    if (isReplaced)
        QVERIFY2(report.failure->what.contains(u"successor"), qPrintable(report.failure->what));
    if (isRowGone)
        QVERIFY(report.failure->what.contains(u"the cached entry was left"));
}

void TestRemovingFailures::warnsWhenTheLockIsLostAtTheEnd()
{
    m_bench.prepare(Kind::Sqlite, [&](RemoveStep step) {
        if (step == RemoveStep::Release)
            m_bench.redis({"SET", test::RemovingBench::kLock, "successor", "PX", "60000"});
    });
    const RemoveReport report = m_bench.remove();
    QVERIFY(!report.failure);
    QVERIFY(report.isRemoved());
    QCOMPARE(report.release, State::Nothing);
    QCOMPARE(report.warnings.size(), 1);
    QCOMPARE(m_bench.lockToken(), QByteArray("successor"));
}

void TestRemovingFailures::keepsItsLeaseDuringALongDelete()
{
    // The row is held by another transaction for longer than the lease of the family.
    const Dsn dsn = m_bench.databases().make(Kind::PostgresOlder);
    locks::LockFamily family;
    family.lease = 400ms;
    StoreBench bench(m_bench.server().address(), dsn, {}, family);
    QVERIFY(bench.open());
    LK_VERIFY(await(bench.store.upsert(sampleSession("s1", "u1", 1))));
    QSqlDatabase other =
        QSqlDatabase::addDatabase(QStringLiteral("QPSQL"), QStringLiteral("other"));
    other.setHostName(dsn.host);
    other.setUserName(dsn.user);
    other.setDatabaseName(dsn.database);
    QVERIFY(other.open() && other.transaction());
    QVERIFY(QSqlQuery(other).exec(QStringLiteral("UPDATE \"ChatSession\" SET \"title\" = 'x'")));
    QTimer::singleShot(1500ms, this, [&] { other.commit(); });
    RemoveRequest request;
    request.id = SessionId("s1");
    const RemoveReport report = await(bench.store.remove(request));
    QVERIFY2(!report.failure, report.failure ? qPrintable(report.failure->what) : "");
    QVERIFY(report.isRemoved());
    QCOMPARE(report.release, State::Done);
    other.close();
    other = {};
    QSqlDatabase::removeDatabase(QStringLiteral("other"));
}

QTEST_GUILESS_MAIN(TestRemovingFailures)
#include "tst_removingfailures.moc"
