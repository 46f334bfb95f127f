// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/rightskeeper.h"
#include "integration/locks/peer.h"
#include "locks/lockprotocol.h"
#include "locks/waitersample.h"
#include "support/await.h"
#include "support/redisserver.h"

#include <QSignalSpy>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::app;
using lockkeeper::test::await;
using lockkeeper::test::RedisServer;
using Allowance = redis::Rights::Allowance;

namespace {

const locks::LockFamily kFamily;

/// A user of a real server, and what is known of its rights.
class Bench
{
public:
    explicit Bench(const QString &rules)
        : server({.aclUsers = {u"u on >secret " + rules}})
    {}
    [[nodiscard]] bool begin()
    {
        if (!server.start())
            return false;
        redis::ServerAddress address = server.addressFor(QStringLiteral("u"), "secret");
        address.database = database;
        client = std::make_unique<redis::Client>(address, redis::Client::Options{}, clock);
        keeper = std::make_unique<RightsKeeper>(*client, kFamily, clock);
        return await(client->open()) && await(keeper->settled());
    }
    [[nodiscard]] Allowance of(Deed deed, const QString &right) const
    {
        for (const redis::Right &one : rightsFor(deed, kFamily)) {
            if (one.toString() == right)
                return keeper->rights().of(one);
        }
        qFatal("%s takes no such right", qPrintable(right));
    }
    [[nodiscard]] QString missing(Deed deed) const
    {
        const auto refusal = keeper->refusal(deed);
        return refusal ? refusal->what : QString();
    }
    bool setUser(const QList<QByteArray> &rules)
    {
        return server.redis(QList<QByteArray>{"ACL", "SETUSER", "u"} + rules).toByteArray() == "OK";
    }
    /// Sends what a release would.
    void tryScript()
    {
        const QByteArray key = kFamily.lockKey(SessionId("s")).bytes();
        const redis::Command script{{"EVALSHA", QByteArray(40, '0'), "1", key},
                                    redis::Effect::Mutation};
        QVERIFY(await(client->send(script)));
    }

    int database = 0;
    SystemClock clock;
    RedisServer server;
    std::unique_ptr<redis::Client> client;
    std::unique_ptr<RightsKeeper> keeper;
};

const QString kEvalSha = QStringLiteral("+evalsha on ~chat:session_lock:*");

} // namespace

/// What a real server tells of the rights of a user, and what is learnt where it does not tell.
class TestRightsKeeper final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { LK_NEED_PROGRAM("redis-server"); }
    void nothingIsMissing();
    void theServerTells();
    void aMissingKeyPatternIsAMissingRight();
    void noMoreIsOfferedThanIsMissing_data();
    void noMoreIsOfferedThanIsMissing();
    void whatIsNotKnownIsNotRefused();
    void theFirstRefusalIsRemembered();
    void aRefusalWithinAScriptIsRemembered();
    void evalIsDoneWithout();
    void eachRightIsNamedOnceByKeys();
    void channelsAreThoseOfTheDatabase();
    void aReplicaTakesNoWrites();
    void onlyMonitorItselfTellsOfMonitor();
    void whatIsKnownIsNotAskedAgain();
    void itIsAskedAnewAfterAReconnect();
};

void TestRightsKeeper::nothingIsMissing()
{
    Bench bench(QStringLiteral("~* &* +@all"));
    QVERIFY(bench.begin());
    for (const Deed deed : {Deed::Watch, Deed::Push, Deed::Notify, Deed::Release, Deed::Hold,
                            Deed::Delete, Deed::Write, Deed::Sample, Deed::Embellish}) {
        QCOMPARE(bench.missing(deed), QString());
        for (const redis::Right &right : rightsFor(deed, kFamily))
            QVERIFY2(bench.keeper->rights().of(right) == Allowance::Allowed,
                     qPrintable(right.toString()));
    }
}

void TestRightsKeeper::theServerTells()
{
    Bench bench(QStringLiteral("~chat:* +@all -evalsha -monitor -client|tracking"));
    QVERIFY(bench.begin());
    QCOMPARE(bench.missing(Deed::Watch), QString());
    QCOMPARE(bench.missing(Deed::Release), u"missing right: " + kEvalSha);
    QCOMPARE(bench.missing(Deed::Sample), QStringLiteral("missing right: +monitor"));
    QCOMPARE(bench.missing(Deed::Push),
             QStringLiteral("missing rights: +client|tracking, "
                            "+subscribe on &__redis__:invalidate")); // no channel was given
    QCOMPARE(bench.keeper->refusal(Deed::Release)->hint,
             QStringLiteral("an administrator gives what is missing to user u with: ACL SETUSER u "
                            "+evalsha"));
    QCOMPARE(bench.server.redis({"DBSIZE"}).toInt(), 0); // asked, not tried
}

void TestRightsKeeper::aMissingKeyPatternIsAMissingRight()
{
    Bench bench(QStringLiteral("~chat:session_lock:* %R~chat:session:* &* +@all"));
    QVERIFY(bench.begin());
    QCOMPARE(bench.missing(Deed::Watch), QString());
    QCOMPARE(bench.missing(Deed::Release), QString());
    QCOMPARE(bench.missing(Deed::Delete), QStringLiteral("missing right: +del on ~chat:session:*"));
}

void TestRightsKeeper::noMoreIsOfferedThanIsMissing_data()
{
    const QByteArray viewer = "%R~chat:session_lock:* %R~chat:session:* &* +@all ";
    QTest::addColumn<QByteArray>("rules");
    QTest::addColumn<int>("deed");
    QTest::addColumn<QByteArray>("offered");
    QTest::newRow("a command") << viewer + "-get" << int(Deed::Watch) << QByteArray("+get");
    QTest::newRow("keys to read") << QByteArray("&* +@all") << int(Deed::Watch)
                                  << QByteArray("%R~chat:session_lock:* %R~chat:session:*");
    QTest::newRow("keys to write")
        << viewer << int(Deed::Release) << QByteArray("~chat:session_lock:*");
    QTest::newRow("keys to read and write")
        << QByteArray("&* +@all") << int(Deed::Release) << QByteArray("~chat:session_lock:*");
    QTest::newRow("a command and keys")
        << viewer + "-del" << int(Deed::Release) << QByteArray("~chat:session_lock:* +del");
    QTest::newRow("a channel") << QByteArray("~chat:* +@all") << int(Deed::Push)
                               << QByteArray("&__redis__:invalidate");
}

void TestRightsKeeper::noMoreIsOfferedThanIsMissing()
{
    QFETCH(const QByteArray, rules);
    QFETCH(const int, deed);
    QFETCH(const QByteArray, offered);
    Bench bench(QString::fromLatin1(rules));
    QVERIFY(bench.begin());
    const auto refusal = bench.keeper->refusal(static_cast<Deed>(deed));
    QVERIFY(refusal);
    QCOMPARE(refusal->hint.section(QStringLiteral("ACL SETUSER u "), 1),
             QString::fromLatin1(offered));
    // It is enough.
    QVERIFY(bench.setUser(offered.split(' ')));
    QList<redis::Right> rights = rightsFor(static_cast<Deed>(deed), kFamily);
    const auto asked = await(redis::askRights(*bench.client, rights));
    QVERIFY(asked && asked->mayAsk);
    QVERIFY(asked->rights.refused(rights).isEmpty());
}

void TestRightsKeeper::whatIsNotKnownIsNotRefused()
{
    Bench bench(QStringLiteral("~chat:* &* +@all -acl -evalsha"));
    QVERIFY(bench.begin());
    QVERIFY(bench.of(Deed::Release, kEvalSha) == Allowance::Unknown);
    QCOMPARE(bench.missing(Deed::Release), QString());
}

void TestRightsKeeper::theFirstRefusalIsRemembered()
{
    Bench bench(QStringLiteral("~chat:* &* +@all -acl -evalsha"));
    QVERIFY(bench.begin());
    QSignalSpy changed(bench.keeper.get(), &RightsKeeper::changed);
    bench.tryScript();
    QTRY_COMPARE(changed.size(), 1);
    QCOMPARE(bench.missing(Deed::Release), u"missing right: " + kEvalSha);
    QCOMPARE(bench.missing(Deed::Delete), u"missing right: " + kEvalSha);
    QCOMPARE(bench.missing(Deed::Watch), QString());
    bench.tryScript();
    QTest::qWait(0);
    QCOMPARE(changed.size(), 1);
}

/// Before Redis 7.2 without NOPERM, and without naming the command.
void TestRightsKeeper::aRefusalWithinAScriptIsRemembered()
{
    Bench bench(QStringLiteral("~chat:* &* +@all -acl -del"));
    QVERIFY(bench.begin());
    const LockKey key = kFamily.lockKey(SessionId("s"));
    bench.server.redis({"SET", key.bytes(), "token"});
    locks::LockProtocol locks(*bench.client, kFamily, bench.clock);
    const auto released = await(locks.forceRelease(key, Token("token")));
    QVERIFY(!released);
    QVERIFY2(released.error().hint.contains(u"+get +del on ~chat:session_lock:*"),
             qPrintable(released.error().hint));
    QTRY_COMPARE(bench.missing(Deed::Release),
                 QStringLiteral("missing right: +del on ~chat:session_lock:*"));
}

void TestRightsKeeper::evalIsDoneWithout()
{
    Bench bench(QStringLiteral("~chat:* &* +@all -eval"));
    QVERIFY(bench.begin());
    for (const Deed deed : {Deed::Release, Deed::Hold, Deed::Delete, Deed::Write})
        QCOMPARE(bench.missing(deed), QString());
    QCOMPARE(bench.missing(Deed::Embellish),
             QStringLiteral("missing right: +eval on ~chat:session_lock:*"));
    const LockKey key = kFamily.lockKey(SessionId("s"));
    bench.server.redis({"SET", key.bytes(), "token"});
    locks::LockProtocol locks(*bench.client, kFamily, bench.clock);
    const auto unknown = await(locks.forceRelease(key, Token("token")));
    QVERIFY(!unknown);
    QVERIFY2(unknown.error().hint.contains(u"+eval on ~chat:session_lock:*"),
             qPrintable(unknown.error().hint));
    bench.server.redis(
        {"SCRIPT", "LOAD", redis::Script::fromResource(QStringLiteral("release")).source()});
    QVERIFY(await(locks.forceRelease(key, Token("token"))));
}

void TestRightsKeeper::eachRightIsNamedOnceByKeys()
{
    Bench bench(QStringLiteral("~chat:* &* +@all -evalsha -del -set"));
    QVERIFY(bench.begin());
    QCOMPARE(bench.missing(Deed::Release),
             QStringLiteral("missing rights: +evalsha +del on ~chat:session_lock:*"));
    QCOMPARE(bench.missing(Deed::Delete),
             QStringLiteral("missing rights: +evalsha +del +set on ~chat:session_lock:*, "
                            "+del on ~chat:session:*"));
}

void TestRightsKeeper::channelsAreThoseOfTheDatabase()
{
    const auto given = [](int database) {
        Bench bench(QStringLiteral("~chat:* +@all &__keyspace@5__:chat:session_lock:* "
                                   "&__keyspace@5__:chat:session:*"));
        bench.database = database;
        return bench.begin()
                   ? bench.keeper->rights().refused(rightsFor(Deed::Notify, kFamily, database))
                   : QList<redis::Right>{{}, {}, {}};
    };
    QCOMPARE(given(5).size(), 0);
    const QList<redis::Right> others = given(0);
    QCOMPARE(others.size(), 2);
    QCOMPARE(missingRights(others, QStringLiteral("u")).what,
             QStringLiteral("missing rights: +psubscribe on &__keyspace@0__:chat:session_lock:*, "
                            "+psubscribe on &__keyspace@0__:chat:session:*"));
    const locks::LockFamily odd{.lockPrefix = "a*:lock:", .sessionPrefix = "a*:"};
    QCOMPARE(rightsFor(Deed::Notify, odd, 5).first().subject, "&__keyspace@5__:a\\*:lock:*");
}

void TestRightsKeeper::aReplicaTakesNoWrites()
{
    Bench bench(QStringLiteral("~* &* +@all"));
    QVERIFY(bench.begin());
    QCOMPARE(bench.missing(Deed::Release), QString());
    QSignalSpy changed(bench.keeper.get(), &RightsKeeper::changed);
    bench.server.redis({"REPLICAOF", "127.0.0.1", "1"});
    QTRY_COMPARE_WITH_TIMEOUT(changed.size(), 1, 30'000);
    for (const Deed deed : {Deed::Release, Deed::Hold, Deed::Delete, Deed::Write})
        QCOMPARE(bench.missing(deed),
                 QStringLiteral("this server is a replica of 127.0.0.1:1: it takes no writes"));
    QCOMPARE(bench.missing(Deed::Watch), QString());
    QCOMPARE(bench.missing(Deed::Sample), QString());
    bench.server.redis({"REPLICAOF", "NO", "ONE"});
    QTRY_COMPARE_WITH_TIMEOUT(bench.missing(Deed::Release), QString(), 30'000);
}

void TestRightsKeeper::onlyMonitorItselfTellsOfMonitor()
{
    Bench bench(QStringLiteral("~chat:* &* +@all -acl -monitor"));
    QVERIFY(bench.begin());
    const redis::MonitorTap::Budget budget{.span = milliseconds(20)};
    // The sample's own connection does not get in any more, the client's is open.
    bench.server.redis({"ACL", "SETUSER", "default", "off"});
    QVERIFY(bench.setUser({"resetpass", ">other"}));
    const auto noLogin = await(locks::sampleWaiters(*bench.client, kFamily, bench.clock, budget));
    QVERIFY(!noLogin);
    QCOMPARE(noLogin.error().code, ErrorCode::NotPermitted);
    QVERIFY2(!noLogin.error().hint.contains(u"monitor"), qPrintable(noLogin.error().hint));
    QTest::qWait(0);
    QCOMPARE(bench.missing(Deed::Sample), QString());
    QVERIFY(bench.setUser({">secret"}));
    QVERIFY(!await(locks::sampleWaiters(*bench.client, kFamily, bench.clock, budget)));
    QTRY_COMPARE(bench.missing(Deed::Sample), QStringLiteral("missing right: +monitor"));
}

void TestRightsKeeper::whatIsKnownIsNotAskedAgain()
{
    ManualClock clock;
    RedisServer server({.aclUsers = {QStringLiteral("u on >secret ~chat:* &* +@all -evalsha")}});
    LK_START_REDIS(server);
    redis::Client client(server.addressFor(QStringLiteral("u"), "secret"), {}, clock);
    RightsKeeper keeper(client, kFamily, clock);
    QVERIFY(await(client.open()) && await(keeper.settled()));
    const auto asked = [&server] { return test::callsOf(server, R"(acl\|whoami)"); };
    const int before = asked();
    clock.advance(std::chrono::seconds(6));
    keeper.noteRefused({{"EVALSHA", QByteArray(40, '0'), "1", kFamily.lockPrefix + "s"}});
    QVERIFY(await(keeper.settled()));
    QCOMPARE(asked(), before);
    keeper.noteRefused({{"MONITOR"}}); // that is news
    QVERIFY(await(keeper.settled()));
    QCOMPARE(asked(), before + 1);
}

void TestRightsKeeper::itIsAskedAnewAfterAReconnect()
{
    Bench bench(QStringLiteral("~chat:* &* +@all -evalsha"));
    QVERIFY(bench.begin());
    QCOMPARE(bench.missing(Deed::Release), u"missing right: " + kEvalSha);
    QVERIFY(bench.setUser({"+evalsha", "-monitor"}));
    QSignalSpy changed(bench.keeper.get(), &RightsKeeper::changed);
    bench.server.redis({"CLIENT", "KILL", "USER", "u"});
    QTRY_COMPARE_WITH_TIMEOUT(changed.size(), 1, 30'000);
    QCOMPARE(bench.missing(Deed::Release), QString());
    QCOMPARE(bench.missing(Deed::Sample), QStringLiteral("missing right: +monitor"));
}

QTEST_GUILESS_MAIN(TestRightsKeeper)
#include "tst_rightskeeper.moc"
