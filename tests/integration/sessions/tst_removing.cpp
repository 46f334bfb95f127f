// SPDX-License-Identifier: GPL-3.0-or-later
#include "removingbench.h"

using namespace lockkeeper;
using namespace lockkeeper::sessions;
using namespace std::chrono_literals;
using test::Kind;
using State = StepState;

/// The plain ways of remove(), on SQLite and on PostgreSQL with both sets of tables, and its rerun.
class TestRemoving final : public QObject
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

    void removesRowAndEntry_data() { test::addDatabaseKinds(); }
    void removesRowAndEntry();
    void leavesTheCacheWhenNotFound_data() { test::addDatabaseKinds(); }
    void leavesTheCacheWhenNotFound();
    void leavesOthersSessions_data() { test::addDatabaseKinds(); }
    void leavesOthersSessions();
    void removesWhatWasNotCached();
    void givesUpOnABusyLock();
    void takesOver();
    void refusesATakeOverFromAnother();
    void stopsBeforeTheRow();

    void finishesAsARerun_data();
    void finishesAsARerun();

private:
    test::RemovingBench m_bench;
};

void TestRemoving::removesRowAndEntry()
{
    QFETCH(Kind, kind);
    QList<RemoveStep> steps;
    m_bench.prepare(kind, [&](RemoveStep step) { steps += step; });
    RemoveRequest request;
    request.id = SessionId("s1");
    request.user = UserId("u1");
    const RemoveReport report = m_bench.remove(request);
    QVERIFY2(!report.failure, report.failure ? qPrintable(report.failure->what) : "");
    QVERIFY(report.isRemoved());
    QCOMPARE(report.lock, State::Done);
    QCOMPARE(report.database, State::Done);
    QCOMPARE(report.cache, State::Done);
    QCOMPARE(report.release, State::Done);
    QCOMPARE(report.warnings, QStringList());
    QCOMPARE(steps, (QList<RemoveStep>{RemoveStep::Lock, RemoveStep::Database, RemoveStep::Cache,
                                       RemoveStep::Release}));
    QCOMPARE(m_bench.rows(), 0);
    QCOMPARE(m_bench.rows("ChatMessage"), 0);
    QVERIFY(!m_bench.isCached());
    QVERIFY(m_bench.lockToken().isEmpty());
}

void TestRemoving::leavesTheCacheWhenNotFound()
{
    QFETCH(Kind, kind);
    m_bench.prepare(kind);
    m_bench.redis({"SET", "chat:session:s2", "whatever it is"});
    const RemoveReport report = m_bench.remove("s2");
    QVERIFY(!report.failure);
    QVERIFY(!report.isRemoved());
    QCOMPARE(report.database, State::Nothing);
    QCOMPARE(report.cache, State::NotReached);
    QCOMPARE(report.release, State::Done);
    QCOMPARE(m_bench.redis({"GET", "chat:session:s2"}).toByteArray(), QByteArray("whatever it is"));
    QVERIFY(!m_bench.redis({"EXISTS", "chat:session_lock:s2"}).toBool());
}

void TestRemoving::leavesOthersSessions()
{
    QFETCH(Kind, kind);
    m_bench.prepare(kind);
    RemoveRequest request;
    request.id = SessionId("s1");
    request.user = UserId("u2");
    for (const bool isRerun : {false, true}) {
        request.isRerun = isRerun;
        const RemoveReport report = m_bench.remove(request);
        QVERIFY(!report.failure);
        QCOMPARE(report.database, State::Nothing);
        QCOMPARE(report.cache, State::NotReached);
        QCOMPARE(report.release, State::Done);
        QCOMPARE(m_bench.rows(), 1);
        QVERIFY(m_bench.isCached());
    }
}

void TestRemoving::removesWhatWasNotCached()
{
    m_bench.prepare(Kind::Sqlite);
    m_bench.redis({"DEL", "chat:session:s1"});
    const RemoveReport report = m_bench.remove();
    QVERIFY(!report.failure);
    QCOMPARE(report.database, State::Done);
    QCOMPARE(report.cache, State::Nothing);
    QCOMPARE(report.warnings, QStringList());
}

void TestRemoving::givesUpOnABusyLock()
{
    m_bench.prepare(Kind::Sqlite);
    m_bench.redis({"SET", test::RemovingBench::kLock, "another", "PX", "60000"});
    RemoveRequest request;
    request.id = SessionId("s1");
    request.wait = 150ms;
    const RemoveReport report = m_bench.remove(request);
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::LockTimeout);
    QCOMPARE(report.lock, State::Failed);
    QCOMPARE(report.database, State::NotReached);
    QCOMPARE(report.release, State::NotReached);
    QCOMPARE(m_bench.rows(), 1);
    QVERIFY(m_bench.isCached());
    QCOMPARE(m_bench.lockToken(), QByteArray("another"));
}

void TestRemoving::takesOver()
{
    m_bench.prepare(Kind::Sqlite);
    m_bench.redis({"SET", test::RemovingBench::kLock, "dead", "PX", "60000"});
    RemoveRequest request;
    request.id = SessionId("s1");
    request.takeOver = Token("dead");
    const RemoveReport report = m_bench.remove(request);
    QVERIFY(!report.failure);
    QVERIFY(report.isRemoved());
    QCOMPARE(report.release, State::Done);
    QVERIFY(m_bench.lockToken().isEmpty());
}

void TestRemoving::refusesATakeOverFromAnother()
{
    m_bench.prepare(Kind::Sqlite);
    m_bench.redis({"SET", test::RemovingBench::kLock, "alive", "PX", "60000"});
    RemoveRequest request;
    request.id = SessionId("s1");
    request.takeOver = Token("dead");
    const RemoveReport report = m_bench.remove(request);
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::ChangedHands);
    QCOMPARE(report.database, State::NotReached);
    QCOMPARE(m_bench.rows(), 1);
    QCOMPARE(m_bench.lockToken(), QByteArray("alive"));
}

void TestRemoving::stopsBeforeTheRow()
{
    std::stop_source source;
    m_bench.prepare(Kind::Sqlite, [&](RemoveStep step) {
        if (step == RemoveStep::Database)
            source.request_stop();
    });
    RemoveRequest request;
    request.id = SessionId("s1");
    request.stop = source.get_token();
    const RemoveReport report = m_bench.remove(request);
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::Cancelled);
    QCOMPARE(report.database, State::NotReached);
    QCOMPARE(report.release, State::Done);
    QCOMPARE(m_bench.rows(), 1);
    QVERIFY(m_bench.lockToken().isEmpty());
}

void TestRemoving::finishesAsARerun_data()
{
    QTest::addColumn<QByteArray>("entry"); // empty: none
    QTest::addColumn<QByteArray>("user");  // empty: not given
    QTest::addColumn<bool>("isFinished");
    const QByteArray theirs = R"({"session_id":"s9","user_id":"u1"})";
    QTest::newRow("theirs") << theirs << QByteArray("u1") << true;
    QTest::newRow("of nobody in particular") << theirs << QByteArray() << true;
    QTest::newRow("another user's") << theirs << QByteArray("u2") << false;
    QTest::newRow("corrupt, with a user") << QByteArray("hello") << QByteArray("u1") << false;
    QTest::newRow("corrupt, without") << QByteArray("hello") << QByteArray() << true;
}

void TestRemoving::finishesAsARerun()
{
    QFETCH(QByteArray, entry);
    QFETCH(QByteArray, user);
    QFETCH(bool, isFinished);
    m_bench.prepare(Kind::Sqlite);
    m_bench.redis({"SET", "chat:session:s9", entry});
    RemoveRequest request;
    request.id = SessionId("s9");
    if (!user.isEmpty())
        request.user = UserId(user);
    request.isRerun = true;
    const RemoveReport report = m_bench.remove(request);
    QVERIFY(!report.failure);
    QCOMPARE(report.database, State::Nothing);
    QCOMPARE(report.cache, isFinished ? State::Done : State::NotReached);
    QCOMPARE(report.release, State::Done);
    QCOMPARE(m_bench.redis({"EXISTS", "chat:session:s9"}).toInt(), isFinished ? 0 : 1);
}

QTEST_GUILESS_MAIN(TestRemoving)
#include "tst_removing.moc"
