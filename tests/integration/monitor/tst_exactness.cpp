// SPDX-License-Identifier: GPL-3.0-or-later
#include "watching.h"

#include <QRandomGenerator>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using test::RawRedis;
using test::RedisServer;
using test::Watching;

namespace {

constexpr int kRounds = 15;
constexpr int kOperations = 150;
constexpr int kKeys = 30;

/// What the server holds under the lock prefix: key -> token, empty for what is no string.
QHash<QByteArray, QByteArray> freshScan(RawRedis &redis)
{
    QHash<QByteArray, QByteArray> locks;
    const auto keys = redis.call({"KEYS", "chat:session_lock:*"}).toList();
    for (const QVariant &key : keys) {
        const QByteArray value = redis.call({"GET", key.toByteArray()}).toByteArray();
        const bool isGone = redis.call({"EXISTS", key.toByteArray()}).toInt() == 0;
        if (!isGone)
            locks.insert(key.toByteArray(), value.startsWith("-WRONGTYPE") ? QByteArray() : value);
    }
    return locks;
}

QHash<QByteArray, QByteArray> shown(const Watching &watching)
{
    QHash<QByteArray, QByteArray> locks;
    for (const LockRecord &record : watching.rows)
        locks.insert(record.key.bytes(), record.token.bytes());
    return locks;
}

/// A back end gone wild on a few keys.
class Chaos
{
public:
    Chaos(RawRedis &redis, QRandomGenerator &random)
        : m_redis(redis)
        , m_random(random)
    {}

    void act()
    {
        const QByteArray key = "chat:session_lock:" + number(kKeys);
        const QByteArray token = QByteArray::number(++m_lastToken);
        switch (m_random.bounded(16)) {
        case 0:
        case 1:
        case 2:
        case 3:
            m_redis.call({"SET", key, token, "NX", "PX", "60000"});
            break;
        case 4:
        case 5:
            m_redis.call({"SET", key, token, "NX", "PX", "1" + number(40)});
            break;
        case 6:
        case 7:
        case 8:
            m_redis.call({"DEL", key});
            break;
        case 9:
            m_redis.call({"PEXPIRE", key, number(50)});
            break;
        case 10:
            m_redis.call({"PEXPIRE", key, "90000"});
            break;
        case 11:
            m_redis.call({"PERSIST", key});
            break;
        case 12:
            m_redis.call({"RENAME", key, "chat:session_lock:" + number(kKeys)});
            break;
        case 13:
            m_redis.call({"SET", key, token, "PX", "60000"});
            break;
        case 14:
            m_redis.call({"DEL", key});
            m_redis.call({"HSET", key, "f", "v"});
            break;
        case 15:
            break;
        }
    }

    void disturb()
    {
        switch (m_random.bounded(4)) {
        case 0:
            m_redis.call({"FLUSHALL"});
            break;
        case 1:
            m_redis.call({"CLIENT", "KILL", "TYPE", "pubsub"});
            break;
        case 2:
            m_redis.call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
            break;
        case 3:
            break;
        }
    }

private:
    QByteArray number(int below) { return QByteArray::number(m_random.bounded(below)); }

    RawRedis &m_redis;
    QRandomGenerator &m_random;
    int m_lastToken = 0;
};

} // namespace

/// At rest the list equals a fresh scan, whatever happened before.
class TestExactness : public QObject
{
    Q_OBJECT

private slots:
    void equalsAFreshScanAtRest_data();
    void equalsAFreshScanAtRest();
};

void TestExactness::equalsAFreshScanAtRest_data()
{
    QTest::addColumn<redis::ChangeFeed::Kind>("kind");
    for (const auto kind : {redis::ChangeFeed::Kind::Push, redis::ChangeFeed::Kind::Notify,
                            redis::ChangeFeed::Kind::Poll})
        QTest::newRow(redis::name(kind).data()) << kind;
}

void TestExactness::equalsAFreshScanAtRest()
{
    QFETCH(redis::ChangeFeed::Kind, kind);
    RedisServer server({.config = {QStringLiteral("notify-keyspace-events KA")}});
    LK_START_REDIS(server);
    const bool isReplay = qEnvironmentVariableIsSet("LK_SEED");
    const quint32 seed = isReplay ? qEnvironmentVariable("LK_SEED").toUInt()
                                  : QRandomGenerator::global()->generate();
    qInfo("LK_SEED=%u", seed);
    QRandomGenerator random(seed);
    RawRedis redis(server.socketPath());
    for (int i = 0; i < 3000; ++i)
        redis.call({"SET", "other:" + QByteArray::number(i), "x", "EX", "40000"});
    Watching watching(server.address(), kind);
    QVERIFY(watching.start());
    Chaos chaos(redis, random);
    for (int round = 0; round < kRounds; ++round) {
        for (int i = 0; i < kOperations; ++i) {
            chaos.act();
            if (random.bounded(3) == 0)
                QCoreApplication::processEvents();
            if (random.bounded(100) == 0)
                chaos.disturb();
        }
        // Leases of some tens of ms are running out meanwhile; that is part of it.
        const bool isExact = QTest::qWaitFor(
            [&] {
                return watching.monitor.feed().isTrusted && shown(watching) == freshScan(redis);
            },
            30'000);
        QVERIFY2(isExact, qPrintable(QStringLiteral("round %1").arg(round)));
    }
}

QTEST_GUILESS_MAIN(TestExactness)
#include "tst_exactness.moc"
