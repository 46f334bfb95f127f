// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/contentionprobe.h"
#include "watching.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using test::RedisServer;
using test::Watching;

namespace {

const LockKey kWanted("chat:session_lock:wanted");
const LockKey kQuiet("chat:session_lock:quiet");

/// A watched server with two locks, one of which is asked for every 100 ms.
class Contest
{
public:
    explicit Contest(RedisServer &server, redis::ServerAddress address)
        : m_server(server)
        , watching(std::move(address))
        , probe(watching.client, watching.monitor, watching.clock)
    {
        for (const LockKey &key : {kWanted, kQuiet})
            server.redis({"SET", key.bytes(), "aaaa", "NX", "PX", "60000"});
        QObject::connect(&m_waiting, &QTimer::timeout, &m_waiting, [this] {
            m_server.redis({"SET", kWanted.bytes(), "bbbb", "NX", "PX", "60000"});
        });
        m_waiting.start(100);
    }
    [[nodiscard]] bool start()
    {
        probe.start();
        return watching.start();
    }
    void stopWaiting() { m_waiting.stop(); }
    [[nodiscard]] std::optional<bool> verdict(const LockKey &key) const
    {
        return watching.rows.value(key).isContended;
    }

private:
    RedisServer &m_server;
    QTimer m_waiting;

public:
    Watching watching;
    ContentionProbe probe;
};

} // namespace

class TestContention : public QObject
{
    Q_OBJECT

private slots:
    void tellsContendedLocksFromQuietOnes();
    void oneTouchOfAnotherIsNoWaiter();
    void forgetsWhenNobodyAsksAnyMore();
    void knowsNothingWhileTheServerSaves();
    void knowsNothingWithoutTheRight();
    void worksUnderLfu();
};

void TestContention::tellsContendedLocksFromQuietOnes()
{
    RedisServer server;
    LK_START_REDIS(server);
    Contest contest(server, server.address());
    QVERIFY(contest.start());
    // Our own read has just touched both.
    QVERIFY(!contest.verdict(kWanted));
    QVERIFY(!contest.verdict(kQuiet));
    QTRY_COMPARE_WITH_TIMEOUT(contest.verdict(kWanted), std::optional(true), 20'000);
    QTRY_COMPARE_WITH_TIMEOUT(contest.verdict(kQuiet), std::optional(false), 20'000);
    QVERIFY(contest.probe.trouble().isEmpty());
}

void TestContention::oneTouchOfAnotherIsNoWaiter()
{
    RedisServer server;
    LK_START_REDIS(server);
    Contest contest(server, server.address());
    QVERIFY(contest.start());
    QTRY_COMPARE_WITH_TIMEOUT(contest.verdict(kQuiet), std::optional(false), 20'000);
    server.redis({"GET", kQuiet.bytes()}); // a colleague opens its details
    QVERIFY(!QTest::qWaitFor([&] { return contest.verdict(kQuiet) == true; }, 5000));
    QCOMPARE(contest.verdict(kQuiet), std::optional(false));
    QTRY_COMPARE_WITH_TIMEOUT(contest.verdict(kWanted), std::optional(true), 20'000);
}

void TestContention::forgetsWhenNobodyAsksAnyMore()
{
    RedisServer server;
    LK_START_REDIS(server);
    Contest contest(server, server.address());
    QVERIFY(contest.start());
    QTRY_COMPARE_WITH_TIMEOUT(contest.verdict(kWanted), std::optional(true), 20'000);
    contest.stopWaiting();
    QTRY_COMPARE_WITH_TIMEOUT(contest.verdict(kWanted), std::optional(false), 20'000);
}

void TestContention::knowsNothingWhileTheServerSaves()
{
    RedisServer server;
    LK_START_REDIS(server);
    // A child that saves for long: each of its keys costs it a pause.
    server.redis({"CONFIG", "SET", "rdb-key-save-delay", "500000"});
    for (int i = 0; i < 200; ++i)
        server.redis({"SET", "other:" + QByteArray::number(i), QByteArray(100, 'x')});
    Contest contest(server, server.address());
    QVERIFY(contest.start());
    QTRY_COMPARE_WITH_TIMEOUT(contest.verdict(kQuiet), std::optional(false), 20'000);
    server.redis({"BGSAVE"});
    QTRY_VERIFY_WITH_TIMEOUT(!contest.verdict(kQuiet), 20'000);
    QTRY_VERIFY_WITH_TIMEOUT(!contest.verdict(kWanted), 20'000);
    QVERIFY(!contest.probe.trouble().isEmpty());
    server.redis({"CONFIG", "SET", "rdb-key-save-delay", "0"});
    server.redis({"SHUTDOWN", "NOSAVE"});
}

void TestContention::knowsNothingWithoutTheRight()
{
    RedisServer server(
        {.aclUsers = {QStringLiteral("viewer on >secret ~chat:* &* +@all -object")}});
    LK_START_REDIS(server);
    Contest contest(server, server.addressFor(QStringLiteral("viewer"), "secret"));
    QVERIFY(contest.start());
    QTRY_VERIFY_WITH_TIMEOUT(!contest.probe.trouble().isEmpty(), 20'000);
    QVERIFY(!contest.verdict(kWanted));
    QVERIFY(!contest.verdict(kQuiet));
}

void TestContention::worksUnderLfu()
{
    RedisServer server({.config = {QStringLiteral("maxmemory 100mb"),
                                   QStringLiteral("maxmemory-policy allkeys-lfu")}});
    LK_START_REDIS(server);
    Contest contest(server, server.address());
    QVERIFY(contest.start());
    QTRY_COMPARE_WITH_TIMEOUT(contest.verdict(kWanted), std::optional(true), 40'000);
    QTRY_COMPARE_WITH_TIMEOUT(contest.verdict(kQuiet), std::optional(false), 40'000);
}

QTEST_GUILESS_MAIN(TestContention)
#include "tst_contention.moc"
