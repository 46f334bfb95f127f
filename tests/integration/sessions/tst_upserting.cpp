// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sessionjson.h"
#include "storetest.h"

using namespace lockkeeper;
using namespace lockkeeper::sessions;
using namespace std::chrono_literals;
using test::await;
using test::Kind;
using test::message;
using test::sampleSession;
using test::StoreBench;

/// upsert, as the back end does it.
class TestUpserting final : public test::StoreTest
{
    Q_OBJECT

private slots:
    void upserts_data() { test::addDatabaseKinds(); }
    void upserts();
    void upsertsUnknownFields();
    void upsertWaitsForTheLock();
    void upsertCachesEvenIfTheDatabaseFails();
    void upsertReportsTheCacheLast();
    void upsertStopsWhenTheLeaseIsLost();
    void upsertEndsWithItsWork();
    void upsertsTakeTurns_data() { test::addDatabaseKinds(); }
    void upsertsTakeTurns();
};

void TestUpserting::upserts()
{
    QFETCH(Kind, kind);
    prepare(kind);
    auto first = await(store().upsert(sampleSession("s1", "u1", 2)));
    LK_VERIFY(first);
    QVERIFY(first->saved.isCreated);
    QCOMPARE(first->saved.messagesInserted, 2);
    QCOMPARE(first->session.messages[1].sequence, std::optional<qint64>(1));

    // On with what was returned, and with what the cache holds.
    first->session.messages += message("user", QStringLiteral("m2"));
    const auto second = await(store().upsert(first->session));
    LK_VERIFY(second);
    QCOMPARE(second->saved.messagesInserted, 1);
    auto found = await(store().get(SessionId("s1"), UserId("u1")));
    LK_VERIFY(found);
    found->session->messages += message("assistant", QStringLiteral("m3"));
    found->session->usage = {10, 20};
    const auto third = await(store().upsert(*found->session));
    LK_VERIFY(third);
    QCOMPARE(third->saved.messagesInserted, 1);
    QCOMPARE(third->warnings, QStringList());

    const auto loaded = await(m_bench->database.load(SessionId("s1")));
    LK_VERIFY(loaded);
    QCOMPARE((*loaded)->messages.size(), 4);
    QCOMPARE((*loaded)->messages[3].content, std::optional(QStringLiteral("m3")));
    QCOMPARE((*loaded)->usage, (TokenTotals{10, 20}));
    QCOMPARE(parseSession(entry("s1"))->messages.size(), 4);
    QVERIFY(!redis({"EXISTS", "chat:session_lock:s1"}).toBool());
}

void TestUpserting::upsertsUnknownFields()
{
    prepare(Kind::Sqlite);
    redis({"SET", "chat:session:s1",
           R"({"session_id":"s1","user_id":"u1","x":1.10,"messages":[{"role":"user","y":1e400}],)"
           R"("updated_at":"2026-01-01T00:00:00+01:00"})"});
    auto found = await(store().get(SessionId("s1"), std::nullopt));
    LK_VERIFY(found);
    found->session->messages += message("assistant", QStringLiteral("hi"));
    LK_VERIFY(await(store().upsert(*found->session)));
    const QByteArray json = entry("s1");
    QVERIFY(json.startsWith(R"({"session_id":"s1","user_id":"u1","x":1.10,"messages":[)"
                            R"({"role":"user","y":1e400},{"role":"assistant","content":"hi")"));
    QVERIFY(json.contains("+01:00\""));
}

void TestUpserting::upsertWaitsForTheLock()
{
    SessionStore::Options options;
    options.lockWait = 150ms;
    prepare(Kind::Sqlite, options);
    redis({"SET", "chat:session_lock:s1", "another", "PX", "60000"});
    const auto upserted = await(store().upsert(sampleSession("s1", "u1", 1)));
    QVERIFY(!upserted);
    QCOMPARE(upserted.error().code, ErrorCode::LockTimeout);
    QVERIFY(entry("s1").isEmpty());
    QVERIFY(!await(m_bench->database.load(SessionId("s1")))->has_value());
}

void TestUpserting::upsertCachesEvenIfTheDatabaseFails()
{
    prepare(Kind::PostgresOlder);
    m_databases.server().stop();
    const auto upserted = await(store().upsert(sampleSession("s1", "u1", 2)));
    QVERIFY(m_databases.server().restart());
    QVERIFY(!upserted);
    QCOMPARE(upserted.error().code, ErrorCode::CannotConnect);
    const auto cached = parseSession(entry("s1"));
    LK_VERIFY(cached);
    QCOMPARE(cached->messages.size(), 2);
    QVERIFY(!redis({"EXISTS", "chat:session_lock:s1"}).toBool());

    // The next one brings the database up to date.
    const auto again = await(store().upsert(*cached));
    LK_VERIFY(again);
    QCOMPARE(again->saved.messagesInserted, 2);
}

void TestUpserting::upsertReportsTheCacheLast()
{
    prepare(Kind::Sqlite, {}, QStringLiteral("nocache"));
    const auto upserted = await(store().upsert(sampleSession("s1", "u1", 2)));
    QVERIFY(!upserted);
    QCOMPARE(upserted.error().code, ErrorCode::NotPermitted);
    QVERIFY(upserted.error().what.contains(u"is saved in the database, but not cached"));
    QCOMPARE(*await(m_bench->database.messageCount(SessionId("s1"))), 2);
    QVERIFY(!redis({"EXISTS", "chat:session_lock:s1"}).toBool());
}

void TestUpserting::upsertStopsWhenTheLeaseIsLost()
{
    SessionStore::Options options;
    options.work = [this] {
        redis({"SET", "chat:session_lock:s1", "successor", "PX", "60000"});
        return finished(Result<void>());
    };
    prepare(Kind::Sqlite, options);
    const auto upserted = await(store().upsert(sampleSession("s1", "u1", 1)));
    QVERIFY(!upserted);
    QCOMPARE(upserted.error().code, ErrorCode::LeaseLost);
    QVERIFY(entry("s1").isEmpty());
    QVERIFY(!await(m_bench->database.load(SessionId("s1")))->has_value());
    QCOMPARE(redis({"GET", "chat:session_lock:s1"}).toByteArray(), QByteArray("successor"));
}

void TestUpserting::upsertEndsWithItsWork()
{
    SessionStore::Options options;
    options.work = [] {
        return finished<void>(Error{ErrorCode::Cancelled, QStringLiteral("enough"), {}});
    };
    prepare(Kind::Sqlite, options);
    const auto upserted = await(store().upsert(sampleSession("s1", "u1", 1)));
    QVERIFY(!upserted);
    QCOMPARE(upserted.error().code, ErrorCode::Cancelled);
    QCOMPARE(redis({"DBSIZE"}).toInt(), 0);
}

namespace {

/// Reads, appends one message and saves, under its own short-lived copy.
Task<int> append(SessionStore *store, ChatSession session)
{
    session.messages += message("user", QStringLiteral("x"));
    const auto saved = co_await store->upsert(session);
    if (!saved)
        co_return saved.error();
    co_return saved->saved.messagesInserted;
}

} // namespace

void TestUpserting::upsertsTakeTurns()
{
    // Each adds its message to the same copy: only one of them may number it, all others find it
    // stored. Without the lock two would count the same and one would fail.
    QFETCH(Kind, kind);
    prepare(kind);
    const auto base = await(store().upsert(sampleSession("s1", "u1", 2)));
    LK_VERIFY(base);
    const auto copy = await(store().get(SessionId("s1"), std::nullopt));
    std::vector<std::unique_ptr<StoreBench>> others;
    QList<QFuture<Result<int>>> futures;
    std::vector<Task<int>> tasks;
    for (int i = 0; i < 6; ++i) {
        others.push_back(std::make_unique<StoreBench>(m_server->address(), m_dsn));
        QVERIFY(others.back()->open());
    }
    ChatSession session = *copy->session;
    for (ChatMessage &known : session.messages)
        known.sequence.reset(); // as the base shape of the JSON has them
    for (const auto &other : others)
        tasks.push_back(append(&other->store, session));
    int inserted = 0;
    for (Task<int> &task : tasks) {
        const auto done = await(std::move(task));
        LK_VERIFY(done);
        inserted += *done;
    }
    QCOMPARE(inserted, 1);
    QCOMPARE(*await(m_bench->database.messageCount(SessionId("s1"))), 3);
}

QTEST_GUILESS_MAIN(TestUpserting)
#include "tst_upserting.moc"
