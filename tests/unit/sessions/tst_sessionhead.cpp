// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text.h"
#include "sessions/sessionjson.h"
#include "sessionsamples.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::sessions;
using test::kBaseShape;
using test::kNewerShape;

class TestSessionHead final : public QObject
{
    Q_OBJECT

private slots:
    void readsWholeSessions();
    void readsHeadsCutAtEveryByte_data();
    void readsHeadsCutAtEveryByte();
    void readsOnlyTheOutermostObject();
    void refusesWhatIsNoSession_data();
    void refusesWhatIsNoSession();
};

void TestSessionHead::readsWholeSessions()
{
    const auto base = parseSessionHead(kBaseShape);
    QVERIFY(base);
    QCOMPARE(base->id, SessionId("9b2f"));
    QCOMPARE(base->user, std::optional(UserId("u1")));
    QCOMPARE(base->title, std::optional(QStringLiteral("Café \"x\"")));
    QCOMPARE(base->messages, std::optional<qint64>(3));
    QCOMPARE(base->updatedAt, parseRfc3339(QStringLiteral("2026-11-23T10:00:00Z")));

    const auto newer = parseSessionHead(kNewerShape);
    QVERIFY(newer);
    QVERIFY(!newer->user);
    QVERIFY(!newer->title);
    QCOMPARE(newer->messages, std::optional<qint64>(2));
}

void TestSessionHead::readsHeadsCutAtEveryByte_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::newRow("base") << kBaseShape;
    QTest::newRow("newer") << kNewerShape;
    QTest::newRow("escapes and UTF-8")
        << QByteArray("{\"session_id\":\"9b2f\",\"title\":\"\xf0\x9f\x94\x92\\ud83d\\udd12\","
                      "\"user_id\":\"u1\",\"n\":[-1.5e-3,true,false,null]}");
}

void TestSessionHead::readsHeadsCutAtEveryByte()
{
    QFETCH(QByteArray, json);
    const auto whole = parseSessionHead(json);
    QVERIFY(whole);
    bool hadId = false;
    for (qsizetype size = 1; size < json.size(); ++size) {
        const auto head = parseSessionHead(json.left(size));
        QVERIFY2(head, qPrintable(QStringLiteral("cut at %1").arg(size)));
        QVERIFY(head->id.isEmpty() ? !hadId : head->id == whole->id);
        hadId = hadId || !head->id.isEmpty();
        QVERIFY(!head->user || head->user == whole->user);
        QVERIFY(!head->title || head->title == whole->title);
        QVERIFY(!head->messages || head->messages == whole->messages);
    }
    QVERIFY(hadId);
}

void TestSessionHead::readsOnlyTheOutermostObject()
{
    const auto head = parseSessionHead(
        R"({"metadata":{"title":"no","session_id":5},"messages":[{"title":"no"},[1,2],3],)"
        R"("list":[["messages"]],"session_id":"x"})");
    QVERIFY(head);
    QCOMPARE(head->id, SessionId("x"));
    QVERIFY(!head->title);
    QCOMPARE(head->messages, std::optional<qint64>(3));
}

void TestSessionHead::refusesWhatIsNoSession_data()
{
    QTest::addColumn<QByteArray>("head");
    QTest::addColumn<QString>("why");
    QTest::newRow("empty") << QByteArray() << "it is empty";
    QTest::newRow("no JSON") << QByteArray("hello") << "no JSON";
    QTest::newRow("array") << QByteArray("[{\"session_id\":\"x\"") << "no object";
    QTest::newRow("text") << QByteArray("\"x\"") << "no object";
    QTest::newRow("number") << QByteArray("5") << "no object";
    QTest::newRow("no id") << QByteArray("{}") << "session_id is missing";
    QTest::newRow("id") << QByteArray(R"({"session_id":5,"ti)") << "session_id is not a string";
    QTest::newRow("title") << QByteArray(R"({"title":{},"ti)") << "title is not a string";
    QTest::newRow("user") << QByteArray(R"({"user_id":[1],"ti)") << "user_id is not a string";
    QTest::newRow("invalid UTF-8") << QByteArray("{\"title\":\"\xff\",") << "invalid UTF-8";
    QTest::newRow("broken") << QByteArray(R"({"session_id":"x",,)") << "a syntax error at byte";
}

void TestSessionHead::refusesWhatIsNoSession()
{
    QFETCH(QByteArray, head);
    QFETCH(QString, why);
    const auto summary = parseSessionHead(head);
    QVERIFY(!summary);
    QCOMPARE(summary.error().code, ErrorCode::Corrupt);
    QVERIFY2(summary.error().what.contains(why), qPrintable(summary.error().what));
}

QTEST_APPLESS_MAIN(TestSessionHead)
#include "tst_sessionhead.moc"
