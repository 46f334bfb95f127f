// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/rightskeeper.h"
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
        client = std::make_unique<redis::Client>(server.addressFor(QStringLiteral("u"), "secret"),
                                                 redis::Client::Options{}, clock);
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
