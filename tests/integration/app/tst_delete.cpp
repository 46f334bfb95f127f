// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/await.h"
#include "workbench.h"

#include <QTest>

using namespace lockkeeper;
using namespace std::chrono_literals;
using test::await;
using test::deleteOf;

namespace {

/// What a program leaves that was killed in the midst of a delete: an intent, no outcome.
app::AuditEntry cutShortDelete(const test::Workbench &bench)
{
    app::AuditEntry intent;
    intent.actionId = QStringLiteral("earlier");
    intent.action = QStringLiteral("delete");
    intent.target = bench.target.name;
    intent.place = app::placeOf(bench.target);
    intent.key = "chat:session_lock:s1";
    return intent;
}

} // namespace

class TestDelete : public QObject
{
    Q_OBJECT

private slots:
    void deletesBothCopies();
    void unknownSessionIsNotFound();
    void anotherUsersSessionIsNotFound();
    void busyLockEndsTheWait();
    void takeOverTakesTheLockFirst();
    void takeOverOfAnotherTokenIsRefused();
    void takeOverForNothingLeavesTheLock_data();
    void takeOverForNothingLeavesTheLock();
    void databaseDownTouchesNothing();
    void cacheFailureIsPartlyDone();
    void cutShortDeleteIsFinished();
    void leftoverOfOthersStays();
    void withoutIntentNothingIsTouched();
    void readOnlySendsNothing();
    void withoutDatabaseIsRefused();
    void previewTouchesNothing();
    void closingMeanwhileIsReported();
};

void TestDelete::deletesBothCopies()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY2(bench.addSession("s1", "u1"), qPrintable(bench.reason()));
    QVERIFY(bench.isCached("s1"));
    QVERIFY(bench.isStored("s1"));
    const auto report = await(bench.actions().remove(deleteOf("s1")));
    QVERIFY2(report.isDone(), qPrintable(app::outcomeText(report)));
    QVERIFY(!bench.isCached("s1"));
    QVERIFY(!bench.isStored("s1"));
    QVERIFY(bench.tokenOf("s1").isEmpty());
    QCOMPARE(report.verification,
             QStringLiteral("no database row, no cached copy, the lock is free"));
    QVERIFY2(report.warnings.isEmpty(), qPrintable(report.warnings.join(u'\n')));
    const auto lines = bench.auditLines();
    QCOMPARE(lines.size(), 2);
    QCOMPARE(lines[0][u"action"].toString(), QStringLiteral("delete"));
    QCOMPARE(lines[1][u"outcome"].toString(), QStringLiteral("done"));
}

void TestDelete::unknownSessionIsNotFound()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.server.redis({"SET", "chat:session:s1", "{\"session_id\":\"s1\"}", "EX", "600"});
    const auto report = await(bench.actions().remove(deleteOf("s1")));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::NotFound);
    QVERIFY(!report.isPartlyDone);
    QVERIFY(bench.isCached("s1")); // left alone
    QVERIFY(report.failure->hint.contains(u"left alone"));
    QVERIFY(bench.tokenOf("s1").isEmpty());
    QVERIFY(bench.auditWords().last().startsWith(u"refused: "));
}

void TestDelete::anotherUsersSessionIsNotFound()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    app::DeleteRequest request = deleteOf("s1");
    request.user = UserId("u2");
    const auto report = await(bench.actions().remove(request));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::NotFound);
    QVERIFY(bench.isCached("s1"));
    QVERIFY(bench.isStored("s1"));
}

void TestDelete::busyLockEndsTheWait()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    bench.lock("s1", "owner-1");
    app::DeleteRequest request = deleteOf("s1");
    request.wait = 200ms;
    const auto report = await(bench.actions().remove(request));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::LockTimeout);
    QCOMPARE(bench.tokenOf("s1"), QByteArray("owner-1"));
    QVERIFY(bench.isStored("s1"));
    QVERIFY(report.verification.contains(u"owner-1"));
}

void TestDelete::takeOverTakesTheLockFirst()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    bench.lock("s1", "owner-1");
    bench.workspace().watch();
    locks::LockMonitor &monitor = bench.workspace().monitor();
    QTRY_VERIFY(monitor.feed().isTrusted);
    app::DeleteRequest request = deleteOf("s1");
    request.takeOver = Token("owner-1");
    const auto report = await(bench.actions().remove(request));
    QVERIFY2(report.isDone(), qPrintable(app::outcomeText(report)));
    QVERIFY(report.steps.first().contains(u"taken over"));
    QVERIFY(!bench.isStored("s1"));
    QVERIFY(bench.tokenOf("s1").isEmpty());
    QTRY_VERIFY(!monitor.registry().history().holds().empty());
    QCOMPARE(monitor.registry().history().holds().front().end, locks::HoldEnd::TakenOver);
    QCOMPARE(bench.auditLines().first()[u"token"].toString(), QStringLiteral("owner-1"));
}

void TestDelete::takeOverOfAnotherTokenIsRefused()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    bench.lock("s1", "owner-2");
    app::DeleteRequest request = deleteOf("s1");
    request.takeOver = Token("owner-1");
    const auto report = await(bench.actions().remove(request));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::ChangedHands);
    QCOMPARE(bench.tokenOf("s1"), QByteArray("owner-2"));
    QVERIFY(bench.isStored("s1"));
    QVERIFY(bench.isCached("s1"));
}

void TestDelete::takeOverForNothingLeavesTheLock_data()
{
    QTest::addColumn<bool>("hasRow");
    QTest::addColumn<bool>("isRerun");
    QTest::newRow("another user's row") << true << false;
    QTest::newRow("no row") << false << false;
    QTest::newRow("another user's row, once deleted") << true << true;
    QTest::newRow("another user's leftover") << false << true;
}

void TestDelete::takeOverForNothingLeavesTheLock()
{
    QFETCH(bool, hasRow);
    QFETCH(bool, isRerun);
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    if (!hasRow)
        QVERIFY(await(bench.workspace().database()->remove(SessionId("s1"), {})));
    if (isRerun)
        QVERIFY(await(bench.workspace().audit().append(cutShortDelete(bench))));
    bench.lock("s1", "owner-1");
    app::DeleteRequest request = deleteOf("s1");
    request.user = UserId("u2");
    request.takeOver = Token("owner-1");
    const auto preview = await(bench.actions().previewDelete(request));
    QVERIFY(preview.refusal);
    const auto report = await(bench.actions().remove(request));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::NotFound);
    QCOMPARE(report.failure->what, preview.refusal->what);
    QCOMPARE(report.verification, QStringLiteral("nothing was touched"));
    QCOMPARE(bench.tokenOf("s1"), QByteArray("owner-1"));
    QVERIFY(bench.isCached("s1"));
    QCOMPARE(bench.isStored("s1"), hasRow);
    QVERIFY(bench.auditWords().last().startsWith(u"refused: "));
}

void TestDelete::databaseDownTouchesNothing()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    sessions::Dsn good = *bench.target.database;
    bench.target.database->path = QStringLiteral("/dev/null/chat.db");
    QVERIFY(bench.reopen());
    const auto report = await(bench.actions().remove(deleteOf("s1")));
    QVERIFY(report.failure);
    QVERIFY(!report.isPartlyDone);
    QVERIFY2(report.failure->code == ErrorCode::Database ||
                 report.failure->code == ErrorCode::CannotConnect,
             qPrintable(describe(*report.failure)));
    QVERIFY(bench.isCached("s1"));
    QVERIFY(bench.tokenOf("s1").isEmpty());
    bench.target.database = good;
    QVERIFY(bench.isStored("s1"));
}

void TestDelete::cacheFailureIsPartlyDone()
{
    test::RedisServer::Options options;
    options.aclUsers = {
        QStringLiteral("half on >pw ~chat:session_lock:* %R~chat:session:* &* +@all -acl")};
    test::Workbench bench(options);
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    bench.target.server = bench.server.addressFor(QStringLiteral("half"), "pw");
    QVERIFY2(bench.reopen(), qPrintable(bench.reason()));
    const auto report = await(bench.actions().remove(deleteOf("s1")));
    QVERIFY(report.failure);
    QVERIFY2(report.isPartlyDone, qPrintable(describe(*report.failure)));
    QVERIFY(!bench.isStored("s1"));
    QVERIFY(bench.isCached("s1"));
    QVERIFY(bench.tokenOf("s1").isEmpty());
    QVERIFY(bench.auditWords().last().startsWith(u"partly done: "));

    // With the right to do it, a rerun finishes.
    bench.target.server = bench.server.address();
    QVERIFY(bench.reopen());
    const auto rerun = await(bench.actions().remove(deleteOf("s1")));
    QVERIFY2(rerun.isDone(), qPrintable(app::outcomeText(rerun)));
    QVERIFY(!bench.isCached("s1"));
}

void TestDelete::cutShortDeleteIsFinished()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    QVERIFY(await(bench.workspace().audit().append(cutShortDelete(bench))));
    QVERIFY(await(bench.workspace().database()->remove(SessionId("s1"), {})));

    const auto preview = await(bench.actions().previewDelete(deleteOf("s1")));
    QVERIFY(!preview.refusal);
    const auto report = await(bench.actions().remove(deleteOf("s1")));
    QVERIFY2(report.isDone(), qPrintable(app::outcomeText(report)));
    QVERIFY(!bench.isCached("s1"));
    // With that the matter is closed.
    const auto again = await(bench.actions().remove(deleteOf("s1")));
    QCOMPARE(again.failure->code, ErrorCode::NotFound);
}

void TestDelete::leftoverOfOthersStays()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    QVERIFY(await(bench.workspace().audit().append(cutShortDelete(bench))));
    QVERIFY(await(bench.workspace().database()->remove(SessionId("s1"), {})));
    app::DeleteRequest request = deleteOf("s1");
    request.user = UserId("u2");
    const auto report = await(bench.actions().remove(request));
    QVERIFY(!report.isDone());
    QVERIFY(bench.isCached("s1"));
}

void TestDelete::withoutIntentNothingIsTouched()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    bench.auditFolder = QStringLiteral("/dev/null/audit");
    QVERIFY(bench.reopen());
    const auto report = await(bench.actions().remove(deleteOf("s1")));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::Io);
    QVERIFY(bench.isCached("s1"));
    QVERIFY(bench.isStored("s1"));
}

void TestDelete::readOnlySendsNothing()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    bench.target.isReadOnly = true;
    QVERIFY(bench.reopen());
    bench.server.redis({"CONFIG", "RESETSTAT"});
    const auto report = await(bench.actions().remove(deleteOf("s1")));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::NotPermitted);
    const QByteArray sent = bench.server.redis({"INFO", "commandstats"}).toByteArray();
    QVERIFY(!await(bench.workspace().database()->remove(SessionId("s1"), {})));
    QVERIFY2(!sent.contains("cmdstat_set:") && !sent.contains("cmdstat_eval"), sent.constData());
    QVERIFY(bench.isCached("s1"));
    QVERIFY(bench.isStored("s1"));
}

void TestDelete::withoutDatabaseIsRefused()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.target.database.reset();
    QVERIFY(bench.reopen());
    bench.server.redis({"SET", "chat:session:s1", "{\"session_id\":\"s1\"}", "EX", "600"});
    const auto report = await(bench.actions().remove(deleteOf("s1")));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::InvalidInput);
    QVERIFY(bench.isCached("s1"));
    QVERIFY(await(bench.actions().previewDelete(deleteOf("s1"))).refusal);
}

void TestDelete::previewTouchesNothing()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    const auto preview = await(bench.actions().previewDelete(deleteOf("s1")));
    QVERIFY(!preview.refusal);
    QCOMPARE(preview.effects.size(), 4);
    QCOMPARE(preview.inspection.sessionState(), app::SessionState::Ok);
    QVERIFY(bench.isCached("s1"));
    QVERIFY(bench.isStored("s1"));
    QVERIFY(bench.auditWords().isEmpty());
}

void TestDelete::closingMeanwhileIsReported()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    bench.lock("s1", "owner-1");
    auto removed = bench.actions().remove(deleteOf("s1"));
    QTRY_COMPARE(bench.auditWords().size(), 1);
    bench.workspace().close();
    const auto report = await(std::move(removed));
    QVERIFY(report.failure);
    QVERIFY(!report.isPartlyDone);
    // The outcome is recorded all the same.
    QCOMPARE(bench.auditWords().size(), 2);
    QVERIFY(bench.isStored("s1"));
}

QTEST_GUILESS_MAIN(TestDelete)
#include "tst_delete.moc"
