// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockprotocol.h"
#include "support/await.h"
#include "support/streamproxy.h"
#include "workbench.h"

#include <QSignalSpy>
#include <QTest>

using namespace lockkeeper;
using namespace std::chrono_literals;
using test::await;
using test::StreamProxy;

namespace {

app::ReleaseRequest releaseOf(const char *id, const char *token)
{
    return {SessionId(id), Token(token), QStringLiteral("ticket 4711")};
}

} // namespace

class TestRelease : public QObject
{
    Q_OBJECT

private slots:
    void currentTokenIsReleased();
    void staleTokenChangesNothing();
    void freeLockIsNotReleased();
    void hashKeyIsLeftAlone();
    void aWaiterThatComesNextIsNamed();
    void lostAnswerIsResolvedByReading_data();
    void lostAnswerIsResolvedByReading();
    void withoutIntentNothingIsTouched();
    void missingOutcomeIsSaidLoudly();
    void readOnlySendsNothing();
    void previewTouchesNothing();
    void previewCountsRenewalsOfThisHoldOnly();
    void monitorNamesTheEnd();
    void refusedReleaseIsNoForceRelease();
};

void TestRelease::currentTokenIsReleased()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.lock("s1", "owner-1");
    const auto report = await(bench.actions().release(releaseOf("s1", "owner-1")));
    QVERIFY2(report.isDone(), qPrintable(app::outcomeText(report)));
    QCOMPARE(report.verification, QStringLiteral("the lock is free"));
    QVERIFY(bench.tokenOf("s1").isEmpty());

    const auto lines = bench.auditLines();
    QCOMPARE(lines.size(), 2);
    QCOMPARE(lines[0][u"phase"].toString(), QStringLiteral("intent"));
    QCOMPARE(lines[0][u"action"].toString(), QStringLiteral("release"));
    QCOMPARE(lines[0][u"target"].toString(), QStringLiteral("bench"));
    QCOMPARE(lines[0][u"token"].toString(), QStringLiteral("owner-1"));
    QCOMPARE(lines[0][u"reason"].toString(), QStringLiteral("ticket 4711"));
    QCOMPARE(lines[1][u"outcome"].toString(), QStringLiteral("done"));
    QCOMPARE(lines[1][u"id"].toString(), lines[0][u"id"].toString());
}

void TestRelease::staleTokenChangesNothing()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.lock("s1", "owner-2");
    const auto report = await(bench.actions().release(releaseOf("s1", "owner-1")));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::ChangedHands);
    QVERIFY2(report.failure->what.contains(u"owner-2"), qPrintable(report.failure->what));
    QVERIFY(report.verification.contains(u"owner-2"));
    QCOMPARE(bench.tokenOf("s1"), QByteArray("owner-2"));
    const QStringList words = bench.auditWords();
    QCOMPARE(words.size(), 2);
    QVERIFY2(words[1].startsWith(u"refused: "), qPrintable(words[1]));
}

void TestRelease::freeLockIsNotReleased()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    const auto report = await(bench.actions().release(releaseOf("s1", "owner-1")));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::ChangedHands);
    const auto preview = await(bench.actions().previewRelease(releaseOf("s1", "owner-1")));
    QVERIFY(preview.refusal);
    QCOMPARE(preview.refusal->code, ErrorCode::ChangedHands);
}

void TestRelease::hashKeyIsLeftAlone()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.server.redis({"HSET", "chat:session_lock:s1", "uuid:1", "1"});
    const auto report = await(bench.actions().release(releaseOf("s1", "owner-1")));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::Refused);
    QVERIFY2(report.failure->what.contains(u"hash"), qPrintable(report.failure->what));
    QCOMPARE(bench.server.redis({"TYPE", "chat:session_lock:s1"}).toByteArray(),
             QByteArray("hash"));
    QVERIFY(bench.auditWords().last().startsWith(u"refused: "));
}

void TestRelease::aWaiterThatComesNextIsNamed()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    // Our own answers are held back, so that the waiter is there before we read.
    StreamProxy proxy(bench.server.address().endpoint);
    bench.target.server.node.endpoint = proxy.endpoint();
    QVERIFY2(bench.reopen(), qPrintable(bench.reason()));
    proxy.setDelay(300ms);
    bench.lock("s1", "owner-1");

    redis::Client client(bench.server.address(), {}, bench.clock);
    QVERIFY(await(client.open()));
    locks::LockProtocol waiter(client, bench.target.family, bench.clock);
    locks::LockProtocol::AcquireOptions patient;
    patient.wait = 30s;
    auto acquired = waiter.acquire(SessionId("s1"), patient);

    const auto report = await(bench.actions().release(releaseOf("s1", "owner-1")));
    const auto held = await(std::move(acquired));
    QVERIFY(held);
    QVERIFY2(report.isDone(), qPrintable(app::outcomeText(report)));
    QVERIFY(report.lockAfter);
    QCOMPARE(report.lockAfter->token, held->token);
    QVERIFY2(report.verification.contains(u"a new owner"), qPrintable(report.verification));
}

void TestRelease::lostAnswerIsResolvedByReading_data()
{
    QTest::addColumn<StreamProxy::Cut>("cut");
    QTest::addColumn<bool>("isReleased");
    QTest::newRow("the server acted") << StreamProxy::Cut::AfterRequest << true;
    QTest::newRow("the server never heard") << StreamProxy::Cut::BeforeRequest << false;
}

void TestRelease::lostAnswerIsResolvedByReading()
{
    QFETCH(StreamProxy::Cut, cut);
    QFETCH(bool, isReleased);
    test::Workbench bench;
    LK_START_REDIS(bench);
    StreamProxy proxy(bench.server.address().endpoint);
    bench.target.server.node.endpoint = proxy.endpoint();
    QVERIFY2(bench.reopen(), qPrintable(bench.reason()));
    // The server knows the script already: the one answer that gets lost is the release's.
    bench.lock("s0", "owner-0");
    QVERIFY(await(bench.actions().release(releaseOf("s0", "owner-0"))).isDone());

    bench.lock("s1", "owner-1");
    proxy.cutOn("EVALSHA", cut);
    const auto report = await(bench.actions().release(releaseOf("s1", "owner-1")));
    QCOMPARE(report.isDone(), isReleased);
    QCOMPARE(bench.tokenOf("s1"), isReleased ? QByteArray() : QByteArray("owner-1"));
    QVERIFY(report.lockAfter);
    if (!isReleased)
        QVERIFY2(bench.auditWords().last().startsWith(u"failed: "),
                 qPrintable(bench.auditWords().last()));
}

void TestRelease::withoutIntentNothingIsTouched()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.auditFolder = QStringLiteral("/dev/null/audit");
    QVERIFY(bench.reopen());
    bench.lock("s1", "owner-1");
    const auto report = await(bench.actions().release(releaseOf("s1", "owner-1")));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::Io);
    QVERIFY2(report.failure->what.contains(u"/dev/null"), qPrintable(report.failure->what));
    QCOMPARE(bench.tokenOf("s1"), QByteArray("owner-1"));
}

void TestRelease::missingOutcomeIsSaidLoudly()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.lock("s1", "owner-1");
    // The folder is swapped for a file when the intent is on the disk, before the act is through.
    StreamProxy proxy(bench.server.address().endpoint);
    bench.target.server.node.endpoint = proxy.endpoint();
    QVERIFY(bench.reopen());
    proxy.setDelay(200ms);
    auto released = bench.actions().release(releaseOf("s1", "owner-1"));
    QTRY_COMPARE(bench.auditWords().size(), 1);
    QVERIFY(QFile::rename(bench.auditFolder, bench.auditFolder + u".away"));
    QFile file(bench.auditFolder);
    QVERIFY(file.open(QIODevice::WriteOnly));

    const auto report = await(std::move(released));
    QVERIFY(report.isDone());
    QVERIFY(!report.warnings.isEmpty());
    QVERIFY2(report.warnings.first().contains(u"AUDIT LOG"), qPrintable(report.warnings.first()));
}

void TestRelease::readOnlySendsNothing()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.target.isReadOnly = true;
    QVERIFY(bench.reopen());
    bench.lock("s1", "owner-1");
    bench.server.redis({"CONFIG", "RESETSTAT"});
    const auto report = await(bench.actions().release(releaseOf("s1", "owner-1")));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::NotPermitted);
    QCOMPARE(bench.tokenOf("s1"), QByteArray("owner-1"));
    const QByteArray sent = bench.server.redis({"INFO", "commandstats"}).toByteArray();
    QVERIFY2(!sent.contains("cmdstat_eval"), sent.constData());
    QVERIFY(bench.auditWords().isEmpty());
}

void TestRelease::previewTouchesNothing()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.lock("s1", "owner-1");
    const auto preview = await(bench.actions().previewRelease(releaseOf("s1", "owner-1")));
    QVERIFY(!preview.refusal);
    QVERIFY(preview.effects.first().contains(u"owner-1"));
    QVERIFY(preview.warnings.join(u' ').contains(u"alive"));
    QCOMPARE(bench.tokenOf("s1"), QByteArray("owner-1"));
    QVERIFY(bench.auditWords().isEmpty());
}

void TestRelease::previewCountsRenewalsOfThisHoldOnly()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    const LockKey key = bench.target.family.lockKey(SessionId("s1"));
    bench.lock("s1", "owner-1", 30s);
    bench.workspace().watch();
    locks::LockMonitor &monitor = bench.workspace().monitor();
    QTRY_VERIFY(monitor.feed().isTrusted);
    bench.server.redis({"PEXPIRE", key.bytes(), "60000"});
    QTRY_COMPARE(monitor.registry().find(key)->renewals, 1);
    const auto warnings = [&bench](const char *token) {
        return await(bench.actions().previewRelease(releaseOf("s1", token))).warnings.join(u' ');
    };
    QVERIFY2(warnings("owner-1").contains(u"renewed the lock once"),
             qPrintable(warnings("owner-1")));

    monitor.stop(); // it has not heard of what comes next
    bench.lock("s1", "owner-2");
    QVERIFY2(!warnings("owner-2").contains(u"renewed the lock once"),
             qPrintable(warnings("owner-2")));
}

void TestRelease::monitorNamesTheEnd()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.lock("s1", "owner-1");
    bench.workspace().watch();
    locks::LockMonitor &monitor = bench.workspace().monitor();
    QTRY_VERIFY(monitor.feed().isTrusted);
    QVERIFY(await(bench.actions().release(releaseOf("s1", "owner-1"))).isDone());
    QTRY_COMPARE(monitor.registry().history().holds().size(), std::size_t(1));
    QCOMPARE(monitor.registry().history().holds().front().end, locks::HoldEnd::ForceReleased);
}

void TestRelease::refusedReleaseIsNoForceRelease()
{
    test::RedisServer::Options options;
    options.aclUsers = {QStringLiteral("viewer on >pw ~chat:* &* +@all -eval -evalsha")};
    test::Workbench bench(options);
    LK_START_REDIS(bench);
    bench.target.server = bench.server.addressFor(QStringLiteral("viewer"), "pw");
    QVERIFY2(bench.reopen(), qPrintable(bench.reason()));
    bench.lock("s1", "owner-1");
    bench.workspace().watch();
    locks::LockMonitor &monitor = bench.workspace().monitor();
    QTRY_VERIFY(monitor.feed().isTrusted);

    const auto report = await(bench.actions().release(releaseOf("s1", "owner-1")));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::NotPermitted);
    QCOMPARE(bench.tokenOf("s1"), QByteArray("owner-1"));
    // Its owner lets it go later: that was not us.
    bench.server.redis({"DEL", "chat:session_lock:s1"});
    QTRY_COMPARE(monitor.registry().history().holds().size(), std::size_t(1));
    QCOMPARE(monitor.registry().history().holds().front().end, locks::HoldEnd::Released);
}

QTEST_GUILESS_MAIN(TestRelease)
#include "tst_release.moc"
