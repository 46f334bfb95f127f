// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/bulk.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::app;

Q_DECLARE_METATYPE(BulkDeed)

namespace {

BulkRequest requestOf(int items, BulkDeed deed = BulkDeed::Release)
{
    BulkRequest request;
    request.deed = deed;
    for (int i = 0; i < items; ++i) {
        const QByteArray number = QByteArray::number(i);
        request.items.append({SessionId("s" + number), Token("owner-" + number), std::nullopt});
    }
    return request;
}

Guardrails production(int cap = Guardrails::kDefaultCap)
{
    Guardrails rails;
    rails.profile = QStringLiteral("api-prod");
    rails.environment = Environment::Production;
    rails.cap = cap;
    return rails;
}

/// One done, one refused, one not reached.
BulkReport report()
{
    BulkReport report;
    report.batch = QStringLiteral("batch-1");
    ActionReport done;
    done.steps = {QStringLiteral("lock: deleted"), QStringLiteral("second; step")};
    done.verification = QStringLiteral("the lock is free");
    ActionReport refused;
    refused.failure = Error{ErrorCode::ChangedHands, QStringLiteral("it is held by \"api-4\""), {}};
    refused.warnings = {QStringLiteral("=1+1 is a warning")};
    const BulkRequest request = requestOf(3);
    report.outcomes = {
        {request.items[0], done}, {request.items[1], refused}, {request.items[2], std::nullopt}};
    report.outcomes[2].item.session = SessionId("=cmd\xff");
    return report;
}

} // namespace

class TestBulk : public QObject
{
    Q_OBJECT

private slots:
    void nothingIsNothing();
    void theCapHolds_data();
    void theCapHolds();
    void deletesInProductionAreConfirmed_data();
    void deletesInProductionAreConfirmed();
    void isAllDoneWhenAllAre();
    void csvTellsOfEach();
    void jsonTellsOfEach();
};

void TestBulk::nothingIsNothing()
{
    for (const bool isConfirmed : {false, true}) {
        const auto refusal = bulkRefusal(requestOf(0), {}, isConfirmed);
        QVERIFY(refusal);
        QCOMPARE(refusal->code, ErrorCode::NotFound);
        QVERIFY(refusal->what.contains(u"nothing to do"));
        QVERIFY(!refusal->hint.isEmpty());
    }
}

void TestBulk::theCapHolds_data()
{
    QTest::addColumn<int>("items");
    QTest::addColumn<int>("cap");
    QTest::addColumn<int>("raised"); // 0: it was not
    QTest::addColumn<bool>("isRefused");
    QTest::newRow("below") << 2 << 3 << 0 << false;
    QTest::newRow("just") << 3 << 3 << 0 << false;
    QTest::newRow("over") << 4 << 3 << 0 << true;
    QTest::newRow("raised") << 4 << 3 << 4 << false;
    QTest::newRow("raised too little") << 5 << 3 << 4 << true;
    QTest::newRow("lowered") << 3 << 3 << 2 << true;
    QTest::newRow("one, none allowed") << 1 << 0 << 0 << true;
}

void TestBulk::theCapHolds()
{
    QFETCH(int, items);
    QFETCH(int, cap);
    QFETCH(int, raised);
    QFETCH(bool, isRefused);
    Guardrails rails;
    rails.cap = cap;
    BulkRequest request = requestOf(items);
    if (raised > 0)
        request.raisedCap = raised;
    for (const bool isConfirmed : {false, true}) {
        const auto refusal = bulkRefusal(request, rails, isConfirmed);
        QCOMPARE(refusal.has_value(), isRefused);
        if (!refusal)
            continue;
        QCOMPARE(refusal->code, ErrorCode::NotPermitted);
        const QString count = QString::number(items) + (items == 1 ? u" lock " : u" locks ");
        QVERIFY2(refusal->what.startsWith(count), qPrintable(refusal->what));
        QVERIFY(refusal->what.contains(u"cap of " + QString::number(raised > 0 ? raised : cap)));
        QVERIFY(refusal->hint.contains(QString::number(items)));
    }
}

void TestBulk::deletesInProductionAreConfirmed_data()
{
    QTest::addColumn<BulkDeed>("deed");
    QTest::addColumn<bool>("isProduction");
    QTest::addColumn<QString>("typed");
    QTest::addColumn<bool>("isAsked");
    QTest::addColumn<bool>("isRefused");
    using enum BulkDeed;
    QTest::newRow("release") << Release << true << "" << false << false;
    QTest::newRow("take over") << TakeOver << true << "" << false << false;
    QTest::newRow("delete elsewhere") << Delete << false << "" << false << false;
    QTest::newRow("delete") << Delete << true << "3" << true << false;
    QTest::newRow("take over and delete") << TakeOverAndDelete << true << "3" << true << false;
    QTest::newRow("nothing typed") << Delete << true << "" << true << true;
    QTest::newRow("another number") << Delete << true << "4" << true << true;
    QTest::newRow("with blanks") << Delete << true << " 3" << true << true;
    QTest::newRow("an id") << Delete << true << "s0" << true << true;
    QTest::newRow("nothing typed, taken over") << TakeOverAndDelete << true << "" << true << true;
}

void TestBulk::deletesInProductionAreConfirmed()
{
    QFETCH(BulkDeed, deed);
    QFETCH(bool, isProduction);
    QFETCH(QString, typed);
    QFETCH(bool, isAsked);
    QFETCH(bool, isRefused);
    const Guardrails rails = isProduction ? production() : Guardrails();
    BulkRequest request = requestOf(3, deed);
    request.typed = typed;
    QCOMPARE(bulkPhrase(request, rails), isAsked ? QStringLiteral("3") : QString());
    QVERIFY(!bulkRefusal(request, rails, false)); // it is asked for later
    const auto refusal = bulkRefusal(request, rails, true);
    QCOMPARE(refusal.has_value(), isRefused);
    if (!refusal)
        return;
    QCOMPARE(refusal->code, ErrorCode::NotPermitted);
    QVERIFY2(refusal->what.startsWith(u"not confirmed"), qPrintable(refusal->what));
    QVERIFY(refusal->what.contains(typed));
    QCOMPARE(refusal->hint, QStringLiteral("type 3"));
}

void TestBulk::isAllDoneWhenAllAre()
{
    BulkReport some = report();
    QCOMPARE(some.done(), 1);
    QCOMPARE(some.notReached(), 1);
    QVERIFY(!some.isAllDone());
    some.outcomes.resize(1);
    QVERIFY(some.isAllDone());
    QCOMPARE(some.notReached(), 0);
}

void TestBulk::csvTellsOfEach()
{
    const QByteArray expected =
        "session_id,token,outcome,steps,warnings,verification,batch\r\n"
        "\"s0\",\"owner-0\",\"done\",\"lock: deleted; second; step\",\"\",\"the lock is free\","
        "\"batch-1\"\r\n"
        "\"s1\",\"owner-1\",\"refused: it is held by \"\"api-4\"\"\",\"\","
        "\"'=1+1 is a warning\",\"\",\"batch-1\"\r\n"
        "\"'=cmd\\xFF\",\"owner-2\",\"not reached\",\"\",\"\",\"\",\"batch-1\"\r\n";
    QCOMPARE(bulkCsv(report()).toLower(), expected.toLower());
}

void TestBulk::jsonTellsOfEach()
{
    const QJsonObject json = QJsonDocument::fromJson(bulkJson(report())).object();
    QCOMPARE(json[u"batch"].toString(), QStringLiteral("batch-1"));
    QCOMPARE(json[u"done"].toInt(), 1);
    QCOMPARE(json[u"of"].toInt(), 3);
    QCOMPARE(json[u"not_reached"].toInt(), 1);
    const QJsonArray items = json[u"items"].toArray();
    QCOMPARE(items.size(), 3);
    QCOMPARE(items[0][u"session_id"].toString(), QStringLiteral("s0"));
    QCOMPARE(items[0][u"done"].toBool(), true);
    QCOMPARE(items[0][u"steps"].toArray().size(), 2);
    QCOMPARE(items[0][u"verification"].toString(), QStringLiteral("the lock is free"));
    QCOMPARE(items[1][u"done"].toBool(), false);
    QVERIFY(items[1][u"outcome"].toString().startsWith(u"refused: "));
    QCOMPARE(items[1][u"warnings"][0].toString(), QStringLiteral("=1+1 is a warning"));
    QCOMPARE(items[2][u"done"].toBool(), false);
    QCOMPARE(items[2][u"outcome"].toString(), QStringLiteral("not reached"));
    QVERIFY(items[2][u"verification"].isNull());
}

QTEST_GUILESS_MAIN(TestBulk)
#include "tst_bulk.moc"
