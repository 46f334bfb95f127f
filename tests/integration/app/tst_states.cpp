// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/diagnosis.h"
#include "app/sessiondiagnosis.h"
#include "locks/lockguard.h"
#include "support/await.h"
#include "support/postgresserver.h"
#include "workbench.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;
using test::await;

namespace {

constexpr int kLimit = 30'000;
const char *const kId = "s1";

/// A workspace that watches; what it says of the lock and the session `s1`.
class Scene
{
public:
    explicit Scene(milliseconds lease = 60s) { bench.target.family.lease = lease; }

    [[nodiscard]] bool start()
    {
        if (!bench.start() || !bench.addSession(kId, "alice"))
            return false;
        bench.workspace().watch();
        return QTest::qWaitFor([this] { return bench.workspace().monitor().feed().isTrusted; },
                               kLimit);
    }
    [[nodiscard]] const QString &reason() const { return bench.reason(); }

    [[nodiscard]] const locks::LockRecord *row(const char *id = kId)
    {
        return bench.workspace().monitor().registry().find(
            bench.target.family.lockKey(SessionId(id)));
    }
    [[nodiscard]] SessionState glance(const char *id = kId)
    {
        const QList<SessionId> ids{SessionId(id)};
        return await(bench.workspace().lookup().fetch(ids)).value(SessionId(id)).state;
    }
    /// The lock's state; nullopt: there is no lock.
    [[nodiscard]] std::optional<Diagnosis> lockState(const char *id = kId)
    {
        const SessionState session = glance(id);
        const locks::LockRecord *record = row(id);
        if (!record)
            return std::nullopt;
        return diagnose(*record, session, bench.clock.steady(), thresholds);
    }
    /// Whether the lock comes to be in this state, with a reason and something to do.
    [[nodiscard]] bool becomes(LockState state, const char *id = kId)
    {
        return QTest::qWaitFor(
            [&] {
                const auto now = lockState(id);
                return now && now->state == state && !now->reason.isEmpty() &&
                       !now->advice.isEmpty();
            },
            kLimit);
    }
    [[nodiscard]] SessionDiagnosis session(const char *id = kId)
    {
        return diagnoseSession(await(bench.actions().inspect(SessionId(id))));
    }
    /// Changes the cached copy as somebody would who takes no lock.
    void editCopy(const QByteArray &from, const QByteArray &to)
    {
        QByteArray copy = bench.server.redis({"GET", "chat:session:s1"}).toByteArray();
        bench.server.redis({"SETEX", "chat:session:s1", "43200", copy.replace(from, to)});
    }

    test::Workbench bench;
    Thresholds thresholds;
};

} // namespace

/// Every state of a lock and of a session, brought about on real servers.
class TestStates : public QObject
{
    Q_OBJECT

private slots:
    void healthyThenHeldLong();
    void foreign();
    void noExpiry();
    void reappearedAfterARelease();
    void reappearedAfterADelete();
    void renewingLong();
    void storm();
    void contended();
    void notContendedByOurOwnLooks();
    void orphan();

    void sessionIsOk();
    void cacheMismatch_data();
    void cacheMismatch();
    void cacheCorrupt();
    void cacheOnly();
    void dbOnly();
    void runningWithoutLock();
    void runningWithoutLockInTheRow();
    void nowhere();
};

void TestStates::healthyThenHeldLong()
{
    Scene scene(4s);
    LK_START_REDIS(scene);
    scene.bench.lock(kId, "owner", 4s);
    QVERIFY(scene.becomes(LockState::Healthy));
    QVERIFY(scene.becomes(LockState::HeldLong));
}

void TestStates::foreign()
{
    Scene scene;
    LK_START_REDIS(scene);
    scene.bench.server.redis({"HSET", "chat:session_lock:s1", "uuid:41", "1"});
    QVERIFY(scene.becomes(LockState::Foreign));
}

void TestStates::noExpiry()
{
    Scene scene;
    LK_START_REDIS(scene);
    scene.bench.server.redis({"SET", "chat:session_lock:s1", "owner"});
    QVERIFY(scene.becomes(LockState::NoExpiry));
}

void TestStates::reappearedAfterARelease()
{
    Scene scene;
    LK_START_REDIS(scene);
    scene.bench.lock(kId, "owner");
    QVERIFY(scene.becomes(LockState::Healthy));
    const ReleaseRequest request{SessionId(kId), Token("owner"), {QStringLiteral("ticket 4711")}};
    QVERIFY(await(scene.bench.actions().release(request)).isDone());
    scene.bench.lock(kId, "the waiter");
    QVERIFY(scene.becomes(LockState::Reappeared));
}

void TestStates::reappearedAfterADelete()
{
    Scene scene;
    LK_START_REDIS(scene);
    QVERIFY(await(scene.bench.actions().remove(test::deleteOf(kId))).isDone());
    scene.bench.lock(kId, "the waiter");
    QVERIFY(scene.becomes(LockState::Reappeared));
}

void TestStates::renewingLong()
{
    Scene scene(2s);
    scene.thresholds.renewingLong = 3s;
    LK_START_REDIS(scene);
    locks::LockProtocol &locks = scene.bench.workspace().locks();
    const auto held = await(locks.acquire(SessionId(kId), {}));
    QVERIFY(held);
    const auto guard = locks::LockGuard::create(locks, *held); // renews it
    QVERIFY(scene.becomes(LockState::RenewingLong));
    QVERIFY(scene.row()->renewals > 0);
    QVERIFY(await(guard->release()));
}

void TestStates::storm()
{
    Scene scene;
    scene.thresholds.stormPerMinute = 5;
    LK_START_REDIS(scene);
    for (int i = 0; i <= scene.thresholds.stormPerMinute; ++i) {
        scene.bench.server.redis({"DEL", "chat:session_lock:s1"});
        QTRY_VERIFY_WITH_TIMEOUT(!scene.row(), kLimit);
        scene.bench.lock(kId, "again");
        QTRY_VERIFY_WITH_TIMEOUT(scene.row() != nullptr, kLimit);
    }
    QVERIFY(scene.becomes(LockState::Storm));
}

void TestStates::contended()
{
    Scene scene;
    LK_START_REDIS(scene);
    scene.bench.lock(kId, "owner");
    QTimer waiter;
    connect(&waiter, &QTimer::timeout, &waiter, [&scene] {
        scene.bench.server.redis(
            {"SET", "chat:session_lock:s1", "the waiter", "NX", "PX", "60000"});
    });
    waiter.start(100);
    QVERIFY(scene.becomes(LockState::Contended));
}

void TestStates::notContendedByOurOwnLooks()
{
    Scene scene;
    LK_START_REDIS(scene);
    scene.bench.lock(kId, "owner", 600s);
    const auto verdict = [&scene]() -> std::optional<bool> {
        return scene.row() ? scene.row()->isContended : std::nullopt;
    };
    QTRY_COMPARE_WITH_TIMEOUT(verdict(), std::optional(false), kLimit);
    // Details that are open and read anew, again and again.
    bool wasContended = false;
    const auto look = [&] {
        (void)await(scene.bench.actions().inspect(SessionId(kId)));
        wasContended = wasContended || verdict() == true;
        return wasContended;
    };
    QVERIFY(!QTest::qWaitFor(look, 7000));
    // And left alone: the probe looks once more, and finds the last look of ours at the latest.
    QVERIFY(!QTest::qWaitFor([&] { return verdict() == true; }, 5000));
    QCOMPARE(verdict(), std::optional(false));

    QTimer waiter;
    connect(&waiter, &QTimer::timeout, &waiter, [&scene] {
        scene.bench.server.redis(
            {"SET", "chat:session_lock:s1", "the waiter", "NX", "PX", "60000"});
    });
    waiter.start(100);
    QVERIFY(scene.becomes(LockState::Contended));
}

void TestStates::orphan()
{
    Scene scene;
    LK_START_REDIS(scene);
    scene.bench.lock("nobody knows", "owner");
    QVERIFY(scene.becomes(LockState::Orphan, "nobody knows"));
}

void TestStates::sessionIsOk()
{
    Scene scene;
    LK_START_REDIS(scene);
    QCOMPARE(scene.session().state, SessionState::Ok);
    QCOMPARE(scene.glance(), SessionState::Ok);
    QVERIFY(scene.session().advice.isEmpty());
}

void TestStates::cacheMismatch_data()
{
    QTest::addColumn<QByteArray>("from");
    QTest::addColumn<QByteArray>("to");
    QTest::addColumn<QString>("reason");
    QTest::addRow("title") << QByteArray("\"A title\"") << QByteArray("\"Another\"")
                           << QStringLiteral("disagree on the title.");
    QTest::addRow("user") << QByteArray("\"alice\"") << QByteArray("\"mallory\"")
                          << QStringLiteral("disagree on the user.");
    QTest::addRow("messages") << QByteArray("\"messages\":[")
                              << QByteArray(R"("messages":[{"role":"user","content":"one more"},)")
                              << QStringLiteral("the number of messages (3 and 2).");
}

void TestStates::cacheMismatch()
{
    QFETCH(QByteArray, from);
    QFETCH(QByteArray, to);
    QFETCH(QString, reason);
    Scene scene;
    LK_START_REDIS(scene);
    scene.editCopy(from, to);
    const SessionDiagnosis session = scene.session();
    QCOMPARE(session.state, SessionState::CacheMismatch);
    QVERIFY2(session.reason.endsWith(reason), qPrintable(session.reason));
    QVERIFY(!session.advice.isEmpty());
    QCOMPARE(scene.glance(), SessionState::CacheMismatch);
    // While it is locked, somebody may be about to mend it.
    scene.bench.lock(kId, "owner");
    QVERIFY(scene.session().advice.contains(u"is held"));
}

void TestStates::cacheCorrupt()
{
    Scene scene;
    LK_START_REDIS(scene);
    scene.bench.server.redis({"SETEX", "chat:session:s1", "43200", "[1,"});
    QCOMPARE(scene.session().state, SessionState::CacheCorrupt);
    QVERIFY(!scene.session().advice.isEmpty());
    QCOMPARE(scene.glance(), SessionState::CacheCorrupt);
}

void TestStates::cacheOnly()
{
    Scene scene;
    LK_START_REDIS(scene);
    QVERIFY(await(scene.bench.workspace().database()->remove(SessionId(kId), {})));
    QCOMPARE(scene.session().state, SessionState::CacheOnly);
    QVERIFY(!scene.session().advice.isEmpty());
    QCOMPARE(scene.glance(), SessionState::CacheOnly);
}

void TestStates::dbOnly()
{
    Scene scene;
    LK_START_REDIS(scene);
    scene.bench.server.redis({"DEL", "chat:session:s1"});
    QCOMPARE(scene.session().state, SessionState::DbOnly);
    QCOMPARE(scene.glance(), SessionState::DbOnly);
}

void TestStates::runningWithoutLock()
{
    Scene scene;
    LK_START_REDIS(scene);
    scene.editCopy("\"messages\":[", R"("chat_status":"running","messages":[)");
    const SessionDiagnosis session = scene.session();
    QCOMPARE(session.state, SessionState::RunningWithoutLock);
    QVERIFY2(session.reason.contains(u"\"running\""), qPrintable(session.reason));
    QVERIFY(!session.advice.isEmpty());
    scene.bench.lock(kId, "owner");
    QCOMPARE(scene.session().state, SessionState::Ok);
    scene.editCopy("running", "idle");
    scene.bench.server.redis({"DEL", "chat:session_lock:s1"});
    QCOMPARE(scene.session().state, SessionState::Ok);
}

void TestStates::runningWithoutLockInTheRow()
{
    test::PostgresServer postgres;
    LK_START_POSTGRES(postgres);
    const QString name = QStringLiteral("chat");
    QVERIFY(postgres.createChatDatabase(name, test::PostgresServer::Release::Newer));
    Scene scene;
    scene.bench.target.database = *sessions::parseDsn(postgres.dsn(name));
    LK_START_REDIS(scene);
    postgres.sql(name, QStringLiteral("update \"ChatSession\" set \"chatStatus\" = 'queued'"));
    scene.bench.server.redis({"DEL", "chat:session:s1"});
    QCOMPARE(scene.session().state, SessionState::RunningWithoutLock);
    scene.bench.lock(kId, "owner");
    QCOMPARE(scene.session().state, SessionState::DbOnly);
}

void TestStates::nowhere()
{
    Scene scene;
    LK_START_REDIS(scene);
    QCOMPARE(scene.session("nobody knows").state, SessionState::None);
    QCOMPARE(scene.glance("nobody knows"), SessionState::None);
}

QTEST_GUILESS_MAIN(TestStates)
#include "tst_states.moc"
