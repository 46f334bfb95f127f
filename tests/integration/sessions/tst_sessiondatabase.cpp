// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text.h"
#include "sessions/sessionjson.h"
#include "storebench.h"
#include "testdatabase.h"

using namespace lockkeeper;
using namespace lockkeeper::sessions;
using test::await;
using test::Kind;
using test::message;
using test::sampleSession;

/// What the database does, on SQLite and on PostgreSQL with the older and the newer tables.
class TestSessionDatabase final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void storesAndLoads_data() { test::addDatabaseKinds(); }
    void storesAndLoads();
    void savesOnlyNewMessages_data() { test::addDatabaseKinds(); }
    void savesOnlyNewMessages();
    void savesNumberedMessages_data() { test::addDatabaseKinds(); }
    void savesNumberedMessages();
    void refusesMessagesThatAreThere_data() { test::addDatabaseKinds(); }
    void refusesMessagesThatAreThere();
    void keepsTimesAndTokens_data() { test::addDatabaseKinds(); }
    void keepsTimesAndTokens();
    void lists_data() { test::addDatabaseKinds(); }
    void lists();
    void renames_data() { test::addDatabaseKinds(); }
    void renames();
    void removes_data() { test::addDatabaseKinds(); }
    void removes();
    void takesIdsAsBytes_data() { test::addDatabaseKinds(); }
    void takesIdsAsBytes();
    void readsTheNewerColumns();
    void keepsTheNewerColumns();
    void refusesTextsThatAreNoJson_data() { test::addDatabaseKinds(); }
    void refusesTextsThatAreNoJson();
    void reportsCorruptColumns();

private:
    test::TestDatabases m_databases;
};

void TestSessionDatabase::initTestCase()
{
    LK_START_POSTGRES(m_databases);
}

void TestSessionDatabase::storesAndLoads()
{
    QFETCH(Kind, kind);
    SessionDatabase database(m_databases.make(kind));
    LK_VERIFY(await(database.check()));
    QVERIFY(!*await(database.load(SessionId("s1"))));
    QCOMPARE(*await(database.messageCount(SessionId("s1"))), 0);

    ChatSession session = sampleSession("s1", "u'1", 0);
    session.title = QStringLiteral("Ünï \\ 'quoted' \"x\" ? :name $1 🔒");
    session.credentialsJson = R"({"a":[1,{"b":"?"}]})";
    LK_VERIFY(await(database.create(session)));
    const auto again = await(database.create(session));
    QVERIFY(!again);
    QCOMPARE(again.error().code, ErrorCode::Database);

    session.messages += message("user", QStringLiteral("multi\nline \\ ' \t"));
    session.messages[0].toolCallsJson = R"([{"id":"t"}])";
    session.messages[0].functionCallJson = R"({"f":1})";
    session.messages[0].name = QStringLiteral("n");
    session.messages[0].refusal = QString();
    const auto saved = await(database.save(session, 0));
    LK_VERIFY(saved);
    QVERIFY(!saved->isCreated);
    QCOMPARE(saved->messagesInserted, 1);

    const auto loaded = await(database.load(session.id));
    LK_VERIFY(loaded);
    QVERIFY(*loaded);
    QCOMPARE((*loaded)->user, session.user);
    QCOMPARE((*loaded)->title, session.title);
    QCOMPARE((*loaded)->messages.size(), 1);
    const ChatMessage &stored = (*loaded)->messages[0];
    QCOMPARE(stored.content, session.messages[0].content);
    QCOMPARE(stored.name, session.messages[0].name);
    QVERIFY(!stored.toolCallId);
    QVERIFY(stored.refusal && stored.refusal->isEmpty());
    QCOMPARE(stored.sequence, std::optional<qint64>(0));
    const auto cached = parseSession(serializeSession(**loaded));
    LK_VERIFY(cached);
    QCOMPARE(cached->title, session.title);
    QCOMPARE(QByteArray(cached->messages[0].toolCallsJson).replace(' ', ""),
             session.messages[0].toolCallsJson);
    QCOMPARE(QByteArray(cached->credentialsJson).replace(' ', ""), session.credentialsJson);
}

void TestSessionDatabase::savesOnlyNewMessages()
{
    QFETCH(Kind, kind);
    const Dsn dsn = m_databases.make(kind);
    SessionDatabase database(dsn);
    ChatSession session = sampleSession("s1", "u1", 2);
    const auto first = await(database.save(session, 0));
    LK_VERIFY(first);
    QVERIFY(first->isCreated);
    QCOMPARE(first->messagesInserted, 2);
    session.messages += message("user", QStringLiteral("m2"));
    const auto second = await(database.save(session, 2));
    LK_VERIFY(second);
    QCOMPARE(second->messagesInserted, 1);
    const auto third = await(database.save(session, 3));
    LK_VERIFY(third);
    QCOMPARE(third->messagesInserted, 0);
    QCOMPARE(m_databases.sql(dsn, QStringLiteral("SELECT \"sequence\", \"content\" FROM "
                                                 "\"ChatMessage\" ORDER BY \"sequence\"")),
             QStringLiteral("0|m0\n1|m1\n2|m2"));
}

void TestSessionDatabase::savesNumberedMessages()
{
    QFETCH(Kind, kind);
    const Dsn dsn = m_databases.make(kind);
    SessionDatabase database(dsn);
    ChatSession session = sampleSession("s1", "u1", 3);
    LK_VERIFY(await(database.save(session, 0)));
    // Only the end of the session is here; what carries no sequence is new.
    session.messages = {message("user", QStringLiteral("m2")),
                        message("user", QStringLiteral("n"))};
    session.messages[0].sequence = 2;
    const auto saved = await(database.save(session, 3));
    LK_VERIFY(saved);
    QCOMPARE(saved->messagesInserted, 1);
    QCOMPARE(m_databases.sql(dsn, QStringLiteral("SELECT \"sequence\", \"content\" FROM "
                                                 "\"ChatMessage\" ORDER BY \"sequence\" DESC "
                                                 "LIMIT 1")),
             QStringLiteral("3|n"));
}

void TestSessionDatabase::refusesMessagesThatAreThere()
{
    QFETCH(Kind, kind);
    const Dsn dsn = m_databases.make(kind);
    SessionDatabase database(dsn);
    ChatSession session = sampleSession("s1", "u1", 2);
    LK_VERIFY(await(database.save(session, 0)));
    session.title = QStringLiteral("must not stay");
    session.messages += message("user", QStringLiteral("secret text"));
    // Somebody wrote without the lock after we had counted.
    const auto saved = await(database.save(session, 1));
    QVERIFY(!saved);
    QCOMPARE(saved.error().code, ErrorCode::Database);
    QVERIFY(saved.error().what.contains(u"message 1 is there already"));
    QVERIFY(!describe(saved.error()).contains(u"secret"));
    QCOMPARE(*await(database.messageCount(session.id)), 2);
    QVERIFY(!(*await(database.load(session.id)))->title);
}

void TestSessionDatabase::keepsTimesAndTokens()
{
    QFETCH(Kind, kind);
    const Dsn dsn = m_databases.make(kind);
    SessionDatabase database(dsn);
    ChatSession session = sampleSession("s1", "u1", 1);
    session.startedAt = *parseRfc3339(QStringLiteral("2026-07-01T01:30:00.123+02:00"));
    session.updatedAt = *parseRfc3339(QStringLiteral("2026-12-31T23:59:59.999Z"));
    session.usage = {123456, 7};
    LK_VERIFY(await(database.save(session, 0)));
    const auto loaded = await(database.load(session.id));
    LK_VERIFY(loaded);
    QCOMPARE((*loaded)->startedAt, session.startedAt);
    QCOMPARE((*loaded)->updatedAt, session.updatedAt);
    QCOMPARE((*loaded)->usage, session.usage);
    const auto cached = parseSession(serializeSession(**loaded));
    LK_VERIFY(cached);
    QCOMPARE(cached->usage, session.usage);
    QCOMPARE(cached->startedAt, session.startedAt);
    const QString asText = m_databases.sql(
        dsn, QStringLiteral("SELECT CAST(\"createdAt\" AS TEXT) FROM \"ChatSession\""));
    QVERIFY2(asText.startsWith(u"2026-06-30") && asText.contains(u"23:30:00.123"),
             qPrintable(asText));
}

void TestSessionDatabase::lists()
{
    QFETCH(Kind, kind);
    SessionDatabase database(m_databases.make(kind));
    for (int i = 0; i < 5; ++i) {
        ChatSession session = sampleSession("s" + QByteArray::number(i), i < 4 ? "u1" : "u2", i);
        *session.updatedAt += std::chrono::seconds(i);
        LK_VERIFY(await(database.save(session, 0)));
    }
    const auto page = await(database.list(UserId("u1"), 2, 1));
    LK_VERIFY(page);
    QCOMPARE(page->size(), 2);
    QCOMPARE(page->at(0).id, SessionId("s2"));
    QCOMPARE(page->at(0).messages, std::optional<qint64>(2));
    QCOMPARE(page->at(1).id, SessionId("s1"));
    QVERIFY(await(database.list(UserId("nobody"), 10, 0))->isEmpty());
    QVERIFY(await(database.list(UserId("u1"), 0, 0))->isEmpty());
    QCOMPARE(await(database.list(UserId("u1"), -1, 0)).error().code, ErrorCode::InvalidInput);

    QList<SessionId> ids{SessionId("s4"), SessionId("missing"), SessionId("\xff")};
    for (int i = 0; i < 450; ++i)
        ids += SessionId("x" + QByteArray::number(i));
    ids += SessionId("s1");
    const auto found = await(database.summaries(ids));
    LK_VERIFY(found);
    QCOMPARE(found->size(), 2);
    QVERIFY(await(database.summaries({}))->isEmpty());
}

void TestSessionDatabase::renames()
{
    QFETCH(Kind, kind);
    SessionDatabase database(m_databases.make(kind));
    const ChatSession session = sampleSession("s1", "u1", 1);
    LK_VERIFY(await(database.save(session, 0)));
    const WallTime now = *parseRfc3339(QStringLiteral("2030-01-01T00:00:00Z"));
    QVERIFY(*await(database.rename(session.id, QStringLiteral("It's"), now)));
    QVERIFY(!*await(database.rename(SessionId("s2"), QStringLiteral("x"), now)));
    const auto loaded = await(database.load(session.id));
    QCOMPARE((*loaded)->title, std::optional(QStringLiteral("It's")));
    QCOMPARE((*loaded)->updatedAt, now);
    // A save of a copy that never had a title must not take it away.
    LK_VERIFY(await(database.save(session, 1)));
    QCOMPARE((*await(database.load(session.id)))->title, std::optional(QStringLiteral("It's")));
}

void TestSessionDatabase::removes()
{
    QFETCH(Kind, kind);
    const Dsn dsn = m_databases.make(kind);
    SessionDatabase database(dsn);
    LK_VERIFY(await(database.save(sampleSession("s1", "u1", 3), 0)));
    LK_VERIFY(await(database.save(sampleSession("s2", "u1", 1), 0)));
    QVERIFY(!*await(database.remove(SessionId("s1"), UserId("u2"))));
    QVERIFY(!*await(database.remove(SessionId("s3"), std::nullopt)));
    QVERIFY(*await(database.remove(SessionId("s1"), UserId("u1"))));
    QVERIFY(!*await(database.remove(SessionId("s1"), UserId("u1"))));
    QCOMPARE(m_databases.sql(dsn, QStringLiteral("SELECT count(*) FROM \"ChatMessage\"")),
             QStringLiteral("1"));
    QVERIFY(*await(database.remove(SessionId("s2"), std::nullopt)));
}

void TestSessionDatabase::takesIdsAsBytes()
{
    QFETCH(Kind, kind);
    SessionDatabase database(m_databases.make(kind));
    const SessionId replacement("\xef\xbf\xbd"); // what a careless conversion makes of \xff
    LK_VERIFY(await(database.save(sampleSession(replacement.bytes(), "u1", 0), 0)));
    for (const QByteArray &odd : {QByteArray("\xff"), QByteArray("a\0b", 3)}) {
        const SessionId id(odd);
        QVERIFY(!*await(database.load(id)));
        QVERIFY(!*await(database.remove(id, std::nullopt)));
        QVERIFY(!*await(database.rename(id, QStringLiteral("x"), {})));
        QCOMPARE(await(database.save(sampleSession(odd, "u1", 0), 0)).error().code,
                 ErrorCode::InvalidInput);
        QCOMPARE(await(database.create(sampleSession("ok", odd, 0))).error().code,
                 ErrorCode::InvalidInput);
        QVERIFY(!*await(database.remove(replacement, UserId(odd))));
    }
    ChatSession session = sampleSession("builder:u:g", "u1", 1);
    session.messages[0].content = QStringLiteral("a") + QChar(u'\0');
    const auto zero = await(database.save(session, 0));
    QCOMPARE(zero.error().code, ErrorCode::InvalidInput);
    QVERIFY(!*await(database.load(session.id)));
}

void TestSessionDatabase::readsTheNewerColumns()
{
    const Dsn dsn = m_databases.make(Kind::PostgresNewer);
    SessionDatabase database(dsn);
    LK_VERIFY(await(database.save(sampleSession("s1", "u1", 1), 0)));
    m_databases.sql(dsn, QStringLiteral("UPDATE \"ChatSession\" SET \"isPinned\" = true, "
                                        "\"chatStatus\" = 'running', \"metadata\" = '{\"d\": 1}'; "
                                        "UPDATE \"ChatMessage\" SET \"durationMs\" = 17"));
    const auto loaded = await(database.load(SessionId("s1")));
    LK_VERIFY(loaded);
    const QByteArray json = serializeSession(**loaded);
    for (const char *part :
         {R"("metadata":{"d":1})", R"("chat_status":"running")", R"("is_pinned":true)",
          R"("team_id":null)", R"("sequence":0)",
          R"("session_id":"s1","duration_ms":17,"metadata":null)", R"("content":"m0")"})
        QVERIFY2(json.contains(part), json.constData());
    QVERIFY(json.indexOf("\"messages\"") > json.indexOf("\"is_pinned\""));
}

void TestSessionDatabase::keepsTheNewerColumns()
{
    // A row that is missing is made from the cached JSON with all that its columns can hold.
    const Dsn dsn = m_databases.make(Kind::PostgresNewer);
    SessionDatabase database(dsn);
    const auto session = parseSession(
        R"({"session_id":"s1","user_id":"u1","title":null,"metadata":{"d":1},)"
        R"("chat_status":"queued","is_pinned":true,"team_id":5,"messages":[{"role":"user",)"
        R"("content":"a","id":"m-1","created_at":"2026-01-01T00:00:00Z","duration_ms":12,)"
        R"("metadata":{"x":1},"sequence":null}]})");
    LK_VERIFY(session);
    LK_VERIFY(await(database.save(*session, 0)));
    QCOMPARE(
        m_databases.sql(dsn, QStringLiteral("SELECT \"metadata\", \"chatStatus\", \"isPinned\", "
                                            "\"teamId\" FROM \"ChatSession\"")),
        QStringLiteral("{\"d\": 1}|queued|t|"));
    QCOMPARE(m_databases.sql(dsn, QStringLiteral("SELECT \"id\", \"createdAt\", \"durationMs\", "
                                                 "\"metadata\" FROM \"ChatMessage\"")),
             QStringLiteral("m-1|2026-01-01 00:00:00|12|{\"x\": 1}"));
}

void TestSessionDatabase::refusesTextsThatAreNoJson()
{
    QFETCH(Kind, kind);
    SessionDatabase database(m_databases.make(kind));
    ChatSession session = sampleSession("s1", "u1", 1);
    session.credentialsJson = "{secret";
    QCOMPARE(await(database.create(session)).error().code, ErrorCode::InvalidInput);
    session.credentialsJson = "{}";
    session.messages[0].toolCallsJson = R"({"no":"array"})";
    const auto saved = await(database.save(session, 0));
    QVERIFY(!saved);
    QCOMPARE(saved.error().code, ErrorCode::InvalidInput);
    QVERIFY(saved.error().what.contains(u"tool_calls"));
    QVERIFY(!*await(database.load(session.id)));
}

void TestSessionDatabase::reportsCorruptColumns()
{
    const Dsn dsn = m_databases.make(Kind::Sqlite);
    SessionDatabase database(dsn);
    LK_VERIFY(await(database.save(sampleSession("s1", "u1", 1), 0)));
    m_databases.sql(dsn, QStringLiteral("UPDATE \"ChatMessage\" SET \"toolCalls\" = 'secret['"));
    const auto loaded = await(database.load(SessionId("s1")));
    QVERIFY(!loaded);
    QCOMPARE(loaded.error().code, ErrorCode::Corrupt);
    QVERIFY(loaded.error().what.contains(u"\"toolCalls\""));
    QVERIFY(!describe(loaded.error()).contains(u"secret"));
    m_databases.sql(dsn, QStringLiteral("UPDATE \"ChatSession\" SET \"updatedAt\" = 'once'"));
    QVERIFY(await(database.load(SessionId("s1"))).error().what.contains(u"\"updatedAt\""));
}

QTEST_GUILESS_MAIN(TestSessionDatabase)
#include "tst_sessiondatabase.moc"
