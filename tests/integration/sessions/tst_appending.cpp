// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sessionjson.h"
#include "storetest.h"

using namespace lockkeeper;
using namespace lockkeeper::sessions;
using test::await;
using test::Kind;
using test::message;
using test::sampleSession;
using test::StoreBench;

/// append: the database is right about what there is to append to.
class TestAppending final : public test::StoreTest
{
    Q_OBJECT

private slots:
    void passesAStaleCacheOver_data() { test::addDatabaseKinds(); }
    void passesAStaleCacheOver();
    void passesAnotherHistoryOver();
    void keepsWhatOnlyTheCacheHas();
    void goesOnFromTheCacheWithoutARow();
    void finds();
    void tellsOfTheCache();
    void leavesNothingOfWhatFailed();
    void takesTurns();

private:
    /// Caches `session` in the older shape, which has no sequences.
    void cacheOlderShape(ChatSession session);
    [[nodiscard]] Result<std::optional<UpsertOutcome>> append(const QString &text,
                                                              std::optional<UserId> user = {});
    [[nodiscard]] QStringList stored();
    [[nodiscard]] QStringList cached();
};

namespace {

const SessionId kId("s1");

QStringList textsOf(const ChatSession &session)
{
    QStringList texts;
    for (const ChatMessage &each : session.messages)
        texts += each.content.value_or(QString());
    return texts;
}

QStringList words(const char *text)
{
    return QString::fromLatin1(text).split(u' ');
}

} // namespace

void TestAppending::cacheOlderShape(ChatSession session)
{
    for (ChatMessage &each : session.messages)
        each.sequence.reset();
    const QByteArray json = serializeSession(session);
    QVERIFY(!json.contains("\"sequence\""));
    m_server->redis({"SET", "chat:session:s1", json});
}

Result<std::optional<UpsertOutcome>> TestAppending::append(const QString &text,
                                                           std::optional<UserId> user)
{
    return await(m_bench->store.append(kId, user, message("user", text)));
}

QStringList TestAppending::stored()
{
    const auto loaded = await(m_bench->database.load(kId));
    return loaded && *loaded ? textsOf(**loaded) : QStringList();
}

QStringList TestAppending::cached()
{
    const auto parsed = parseSession(entry());
    return parsed ? textsOf(*parsed) : QStringList();
}

void TestAppending::passesAStaleCacheOver()
{
    QFETCH(Kind, kind);
    prepare(kind);
    LK_VERIFY(await(m_bench->database.save(sampleSession("s1", "u1", 4), 0)));
    cacheOlderShape(sampleSession("s1", "u1", 1));
    const auto appended = append(QStringLiteral("new"));
    LK_VERIFY(appended);
    QCOMPARE((*appended)->saved.messagesInserted, 1);
    QCOMPARE((*appended)->warnings, QStringList());
    QCOMPARE(textsOf((*appended)->session), words("m0 m1 m2 m3 new"));
    QCOMPARE(stored(), words("m0 m1 m2 m3 new"));
    QCOMPARE(cached(), words("m0 m1 m2 m3 new"));
    QVERIFY(!m_server->redis({"EXISTS", "chat:session_lock:s1"}).toBool());
}

void TestAppending::passesAnotherHistoryOver()
{
    prepare(Kind::Sqlite);
    LK_VERIFY(await(m_bench->database.save(sampleSession("s1", "u1", 2), 0)));
    ChatSession other = sampleSession("s1", "u1", 3);
    other.messages[1].content = QStringLiteral("never stored");
    cacheOlderShape(other);
    LK_VERIFY(append(QStringLiteral("new")));
    QCOMPARE(stored(), words("m0 m1 new"));
    QCOMPARE(cached(), words("m0 m1 new"));
}

void TestAppending::keepsWhatOnlyTheCacheHas()
{
    prepare(Kind::Sqlite);
    ChatSession session = sampleSession("s1", "u1", 2);
    session.title = QStringLiteral("renamed");
    LK_VERIFY(await(m_bench->database.save(session, 0)));
    m_server->redis({"SET", "chat:session:s1",
                     R"({"session_id":"s1","user_id":"u1","title":"old","x":1.10,"messages":[)"
                     R"({"role":"user","content":"m0","y":1e400},)"
                     R"({"role":"assistant","content":"m1"},{"role":"user","content":"m2"}],)"
                     R"("updated_at":"2026-01-01T00:00:00Z"})"});
    const auto appended = append(QStringLiteral("new"));
    LK_VERIFY(appended);
    QCOMPARE((*appended)->saved.messagesInserted, 2); // the one the database lacked, too
    QCOMPARE(stored(), words("m0 m1 m2 new"));
    QCOMPARE(cached(), words("m0 m1 m2 new"));
    QVERIFY2(entry().contains(R"("title":"renamed","x":1.10)"), entry().constData());
    QVERIFY(entry().contains(R"({"role":"user","content":"m0","y":1e400})"));
}

void TestAppending::goesOnFromTheCacheWithoutARow()
{
    prepare(Kind::Sqlite);
    cacheOlderShape(sampleSession("s1", "u1", 2));
    const auto appended = append(QStringLiteral("new"));
    LK_VERIFY(appended);
    QVERIFY((*appended)->saved.isCreated);
    QCOMPARE(stored(), words("m0 m1 new"));
    QCOMPARE(cached(), words("m0 m1 new"));
}

void TestAppending::finds()
{
    prepare(Kind::Sqlite);
    auto appended = append(QStringLiteral("new"));
    LK_VERIFY(appended);
    QVERIFY(!*appended);
    LK_VERIFY(await(m_bench->database.save(sampleSession("s1", "u1", 1), 0)));
    appended = append(QStringLiteral("new"), UserId("u2"));
    LK_VERIFY(appended);
    QVERIFY(!*appended);
    QCOMPARE(stored(), words("m0"));
    QVERIFY(entry().isEmpty());
}

void TestAppending::tellsOfTheCache()
{
    prepare(Kind::Sqlite, {}, QStringLiteral("nocache"));
    LK_VERIFY(await(m_bench->database.save(sampleSession("s1", "u1", 1), 0)));
    const auto appended = append(QStringLiteral("new"));
    LK_VERIFY(appended);
    QVERIFY((*appended)->notCached);
    QVERIFY((*appended)->notCached->what.contains(u"is saved in the database, but not cached"));
    QCOMPARE(stored(), words("m0 new"));
}

/// Who is told that it failed tries again: the message must not be there twice then.
void TestAppending::leavesNothingOfWhatFailed()
{
    prepare(Kind::Sqlite);
    LK_VERIFY(await(m_bench->database.save(sampleSession("s1", "u1", 1), 0)));
    m_databases.sql(m_dsn, QStringLiteral("CREATE TRIGGER \"no\" BEFORE INSERT ON \"ChatMessage\" "
                                          "BEGIN SELECT RAISE(ABORT, 'no'); END"));
    QVERIFY(!append(QStringLiteral("new")));
    QCOMPARE(entry(), QByteArray());
    m_databases.sql(m_dsn, QStringLiteral("DROP TRIGGER \"no\""));
    LK_VERIFY(append(QStringLiteral("new")));
    QCOMPARE(stored(), words("m0 new"));
    QCOMPARE(cached(), words("m0 new"));
}

void TestAppending::takesTurns()
{
    prepare(Kind::Sqlite);
    LK_VERIFY(await(m_bench->database.save(sampleSession("s1", "u1", 1), 0)));
    std::vector<std::unique_ptr<StoreBench>> others;
    std::vector<Task<std::optional<UpsertOutcome>>> tasks;
    for (int i = 0; i < 5; ++i) {
        others.push_back(std::make_unique<StoreBench>(m_server->address(), m_dsn));
        QVERIFY(others.back()->open());
    }
    for (const auto &other : others)
        tasks.push_back(other->store.append(kId, {}, message("user", QStringLiteral("new"))));
    for (auto &task : tasks) {
        const auto done = await(std::move(task));
        LK_VERIFY(done);
        QCOMPARE((*done)->saved.messagesInserted, 1);
    }
    QCOMPARE(stored(), words("m0 new new new new new"));
    QCOMPARE(cached(), stored());
}

QTEST_GUILESS_MAIN(TestAppending)
#include "tst_appending.moc"
