// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sessionjson.h"
#include "storetest.h"

using namespace lockkeeper;
using namespace lockkeeper::sessions;
using namespace std::chrono_literals;
using test::await;
using test::Kind;
using test::sampleSession;
using test::StoreBench;

/// create, get, list and rename, each as the back end does it.
class TestSessionStore final : public test::StoreTest
{
    Q_OBJECT

private slots:
    void creates_data() { test::addDatabaseKinds(); }
    void creates();
    void createsNothingWithoutTheDatabase();
    void createsWithoutTheCache();

    void readsTheCacheFirst();
    void readsTheDatabaseAndCaches_data() { test::addDatabaseKinds(); }
    void readsTheDatabaseAndCaches();
    void keepsCorruptEntries();
    void hidesOthersSessions();
    void readsWithoutTheCache();
    void failsWithoutBoth();

    void lists();
    void renames_data() { test::addDatabaseKinds(); }
    void renames();
    void renamesButTellsOfTheCache();
    void readOnlyRefusesAll();
};

// create ----------------------------------------------------------------------------------

void TestSessionStore::creates()
{
    QFETCH(Kind, kind);
    prepare(kind);
    const auto created = await(store().create(UserId("u1")));
    LK_VERIFY(created);
    QVERIFY(created->saved.isCreated);
    QCOMPARE(created->warnings, QStringList());
    QCOMPARE(created->session.id.bytes().size(), 36);
    QVERIFY(await(m_bench->database.load(created->session.id))->has_value());
    const auto cached = parseSession(entry(created->session.id.bytes()));
    LK_VERIFY(cached);
    QCOMPARE(cached->user, std::optional(UserId("u1")));
    QCOMPARE(cached->startedAt, created->session.startedAt);
}

void TestSessionStore::createsNothingWithoutTheDatabase()
{
    prepare(Kind::PostgresOlder);
    m_databases.server().stop();
    const auto created = await(store().create(UserId("u1")));
    QVERIFY(m_databases.server().restart());
    QVERIFY(!created);
    QCOMPARE(created.error().code, ErrorCode::CannotConnect);
    QCOMPARE(redis({"DBSIZE"}).toInt(), 0);
}

void TestSessionStore::createsWithoutTheCache()
{
    prepare(Kind::Sqlite, {}, QStringLiteral("nocache"));
    const auto created = await(store().create(UserId("u1")));
    LK_VERIFY(created);
    QCOMPARE(created->warnings.size(), 1);
    QVERIFY(await(m_bench->database.load(created->session.id))->has_value());
}

// get -------------------------------------------------------------------------------------

void TestSessionStore::readsTheCacheFirst()
{
    prepare(Kind::Sqlite);
    redis({"SET", "chat:session:s1", R"({"session_id":"s1","title":"cached only"})"});
    const auto found = await(store().get(SessionId("s1"), std::nullopt));
    LK_VERIFY(found);
    QVERIFY(found->session);
    QCOMPARE(found->session->title, std::optional(QStringLiteral("cached only")));
    QVERIFY(!await(store().get(SessionId("none"), std::nullopt))->session);
}

void TestSessionStore::readsTheDatabaseAndCaches()
{
    QFETCH(Kind, kind);
    prepare(kind);
    LK_VERIFY(await(m_bench->database.save(sampleSession("s1", "u1", 2), 0)));
    const auto found = await(store().get(SessionId("s1"), UserId("u1")));
    LK_VERIFY(found);
    QVERIFY(found->session);
    QCOMPARE(found->warnings, QStringList());
    const auto cached = parseSession(entry("s1"));
    LK_VERIFY(cached);
    QCOMPARE(cached->messages.size(), 2);
    QVERIFY(redis({"TTL", "chat:session:s1"}).toInt() > 43'000);
}

void TestSessionStore::keepsCorruptEntries()
{
    prepare(Kind::Sqlite);
    LK_VERIFY(await(m_bench->database.save(sampleSession("s1", "u1", 2), 0)));
    redis({"SET", "chat:session:s1", "{corrupt"});
    const auto found = await(store().get(SessionId("s1"), std::nullopt));
    LK_VERIFY(found);
    QVERIFY(found->session);
    QCOMPARE(found->session->messages.size(), 2);
    QCOMPARE(found->warnings.size(), 1);
    QCOMPARE(entry("s1"), QByteArray("{corrupt"));
}

void TestSessionStore::hidesOthersSessions()
{
    prepare(Kind::Sqlite);
    LK_VERIFY(await(m_bench->database.save(sampleSession("s1", "u1", 2), 0)));
    QVERIFY(!await(store().get(SessionId("s1"), UserId("u2")))->session);
    QVERIFY(entry("s1").isEmpty());
    QVERIFY(await(store().get(SessionId("s1"), UserId("u1")))->session); // cached now
    QVERIFY(!await(store().get(SessionId("s1"), UserId("u2")))->session);
    redis({"SET", "chat:session:anonymous", R"({"session_id":"anonymous","user_id":null})"});
    QVERIFY(!await(store().get(SessionId("anonymous"), UserId("u2")))->session);
}

void TestSessionStore::readsWithoutTheCache()
{
    prepare(Kind::Sqlite);
    LK_VERIFY(await(m_bench->database.save(sampleSession("s1", "u1", 2), 0)));
    m_bench->client.close();
    const auto found = await(store().get(SessionId("s1"), std::nullopt));
    LK_VERIFY(found);
    QVERIFY(found->session);
    QCOMPARE(found->warnings.size(), 1);
}

void TestSessionStore::failsWithoutBoth()
{
    prepare(Kind::PostgresOlder);
    m_databases.server().stop();
    m_bench->client.close();
    const auto found = await(store().get(SessionId("s1"), std::nullopt));
    QVERIFY(m_databases.server().restart());
    QVERIFY(!found);
    QCOMPARE(found.error().code, ErrorCode::CannotConnect);
}

// list, rename, read-only -----------------------------------------------------------------

void TestSessionStore::lists()
{
    prepare(Kind::Sqlite);
    for (int i = 0; i < 3; ++i)
        LK_VERIFY(await(store().upsert(sampleSession("s" + QByteArray::number(i), "u1", i))));
    const auto listed = await(store().list(UserId("u1"), 10, 0));
    LK_VERIFY(listed);
    QCOMPARE(listed->size(), 3);
    QCOMPARE(await(store().list(UserId("u1"), 2, 2))->size(), 1);
}

void TestSessionStore::renames()
{
    QFETCH(Kind, kind);
    prepare(kind);
    LK_VERIFY(await(store().upsert(sampleSession("s1", "u1", 1))));
    QVERIFY(await(store().rename(SessionId("s1"), QStringLiteral("New title")))->isFound);
    QVERIFY(entry("s1").isEmpty());
    const auto found = await(store().get(SessionId("s1"), std::nullopt));
    QCOMPARE(found->session->title, std::optional(QStringLiteral("New title")));
    redis({"SET", "chat:session:s2", "kept"});
    QVERIFY(!await(store().rename(SessionId("s2"), QStringLiteral("x")))->isFound);
    QCOMPARE(entry("s2"), QByteArray("kept"));
}

void TestSessionStore::renamesButTellsOfTheCache()
{
    prepare(Kind::Sqlite, {}, QStringLiteral("nocache"));
    LK_VERIFY(await(m_bench->database.save(sampleSession("s1", "u1", 1), 0)));
    const auto renamed = await(store().rename(SessionId("s1"), QStringLiteral("x")));
    LK_VERIFY(renamed);
    QVERIFY(renamed->isFound);
    QVERIFY(renamed->notDropped);
    QVERIFY(renamed->notDropped->what.contains(u"is renamed in the database"));
}

void TestSessionStore::readOnlyRefusesAll()
{
    prepare(Kind::Sqlite);
    LK_VERIFY(await(store().upsert(sampleSession("s1", "u1", 1))));
    redis::Client client(m_server->address(), {.isReadOnly = true}, m_bench->clock);
    LK_VERIFY(await(client.open()));
    locks::LockProtocol locks(client, {}, m_bench->clock);
    SessionCache cache(client, {});
    SessionDatabase database(m_dsn, SqlAccess::ReadOnly);
    SessionStore readOnly(locks, cache, database, m_bench->clock, {});
    redis({"DEL", "chat:session:s1"});
    QCOMPARE(await(readOnly.create(UserId("u1"))).error().code, ErrorCode::NotPermitted);
    QCOMPARE(await(readOnly.upsert(sampleSession("s1", "u1", 2))).error().code,
             ErrorCode::NotPermitted);
    QCOMPARE(await(readOnly.rename(SessionId("s1"), QStringLiteral("x"))).error().code,
             ErrorCode::NotPermitted);
    RemoveRequest request;
    request.id = SessionId("s1");
    QCOMPARE(await(readOnly.remove(request)).failure->code, ErrorCode::NotPermitted);
    const auto found = await(readOnly.get(SessionId("s1"), std::nullopt));
    LK_VERIFY(found);
    QVERIFY(found->session);
    QCOMPARE(found->warnings, QStringList());
    QVERIFY(entry("s1").isEmpty());
    QVERIFY(!found->session->title);
}

QTEST_GUILESS_MAIN(TestSessionStore)
#include "tst_sessionstore.moc"
