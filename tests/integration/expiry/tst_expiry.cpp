// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clock.h"
#include "locks/lockmonitor.h"
#include "redis/client.h"
#include "redis/pushchannel.h"
#include "support/await.h"
#include "support/redisserver.h"

#include <QTest>

#include <algorithm>
#include <memory>

using namespace lockkeeper;
using namespace std::chrono_literals;

namespace {

constexpr int kOtherKeys = 20'000;
constexpr int kLocks = 20;

void addKeysWithTtl(test::RedisServer &server, int count)
{
    const QByteArray script = "for i = 1, ARGV[1] do "
                              "redis.call('set', 'chat:session:'..i, '{}', 'ex', 3600 + i) end";
    server.redis({"EVAL", script, "0", QByteArray::number(count)});
    QCOMPARE(server.redis({"DBSIZE"}), QVariant(qlonglong(count)));
}

/// Keys that the server itself found expired, or that were read after their time.
qlonglong expiredKeys(test::RedisServer &server)
{
    const QByteArray stats = server.redis({"INFO", "stats"}).toByteArray();
    const QByteArray field = "expired_keys:";
    const qsizetype begin = stats.indexOf(field) + field.size();
    return stats.mid(begin, stats.indexOf('\r', begin) - begin).toLongLong();
}

} // namespace

/// An expired lock leaves the list by our own clock: the server announces it late or never.
class ExpiryTest : public QObject
{
    Q_OBJECT

private slots:
    void serverThatNeverAnnounces();
    void serverWithManyOtherKeys();
    void renewalMovesTheEnd();

private:
    void watch(const test::RedisServer &server);
    void placeLock(test::RedisServer &server, int number, milliseconds lease);
    [[nodiscard]] qsizetype count(locks::HoldEnd end) const;

    SystemClock m_clock;
    locks::LockFamily m_family;
    QList<locks::LockEvent> m_ended;
    std::unique_ptr<redis::Client> m_client;
    std::unique_ptr<redis::PushChannel> m_push;
    std::unique_ptr<locks::LockMonitor> m_monitor;

private slots:
    void init();
    void cleanup();
};

void ExpiryTest::init()
{
    m_ended.clear();
}

void ExpiryTest::cleanup()
{
    m_monitor.reset();
    m_push.reset();
    m_client.reset();
}

void ExpiryTest::watch(const test::RedisServer &server)
{
    m_client = std::make_unique<redis::Client>(server.address(), redis::Client::Options{}, m_clock);
    const QList<QByteArray> prefixes{m_family.lockPrefix, m_family.sessionPrefix};
    m_push = std::make_unique<redis::PushChannel>(server.address(), prefixes, m_clock);
    m_monitor = std::make_unique<locks::LockMonitor>(*m_client, *m_push, m_family, m_clock);
    connect(m_monitor.get(), &locks::LockMonitor::changed, this,
            [this](const locks::RegistryDelta &delta) {
                for (const locks::LockEvent &event : delta.events) {
                    if (event.kind == locks::LockEvent::Kind::Ended)
                        m_ended.append(event);
                }
            });
    QVERIFY(test::await(m_client->open()).has_value());
    m_monitor->start();
    QTRY_VERIFY_WITH_TIMEOUT(m_monitor->feed().isTrusted, 30'000);
}

void ExpiryTest::placeLock(test::RedisServer &server, int number, milliseconds lease)
{
    const QByteArray key = m_family.lockPrefix + "lock-" + QByteArray::number(number);
    QCOMPARE(
        server.redis({"SET", key, "owner", "NX", "PX", QByteArray::number(qint64(lease.count()))}),
        QVariant(QByteArray("OK")));
}

qsizetype ExpiryTest::count(locks::HoldEnd end) const
{
    return std::count_if(m_ended.begin(), m_ended.end(),
                         [end](const locks::LockEvent &event) { return event.end == end; });
}

void ExpiryTest::serverThatNeverAnnounces()
{
    test::RedisServer server({.config = {QStringLiteral("enable-debug-command local")}});
    LK_START_REDIS(server);
    QCOMPARE(server.redis({"DEBUG", "SET-ACTIVE-EXPIRE", "0"}), QVariant(QByteArray("OK")));
    watch(server);
    if (QTest::currentTestFailed())
        return;
    for (int i = 0; i < kLocks; ++i)
        placeLock(server, i, 2s + i * 10ms);
    QTRY_COMPARE_WITH_TIMEOUT(m_monitor->registry().records().size(), kLocks, 20'000);
    QTRY_COMPARE_WITH_TIMEOUT(m_ended.size(), kLocks, 60'000);
    QCOMPARE(count(locks::HoldEnd::Expired), kLocks);
    QVERIFY(m_monitor->registry().records().isEmpty());
    // Our reads made the server notice, and with it everybody else.
    QCOMPARE(expiredKeys(server), kLocks);
}

void ExpiryTest::serverWithManyOtherKeys()
{
    test::RedisServer server;
    LK_START_REDIS(server);
    addKeysWithTtl(server, kOtherKeys);
    watch(server);
    if (QTest::currentTestFailed())
        return;
    // Twins that nobody watches end at the same times: what the server does without us.
    for (int i = 0; i < kLocks; ++i) {
        placeLock(server, i, 2s + i * 10ms);
        server.redis(
            {"SET", "twin-" + QByteArray::number(i), "x", "PX", QByteArray::number(2000 + i * 10)});
    }
    QTRY_COMPARE_WITH_TIMEOUT(m_ended.size(), kLocks, 60'000);
    QCOMPARE(count(locks::HoldEnd::Expired), kLocks);
    QVERIFY2(expiredKeys(server) < 2 * kLocks,
             "the server has noticed all twins by itself, so this proves nothing");
    QCOMPARE(m_monitor->scansStarted(), 1);
}

void ExpiryTest::renewalMovesTheEnd()
{
    test::RedisServer server({.config = {QStringLiteral("enable-debug-command local")}});
    LK_START_REDIS(server);
    QCOMPARE(server.redis({"DEBUG", "SET-ACTIVE-EXPIRE", "0"}), QVariant(QByteArray("OK")));
    watch(server);
    if (QTest::currentTestFailed())
        return;
    placeLock(server, 0, 60s);
    placeLock(server, 1, 2s);
    server.redis({"PEXPIRE", m_family.lockPrefix + "lock-0", "2500"});
    server.redis({"PEXPIRE", m_family.lockPrefix + "lock-1", "60000"});
    QTRY_COMPARE_WITH_TIMEOUT(m_ended.size(), 1, 60'000);
    QCOMPARE(m_ended.first().key, LockKey(m_family.lockPrefix + "lock-0"));
    QCOMPARE(m_ended.first().end, locks::HoldEnd::Expired);
    QVERIFY(m_monitor->registry().find(LockKey(m_family.lockPrefix + "lock-1")));
}

QTEST_GUILESS_MAIN(ExpiryTest)
#include "tst_expiry.moc"
