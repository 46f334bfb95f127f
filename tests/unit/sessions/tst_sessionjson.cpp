// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text.h"
#include "sessions/sessionjson.h"
#include "sessionsamples.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::sessions;
using namespace std::chrono_literals;
using test::kBaseShape;
using test::kNewerShape;

class TestSessionJson final : public QObject
{
    Q_OBJECT

private slots:
    void readsTheBaseShape();
    void readsTheNewerShape();
    void rewritesUntouched_data();
    void rewritesUntouched();
    void changesOnlyWhatChanged();
    void keepsTheZoneOfTimes();
    void addsUsage();
    void appendsMessages();
    void writesSequencesWhereTheyAreKnown();
    void writesNewSessions();
    void ignoresBrokenTextsOfCallers();
    void acceptsWhatIsMissing();
    void refusesCorrupt_data();
    void refusesCorrupt();
    void repeatsNoContent();
    void survivesEveryCut();
};

namespace {

ChatSession parsed(const QByteArray &json)
{
    const Result<ChatSession> session = parseSession(json);
    if (!session)
        qFatal("%s", qPrintable(session.error().what));
    return *session;
}

} // namespace

void TestSessionJson::readsTheBaseShape()
{
    const ChatSession session = parsed(kBaseShape);
    QCOMPARE(session.id, SessionId("9b2f"));
    QCOMPARE(session.user, std::optional(UserId("u1")));
    QCOMPARE(session.title, std::optional(QStringLiteral("Café \"x\"")));
    QCOMPARE(session.messages.size(), 3);
    QCOMPARE(session.messages[0].role, QStringLiteral("user"));
    QCOMPARE(session.messages[0].content, std::optional(QStringLiteral("hi\nthere")));
    QVERIFY(!session.messages[1].content);
    QCOMPARE(session.messages[1].toolCallsJson,
             QByteArray(R"([{"id":"t1","n":12345678901234567890123}])"));
    QCOMPARE(session.messages[1].functionCallJson, QByteArray(R"({"a":1.50})"));
    QCOMPARE(session.messages[2].toolCallId, std::optional(QStringLiteral("t1")));
    QVERIFY(!session.messages[0].sequence);
    QCOMPARE(session.usage, (TokenTotals{11, 7}));
    QCOMPARE(session.credentialsJson, QByteArray(R"({"github":{"id":18446744073709551616}})"));
    QCOMPARE(session.startedAt, *parseRfc3339(QStringLiteral("2026-11-23T10:00:00.123456Z")));
    QCOMPARE(session.updatedAt, *parseRfc3339(QStringLiteral("2026-11-23T10:00:00Z")));
}

void TestSessionJson::readsTheNewerShape()
{
    const ChatSession session = parsed(kNewerShape);
    QVERIFY(!session.user);
    QVERIFY(!session.title);
    QCOMPARE(session.usage, (TokenTotals{7, 1}));
    QCOMPARE(session.messages.size(), 2);
    QCOMPARE(session.messages[0].sequence, std::optional<qint64>(0));
    QVERIFY(!session.messages[1].sequence);
}

void TestSessionJson::rewritesUntouched_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::newRow("base") << kBaseShape;
    QTest::newRow("newer") << kNewerShape;
    QTest::newRow("only an id") << QByteArray(R"({"session_id":"x"})");
    QTest::newRow("nulls") << QByteArray(R"({"usage":null,"messages":null,"session_id":"x",)"
                                         R"("credentials":null,"started_at":null})");
    QTest::newRow("doubles") << QByteArray(R"({"session_id":"x","title":"a","title":"b"})");
}

void TestSessionJson::rewritesUntouched()
{
    QFETCH(QByteArray, json);
    QCOMPARE(serializeSession(parsed(json)), test::rewritten(json));
}

void TestSessionJson::changesOnlyWhatChanged()
{
    ChatSession session = parsed(kBaseShape);
    session.title = QStringLiteral("New");
    session.user.reset();
    session.messages[1].content = QStringLiteral("text");
    session.successfulAgentRunsJson = R"({"a": 4})";
    QByteArray expected = test::rewritten(kBaseShape);
    expected.replace("\"Caf\xc3\xa9 \\\"x\\\"\"", "\"New\"");
    expected.replace(R"("user_id":"u1")", R"("user_id":null)");
    expected.replace(R"("assistant","content":null)", R"("assistant","content":"text")");
    expected.replace(R"({"a":3})", R"({"a":4})");
    QCOMPARE(serializeSession(session), expected);
}

void TestSessionJson::keepsTheZoneOfTimes()
{
    ChatSession session = parsed(kBaseShape);
    *session.startedAt += 1s;
    *session.updatedAt += 1ms;
    QByteArray expected = test::rewritten(kBaseShape);
    expected.replace("10:00:00.123456Z", "10:00:01.123456Z");
    expected.replace("12:00:00+02:00", "12:00:00.001000+02:00");
    QCOMPARE(serializeSession(session), expected);
}

void TestSessionJson::addsUsage()
{
    ChatSession session = parsed(kBaseShape);
    session.usage.prompt += 100;
    session.usage.completion += 20;
    QByteArray more = test::rewritten(kBaseShape);
    more.replace(R"("cached":0.10}])", R"("cached":0.10},{"prompt_tokens":100,)"
                                       R"("completion_tokens":20,"total_tokens":120}])");
    QCOMPARE(serializeSession(session), more);

    session.usage = {1, 2};
    QCOMPARE(parsed(serializeSession(session)).usage, (TokenTotals{1, 2}));
    session.usage = {};
    QVERIFY(serializeSession(session).contains(R"("usage":[])"));
}

void TestSessionJson::appendsMessages()
{
    ChatSession session = parsed(kBaseShape);
    ChatMessage message;
    message.role = QStringLiteral("user");
    message.content = QStringLiteral("more");
    message.toolCallsJson = "[]";
    message.sequence = 3; // this shape knows none
    session.messages.append(message);
    QByteArray expected = test::rewritten(kBaseShape);
    expected.replace(R"([1E+5]}}])", R"([1E+5]}},{"role":"user","content":"more","name":null,)"
                                     R"("tool_call_id":null,"refusal":null,"tool_calls":[],)"
                                     R"("function_call":null}])");
    QCOMPARE(serializeSession(session), expected);
    session.messages.clear();
    QVERIFY(serializeSession(session).contains(R"("messages":[])"));
}

void TestSessionJson::writesSequencesWhereTheyAreKnown()
{
    ChatSession session = parsed(kNewerShape);
    session.messages[1].sequence = 1;
    ChatMessage message;
    message.role = QStringLiteral("user");
    message.sequence = 2;
    session.messages.append(message);
    QByteArray expected = kNewerShape;
    expected.replace(R"("sequence":null}])",
                     R"("sequence":1},{"role":"user","content":null,"name":null,)"
                     R"("tool_call_id":null,"refusal":null,"tool_calls":null,)"
                     R"("function_call":null,"sequence":2}])");
    QCOMPARE(serializeSession(session), expected);
}

void TestSessionJson::writesNewSessions()
{
    ChatSession session;
    session.id = SessionId("s:1");
    session.user = UserId("u");
    session.startedAt = *parseRfc3339(QStringLiteral("2026-01-02T03:04:05.000678Z"));
    session.updatedAt = *parseRfc3339(QStringLiteral("1969-12-31T23:59:59.999999Z"));
    session.usage = {3, 4};
    ChatMessage message;
    message.role = QStringLiteral("user");
    session.messages.append(message);
    const QByteArray expected =
        R"({"session_id":"s:1","user_id":"u","title":null,"messages":[{"role":"user",)"
        R"("content":null,"name":null,"tool_call_id":null,"refusal":null,"tool_calls":null,)"
        R"("function_call":null}],"usage":[{"prompt_tokens":3,"completion_tokens":4,)"
        R"("total_tokens":7}],"credentials":{},"started_at":"2026-01-02T03:04:05.000678Z",)"
        R"("updated_at":"1969-12-31T23:59:59.999999Z","successful_agent_runs":{},)"
        R"("successful_agent_schedules":{}})";
    QCOMPARE(serializeSession(session), expected);
    const ChatSession again = parsed(expected);
    QCOMPARE(again.startedAt, session.startedAt);
    QCOMPARE(again.updatedAt, session.updatedAt);
    QCOMPARE(again.usage, session.usage);
}

void TestSessionJson::ignoresBrokenTextsOfCallers()
{
    ChatSession session = parsed(kBaseShape);
    session.credentialsJson = "{broken";
    session.messages[1].toolCallsJson = R"({"not":"an array"})";
    QCOMPARE(serializeSession(session), test::rewritten(kBaseShape));
}

void TestSessionJson::acceptsWhatIsMissing()
{
    const ChatSession session = parsed(R"({"session_id":"x","messages":[{"role":"user"}]})");
    QVERIFY(!session.user);
    QCOMPARE(session.messages.size(), 1);
    QCOMPARE(session.credentialsJson, QByteArray("{}"));
    QVERIFY(!session.updatedAt);
}

void TestSessionJson::refusesCorrupt_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("where");
    QTest::newRow("no JSON") << QByteArray("hello") << "no JSON";
    QTest::newRow("array") << QByteArray("[]") << "it is an array, not an object";
    QTest::newRow("text") << QByteArray("\"x\"") << "it is a string, not an object";
    QTest::newRow("no id") << QByteArray("{}") << "session_id is missing";
    QTest::newRow("empty id") << QByteArray(R"({"session_id":""})") << "session_id is empty";
    QTest::newRow("null id") << QByteArray(R"({"session_id":null})") << "session_id is missing";
    QTest::newRow("number id") << QByteArray(R"({"session_id":5})")
                               << "session_id is a number, not a string";
    const auto with = [](const char *field) -> QByteArray {
        return QByteArray(R"({"session_id":"x",)") + field + '}';
    };
    QTest::newRow("user") << with(R"("user_id":[])") << "user_id is an array, not a string";
    QTest::newRow("title") << with(R"("title":true)") << "title is a boolean, not a string";
    QTest::newRow("messages") << with(R"("messages":{})") << "messages is an object, not an array";
    QTest::newRow("message") << with(R"("messages":[{"role":"user"},"x"])")
                             << "messages[1] is a string, not an object";
    QTest::newRow("role") << with(R"("messages":[{}])") << "messages[0].role is missing";
    QTest::newRow("content") << with(R"("messages":[{"role":"user","content":1}])")
                             << "messages[0].content is a number, not a string";
    QTest::newRow("tool calls") << with(R"("messages":[{"role":"user","tool_calls":{}}])")
                                << "messages[0].tool_calls is an object, not an array";
    QTest::newRow("function call") << with(R"("messages":[{"role":"a","function_call":[]}])")
                                   << "messages[0].function_call is an array, not an object";
    QTest::newRow("sequence") << with(R"("messages":[{"role":"user","sequence":1.5}])")
                              << "messages[0].sequence is no whole number";
    QTest::newRow("usage") << with(R"("usage":{})") << "usage is an object, not an array";
    QTest::newRow("usage entry") << with(R"("usage":[5])") << "usage[0]";
    QTest::newRow("tokens") << with(R"("usage":[{"prompt_tokens":"5"}])")
                            << "usage[0].prompt_tokens is no whole number";
    QTest::newRow("too many tokens")
        << with(R"("usage":[{"prompt_tokens":9223372036854775807},{"prompt_tokens":1}])")
        << "usage[1].prompt_tokens makes the sum too large";
    QTest::newRow("credentials") << with(R"("credentials":[])")
                                 << "credentials is an array, not an object";
    QTest::newRow("time") << with(R"("started_at":"yesterday")")
                          << "started_at is no time of RFC 3339";
    QTest::newRow("number time") << with(R"("updated_at":17)")
                                 << "updated_at is a number, not a string";
}

void TestSessionJson::refusesCorrupt()
{
    QFETCH(QByteArray, json);
    QFETCH(QString, where);
    const Result<ChatSession> session = parseSession(json);
    QVERIFY(!session);
    QCOMPARE(session.error().code, ErrorCode::Corrupt);
    QVERIFY2(session.error().what.contains(where), qPrintable(session.error().what));
}

void TestSessionJson::repeatsNoContent()
{
    for (const char *json :
         {R"({"session_id":"x","title":"secret)", R"({"secret" 1})",
          R"({"session_id":"x","started_at":"secret"})", "{\"session_id\":\"secret\xff\"}"}) {
        const Result<ChatSession> session = parseSession(json);
        QVERIFY(!session);
        QVERIFY2(!session.error().what.contains(u"secret"), qPrintable(session.error().what));
    }
}

void TestSessionJson::survivesEveryCut()
{
    for (const QByteArray &json : {kBaseShape, kNewerShape}) {
        for (qsizetype size = 0; size < json.size(); ++size)
            QVERIFY(!parseSession(json.left(size)));
    }
}

QTEST_APPLESS_MAIN(TestSessionJson)
#include "tst_sessionjson.moc"
