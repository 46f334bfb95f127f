// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/streamproxy.h"
#include "watching.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using test::freshScan;
using test::RawRedis;
using test::RedisServer;
using test::shown;
using test::StreamProxy;
using test::Watching;

namespace {

using namespace std::chrono_literals;

const QByteArray kKey = QByteArrayLiteral("chat:session_lock:s1");
const QByteArray kOther = QByteArrayLiteral("chat:session_lock:s2");
const QByteArray kToken = QByteArrayLiteral("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
/// Generous: it takes milliseconds where the machine is not busy.
constexpr int kSoonMs = 20'000;

/// Notes why trust was lost, and how long it took.
class Witness
{
public:
    explicit Witness(Watching &watching)
        : m_watching(watching)
    {
        QObject::connect(&watching.monitor, &LockMonitor::feedChanged, &m_scope,
                         [this](const FeedStatus &feed) {
                             if (!feed.isTrusted && !feed.scan && !m_reasons.contains(feed.reason))
                                 m_reasons.append(feed.reason);
                             if (!feed.isTrusted && m_lostAfterMs < 0 && m_clock.isValid())
                                 m_lostAfterMs = m_clock.elapsed();
                         });
    }

    void begin() { m_clock.start(); }
    [[nodiscard]] bool hasLost() const { return m_lostAfterMs >= 0; }
    [[nodiscard]] bool said(const QString &words) const
    {
        return std::any_of(m_reasons.cbegin(), m_reasons.cend(),
                           [&](const QString &reason) { return reason.contains(words); });
    }
    [[nodiscard]] QByteArray reasons() const { return m_reasons.join(u" | ").toUtf8(); }
    /// Whether trust comes back, and the list equals the server's state then.
    [[nodiscard]] bool recovers(RedisServer &server)
    {
        RawRedis redis(server.socketPath());
        const bool isTrusted =
            QTest::qWaitFor([this] { return m_watching.monitor.feed().isTrusted; }, 40'000);
        QElapsedTimer since;
        since.start();
        const bool isExact =
            QTest::qWaitFor([&] { return shown(m_watching) == freshScan(redis); }, kSoonMs);
        qInfo("named after %lld ms (%s); equal to a fresh scan %lld ms after trust",
              static_cast<long long>(m_lostAfterMs), reasons().constData(),
              static_cast<long long>(since.elapsed()));
        return isTrusted && isExact;
    }

private:
    Watching &m_watching;
    QObject m_scope;
    QElapsedTimer m_clock;
    qint64 m_lostAfterMs = -1;
    QStringList m_reasons;
};

redis::ServerAddress through(const StreamProxy &proxy)
{
    redis::ServerAddress address;
    address.endpoint = proxy.endpoint();
    return address;
}

} // namespace

/// However the feed stops telling the truth, it is said, and all is read again.
class TestTrust : public QObject
{
    Q_OBJECT

private slots:
    void survivesACutForWantOfReading();
    void noticesAHalfOpenFeed();
    void noticesThatNothingAnswers();
    void noticesADeafServer();
    void fallsToPollingWhereNewsNeverComes();
    void provesItselfUnseen();
    void writesNothingWhereItMayNot_data();
    void writesNothingWhereItMayNot();
    void writesNoCanaryAmongLocks();
    void noticesSwappedDatabases();
    void findsNothingAmiss();
};

void TestTrust::survivesACutForWantOfReading()
{
    RedisServer server({.config = {QStringLiteral("client-output-buffer-limit pubsub 32kb 0 0")}});
    LK_START_REDIS(server);
    server.redis({"SET", kKey, kToken, "PX", "60000"});
    Watching watching(server.address());
    QVERIFY(watching.start());
    Witness witness(watching);
    witness.begin();
    server.redis({"EVAL",
                  "for i = 1, 5000 do redis.call('set', 'chat:session_lock:' .. i, 'x', 'px', "
                  "'60000') end redis.call('del', KEYS[1])",
                  "1", kKey});
    QTRY_VERIFY_WITH_TIMEOUT(witness.hasLost(), kSoonMs);
    QVERIFY(witness.recovers(server));
    QCOMPARE(watching.rows.size(), 5000);
    QCOMPARE(watching.eventsOf(kKey), QStringLiteral("snapshot released"));
}

void TestTrust::noticesAHalfOpenFeed()
{
    RedisServer server;
    LK_START_REDIS(server);
    StreamProxy proxy(server.address().endpoint);
    server.redis({"SET", kKey, kToken, "PX", "60000"});
    Watching watching(server.address(), Watching::Kind::Push, {}, through(proxy));
    QVERIFY(watching.start());
    Witness witness(watching);
    witness.begin();
    proxy.setStalled(true);
    server.redis({"DEL", kKey});
    server.redis({"SET", kOther, kToken, "PX", "60000"});
    QTRY_VERIFY_WITH_TIMEOUT(witness.hasLost(), kSoonMs);
    proxy.setStalled(false);
    QVERIFY(witness.recovers(server));
}

void TestTrust::noticesThatNothingAnswers()
{
    RedisServer server;
    LK_START_REDIS(server);
    StreamProxy proxy(server.address().endpoint);
    server.redis({"SET", kKey, kToken, "PX", "60000"});
    Watching watching(through(proxy));
    QVERIFY(watching.start());
    Witness witness(watching);
    witness.begin();
    proxy.setStalled(true);
    QTRY_VERIFY_WITH_TIMEOUT(witness.hasLost(), kSoonMs);
    QVERIFY2(witness.said(QStringLiteral("not answer")), witness.reasons().constData());
    server.redis({"DEL", kKey});
    server.redis({"SET", kOther, kToken, "PX", "60000"});
    proxy.setStalled(false);
    QVERIFY(witness.recovers(server));
}

void TestTrust::noticesADeafServer()
{
    RedisServer server;
    LK_START_REDIS(server);
    StreamProxy proxy(server.address().endpoint);
    server.redis({"SET", kKey, kToken, "PX", "60000"});
    Watching watching(server.address(), Watching::Kind::Push, {}, through(proxy));
    QVERIFY(watching.start());
    QTRY_VERIFY_WITH_TIMEOUT(watching.isProven(), kSoonMs);
    Witness witness(watching);
    witness.begin();
    proxy.setDeaf(true);
    server.redis({"DEL", kKey});
    server.redis({"SET", kOther, kToken, "PX", "60000"});
    QTRY_VERIFY_WITH_TIMEOUT(witness.hasLost(), kSoonMs);
    QVERIFY2(witness.said(QStringLiteral("answers but does not tell of changes")),
             witness.reasons().constData());
    proxy.setDeaf(false);
    QVERIFY(witness.recovers(server));
    QVERIFY(watching.isProven());
}

/// A channel that is open and never tells is as good as refused.
void TestTrust::fallsToPollingWhereNewsNeverComes()
{
    RedisServer server;
    LK_START_REDIS(server);
    StreamProxy proxy(server.address().endpoint);
    proxy.setDeaf(true);
    SystemClock clock;
    redis::Client client(server.address(), {}, clock);
    QVERIFY(test::await(client.open()));
    redis::FeedChooser feed(through(proxy), {"chat:session_lock:"}, client, clock);
    QSignalSpy established(&feed, &redis::ChangeFeed::established);
    feed.open();
    QVERIFY(established.wait(kSoonMs));
    QCOMPARE(feed.kind(), redis::ChangeFeed::Kind::Poll);
    QVERIFY2(feed.whyNotBetter().contains(u"no push: the server answers but does not tell"),
             qPrintable(feed.whyNotBetter()));
    proxy.setDeaf(false);
    feed.retryNow();
    QTRY_COMPARE_WITH_TIMEOUT(feed.kind(), redis::ChangeFeed::Kind::Push, kSoonMs);
}

void TestTrust::provesItselfUnseen()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", kKey, kToken, "PX", "60000"});
    {
        Watching watching(server.address());
        QSignalSpy changed(watching.changes.get(), &redis::ChangeFeed::keysChanged);
        QVERIFY(watching.start());
        QVERIFY(watching.isProven()); // it was, before it was believed
        const QByteArray canary =
            server.redis({"KEYS", "lockkeeper:canary:*"}).toList().value(0).toByteArray();
        QVERIFY(!canary.isEmpty());
        const qlonglong ttl = server.redis({"PTTL", canary}).toLongLong();
        QVERIFY2(ttl > 0 && ttl <= 5000, QByteArray::number(ttl).constData());
        // It is written again, and nobody hears of it.
        const auto writes = [&] {
            const QByteArray all = server.redis({"INFO", "commandstats"}).toByteArray();
            const auto at = all.indexOf("cmdstat_set:calls=");
            return at < 0 ? 0 : all.mid(at + 18, all.indexOf(',', at) - at - 18).toInt();
        };
        const int before = writes();
        QTRY_VERIFY_WITH_TIMEOUT(writes() >= before + 2, kSoonMs);
        QCOMPARE(watching.rows.size(), 1);
        QCOMPARE(watching.events.size(), 2); // snapshot and synced
        QCOMPARE(watching.monitor.scansStarted(), 1);
        QVERIFY(changed.isEmpty());
    }
    QTRY_COMPARE_WITH_TIMEOUT(server.redis({"DBSIZE"}).toInt(), 1, kSoonMs);
}

void TestTrust::writesNothingWhereItMayNot_data()
{
    QTest::addColumn<bool>("isReadOnly");
    QTest::addColumn<QString>("rights");
    QTest::newRow("read-only") << true << QStringLiteral("~*");
    QTest::newRow("no right to the key") << false << QStringLiteral("~chat:*");
    QTest::newRow("no right to SET") << false << QStringLiteral("~* -set");
}

void TestTrust::writesNothingWhereItMayNot()
{
    QFETCH(const bool, isReadOnly);
    QFETCH(const QString, rights);
    RedisServer server({.aclUsers = {u"u on >pw &* +@all " + rights}});
    LK_START_REDIS(server);
    Watching watching(server.addressFor(QStringLiteral("u"), "pw"));
    watching.client.setReadOnly(isReadOnly);
    QVERIFY(watching.start());
    QVERIFY(!watching.isProven());
    const qulonglong heard = static_cast<qulonglong>(watching.events.size());
    server.redis({"SET", kKey, kToken, "PX", "60000"});
    QTRY_VERIFY(watching.rows.contains(LockKey(kKey)));
    QVERIFY(static_cast<qulonglong>(watching.events.size()) > heard);
    QCOMPARE(server.redis({"KEYS", "lockkeeper:*"}).toList().size(), 0);
    const QByteArray writes = server.redis({"INFO", "commandstats"}).toByteArray();
    const auto line = writes.indexOf("cmdstat_set:");
    QVERIFY2(writes.mid(line).startsWith("cmdstat_set:calls=1,"), writes.mid(line, 80).constData());
    if (isReadOnly) // it was not even tried
        QVERIFY(server.redis({"ACL", "LOG"}).toList().isEmpty());
}

/// A family whose prefix covers the canary would show it as a lock.
void TestTrust::writesNoCanaryAmongLocks()
{
    RedisServer server;
    LK_START_REDIS(server);
    LockFamily family;
    family.lockPrefix = "lock";
    Watching watching(server.address(), Watching::Kind::Push, family);
    QVERIFY(watching.start());
    QVERIFY(!watching.isProven());
    server.redis({"SET", "lock:1", kToken, "PX", "60000"});
    QTRY_COMPARE(watching.rows.size(), 1);
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 1);
}

/// No server tells of SWAPDB; the audit finds it.
void TestTrust::noticesSwappedDatabases()
{
    RedisServer server;
    LK_START_REDIS(server);
    RawRedis elsewhere(server.socketPath());
    elsewhere.call({"SELECT", "1"});
    elsewhere.call({"SET", kKey, "another", "PX", "90000"});
    for (int i = 0; i < 50; ++i)
        elsewhere.call({"SET", "chat:session_lock:new" + QByteArray::number(i), kToken});
    server.redis({"SET", kKey, kToken, "PX", "60000"});
    server.redis({"SET", kOther, kToken});
    Watching watching(server.address());
    QVERIFY(watching.start());
    Witness witness(watching);
    witness.begin();
    server.redis({"SWAPDB", "0", "1"});
    QTRY_VERIFY_WITH_TIMEOUT(witness.hasLost(), kSoonMs);
    QVERIFY(witness.recovers(server));
    // The first that are found have everything read again, the rest with it.
    const int found = watching.monitor.feed().differences;
    QVERIFY2(found >= 1 && found <= 52, QByteArray::number(found).constData());
    const QString said = differencesText(found);
    QVERIFY2(witness.said(said), witness.reasons().constData());
    QVERIFY2(watching.monitor.feed().reason.contains(said),
             qPrintable(watching.monitor.feed().reason));
    QCOMPARE(watching.eventsOf(kKey), QStringLiteral("snapshot replaced"));
    QCOMPARE(watching.eventsOf(kOther), QStringLiteral("snapshot released"));
}

/// Changes that are on their way are no differences, however many there are.
void TestTrust::findsNothingAmiss()
{
    RedisServer server;
    LK_START_REDIS(server);
    Watching watching(server.address());
    QVERIFY(watching.start());
    QSignalSpy audited(&watching.monitor, &LockMonitor::audited);
    int turns = 0;
    const bool isThrough = QTest::qWaitFor(
        [&] {
            for (int i = 0; i < 20; ++i) {
                const QByteArray key =
                    "chat:session_lock:" + QByteArray::number((turns * 7 + i) % 100);
                switch ((turns + i) % 4) {
                case 0:
                    server.redis({"SET", key, QByteArray::number(turns), "PX", "60000"});
                    break;
                case 1:
                    server.redis({"PEXPIRE", key, "30000"});
                    break;
                case 2:
                    server.redis({"SET", key, "short", "PX", "30"});
                    break;
                case 3:
                    server.redis({"DEL", key});
                    break;
                }
            }
            ++turns;
            return audited.size() >= 6;
        },
        60'000);
    QVERIFY(isThrough);
    QCOMPARE(watching.monitor.feed().differences, 0);
    QCOMPARE(watching.monitor.scansStarted(), 1);
}

QTEST_GUILESS_MAIN(TestTrust)
#include "tst_trust.moc"
