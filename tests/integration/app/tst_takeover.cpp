// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockguard.h"
#include "support/await.h"
#include "support/streamproxy.h"
#include "workbench.h"

#include <QSignalSpy>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;
using test::await;
using test::StreamProxy;

namespace {

/// Short, so that it is renewed often.
constexpr milliseconds kLease = 900ms;
/// As many renewals, each at a third of the lease, that more than a lease has passed.
constexpr int kRenewals = 5;

const SessionId kSession("s1");

TakeOverRequest takeOverOf(const char *id, const char *token)
{
    return {SessionId(id), Token(token), {.reason = QStringLiteral("ticket 4711")}};
}

/// A back end that wants the lock, on a connection of its own.
struct Waiter
{
    explicit Waiter(const test::Workbench &bench)
        : client(bench.server.address(), {}, bench.clock)
        , protocol(client, bench.target.family, bench.clock)
    {}

    [[nodiscard]] bool open() { return bool(await(client.open())); }
    [[nodiscard]] Task<locks::HeldLock> acquire(milliseconds wait)
    {
        locks::LockProtocol::AcquireOptions options;
        options.wait = wait;
        return protocol.acquire(kSession, options);
    }

    redis::Client client;
    locks::LockProtocol protocol;
};

QStringList actionsIn(const test::Workbench &bench)
{
    QStringList words;
    for (const QJsonObject &line : bench.auditLines())
        words.append(line[u"action"].toString() + u' ' + line[u"phase"].toString());
    return words;
}

/// As the monitor has seen them; none while another holds the lock.
int renewalsOf(const locks::LockMonitor &monitor, const LockKey &key, const QByteArray &token)
{
    const locks::LockRecord *record = monitor.registry().find(key);
    return record && record->token.bytes() == token ? record->renewals : 0;
}

QByteArray oursOf(test::Workbench &bench)
{
    return bench.workspace().held().tokenOf(kSession).value_or(Token()).bytes();
}

} // namespace

class TestTakeOver : public QObject
{
    Q_OBJECT

private slots:
    void theSeenTokenIsTaken();
    void anotherTokenChangesNothing_data();
    void anotherTokenChangesNothing();
    void whoWaitsStaysOutWithoutAGap();
    void itIsGivenBack();
    void whatIsNotOursIsNotGivenBack();
    void takenOverTwiceItIsOurs();
    void closingGivesItBack();
    void closingDoesNotWaitForADeadServer();
    void withoutClosingItEndsWithItsLease();
    void itIsLostToWhoDoesNotAsk_data();
    void itIsLostToWhoDoesNotAsk();
    void lostAnswersAreResolvedByReading_data();
    void lostAnswersAreResolvedByReading();
    void aLostGiveBackIsSaid_data();
    void aLostGiveBackIsSaid();
    void withoutIntentNothingIsTouched();
    void withoutIntentItIsNotGivenBack();
};

void TestTakeOver::theSeenTokenIsTaken()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.lock("s1", "owner-1");
    bench.workspace().watch();
    locks::LockMonitor &monitor = bench.workspace().monitor();
    QTRY_VERIFY(monitor.feed().isTrusted);
    const Preview preview = await(bench.actions().previewTakeOver(takeOverOf("s1", "owner-1")));
    QVERIFY(!preview.refusal);
    QVERIFY(preview.effects.join(u' ').contains(u"until you give it back"));
    QCOMPARE(bench.tokenOf("s1"), QByteArray("owner-1"));

    QSignalSpy changes(&bench.workspace().held(), &HeldLocks::changed);
    const ActionReport report = await(bench.actions().takeOver(takeOverOf("s1", "owner-1")));
    QVERIFY2(report.isDone(), qPrintable(outcomeText(report)));
    QVERIFY2(report.verification.contains(u"ours"), qPrintable(report.verification));
    QCOMPARE(report.endedOwner->label, QStringLiteral("owner-1"));
    QVERIFY(!report.isFollowedUp);
    QCOMPARE(changes.count(), 1);
    QCOMPARE(bench.workspace().held().sessions(), QList<SessionId>{kSession});
    QVERIFY(bench.workspace().held().isOurs(kSession, Token(oursOf(bench))));
    QCOMPARE(bench.tokenOf("s1"), oursOf(bench));
    QTRY_VERIFY(!monitor.registry().history().holds().empty());
    QCOMPARE(monitor.registry().history().holds().front().end, locks::HoldEnd::TakenOver);
    QCOMPARE(bench.auditLines().first()[u"token"].toString(), QStringLiteral("owner-1"));
    QCOMPARE(bench.auditLines().first()[u"reason"].toString(), QStringLiteral("ticket 4711"));
}

void TestTakeOver::anotherTokenChangesNothing_data()
{
    QTest::addColumn<QByteArray>("now"); // empty: the lock is free
    QTest::addColumn<QString>("said");
    QTest::newRow("another owner") << QByteArray("owner-2") << "owner-2";
    QTest::newRow("free") << QByteArray() << "free";
}

void TestTakeOver::anotherTokenChangesNothing()
{
    QFETCH(QByteArray, now);
    QFETCH(QString, said);
    test::Workbench bench;
    LK_START_REDIS(bench);
    if (!now.isEmpty())
        bench.lock("s1", now.constData());
    const Preview preview = await(bench.actions().previewTakeOver(takeOverOf("s1", "owner-1")));
    const ActionReport report = await(bench.actions().takeOver(takeOverOf("s1", "owner-1")));
    QVERIFY(preview.refusal && report.failure);
    for (const Error &error : {*preview.refusal, *report.failure}) {
        QCOMPARE(error.code, ErrorCode::ChangedHands);
        QVERIFY2(error.what.contains(said), qPrintable(error.what));
    }
    QCOMPARE(bench.tokenOf("s1"), now);
    QVERIFY(bench.workspace().held().sessions().isEmpty());
    QVERIFY(bench.auditWords().last().startsWith(u"refused: "));
}

void TestTakeOver::whoWaitsStaysOutWithoutAGap()
{
    test::Workbench bench;
    bench.target.family.lease = kLease;
    LK_START_REDIS(bench);
    bench.workspace().watch();
    locks::LockMonitor &monitor = bench.workspace().monitor();
    QTRY_VERIFY(monitor.feed().isTrusted);
    Waiter waiter(bench);
    QVERIFY(waiter.open());
    bench.lock("s1", "owner-1", 60s);
    auto acquired = waiter.acquire(60s);

    QVERIFY(await(bench.actions().takeOver(takeOverOf("s1", "owner-1"))).isDone());
    const QByteArray ours = oursOf(bench);
    const LockKey key = bench.target.family.lockKey(kSession);
    QTRY_VERIFY(renewalsOf(monitor, key, ours) >= kRenewals);
    QVERIFY(!acquired.isReady());
    QCOMPARE(bench.tokenOf("s1"), ours);
    // Between its owner's hold and ours there was none.
    QCOMPARE(monitor.registry().history().holds().front().end, locks::HoldEnd::TakenOver);

    QVERIFY(await(bench.actions().giveBack(kSession)).isDone());
    const auto held = await(std::move(acquired));
    QVERIFY2(held, "the next in the queue did not get it");
    QCOMPARE(bench.tokenOf("s1"), held->token.bytes());
}

void TestTakeOver::itIsGivenBack()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.lock("s1", "owner-1");
    QVERIFY(await(bench.actions().takeOver(takeOverOf("s1", "owner-1"))).isDone());
    const QByteArray ours = oursOf(bench);
    QSignalSpy changes(&bench.workspace().held(), &HeldLocks::changed);
    QSignalSpy losses(&bench.workspace().held(), &HeldLocks::lost);
    const ActionReport report = await(bench.actions().giveBack(kSession));
    QVERIFY2(report.isDone(), qPrintable(outcomeText(report)));
    QVERIFY(report.warnings.isEmpty());
    QCOMPARE(report.verification, QStringLiteral("the lock is free"));
    QVERIFY(bench.tokenOf("s1").isEmpty());
    QVERIFY(bench.workspace().held().sessions().isEmpty());
    QCOMPARE(changes.count(), 1);
    QCOMPARE(losses.count(), 0);
    QCOMPARE(
        actionsIn(bench),
        QStringList({QStringLiteral("take-over intent"), QStringLiteral("take-over outcome"),
                     QStringLiteral("give-back intent"), QStringLiteral("give-back outcome")}));
    const QJsonObject line = bench.auditLines().last();
    QCOMPARE(line[u"token"].toString(), QString::fromLatin1(ours));
    QCOMPARE(line[u"outcome"].toString(), QStringLiteral("done"));
    QCOMPARE(line[u"steps"][0].toString(), QStringLiteral("lock: given back"));
}

void TestTakeOver::whatIsNotOursIsNotGivenBack()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.lock("s1", "owner-1");
    const ActionReport report = await(bench.actions().giveBack(kSession));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::NotFound);
    QCOMPARE(report.steps, QStringList(QStringLiteral("lock: left alone")));
    QCOMPARE(bench.tokenOf("s1"), QByteArray("owner-1"));
}

/// By another token: the end of the first hold is no loss, even where that hold asks for its
/// renewal while the second one is under way.
void TestTakeOver::takenOverTwiceItIsOurs()
{
    test::Workbench bench;
    bench.target.family.lease = kLease;
    LK_START_REDIS(bench);
    StreamProxy proxy(bench.server.address().endpoint);
    bench.target.server.node.endpoint = proxy.endpoint();
    QVERIFY2(bench.reopen(), qPrintable(bench.reason()));
    bench.lock("s1", "owner-1");
    bench.workspace().watch();
    locks::LockMonitor &monitor = bench.workspace().monitor();
    QTRY_VERIFY(monitor.feed().isTrusted);
    QVERIFY(await(bench.actions().takeOver(takeOverOf("s1", "owner-1"))).isDone());
    QSignalSpy losses(&bench.workspace().held(), &HeldLocks::lost);
    const QByteArray first = oursOf(bench);
    const LockKey key = bench.target.family.lockKey(kSession);
    QTRY_VERIFY(renewalsOf(monitor, key, first) > 0); // the server knows the script by now

    proxy.setStalled(true);
    auto taking = bench.actions().takeOver(takeOverOf("s1", first.constData()));
    for (const char *name : {"takeover", "reacquire"})
        QTRY_VERIFY(proxy.isHolding(redis::Script::fromResource(QString::fromLatin1(name)).sha1()));
    proxy.setStalled(false);
    QVERIFY(await(std::move(taking)).isDone());

    const QByteArray second = oursOf(bench);
    QVERIFY(second != first);
    QTRY_VERIFY(renewalsOf(monitor, key, second) >= kRenewals);
    QCOMPARE(bench.tokenOf("s1"), second);
    QCOMPARE(losses.count(), 0);
    QVERIFY(await(bench.actions().giveBack(kSession)).isDone());
    QVERIFY(bench.tokenOf("s1").isEmpty());
}

void TestTakeOver::closingGivesItBack()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    for (const char *id : {"s1", "s2"}) {
        bench.lock(id, "owner-1");
        QVERIFY(await(bench.actions().takeOver(takeOverOf(id, "owner-1"))).isDone());
    }
    QSignalSpy closed(&bench.workspace(), &Workspace::closed);
    bench.workspace().close();
    QTRY_COMPARE(closed.count(), 1);
    QVERIFY(bench.tokenOf("s1").isEmpty() && bench.tokenOf("s2").isEmpty());
    QCOMPARE(actionsIn(bench).count(QStringLiteral("give-back outcome")), 2);
    QCOMPARE(bench.auditWords().count(QStringLiteral("done")), 4);
}

void TestTakeOver::closingDoesNotWaitForADeadServer()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.lock("s1", "owner-1");
    QVERIFY(await(bench.actions().takeOver(takeOverOf("s1", "owner-1"))).isDone());
    bench.server.pause();
    QSignalSpy closed(&bench.workspace(), &Workspace::closed);
    bench.workspace().close();
    QTRY_COMPARE_WITH_TIMEOUT(closed.count(), 1, 30'000);
    bench.server.resume();
    QCOMPARE(actionsIn(bench).last(), QStringLiteral("give-back outcome"));
    QVERIFY(bench.auditWords().last() != u"done");
}

void TestTakeOver::withoutClosingItEndsWithItsLease()
{
    test::Workbench bench;
    bench.target.family.lease = kLease;
    LK_START_REDIS(bench);
    bench.lock("s1", "owner-1");
    QVERIFY(await(bench.actions().takeOver(takeOverOf("s1", "owner-1"))).isDone());
    bench.takeWorkspace().reset();
    QTRY_VERIFY(bench.tokenOf("s1").isEmpty());
}

void TestTakeOver::itIsLostToWhoDoesNotAsk_data()
{
    QTest::addColumn<QByteArray>("next"); // empty: it is deleted
    QTest::addColumn<QString>("said");
    QTest::newRow("deleted") << QByteArray() << "it is free";
    QTest::newRow("set") << QByteArray("owner-2") << "owner-2";
}

void TestTakeOver::itIsLostToWhoDoesNotAsk()
{
    QFETCH(QByteArray, next);
    QFETCH(QString, said);
    test::Workbench bench;
    bench.target.family.lease = kLease;
    LK_START_REDIS(bench);
    bench.lock("s1", "owner-1");
    QVERIFY(await(bench.actions().takeOver(takeOverOf("s1", "owner-1"))).isDone());
    QSignalSpy losses(&bench.workspace().held(), &HeldLocks::lost);
    QSignalSpy changes(&bench.workspace().held(), &HeldLocks::changed);
    if (next.isEmpty())
        bench.server.redis({"DEL", "chat:session_lock:s1"});
    else
        bench.lock("s1", next.constData());
    QTRY_COMPARE(losses.count(), 1);
    QCOMPARE(changes.count(), 1);
    QCOMPARE(losses.first()[0].value<SessionId>(), kSession);
    const auto reason = losses.first()[1].value<Error>();
    QCOMPARE(reason.code, ErrorCode::LeaseLost);
    QVERIFY2(reason.what.contains(said), qPrintable(reason.what));
    QVERIFY(bench.workspace().held().sessions().isEmpty());
    QCOMPARE(bench.tokenOf("s1"), next);
    QCOMPARE(await(bench.actions().giveBack(kSession)).failure->code, ErrorCode::NotFound);
    QCOMPARE(bench.tokenOf("s1"), next);
}

void TestTakeOver::lostAnswersAreResolvedByReading_data()
{
    QTest::addColumn<StreamProxy::Cut>("cut");
    QTest::addColumn<bool>("isTaken");
    QTest::newRow("the server acted") << StreamProxy::Cut::AfterRequest << true;
    QTest::newRow("the server never heard") << StreamProxy::Cut::BeforeRequest << false;
}

void TestTakeOver::lostAnswersAreResolvedByReading()
{
    QFETCH(StreamProxy::Cut, cut);
    QFETCH(bool, isTaken);
    test::Workbench bench;
    LK_START_REDIS(bench);
    StreamProxy proxy(bench.server.address().endpoint);
    bench.target.server.node.endpoint = proxy.endpoint();
    QVERIFY2(bench.reopen(), qPrintable(bench.reason()));
    // The server knows the script already: the one answer that gets lost is the take-over's.
    bench.lock("s0", "owner-0");
    QVERIFY(await(bench.actions().takeOver(takeOverOf("s0", "owner-0"))).isDone());
    QVERIFY(await(bench.actions().giveBack(SessionId("s0"))).isDone());

    bench.lock("s1", "owner-1");
    proxy.cutOn("EVALSHA", cut);
    const ActionReport report = await(bench.actions().takeOver(takeOverOf("s1", "owner-1")));
    QCOMPARE(report.isDone(), isTaken);
    QVERIFY(!proxy.struckAt().isEmpty());
    QCOMPARE(bench.workspace().held().sessions().size(), isTaken ? 1 : 0);
    QCOMPARE(bench.tokenOf("s1"), isTaken ? oursOf(bench) : QByteArray("owner-1"));
    if (!isTaken)
        QVERIFY2(bench.auditWords().last().startsWith(u"failed: "),
                 qPrintable(bench.auditWords().last()));
    else
        QVERIFY(await(bench.actions().giveBack(kSession)).isDone());
}

void TestTakeOver::aLostGiveBackIsSaid_data()
{
    QTest::addColumn<StreamProxy::Cut>("cut");
    QTest::addColumn<bool>("isGiven");
    QTest::newRow("the server acted") << StreamProxy::Cut::AfterRequest << true;
    QTest::newRow("the server never heard") << StreamProxy::Cut::BeforeRequest << false;
}

void TestTakeOver::aLostGiveBackIsSaid()
{
    QFETCH(StreamProxy::Cut, cut);
    QFETCH(bool, isGiven);
    test::Workbench bench;
    LK_START_REDIS(bench);
    StreamProxy proxy(bench.server.address().endpoint);
    bench.target.server.node.endpoint = proxy.endpoint();
    QVERIFY2(bench.reopen(), qPrintable(bench.reason()));
    for (const char *id : {"s0", "s1"}) {
        bench.lock(id, "owner-1");
        QVERIFY(await(bench.actions().takeOver(takeOverOf(id, "owner-1"))).isDone());
    }
    QVERIFY(await(bench.actions().giveBack(SessionId("s0"))).isDone());
    const QByteArray ours = oursOf(bench);
    proxy.cutOn("EVALSHA", cut);
    const ActionReport report = await(bench.actions().giveBack(kSession));
    QCOMPARE(report.isDone(), isGiven);
    QCOMPARE(bench.tokenOf("s1"), isGiven ? QByteArray() : ours);
    QVERIFY(bench.workspace().held().sessions().isEmpty());
    if (isGiven)
        return;
    // Trying again would find nothing to give back: that it ends by itself is the way out.
    QCOMPARE(report.steps, QStringList(QStringLiteral("lock: not given back")));
    QVERIFY2(report.failure->hint.contains(u"ends with its lease"),
             qPrintable(report.failure->hint));
    QVERIFY(bench.auditWords().last().startsWith(u"failed: "));
}

void TestTakeOver::withoutIntentNothingIsTouched()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.auditFolder = QStringLiteral("/dev/null/audit");
    QVERIFY(bench.reopen());
    bench.lock("s1", "owner-1");
    const ActionReport report = await(bench.actions().takeOver(takeOverOf("s1", "owner-1")));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::Io);
    QCOMPARE(bench.tokenOf("s1"), QByteArray("owner-1"));
    QVERIFY(bench.workspace().held().sessions().isEmpty());
}

void TestTakeOver::withoutIntentItIsNotGivenBack()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.lock("s1", "owner-1");
    QVERIFY(await(bench.actions().takeOver(takeOverOf("s1", "owner-1"))).isDone());
    QVERIFY(QFile::rename(bench.auditFolder, bench.auditFolder + u".away"));
    QFile file(bench.auditFolder);
    QVERIFY(file.open(QIODevice::WriteOnly));
    const ActionReport report = await(bench.actions().giveBack(kSession));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::Io);
    // It stays ours, until that can be recorded.
    QCOMPARE(bench.tokenOf("s1"), oursOf(bench));
    QVERIFY(file.remove());
    QVERIFY(QFile::rename(bench.auditFolder + u".away", bench.auditFolder));
    QVERIFY(await(bench.actions().giveBack(kSession)).isDone());
}

QTEST_GUILESS_MAIN(TestTakeOver)
#include "tst_takeover.moc"
