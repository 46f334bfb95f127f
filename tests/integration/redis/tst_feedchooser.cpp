// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/feedchooser.h"
#include "redis/notifychannel.h"
#include "support/await.h"
#include "support/redisserver.h"
#include "support/streamproxy.h"

#include <QSignalSpy>
#include <QTest>

#include <algorithm>

using namespace lockkeeper;
using namespace lockkeeper::redis;
using test::RedisServer;
using test::StreamProxy;

namespace {

/// A server with a user of few rights, a client of theirs, and the feed that is chosen.
struct Choosing
{
    Choosing(RedisServer &server, const QString &user)
        : Choosing(server.addressFor(user, "pw"))
    {}
    explicit Choosing(const ServerAddress &address)
        : client(address, {}, clock)
        , feed(address, {"lock:", "session:"}, client, clock)
        , established(&feed, &ChangeFeed::established)
        , changed(&feed, &ChangeFeed::keysChanged)
    {}

    [[nodiscard]] bool open()
    {
        if (!test::await(client.open()))
            return false;
        feed.open();
        return !established.isEmpty() || established.wait(20'000);
    }

    [[nodiscard]] bool hasTold(const QByteArray &key) const
    {
        return std::any_of(changed.cbegin(), changed.cend(), [&](const auto &call) {
            return call.first().template value<QList<QByteArray>>().contains(key);
        });
    }

    SystemClock clock;
    Client client;
    FeedChooser feed;
    QSignalSpy established;
    QSignalSpy changed;
};

RedisServer::Options options(const QString &rights, const QString &events = {})
{
    RedisServer::Options options;
    options.aclUsers = {u"u on >pw ~* &* +@all " + rights};
    if (!events.isEmpty())
        options.config = {u"notify-keyspace-events " + events};
    return options;
}

} // namespace

/// Which feed is taken, and what is said of those that are not.
class TestFeedChooser : public QObject
{
    Q_OBJECT

private slots:
    void prefersPushes();
    void takesNotificationsWhereTrackingIsRefused();
    void provesNotificationsThatItMayNotAskFor();
    void pollsWhereNobodyTells_data();
    void pollsWhereNobodyTells();
    void fallsBackWherePushesNeedAnotherProtocol_data();
    void fallsBackWherePushesNeedAnotherProtocol();
    void watchesWhereCommandsAreRenamed();
    void climbsBackWhenMoreIsPossible();
    void choosesAnewAfterAReconnect();
    void knowsWhatIsSwitchedOn();
};

void TestFeedChooser::prefersPushes()
{
    RedisServer server(options({}, QStringLiteral("KA")));
    LK_START_REDIS(server);
    Choosing choosing(server, QStringLiteral("u"));
    QVERIFY(choosing.open());
    QCOMPARE(choosing.feed.kind(), ChangeFeed::Kind::Push);
    QCOMPARE(choosing.feed.whyNotBetter(), QString());
}

void TestFeedChooser::takesNotificationsWhereTrackingIsRefused()
{
    RedisServer server(options(QStringLiteral("-client|tracking"), QStringLiteral("Kg$")));
    LK_START_REDIS(server);
    Choosing choosing(server, QStringLiteral("u"));
    QVERIFY(choosing.open());
    QCOMPARE(choosing.feed.kind(), ChangeFeed::Kind::Notify);
    const QString why = choosing.feed.whyNotBetter();
    QVERIFY2(why.contains(u"no push") && why.contains(u"NOPERM"), qPrintable(why));
    for (const QList<QByteArray> &words :
         QList<QList<QByteArray>>{{"SET", "lock:1", "a", "NX", "PX", "60000"},
                                  {"PEXPIRE", "lock:1", "5000"},
                                  {"PERSIST", "lock:1"},
                                  {"RENAME", "lock:1", "lock:2"},
                                  {"DEL", "lock:2"},
                                  {"SETEX", "session:1", "60", "{}"}}) {
        choosing.changed.clear();
        server.redis(words);
        QTRY_VERIFY2(choosing.hasTold(words[1]), words.first().constData());
    }
    choosing.changed.clear();
    server.redis({"SET", "other:1", "x"});
    server.redis({"SET", "lock:9", "x"});
    QTRY_VERIFY(choosing.hasTold("lock:9"));
    QVERIFY(!choosing.hasTold("other:1"));
    QCOMPARE(server.redis({"CONFIG", "GET", "notify-keyspace-events"}).toList().at(1).toByteArray(),
             QByteArray("g$K"));
}

void TestFeedChooser::provesNotificationsThatItMayNotAskFor()
{
    RedisServer server(options(QStringLiteral("-client|tracking -config"), QStringLiteral("KA")));
    LK_START_REDIS(server);
    Choosing choosing(server, QStringLiteral("u"));
    QVERIFY(choosing.open());
    QCOMPARE(choosing.feed.kind(), ChangeFeed::Kind::Notify);
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 0); // its own key is gone
}

void TestFeedChooser::pollsWhereNobodyTells_data()
{
    QTest::addColumn<QString>("rights");
    QTest::addColumn<QString>("events");
    QTest::addColumn<QString>("said");
    QTest::newRow("off") << QStringLiteral("-client|tracking") << QString()
                         << QStringLiteral("not switched on");
    QTest::newRow("too little") << QStringLiteral("-client|tracking") << QStringLiteral("Kx")
                                << QStringLiteral("not switched on");
    QTest::newRow("off, unseen") << QStringLiteral("-client|tracking -config") << QString()
                                 << QStringLiteral("was not told");
    QTest::newRow("unseen, unproven") << QStringLiteral("-client|tracking -config -set")
                                      << QStringLiteral("KA") << QStringLiteral("NOPERM");
    QTest::newRow("no subscriptions") << QStringLiteral("-subscribe -psubscribe")
                                      << QStringLiteral("KA") << QStringLiteral("NOPERM");
}

void TestFeedChooser::pollsWhereNobodyTells()
{
    QFETCH(const QString, rights);
    QFETCH(const QString, events);
    QFETCH(const QString, said);
    RedisServer server(options(rights, events));
    LK_START_REDIS(server);
    Choosing choosing(server, QStringLiteral("u"));
    QVERIFY(choosing.open());
    QCOMPARE(choosing.feed.kind(), ChangeFeed::Kind::Poll);
    const QString why = choosing.feed.whyNotBetter();
    QVERIFY2(why.contains(u"no push") && why.contains(u"no notify") && why.contains(said),
             qPrintable(why));
}

void TestFeedChooser::fallsBackWherePushesNeedAnotherProtocol_data()
{
    QTest::addColumn<QString>("events");
    QTest::addColumn<ChangeFeed::Kind>("kind");
    QTest::newRow("notify") << QStringLiteral("KA") << ChangeFeed::Kind::Notify;
    QTest::newRow("poll") << QString() << ChangeFeed::Kind::Poll;
}

/// As with services that push over RESP3 only: tracking is known there, redirecting it is not.
void TestFeedChooser::fallsBackWherePushesNeedAnotherProtocol()
{
    QFETCH(const QString, events);
    QFETCH(const ChangeFeed::Kind, kind);
    RedisServer server(options({}, events));
    LK_START_REDIS(server);
    StreamProxy proxy(server.address().endpoint);
    proxy.replace("REDIRECT", "REDIRECX");
    ServerAddress address = server.addressFor(QStringLiteral("u"), "pw");
    address.endpoint = proxy.endpoint();
    Choosing choosing(address);
    QVERIFY(choosing.open());
    QCOMPARE(choosing.feed.kind(), kind);
    const QString why = choosing.feed.whyNotBetter();
    QVERIFY2(why.contains(u"no push: asking the server to push changes") && why.contains(u"ERR"),
             qPrintable(why));
}

/// What names connections and versions is not needed to watch.
void TestFeedChooser::watchesWhereCommandsAreRenamed()
{
    RedisServer::Options options;
    options.config = {
        QStringLiteral("rename-command CLIENT \"\""), QStringLiteral("rename-command INFO \"\""),
        QStringLiteral("rename-command ROLE \"\""), QStringLiteral("rename-command TIME \"\"")};
    RedisServer server(options);
    LK_START_REDIS(server);
    Choosing choosing(server.address());
    QVERIFY(choosing.open());
    QCOMPARE(choosing.feed.kind(), ChangeFeed::Kind::Poll);
    QVERIFY(choosing.feed.whyNotBetter().contains(u"no push"));
    QVERIFY(!choosing.client.serverTime().isKnown());
}

void TestFeedChooser::climbsBackWhenMoreIsPossible()
{
    RedisServer server(options(QStringLiteral("-client|tracking")));
    LK_START_REDIS(server);
    Choosing choosing(server, QStringLiteral("u"));
    QVERIFY(choosing.open());
    QCOMPARE(choosing.feed.kind(), ChangeFeed::Kind::Poll);
    QSignalSpy lost(&choosing.feed, &ChangeFeed::lost);
    server.redis({"CONFIG", "SET", "notify-keyspace-events", "KA"});
    choosing.feed.retryNow();
    QTRY_COMPARE(choosing.feed.kind(), ChangeFeed::Kind::Notify);
    QVERIFY(!choosing.feed.whyNotBetter().contains(u"no notify"));
    server.redis({"ACL", "SETUSER", "u", "+client|tracking"});
    choosing.feed.retryNow();
    QTRY_COMPARE(choosing.feed.kind(), ChangeFeed::Kind::Push);
    QCOMPARE(choosing.established.count(), 3);
    QCOMPARE(lost.count(), 0); // there was always one
    QCOMPARE(choosing.feed.whyNotBetter(), QString());
    server.redis({"SET", "lock:1", "x"});
    QTRY_VERIFY(choosing.hasTold("lock:1"));
}

void TestFeedChooser::choosesAnewAfterAReconnect()
{
    RedisServer server(options(QStringLiteral("-client|tracking"), QStringLiteral("KA")));
    LK_START_REDIS(server);
    Choosing choosing(server, QStringLiteral("u"));
    QVERIFY(choosing.open());
    QCOMPARE(choosing.feed.kind(), ChangeFeed::Kind::Notify);
    QSignalSpy lost(&choosing.feed, &ChangeFeed::lost);
    server.redis({"ACL", "SETUSER", "u", "+client|tracking"});
    server.redis({"CLIENT", "KILL", "TYPE", "pubsub"});
    QTRY_COMPARE(lost.count(), 1);
    QTRY_VERIFY_WITH_TIMEOUT(choosing.feed.isEstablished(), 20'000);
    QCOMPARE(choosing.feed.kind(), ChangeFeed::Kind::Push);
}

void TestFeedChooser::knowsWhatIsSwitchedOn()
{
    QVERIFY(tellsOfStrings("AK"));
    QVERIFY(tellsOfStrings("g$K"));
    QVERIFY(!tellsOfStrings(""));
    QVERIFY(!tellsOfStrings("AE"));
    QVERIFY(!tellsOfStrings("Kg"));
    QVERIFY(!tellsOfStrings("Kx"));
}

QTEST_GUILESS_MAIN(TestFeedChooser)
#include "tst_feedchooser.moc"
