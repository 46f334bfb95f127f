// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/pushchannel.h"
#include "support/await.h"
#include "support/redisserver.h"

#include <QSignalSpy>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::redis;
using test::RedisServer;

class TestPushChannel : public QObject
{
    Q_OBJECT

private slots:
    void announcesEveryChange();
    void announcesAFlush();
    void ignoresForgedMessages();
    void survivesTheIdleTimeout();
    void comesBackAfterACut();
    void noticesAStalledServer();
    void saysWhenTrackingIsRefused();
    void asksAnewForWhatWasRefused_data();
    void asksAnewForWhatWasRefused();

private:
    SystemClock m_clock;
};

namespace {

QSet<QByteArray> keysIn(const QSignalSpy &spy)
{
    QSet<QByteArray> keys;
    for (const auto &call : spy) {
        const auto announced = call.first().value<QList<QByteArray>>();
        keys.unite(QSet<QByteArray>(announced.begin(), announced.end()));
    }
    return keys;
}

} // namespace

void TestPushChannel::announcesEveryChange()
{
    RedisServer server;
    LK_START_REDIS(server);
    PushChannel channel(server.address(), {"lock:", "session:"}, m_clock);
    QSignalSpy established(&channel, &PushChannel::established);
    QSignalSpy changed(&channel, &PushChannel::keysChanged);
    channel.open();
    QVERIFY(established.wait(20'000));
    QVERIFY(channel.lastProof());

    const QList<QList<QByteArray>> changes{
        {"SET", "lock:1", "a", "NX", "PX", "60000"},
        {"PEXPIRE", "lock:1", "5000"},
        {"PERSIST", "lock:1"},
        {"RENAME", "lock:1", "lock:2"},
        {"DEL", "lock:2"},
        {"SETEX", "session:1", "60", "{}"},
        {"HSET", "lock:3", "f", "v"},
    };
    for (const auto &words : changes) {
        changed.clear();
        server.redis(words);
        QTRY_VERIFY2(keysIn(changed).contains(words[1]), words.first().constData());
    }
    changed.clear();
    server.redis({"SET", "other:1", "x"});
    server.redis({"SET", "lock:9", "x"}); // arrives after the other would have
    QTRY_VERIFY(keysIn(changed).contains("lock:9"));
    QVERIFY(!keysIn(changed).contains("other:1"));
}

void TestPushChannel::announcesAFlush()
{
    RedisServer server;
    LK_START_REDIS(server);
    PushChannel channel(server.address(), {"lock:"}, m_clock);
    QSignalSpy established(&channel, &PushChannel::established);
    QSignalSpy flushed(&channel, &PushChannel::everythingChanged);
    channel.open();
    QVERIFY(established.wait(20'000));
    server.redis({"FLUSHALL"});
    QTRY_COMPARE(flushed.count(), 1);
}

void TestPushChannel::ignoresForgedMessages()
{
    RedisServer server;
    LK_START_REDIS(server);
    PushChannel channel(server.address(), {"lock:"}, m_clock);
    QSignalSpy established(&channel, &PushChannel::established);
    QSignalSpy changed(&channel, &PushChannel::keysChanged);
    QSignalSpy flushed(&channel, &PushChannel::everythingChanged);
    channel.open();
    QVERIFY(established.wait(20'000));
    QCOMPARE(server.redis({"PUBLISH", "__redis__:invalidate", "lock:forged"}).toLongLong(), 1);
    server.redis({"SET", "lock:1", "x"});
    QTRY_COMPARE(keysIn(changed), QSet<QByteArray>{"lock:1"});
    QCOMPARE(flushed.count(), 0);
    QVERIFY(channel.isEstablished());
}

void TestPushChannel::survivesTheIdleTimeout()
{
    RedisServer server({.config = {QStringLiteral("timeout 1")}});
    LK_START_REDIS(server);
    PushChannel channel(server.address(), {"lock:"}, m_clock);
    QSignalSpy established(&channel, &PushChannel::established);
    QSignalSpy lost(&channel, &PushChannel::lost);
    channel.open();
    QVERIFY(established.wait(20'000));
    const auto start = *channel.lastProof();
    QTRY_VERIFY_WITH_TIMEOUT(
        channel.lastProof() && *channel.lastProof() > start + std::chrono::seconds(3), 20'000);
    QCOMPARE(lost.count(), 0);
}

void TestPushChannel::comesBackAfterACut()
{
    RedisServer server;
    LK_START_REDIS(server);
    PushChannel channel(server.address(), {"lock:"}, m_clock);
    QSignalSpy established(&channel, &PushChannel::established);
    QSignalSpy lost(&channel, &PushChannel::lost);
    QSignalSpy changed(&channel, &PushChannel::keysChanged);
    channel.open();
    QVERIFY(established.wait(20'000));
    const auto proof = channel.lastProof();
    QVERIFY(proof);
    server.redis({"CLIENT", "KILL", "TYPE", "pubsub"});
    QTRY_COMPARE(lost.count(), 1);
    QVERIFY(channel.lastProof() >= proof); // it stays known for how old what was said is
    QVERIFY(*channel.lastProof() <= m_clock.steady());
    QTRY_COMPARE_WITH_TIMEOUT(established.count(), 2, 20'000);
    server.redis({"SET", "lock:1", "x"});
    QTRY_VERIFY(keysIn(changed).contains("lock:1"));
}

void TestPushChannel::noticesAStalledServer()
{
    RedisServer server;
    LK_START_REDIS(server);
    PushChannel channel(server.address(), {"lock:"}, m_clock);
    QSignalSpy established(&channel, &PushChannel::established);
    QSignalSpy lost(&channel, &PushChannel::lost);
    channel.open();
    QVERIFY(established.wait(20'000));
    server.pause();
    QTRY_COMPARE_WITH_TIMEOUT(lost.count(), 1, 20'000);
    QVERIFY(!channel.isEstablished());
    server.resume();
    QTRY_COMPARE_WITH_TIMEOUT(established.count(), 2, 40'000);
}

void TestPushChannel::saysWhenTrackingIsRefused()
{
    RedisServer server({.aclUsers = {QStringLiteral("u on >pw ~* +@read +ping +info +client|id")}});
    LK_START_REDIS(server);
    PushChannel channel(server.addressFor(QStringLiteral("u"), "pw"), {"lock:"}, m_clock);
    QSignalSpy lost(&channel, &PushChannel::lost);
    channel.open();
    QVERIFY(lost.wait(20'000));
    QCOMPARE(channel.lastError()->code, ErrorCode::NotPermitted);
    QVERIFY(!channel.isEstablished());
}

void TestPushChannel::asksAnewForWhatWasRefused_data()
{
    QTest::addColumn<QByteArray>("missing");
    QTest::newRow("tracking") << QByteArray("client|tracking");
    QTest::newRow("subscribing") << QByteArray("subscribe");
}

/// Half of what a channel needs is granted then, and cannot be asked for twice on a connection.
void TestPushChannel::asksAnewForWhatWasRefused()
{
    QFETCH(const QByteArray, missing);
    RedisServer server(
        {.aclUsers = {QStringLiteral("u on >pw ~* &* +@all -") + QString::fromLatin1(missing)}});
    LK_START_REDIS(server);
    PushChannel channel(server.addressFor(QStringLiteral("u"), "pw"), {"lock:"}, m_clock);
    QSignalSpy lost(&channel, &PushChannel::lost);
    QSignalSpy established(&channel, &PushChannel::established);
    channel.open();
    QVERIFY(lost.wait(20'000));
    QCOMPARE(channel.lastError()->code, ErrorCode::NotPermitted);
    channel.retryNow();
    QVERIFY(lost.wait(20'000));
    QCOMPARE(channel.lastError()->code, ErrorCode::NotPermitted);
    server.redis({"ACL", "SETUSER", "u", "+" + missing});
    channel.retryNow();
    QTRY_COMPARE_WITH_TIMEOUT(established.count(), 1, 20'000);
    QVERIFY(channel.isEstablished());
}

QTEST_GUILESS_MAIN(TestPushChannel)
#include "tst_pushchannel.moc"
