// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sessionjson.h"
#include "storebench.h"
#include "support/redisserver.h"

using namespace lockkeeper;
using namespace lockkeeper::sessions;
using test::await;
using test::sampleSession;

class TestSessionCache final : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void writesReadsAndRemoves();
    void keepsWhatIsThere();
    void reportsCorrupt_data();
    void reportsCorrupt();
    void carriesLargeSessions();
    void looksAtMany();
    void looksAtOddEntries();
    void tellsMissingRights();
    void tellsALostServer();

private:
    QVariant redis(const QList<QByteArray> &words) { return m_server->redis(words); }

    SystemClock m_clock;
    std::unique_ptr<test::RedisServer> m_server;
    std::unique_ptr<redis::Client> m_client;
    std::unique_ptr<SessionCache> m_cache;
};

void TestSessionCache::init()
{
    m_cache.reset();
    m_client.reset();
    test::RedisServer::Options options;
    options.aclUsers += QStringLiteral("viewer on >pw ~* +@all -set -del");
    m_server = std::make_unique<test::RedisServer>(options);
    LK_START_REDIS(*m_server);
    m_client =
        std::make_unique<redis::Client>(m_server->address(), redis::Client::Options{}, m_clock);
    LK_VERIFY(await(m_client->open()));
    m_cache = std::make_unique<SessionCache>(*m_client, locks::LockFamily{});
}

void TestSessionCache::writesReadsAndRemoves()
{
    const ChatSession session = sampleSession("s:1", "u1", 3);
    QVERIFY(!*await(m_cache->get(session.id)));
    LK_VERIFY(await(m_cache->put(session)));
    QCOMPARE(redis({"GET", "chat:session:s:1"}).toByteArray(), serializeSession(session));
    const qlonglong ttl = redis({"TTL", "chat:session:s:1"}).toLongLong();
    QVERIFY(ttl > 43'100 && ttl <= 43'200);
    const auto read = await(m_cache->get(session.id));
    LK_VERIFY(read);
    QCOMPARE((*read)->messages.size(), 3);
    QVERIFY(*await(m_cache->remove(session.id)));
    QVERIFY(!*await(m_cache->remove(session.id)));
}

void TestSessionCache::keepsWhatIsThere()
{
    redis({"SET", "chat:session:s1", "not a session"});
    QVERIFY(!*await(m_cache->putIfAbsent(sampleSession("s1", "u1", 0))));
    QCOMPARE(redis({"GET", "chat:session:s1"}).toByteArray(), QByteArray("not a session"));
    QVERIFY(*await(m_cache->putIfAbsent(sampleSession("s2", "u1", 0))));
    QVERIFY(redis({"TTL", "chat:session:s2"}).toLongLong() > 0);
}

void TestSessionCache::reportsCorrupt_data()
{
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QString>("what");
    QTest::newRow("no JSON") << QByteArray("secret") << "no JSON";
    QTest::newRow("empty") << QByteArray() << "breaks off at byte 0";
    QTest::newRow("cut") << QByteArray(R"({"session_id":"s1","title":"secret)") << "breaks off";
    QTest::newRow("another session")
        << QByteArray(R"({"session_id":"s2"})") << "it says that it is the session s2";
    QTest::newRow("binary") << QByteArray("\xff\x00\xfe", 3) << "no JSON";
}

void TestSessionCache::reportsCorrupt()
{
    QFETCH(QByteArray, value);
    QFETCH(QString, what);
    redis({"SET", "chat:session:s1", value});
    const auto read = await(m_cache->get(SessionId("s1")));
    QVERIFY(!read);
    QCOMPARE(read.error().code, ErrorCode::Corrupt);
    QVERIFY2(read.error().what.contains(what), qPrintable(read.error().what));
    QVERIFY(!describe(read.error()).contains(u"secret"));
    QCOMPARE(redis({"GET", "chat:session:s1"}).toByteArray(), value);
}

void TestSessionCache::carriesLargeSessions()
{
    ChatSession session = sampleSession("large", "u1", 1);
    for (int i = 0; i < 50; ++i)
        session.messages += test::message("assistant", QString(1024 * 1024, QChar(u'a' + i % 26)));
    LK_VERIFY(await(m_cache->put(session)));
    QVERIFY(redis({"STRLEN", "chat:session:large"}).toLongLong() > 50 * 1024 * 1024);
    const auto read = await(m_cache->get(session.id));
    LK_VERIFY(read);
    QCOMPARE((*read)->messages.size(), 51);
    QCOMPARE((*read)->messages.last().content, session.messages.last().content);
}

void TestSessionCache::looksAtMany()
{
    QList<SessionId> ids;
    for (int i = 0; i < 250; ++i) {
        ids += SessionId("s" + QByteArray::number(i));
        if (i % 2 == 0)
            LK_VERIFY(await(m_cache->put(sampleSession(ids.last().bytes(), "u1", i % 5))));
    }
    const auto entries = await(m_cache->entries(ids));
    LK_VERIFY(entries);
    QCOMPARE(entries->size(), 125);
    const CacheEntry entry = entries->value(SessionId("s4"));
    QVERIFY(entry.summary);
    QCOMPARE(entry.summary->user, std::optional(UserId("u1")));
    QCOMPARE(entry.bytes, redis({"STRLEN", "chat:session:s4"}).toLongLong());
    QVERIFY(entry.ttl && *entry.ttl > std::chrono::hours(11));
    ids += SessionId("one more");
    QCOMPARE(await(m_cache->entries(ids)).error().code, ErrorCode::InvalidInput);
    QVERIFY(await(m_cache->entries({}))->isEmpty());
}

void TestSessionCache::looksAtOddEntries()
{
    redis({"SET", "chat:session:corrupt", "hello"});
    redis({"LPUSH", "chat:session:list", "x"});
    redis({"SET", "chat:session:empty", ""});
    ChatSession session = sampleSession("long", "u1", 100);
    session.title = QString(10'000, u'ä'); // cut in the middle of a letter, and of the title
    LK_VERIFY(await(m_cache->put(session)));
    redis({"PERSIST", "chat:session:long"});
    const auto entries =
        await(m_cache->entries({SessionId("corrupt"), SessionId("list"), SessionId("empty"),
                                SessionId("long"), SessionId("none")}));
    LK_VERIFY(entries);
    QCOMPARE(entries->size(), 4);
    for (const char *id : {"corrupt", "list", "empty"}) {
        const auto summary = entries->value(SessionId(id)).summary;
        QVERIFY(!summary);
        QCOMPARE(summary.error().code, ErrorCode::Corrupt);
    }
    const CacheEntry entry = entries->value(SessionId("long"));
    QVERIFY(entry.summary);
    QCOMPARE(entry.summary->id, SessionId("long"));
    QVERIFY(!entry.summary->title);
    QVERIFY(!entry.ttl);
    const auto list = await(m_cache->get(SessionId("list")));
    QVERIFY(!list);
    QCOMPARE(list.error().code, ErrorCode::Corrupt);
}

void TestSessionCache::tellsMissingRights()
{
    redis::Client viewer(m_server->addressFor(QStringLiteral("viewer"), "pw"), {}, m_clock);
    LK_VERIFY(await(viewer.open()));
    SessionCache cache(viewer, locks::LockFamily{});
    LK_VERIFY(await(cache.get(SessionId("s1"))));
    for (const Error &error : {await(cache.put(sampleSession("s1", "u1", 0))).error(),
                               await(cache.remove(SessionId("s1"))).error()})
        QCOMPARE(error.code, ErrorCode::NotPermitted);
    viewer.setReadOnly(true);
    QCOMPARE(await(cache.remove(SessionId("s1"))).error().code, ErrorCode::NotPermitted);
}

void TestSessionCache::tellsALostServer()
{
    m_client->close();
    QVERIFY(!await(m_cache->get(SessionId("s1"))));
    QVERIFY(!await(m_cache->put(sampleSession("s1", "u1", 0))));
    QVERIFY(!await(m_cache->remove(SessionId("s1"))));
    QVERIFY(!await(m_cache->entries({SessionId("s1")})));
}

QTEST_GUILESS_MAIN(TestSessionCache)
#include "tst_sessioncache.moc"
