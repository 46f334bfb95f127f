// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/unlockedwrites.h"
#include "support/pythonworker.h"
#include "watching.h"

#include <QFile>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using test::RedisServer;
using test::Watching;

namespace {

const SessionId kSession("3f2a77c1");
const QByteArray kCopy("chat:session:3f2a77c1");
const QByteArray kLock("chat:session_lock:3f2a77c1");

QByteArray writerSource()
{
    QFile file(qEnvironmentVariable("LK_SOURCE") +
               QStringLiteral("/tests/integration/monitor/session_writer.py"));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// A watched server, and what was said of its sessions.
class Watched
{
public:
    explicit Watched(RedisServer &server, Watching::Kind kind = Watching::Kind::Push)
        : Watched(server, server.address(), kind)
    {}
    Watched(RedisServer &server, redis::ServerAddress address,
            Watching::Kind kind = Watching::Kind::Push)
        : m_server(server)
        , watching(std::move(address), kind)
        , writes(watching.client, watching.monitor, watching.clock)
    {
        QObject::connect(&writes, &UnlockedWrites::seen, &writes,
                         [this](const UnlockedWrite &write) { seen.append(write); });
    }
    [[nodiscard]] bool start()
    {
        writes.start();
        return watching.start();
    }
    void write(const QByteArray &copy, const QByteArray &body)
    {
        m_server.redis({"SETEX", copy, "43200", body});
    }
    /// Whether all that was done before has been judged: what is done now is judged later.
    [[nodiscard]] bool catchUp()
    {
        const QByteArray marker = "marker" + QByteArray::number(++m_markers);
        write("chat:session:" + marker, "x");
        return QTest::qWaitFor([&] { return writes.of(SessionId(marker)).all() == 1; }, 20'000);
    }
    [[nodiscard]] std::optional<UnlockedWrite> lastOf(const SessionId &session) const
    {
        std::optional<UnlockedWrite> last; // those of one look come in any order
        for (const UnlockedWrite &write : seen) {
            if (write.session == session)
                last = write;
        }
        return last;
    }
    /// Those that were seen, without the markers.
    [[nodiscard]] int count() const { return writes.overall().all() - m_markers; }

private:
    RedisServer &m_server;
    int m_markers = 0;

public:
    Watching watching;
    UnlockedWrites writes;
    QList<UnlockedWrite> seen;
};

} // namespace

class TestUnlockedWrites : public QObject
{
    Q_OBJECT

private slots:
    void seesWritesWithoutTheLock_data();
    void seesWritesWithoutTheLock();
    void isSureOfWhatCanOnlyBeAWrite();
    void seesTheWriteOfWhoLostTheLock();
    void takesNoEndAndNoTouchForAWrite();
    void neverCountsLockedWrites_data();
    void neverCountsLockedWrites();
    void countsThoseOfRedisPy();
    void knowsNothingWhenPolling();
    void knowsNothingWithoutTheRight();
    void beginsAnewAfterAFlush();
};

void TestUnlockedWrites::seesWritesWithoutTheLock_data()
{
    QTest::addColumn<Watching::Kind>("kind");
    QTest::addRow("push") << Watching::Kind::Push;
    QTest::addRow("notify") << Watching::Kind::Notify;
}

void TestUnlockedWrites::seesWritesWithoutTheLock()
{
    QFETCH(Watching::Kind, kind);
    RedisServer server({.config = {QStringLiteral("notify-keyspace-events KEA")}});
    LK_START_REDIS(server);
    Watched watched(server, kind);
    QVERIFY(watched.start());
    QVERIFY(watched.writes.canTell());
    watched.write(kCopy, "{}");
    QTRY_COMPARE_WITH_TIMEOUT(watched.seen.size(), 1, 20'000);
    const UnlockedWrite &write = watched.seen.first();
    QCOMPARE(write.session, kSession);
    QCOMPARE(write.key.bytes(), kLock);
    QVERIFY(!write.isSure); // an EXPIRE would look like this
    QCOMPARE(write.bytes, std::optional<qint64>(2));
    QVERIFY(write.ttl && *write.ttl > std::chrono::hours(11));
    QCOMPARE(watched.writes.of(kSession).likely, 1);
    QCOMPARE(watched.writes.overall().all(), 1);
    QVERIFY(watched.writes.overall().last);
}

void TestUnlockedWrites::isSureOfWhatCanOnlyBeAWrite()
{
    RedisServer server;
    LK_START_REDIS(server);
    Watched watched(server);
    QVERIFY(watched.start());
    watched.write(kCopy, "{}");
    QVERIFY(watched.catchUp());
    // Its length is another one, whatever its TTL.
    server.redis({"SET", kCopy, "longer", "KEEPTTL"});
    QVERIFY(watched.catchUp());
    QCOMPARE(watched.writes.of(kSession).sure, 1);
    // It is back.
    server.redis({"DEL", kCopy});
    QVERIFY(watched.catchUp());
    server.redis({"SET", kCopy, "again"});
    QVERIFY(watched.catchUp());
    QCOMPARE(watched.writes.of(kSession).sure, 2);
    QCOMPARE(watched.writes.of(kSession).likely, 1);
    QVERIFY(watched.lastOf(kSession) && !watched.lastOf(kSession)->ttl);
    // What was known is not known any more after a write that nothing is wrong with.
    server.redis({"SET", kLock, "aaaa", "PX", "60000"});
    watched.write(kCopy, "under the lock");
    server.redis({"DEL", kLock});
    QVERIFY(watched.catchUp());
    server.redis({"EXPIRE", kCopy, "100"});
    QVERIFY(watched.catchUp());
    QCOMPARE(watched.writes.of(kSession).all(), 3);
}

void TestUnlockedWrites::seesTheWriteOfWhoLostTheLock()
{
    RedisServer server;
    LK_START_REDIS(server);
    Watched watched(server);
    QVERIFY(watched.start());
    server.redis({"SET", kLock, "aaaa", "NX", "PX", "300"});
    QTRY_COMPARE_WITH_TIMEOUT(watched.watching.eventsOf(kLock), QStringLiteral("acquired expired"),
                              20'000);
    QVERIFY(watched.catchUp()); // by now its end is no news any more
    watched.write(kCopy, "{}");
    QTRY_COMPARE_WITH_TIMEOUT(watched.writes.of(kSession).all(), 1, 20'000);
}

void TestUnlockedWrites::takesNoEndAndNoTouchForAWrite()
{
    RedisServer server;
    LK_START_REDIS(server);
    Watched watched(server);
    watched.write(kCopy, "{}");
    watched.write("chat:session:short", "{}");
    QVERIFY(watched.start());
    server.redis({"EXPIRE", kCopy, "1000"});
    server.redis({"PEXPIRE", "chat:session:short", "1"});
    QVERIFY(watched.catchUp());
    server.redis({"PERSIST", kCopy});
    server.redis({"GET", "chat:session:short"});
    QVERIFY(watched.catchUp());
    server.redis({"DEL", kCopy});
    QVERIFY(watched.catchUp());
    server.redis({"HSET", kCopy, "no", "session"});
    QVERIFY(watched.catchUp());
    QCOMPARE(watched.count(), 1); // somebody did write a hash there
    QCOMPARE(watched.writes.of(kSession).sure, 1);
}

void TestUnlockedWrites::neverCountsLockedWrites_data()
{
    QTest::addColumn<Watching::Kind>("kind");
    QTest::addColumn<QByteArray>("order");
    QTest::addRow("push, 500 locked") << Watching::Kind::Push << QByteArray("locked 500 20");
    QTest::addRow("push, few sessions") << Watching::Kind::Push << QByteArray("locked 300 3");
    QTest::addRow("push, pipelined") << Watching::Kind::Push << QByteArray("pipelined 500 20");
    QTest::addRow("push, one MULTI") << Watching::Kind::Push << QByteArray("transaction 500 20");
    QTest::addRow("notify, 500 locked") << Watching::Kind::Notify << QByteArray("locked 500 20");
    QTest::addRow("notify, pipelined") << Watching::Kind::Notify << QByteArray("pipelined 500 20");
}

void TestUnlockedWrites::neverCountsLockedWrites()
{
    QFETCH(Watching::Kind, kind);
    QFETCH(QByteArray, order);
    LK_NEED_REDIS_PY();
    RedisServer server({.config = {QStringLiteral("notify-keyspace-events KEA")}});
    LK_START_REDIS(server);
    Watched watched(server, kind);
    QVERIFY(watched.start());
    test::PythonWorker worker(writerSource(), {server.socketPath()});
    worker.start();
    QCOMPARE(worker.ask(order), QByteArray("done"));
    QVERIFY(watched.catchUp());
    QCOMPARE(watched.count(), 0);
}

void TestUnlockedWrites::countsThoseOfRedisPy()
{
    LK_NEED_REDIS_PY();
    RedisServer server;
    LK_START_REDIS(server);
    Watched watched(server);
    QVERIFY(watched.start());
    test::PythonWorker worker(writerSource(), {server.socketPath()});
    worker.start();
    for (int round = 1; round <= 5; ++round) {
        QCOMPARE(worker.ask("locked 50 1"), QByteArray("done"));
        QVERIFY(watched.catchUp());
        QCOMPARE(worker.ask("open 5 1"), QByteArray("done")); // at one time
        QVERIFY(watched.catchUp());
        const int seen = watched.writes.of(SessionId("s0")).all();
        QVERIFY2(seen >= round && seen <= 5 * round, QByteArray::number(seen).constData());
    }
}

void TestUnlockedWrites::knowsNothingWhenPolling()
{
    RedisServer server;
    LK_START_REDIS(server);
    Watched watched(server, Watching::Kind::Poll);
    QVERIFY(watched.start());
    QVERIFY(!watched.writes.canTell());
}

void TestUnlockedWrites::knowsNothingWithoutTheRight()
{
    RedisServer server(
        {.aclUsers = {QStringLiteral("viewer on >secret ~chat:session_lock:* &* +@all")}});
    LK_START_REDIS(server);
    Watched watched(server, server.addressFor(QStringLiteral("viewer"), "secret"));
    QVERIFY(watched.start());
    watched.write(kCopy, "{}");
    QTRY_VERIFY_WITH_TIMEOUT(!watched.writes.canTell(), 20'000);
    QCOMPARE(watched.writes.overall().all(), 0);
}

void TestUnlockedWrites::beginsAnewAfterAFlush()
{
    RedisServer server;
    LK_START_REDIS(server);
    Watched watched(server);
    QVERIFY(watched.start());
    watched.write(kCopy, "{}");
    QVERIFY(watched.catchUp());
    server.redis({"FLUSHALL"});
    QTRY_COMPARE_WITH_TIMEOUT(watched.watching.monitor.scansStarted(), 2, 20'000);
    QTRY_VERIFY_WITH_TIMEOUT(watched.writes.canTell(), 20'000);
    QVERIFY(watched.catchUp());
    watched.write(kCopy, "longer");
    QTRY_COMPARE_WITH_TIMEOUT(watched.writes.of(kSession).all(), 2, 20'000);
}

QTEST_GUILESS_MAIN(TestUnlockedWrites)
#include "tst_unlockedwrites.moc"
