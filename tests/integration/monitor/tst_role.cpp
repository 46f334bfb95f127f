// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/streamproxy.h"
#include "watching.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using test::RedisServer;
using test::StreamProxy;
using test::Watching;

namespace {

const QByteArray kKey = QByteArrayLiteral("chat:session_lock:s1");
const QByteArray kOther = QByteArrayLiteral("chat:session_lock:s2");
const QByteArray kToken = QByteArrayLiteral("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");

void follow(RedisServer &replica, const RedisServer &primary)
{
    replica.redis({"REPLICAOF", "127.0.0.1", QByteArray::number(primary.port())});
}

bool isReplica(RedisServer &server)
{
    const QVariantList role = server.redis({"ROLE"}).toList();
    return role.value(0).toByteArray() == "slave" && role.value(3).toByteArray() == "connected";
}

} // namespace

/// A feed is trusted as the primary's state only while it comes from the primary.
class TestRole : public QObject
{
    Q_OBJECT

private slots:
    void namesAReplica_data();
    void namesAReplica();
    void noticesThatItBecomesAReplica();
    void noticesAnotherServerBehindTheAddress();
    void watchesWithoutTheRightToAskForTheRole();
};

void TestRole::namesAReplica_data()
{
    QTest::addColumn<QString>("rights");
    QTest::newRow("by ROLE") << QStringLiteral("+@all");
    QTest::newRow("by INFO") << QStringLiteral("+@all -role");
}

void TestRole::namesAReplica()
{
    QFETCH(const QString, rights);
    RedisServer primary({.listen = RedisServer::Listen::Tcp,
                         .config = {QStringLiteral("repl-diskless-sync-delay 0")}});
    LK_START_REDIS(primary);
    RedisServer replica(
        {.listen = RedisServer::Listen::Tcp, .aclUsers = {u"u on >pw ~* &* " + rights}});
    LK_START_REDIS(replica);
    primary.redis({"SET", kKey, kToken, "PX", "60000"});
    follow(replica, primary);
    QTRY_VERIFY_WITH_TIMEOUT(isReplica(replica), 20'000);
    Watching watching(replica.addressFor(QStringLiteral("u"), "pw"));
    QVERIFY(watching.startUntrusted());
    QTRY_VERIFY(watching.rows.contains(LockKey(kKey)));
    const FeedStatus &feed = watching.monitor.feed();
    QVERIFY(!feed.isTrusted);
    const QString name = u"replica of 127.0.0.1:" + QString::number(primary.port());
    QVERIFY2(feed.reason.contains(name) && feed.reason.contains(u"may lag"),
             qPrintable(feed.reason));
    QVERIFY2(!feed.reason.contains(u"since"), qPrintable(feed.reason)); // nobody saw it

    // It is watched all the same, and trusted once it is the primary.
    primary.redis({"SET", kOther, kToken, "PX", "60000"});
    QTRY_VERIFY_WITH_TIMEOUT(watching.rows.contains(LockKey(kOther)), 20'000);
    const int scans = watching.monitor.scansStarted();
    replica.redis({"REPLICAOF", "NO", "ONE"});
    QTRY_VERIFY_WITH_TIMEOUT(watching.monitor.feed().isTrusted, 20'000);
    QVERIFY(watching.monitor.scansStarted() > scans);
    QCOMPARE(watching.rows.size(), 2);
}

void TestRole::noticesThatItBecomesAReplica()
{
    RedisServer primary({.listen = RedisServer::Listen::Tcp,
                         .config = {QStringLiteral("repl-diskless-sync-delay 0")}});
    LK_START_REDIS(primary);
    RedisServer server({.listen = RedisServer::Listen::Tcp});
    LK_START_REDIS(server);
    primary.redis({"SET", kOther, kToken, "PX", "60000"});
    server.redis({"SET", kKey, kToken, "PX", "60000"});
    Watching watching(server.address());
    QVERIFY(watching.start());
    follow(server, primary);
    QTRY_VERIFY_WITH_TIMEOUT(watching.monitor.feed().reason.contains(u"is a replica of"), 20'000);
    QVERIFY(!watching.monitor.feed().isTrusted);
    QVERIFY2(watching.monitor.feed().reason.contains(u" since "),
             qPrintable(watching.monitor.feed().reason));
    // Its keys are the other one's now.
    QTRY_VERIFY_WITH_TIMEOUT(watching.rows.contains(LockKey(kOther)), 20'000);
    QTRY_VERIFY_WITH_TIMEOUT(!watching.rows.contains(LockKey(kKey)), 20'000);
    server.redis({"REPLICAOF", "NO", "ONE"});
    QTRY_VERIFY_WITH_TIMEOUT(watching.monitor.feed().isTrusted, 20'000);
    QVERIFY(watching.rows.contains(LockKey(kOther)));
}

/// As behind a balancer: the feed goes on with the old server while commands reach a new one.
void TestRole::noticesAnotherServerBehindTheAddress()
{
    RedisServer first;
    LK_START_REDIS(first);
    RedisServer second;
    LK_START_REDIS(second);
    first.redis({"SET", kKey, kToken, "PX", "60000"});
    second.redis({"SET", kOther, kToken, "PX", "60000"});
    StreamProxy proxy(first.address().endpoint);
    redis::ServerAddress address;
    address.endpoint = proxy.endpoint();
    Watching watching(address);
    QVERIFY(watching.start());
    proxy.setServer(second.address().endpoint);
    first.redis({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    QTRY_VERIFY_WITH_TIMEOUT(
        watching.monitor.feed().isTrusted && watching.rows.contains(LockKey(kOther)), 20'000);
    QCOMPARE(watching.eventsOf(kKey), QStringLiteral("snapshot flushed"));
    second.redis({"DEL", kOther});
    QTRY_VERIFY(watching.rows.isEmpty());
}

void TestRole::watchesWithoutTheRightToAskForTheRole()
{
    RedisServer server({.aclUsers = {QStringLiteral("u on >pw ~* &* +@all -role -info")}});
    LK_START_REDIS(server);
    Watching watching(server.addressFor(QStringLiteral("u"), "pw"));
    QVERIFY(watching.start());
    const auto callsOf = [&](const QByteArray &command) {
        const QByteArray all = server.redis({"INFO", "commandstats"}).toByteArray();
        const QByteArray head = "cmdstat_" + command + ":calls=";
        const auto line = all.indexOf(head);
        return line < 0 ? QByteArray() : all.mid(line, all.indexOf('\n', line) - line);
    };
    // It is asked for once, and not again with the heartbeats that follow.
    QTRY_VERIFY_WITH_TIMEOUT(callsOf("role").contains("rejected_calls=1,"), 20'000);
    server.redis({"CONFIG", "RESETSTAT"});
    QTRY_VERIFY_WITH_TIMEOUT(callsOf("ping").contains("calls=4"), 20'000);
    QCOMPARE(callsOf("role"), QByteArray());
    QVERIFY(watching.monitor.feed().isTrusted);
    server.redis({"SET", kKey, kToken, "PX", "60000"});
    QTRY_VERIFY(watching.rows.contains(LockKey(kKey)));
}

QTEST_GUILESS_MAIN(TestRole)
#include "tst_role.moc"
