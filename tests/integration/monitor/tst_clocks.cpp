// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text.h"
#include "watching.h"

#include <QTest>

#include <algorithm>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using test::freshScan;
using test::RawRedis;
using test::RedisServer;
using test::shown;
using test::Watching;

namespace {

using namespace std::chrono_literals;

constexpr int kSoonMs = 20'000;
/// What a countdown may be off by: a read that tells less well proves nothing.
constexpr auto kTolerance = 300ms;

/// A lock that ends at a moment that is known.
struct Lock
{
    QByteArray key;
    WallTime end;
};

/// Sets locks of known ends, and looks at every row that is shown as proved.
class Countdowns
{
public:
    Countdowns(Watching &watching, RedisServer &server)
        : m_watching(watching)
        , m_server(server)
    {
        QObject::connect(&watching.monitor, &LockMonitor::changed, &m_scope,
                         [this](const RegistryDelta &delta) {
                             for (const LockRecord &record : delta.upserted)
                                 check(record);
                         });
    }

    void set(const QByteArray &key, milliseconds ttl)
    {
        const WallTime end = std::chrono::floor<milliseconds>(m_machine.wall()) + ttl;
        const auto ms = std::chrono::floor<milliseconds>(end).time_since_epoch().count();
        m_ends.insert(LockKey(key), end);
        m_server.redis({"SET", key, "token", "PXAT", QByteArray::number(qint64(ms))});
    }

    [[nodiscard]] bool areRight() const { return m_wrong.isEmpty(); }
    [[nodiscard]] QByteArray wrong() const { return m_wrong.join(u"; ").toUtf8(); }
    [[nodiscard]] int checked() const { return m_checked; }

private:
    void check(const LockRecord &record)
    {
        const auto end = m_ends.constFind(record.key);
        if (!record.isVerified || !record.deadline || end == m_ends.cend())
            return;
        ++m_checked;
        const SteadyTime now = m_watching.clock.steady();
        const auto shownLeft = *record.deadline - now;
        const auto left = *end - m_machine.wall();
        if (std::chrono::abs(shownLeft - left) > kTolerance)
            m_wrong << QString::fromUtf8(record.key.bytes()) + u" off by " +
                           QString::number(
                               std::chrono::duration_cast<milliseconds>(shownLeft - left).count()) +
                           u" ms";
    }

    Watching &m_watching;
    RedisServer &m_server;
    SystemClock m_machine;
    QObject m_scope;
    QHash<LockKey, WallTime> m_ends;
    QStringList m_wrong;
    int m_checked = 0;
};

} // namespace

/// Clocks that jump, machines that sleep and servers that stand still: no wrong countdown.
class TestClocks : public QObject
{
    Q_OBJECT

private slots:
    void countsOnWhenOurClockIsSet();
    void readsAllAgainAfterASleep();
    void showsNoVagueCountdown();
    void survivesAServerThatStandsStill();
};

void TestClocks::countsOnWhenOurClockIsSet()
{
    RedisServer server;
    LK_START_REDIS(server);
    Watching watching(server.address());
    Countdowns countdowns(watching, server);
    countdowns.set("chat:session_lock:1", 50s);
    QVERIFY(watching.start());
    QTRY_VERIFY(watching.client.serverTime().isKnown());
    const SystemClock machine;
    watching.clock.setWallBy(-2h);
    QVERIFY(std::chrono::abs(*watching.client.serverTime().offset() - 2h) < 500ms);
    // What is told with a time is told with the server's.
    const WallTime before = machine.wall();
    countdowns.set("chat:session_lock:2", 60s);
    QTRY_VERIFY(watching.rows.contains(LockKey("chat:session_lock:2")));
    QVERIFY(std::chrono::abs(watching.events.last().at - before) < 10s);
    const LockRecord row = watching.rows.value(LockKey("chat:session_lock:2"));
    const WallTime acquired = wallTimeOf(row.acquiredAt, watching.monitor.registry().clock());
    QVERIFY(std::chrono::abs(acquired - before) < 10s);
    QVERIFY(row.isAcquiredAtKnown);
    QVERIFY(countdowns.checked() >= 2);
    QVERIFY2(countdowns.areRight(), countdowns.wrong().constData());
    QVERIFY(watching.monitor.feed().isTrusted);
}

void TestClocks::readsAllAgainAfterASleep()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", "chat:session_lock:1", "x", "PX", "3600000"});
    server.redis({"SET", "chat:session_lock:2", "x"});
    Watching watching(server.address());
    QVERIFY(watching.start());
    const int scans = watching.monitor.scansStarted();
    const SteadyTime deadline = *watching.rows.value(LockKey("chat:session_lock:1")).deadline;
    // The server did not sleep: its lock goes on longer than ours would have.
    watching.clock.sleepFor(30min);
    QTRY_VERIFY_WITH_TIMEOUT(watching.monitor.scansStarted() > scans, kSoonMs);
    QTRY_VERIFY_WITH_TIMEOUT(watching.monitor.feed().isTrusted, 40'000);
    const LockRecord row = watching.rows.value(LockKey("chat:session_lock:1"));
    QVERIFY(row.isVerified);
    QVERIFY(*row.deadline > deadline + 25min);
    RawRedis redis(server.socketPath());
    QTRY_COMPARE(shown(watching), freshScan(redis));
    QVERIFY(!watching.eventsOf("chat:session_lock:1").contains(u"expired"));
}

/// A server that stands still between question and answer tells a deadline badly.
void TestClocks::showsNoVagueCountdown()
{
    RedisServer server;
    LK_START_REDIS(server);
    Watching watching(server.address());
    Countdowns countdowns(watching, server);
    countdowns.set("chat:session_lock:1", 50s);
    QVERIFY(watching.start());
    server.pause();
    watching.monitor.rescan(); // its reads wait with the server
    QTest::qWait(1700);        // less than it takes to give a connection up
    server.resume();
    QTRY_VERIFY_WITH_TIMEOUT(watching.monitor.feed().isTrusted, 40'000);
    countdowns.set("chat:session_lock:2", 50s);
    QTRY_VERIFY_WITH_TIMEOUT(watching.rows.value(LockKey("chat:session_lock:2")).isVerified,
                             kSoonMs);
    QVERIFY2(countdowns.areRight(), countdowns.wrong().constData());
}

void TestClocks::survivesAServerThatStandsStill()
{
    RedisServer server;
    LK_START_REDIS(server);
    Watching watching(server.address());
    Countdowns countdowns(watching, server);
    countdowns.set("chat:session_lock:short", 8s);
    countdowns.set("chat:session_lock:long", 90s);
    QVERIFY(watching.start());
    server.pause();
    QElapsedTimer paused;
    paused.start();
    QTRY_VERIFY_WITH_TIMEOUT(!watching.monitor.feed().isTrusted, kSoonMs);
    qInfo("named after %lld ms: %s", static_cast<long long>(paused.elapsed()),
          qPrintable(watching.monitor.feed().reason));
    // Never trusted, and nothing proved, as long as it stands still.
    QTRY_VERIFY_WITH_TIMEOUT(std::none_of(watching.rows.cbegin(), watching.rows.cend(),
                                          [](const LockRecord &row) { return row.isVerified; }),
                             kSoonMs);
    while (!paused.hasExpired(20'000)) {
        QTest::qWait(50);
        QVERIFY(!watching.monitor.feed().isTrusted);
    }
    QVERIFY(watching.eventsOf("chat:session_lock:short") == u"snapshot");
    server.resume();
    QTRY_VERIFY_WITH_TIMEOUT(watching.monitor.feed().isTrusted, 60'000);
    QCOMPARE(watching.eventsOf("chat:session_lock:short"), QStringLiteral("snapshot expired"));
    QCOMPARE(watching.rows.size(), 1);
    QVERIFY2(countdowns.areRight(), countdowns.wrong().constData());
}

QTEST_GUILESS_MAIN(TestClocks)
#include "tst_clocks.moc"
