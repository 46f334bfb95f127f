// SPDX-License-Identifier: GPL-3.0-or-later
#include "storebench.h"
#include "support/childprocess.h"
#include "support/redisserver.h"
#include "testdatabase.h"

#include <QProcess>

using namespace lockkeeper;
using namespace lockkeeper::sessions;
using namespace std::chrono_literals;
using test::await;
using test::Kind;
using test::StoreBench;

/// The program is killed at each step of a delete; a rerun completes it.
class TestRemovingKilled final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void isCompletedByARerun_data();
    void isCompletedByARerun();

private:
    test::TestDatabases m_databases;
};

void TestRemovingKilled::initTestCase()
{
    LK_START_POSTGRES(m_databases);
}

void TestRemovingKilled::isCompletedByARerun_data()
{
    QTest::addColumn<Kind>("kind");
    QTest::addColumn<RemoveStep>("step");
    const std::pair<const char *, Kind> kinds[] = {{"sqlite", Kind::Sqlite},
                                                   {"postgres", Kind::PostgresOlder}};
    const std::pair<const char *, RemoveStep> steps[] = {{"lock", RemoveStep::Lock},
                                                         {"database", RemoveStep::Database},
                                                         {"cache", RemoveStep::Cache},
                                                         {"release", RemoveStep::Release}};
    for (const auto &[kindName, kind] : kinds) {
        for (const auto &[stepName, step] : steps)
            QTest::addRow("%s, before %s", kindName, stepName) << kind << step;
    }
}

void TestRemovingKilled::isCompletedByARerun()
{
    QFETCH(Kind, kind);
    QFETCH(RemoveStep, step);
    test::RedisServer server;
    LK_START_REDIS(server);
    const Dsn dsn = m_databases.make(kind);
    locks::LockFamily family;
    family.lease = 1000ms;
    StoreBench bench(server.address(), dsn, {}, family);
    QVERIFY(bench.open());
    LK_VERIFY(await(bench.store.upsert(test::sampleSession("s1", "u1", 2))));

    QProcess child;
    test::dieWithParent(child);
    child.start(QStringLiteral(REMOVING_CHILD),
                {server.url(), dsn.displayText(), QStringLiteral("s1"), QString::number(int(step)),
                 QString::number(family.lease.count())});
    QVERIFY(child.waitForFinished(60'000));
    QCOMPARE(child.exitStatus(), QProcess::CrashExit);
    QCOMPARE(child.readAllStandardOutput(), QByteArray()); // it claimed nothing

    const bool wasLocked = step != RemoveStep::Lock;
    const bool isRowGone = step == RemoveStep::Cache || step == RemoveStep::Release;
    const bool isEntryGone = step == RemoveStep::Release;
    QCOMPARE(await(bench.database.load(SessionId("s1")))->has_value(), !isRowGone);
    QCOMPARE(server.redis({"EXISTS", "chat:session:s1"}).toInt(), isEntryGone ? 0 : 1);
    if (!wasLocked)
        QCOMPARE(server.redis({"EXISTS", "chat:session_lock:s1"}).toInt(), 0);

    RemoveRequest request; // waits for the end of the dead one's lease
    request.id = SessionId("s1");
    request.user = UserId("u1");
    request.isRerun = true;
    const RemoveReport report = await(bench.store.remove(request));
    QVERIFY2(!report.failure, report.failure ? qPrintable(report.failure->what) : "");
    QCOMPARE(report.isRemoved(), !isRowGone); // by its own hand only
    QCOMPARE(report.cache, isEntryGone ? StepState::NotReached : StepState::Done);
    QCOMPARE(report.release, StepState::Done);
    QVERIFY(!await(bench.database.load(SessionId("s1")))->has_value());
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 0); // neither entry nor lock
}

QTEST_GUILESS_MAIN(TestRemovingKilled)
#include "tst_removingkilled.moc"
