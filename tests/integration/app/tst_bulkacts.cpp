// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/bulk.h"
#include "support/await.h"
#include "workbench.h"

#include <QSet>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;
using test::await;

namespace {

const QString kName = QStringLiteral("production");

/// Sessions s0 to s3, locked by owner-0 to owner-3, and a request for all of them.
struct ManyBench
{
    static constexpr int kItems = 4;

    [[nodiscard]] bool start()
    {
        if (!bench.start())
            return false;
        for (int i = 0; i < kItems; ++i) {
            if (!bench.addSession(id(i), "u1"))
                return false;
            bench.lock(id(i), token(i).constData());
        }
        return true;
    }
    [[nodiscard]] const QString &reason() const { return bench.reason(); }

    [[nodiscard]] static const char *id(int i)
    {
        static constexpr std::array kIds{"s0", "s1", "s2", "s3"};
        return kIds[std::size_t(i)];
    }
    [[nodiscard]] static QByteArray token(int i) { return "owner-" + QByteArray::number(i); }
    [[nodiscard]] static BulkRequest request(BulkDeed deed)
    {
        BulkRequest request;
        request.deed = deed;
        request.reason = QStringLiteral("ticket 4711");
        for (int i = 0; i < kItems; ++i)
            request.items.append({SessionId(id(i)), Token(token(i)), std::nullopt});
        return request;
    }
    [[nodiscard]] BulkReport run(const BulkRequest &request,
                                 std::function<void(const BulkProgress &)> tell = {})
    {
        return await(runBulk(bench.actions(), request, std::move(tell)));
    }
    /// "d" for done, "r" for refused or failed, "-" for not reached.
    [[nodiscard]] static QString ends(const BulkReport &report)
    {
        QString letters;
        for (const BulkOutcome &outcome : report.outcomes) {
            if (outcome.report)
                letters += outcome.report->isDone() ? u'd' : u'r';
            else
                letters += u'-';
        }
        return letters;
    }
    void beProduction()
    {
        bench.target.guardrails.profile = QStringLiteral("api-prod");
        bench.target.guardrails.environment = Environment::Production;
        QVERIFY(bench.reopen());
        QVERIFY(await(bench.actions().unlock(kName, {})));
    }

    test::Workbench bench;
};

} // namespace

class TestBulkActs : public QObject
{
    Q_OBJECT

private slots:
    void eachIsAnActOfItsOwn();
    void oneThatIsRefusedKeepsNoneFromItsTurn();
    void allAreTakenOver();
    void allAreDeleted_data();
    void allAreDeleted();
    void isStoppedBetweenTwo();
    void isStoppedWhileOneWaits();
    void aWindowThatClosesEndsIt();
    void inProductionTheirNumberConfirmsThem();
    void aPreviewTouchesNothing();
    void aPreviewIsStopped();
};

void TestBulkActs::eachIsAnActOfItsOwn()
{
    ManyBench many;
    LK_START_REDIS(many);
    QStringList told;
    const BulkReport report =
        many.run(ManyBench::request(BulkDeed::Release), [&](const BulkProgress &progress) {
            told.append(QString::number(progress.through) + u" of " + QString::number(progress.of) +
                        u": " + outcomeText(*progress.newest.report));
        });
    QVERIFY(!report.refusal);
    QVERIFY(report.isAllDone());
    QCOMPARE(told.size(), ManyBench::kItems);
    QCOMPARE(told.last(), QStringLiteral("4 of 4: done"));
    QSet<QString> ids;
    for (const QJsonObject &line : many.bench.auditLines()) {
        ids.insert(line[u"id"].toString());
        QCOMPARE(line[u"batch"].toString(), report.batch);
        QCOMPARE(line[u"reason"].toString(), QStringLiteral("ticket 4711"));
    }
    QCOMPARE(many.bench.auditLines().size(), 2 * ManyBench::kItems);
    QCOMPARE(ids.size(), ManyBench::kItems);
    for (int i = 0; i < ManyBench::kItems; ++i)
        QVERIFY(many.bench.tokenOf(ManyBench::id(i)).isEmpty());
}

void TestBulkActs::oneThatIsRefusedKeepsNoneFromItsTurn()
{
    ManyBench many;
    LK_START_REDIS(many);
    many.bench.lock("s1", "another");
    const BulkReport report = many.run(ManyBench::request(BulkDeed::Release));
    QCOMPARE(ManyBench::ends(report), QStringLiteral("drdd"));
    QCOMPARE(report.outcomes[1].report->failure->code, ErrorCode::ChangedHands);
    QCOMPARE(many.bench.tokenOf("s1"), QByteArray("another"));
    QVERIFY(many.bench.tokenOf("s3").isEmpty());
    QVERIFY(!report.isAllDone());
}

void TestBulkActs::allAreTakenOver()
{
    ManyBench many;
    LK_START_REDIS(many);
    QVERIFY(many.run(ManyBench::request(BulkDeed::TakeOver)).isAllDone());
    QCOMPARE(many.bench.workspace().held().sessions().size(), ManyBench::kItems);
    for (int i = 0; i < ManyBench::kItems; ++i) {
        const SessionId session(ManyBench::id(i));
        QCOMPARE(many.bench.tokenOf(ManyBench::id(i)),
                 many.bench.workspace().held().tokenOf(session)->bytes());
        QVERIFY(await(many.bench.actions().giveBack(session)).isDone());
    }
}

void TestBulkActs::allAreDeleted_data()
{
    QTest::addColumn<bool>("takesOver");
    QTest::newRow("after a wait") << false;
    QTest::newRow("taking over") << true;
}

void TestBulkActs::allAreDeleted()
{
    QFETCH(bool, takesOver);
    ManyBench many;
    LK_START_REDIS(many);
    BulkRequest request =
        ManyBench::request(takesOver ? BulkDeed::TakeOverAndDelete : BulkDeed::Delete);
    request.wait = 200ms;
    const BulkReport report = many.run(request);
    QCOMPARE(ManyBench::ends(report), takesOver ? QStringLiteral("dddd") : QStringLiteral("rrrr"));
    for (int i = 0; i < ManyBench::kItems; ++i) {
        QCOMPARE(many.bench.isStored(ManyBench::id(i)), !takesOver);
        QCOMPARE(many.bench.isCached(ManyBench::id(i)), !takesOver);
        QCOMPARE(many.bench.tokenOf(ManyBench::id(i)),
                 takesOver ? QByteArray() : ManyBench::token(i));
        if (!takesOver)
            QCOMPARE(report.outcomes[i].report->failure->code, ErrorCode::LockTimeout);
    }
}

void TestBulkActs::isStoppedBetweenTwo()
{
    ManyBench many;
    LK_START_REDIS(many);
    std::stop_source stop;
    BulkRequest request = ManyBench::request(BulkDeed::Release);
    request.stop = stop.get_token();
    const BulkReport report = many.run(request, [&stop](const BulkProgress &progress) {
        if (progress.through == 2)
            stop.request_stop();
    });
    QCOMPARE(ManyBench::ends(report), QStringLiteral("dd--"));
    QCOMPARE(report.notReached(), 2);
    QCOMPARE(many.bench.tokenOf("s2"), QByteArray("owner-2"));
    QCOMPARE(many.bench.auditLines().size(), 4); // of those that were not reached there is none
}

void TestBulkActs::isStoppedWhileOneWaits()
{
    ManyBench many;
    LK_START_REDIS(many);
    std::stop_source stop;
    BulkRequest request = ManyBench::request(BulkDeed::Delete);
    request.stop = stop.get_token();
    request.wait = 60s;
    auto running = runBulk(many.bench.actions(), request, {});
    QTRY_COMPARE(many.bench.auditLines().size(), 1);
    stop.request_stop();
    const BulkReport report = await(std::move(running));
    QCOMPARE(ManyBench::ends(report), QStringLiteral("r---"));
    QCOMPARE(report.outcomes[0].report->failure->code, ErrorCode::Cancelled);
    QVERIFY(many.bench.isStored("s0"));
    QCOMPARE(many.bench.tokenOf("s0"), QByteArray("owner-0"));
    QCOMPARE(many.bench.auditLines().size(), 2);
}

void TestBulkActs::aWindowThatClosesEndsIt()
{
    ManyBench many;
    LK_START_REDIS(many);
    many.beProduction();
    WriteWindow &window = many.bench.workspace().window();
    const BulkReport report = many.run(ManyBench::request(BulkDeed::Release),
                                       [&window](const BulkProgress &) { window.lock(); });
    QCOMPARE(ManyBench::ends(report), QStringLiteral("drrr"));
    for (int i = 1; i < ManyBench::kItems; ++i) {
        QCOMPARE(report.outcomes[i].report->failure->code, ErrorCode::NotPermitted);
        QCOMPARE(many.bench.tokenOf(ManyBench::id(i)), ManyBench::token(i));
    }
}

void TestBulkActs::inProductionTheirNumberConfirmsThem()
{
    ManyBench many;
    LK_START_REDIS(many);
    many.beProduction();
    BulkRequest request = ManyBench::request(BulkDeed::TakeOverAndDelete);
    QCOMPARE(await(previewBulk(many.bench.actions(), request)).phrase, QStringLiteral("4"));
    request.typed = QStringLiteral("3");
    QCOMPARE(ManyBench::ends(many.run(request)), QStringLiteral("----"));
    QVERIFY(many.bench.isStored("s0"));
    request.typed = QStringLiteral("4");
    const BulkReport report = many.run(request);
    QVERIFY(!report.refusal);
    QVERIFY(report.isAllDone());
    QVERIFY(!many.bench.isStored("s0") && !many.bench.isStored("s3"));
}

void TestBulkActs::aPreviewTouchesNothing()
{
    ManyBench many;
    LK_START_REDIS(many);
    many.bench.lock("s1", "another");
    many.bench.lock("s2", "owner-2", 20s); // taken 40 s ago
    const BulkPreview preview =
        await(previewBulk(many.bench.actions(), ManyBench::request(BulkDeed::Release)));
    QVERIFY(!preview.refusal);
    QVERIFY(preview.phrase.isEmpty());
    QCOMPARE(preview.items.size(), ManyBench::kItems);
    QCOMPARE(preview.refused(), 1);
    QVERIFY(preview.items[1].preview.refusal);
    QCOMPARE(preview.alive(), 3);
    QVERIFY(!preview.items[2].preview.isOwnerAlive);
    QCOMPARE(many.bench.tokenOf("s0"), QByteArray("owner-0"));
    QVERIFY(many.bench.auditLines().isEmpty());
}

void TestBulkActs::aPreviewIsStopped()
{
    ManyBench many;
    LK_START_REDIS(many);
    std::stop_source stop;
    stop.request_stop();
    BulkRequest request = ManyBench::request(BulkDeed::Release);
    request.stop = stop.get_token();
    QVERIFY(await(previewBulk(many.bench.actions(), request)).items.isEmpty());
}

QTEST_GUILESS_MAIN(TestBulkActs)
#include "tst_bulkacts.moc"
