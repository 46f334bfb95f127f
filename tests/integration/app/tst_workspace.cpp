// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockguard.h"
#include "support/await.h"
#include "support/postgresserver.h"
#include "support/streamproxy.h"
#include "workbench.h"

#include <QPointer>
#include <QSignalSpy>
#include <QTest>

#include <random>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;
using test::await;

namespace {

/// How flows ended, kept apart from whatever may be destroyed.
struct Ends
{
    int count = 0;
    bool isHolding = false; ///< holdFlow() has its lock, and its guard renews it
    QStringList outcomes;
};

QCoro::Task<> deleteFlow(Actions *actions, DeleteRequest request, std::shared_ptr<Ends> ends)
{
    const ActionReport report = co_await actions->remove(request);
    ends->outcomes.append(outcomeText(report));
    ++ends->count;
}

QCoro::Task<> releaseFlow(Actions *actions, ReleaseRequest request, std::shared_ptr<Ends> ends)
{
    const ActionReport report = co_await actions->release(request);
    ends->outcomes.append(outcomeText(report));
    ++ends->count;
}

QCoro::Task<> inspectFlow(Actions *actions, SessionId id, std::shared_ptr<Ends> ends)
{
    co_await actions->inspect(id);
    ++ends->count;
}

QCoro::Task<> previewFlow(Actions *actions, DeleteRequest request, std::shared_ptr<Ends> ends)
{
    co_await actions->previewDelete(request);
    ++ends->count;
}

QCoro::Task<> openFlow(Task<void> opening, std::shared_ptr<Ends> ends)
{
    static_cast<void>(co_await opening);
    ++ends->count;
}

/// Holds a lock until it is told to end, as with-lock does.
QCoro::Task<> holdFlow(Workspace *workspace, QFuture<void> end, std::shared_ptr<Ends> ends)
{
    locks::LockProtocol &locks = workspace->locks(); // a part: it lives until this flow has ended
    const auto held = co_await locks.acquire(SessionId("held"), {});
    if (held) {
        const auto guard = locks::LockGuard::create(locks, *held);
        ends->isHolding = true;
        co_await end;
        static_cast<void>(co_await guard->release());
    }
    ++ends->count;
}

/// One flow of each kind, and more of those that wait long.
int startFlows(Workspace &workspace, const std::shared_ptr<Ends> &ends)
{
    Actions *actions = &workspace.actions();
    FlowGroup &flows = workspace.flows();
    DeleteRequest request = test::deleteOf("s1");
    flows.start(inspectFlow(actions, SessionId("s1"), ends));
    flows.start(previewFlow(actions, request, ends));
    flows.start(deleteFlow(actions, request, ends));
    request.session = SessionId("busy");
    flows.start(deleteFlow(actions, request, ends));
    flows.start(releaseFlow(actions, {SessionId("s2"), Token("owner-2"), {}}, ends));
    QList<SessionId> ids;
    for (int i = 0; i < 400; ++i)
        ids.append(SessionId("s" + QByteArray::number(i)));
    workspace.lookup().want(ids);
    return 5;
}

} // namespace

class TestWorkspace : public QObject
{
    Q_OBJECT

private slots:
    void opensAndCloses();
    void closingTwiceIsHarmless();
    void closeEndsAnOpenWait();
    void endsWhileALockIsBeingRenewed_data();
    void endsWhileALockIsBeingRenewed();
    void databaseIsCheckedOnItsOwn();
    void theDatabaseComesAndGoes();
    void openFailsAtOnce();
    void closeWithoutOpen();
    void destroyedAtRandomMoments_data();
    void destroyedAtRandomMoments();
    void mayBeDestroyedByItsOwnSignal();
    void reconnectsByItself();
    void doesNotAccuseItself();
};

void TestWorkspace::opensAndCloses()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    Workspace &workspace = bench.workspace();
    QVERIFY(workspace.client().isReady());
    workspace.watch();
    QTRY_VERIFY(workspace.monitor().feed().isTrusted);
    QSignalSpy closed(&workspace, &Workspace::closed);
    QVERIFY(!workspace.isClosing());
    workspace.close();
    QVERIFY(workspace.isClosing());
    QVERIFY(closed.wait());
    QVERIFY(workspace.flows().isIdle());
    const auto inspection = await(workspace.actions().inspect(SessionId("s1")));
    QVERIFY(!inspection.lock);
    QCOMPARE(inspection.lock.error().code, ErrorCode::Cancelled);
}

void TestWorkspace::closingTwiceIsHarmless()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QSignalSpy closed(&bench.workspace(), &Workspace::closed);
    auto ends = std::make_shared<Ends>();
    const int flows = startFlows(bench.workspace(), ends);
    bench.workspace().close();
    bench.workspace().close();
    QVERIFY(closed.wait());
    QCOMPARE(ends->count, flows);
    bench.workspace().close();
    bool isThrough = false; // with whatever the last call left in the event queue
    QMetaObject::invokeMethod(this, [&isThrough] { isThrough = true; }, Qt::QueuedConnection);
    QTRY_VERIFY(isThrough);
    QCOMPARE(closed.size(), 1);
}

void TestWorkspace::closeEndsAnOpenWait()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("busy", "u1")); // a delete of nothing would not wait for the lock
    bench.lock("busy", "owner-1");
    DeleteRequest request = test::deleteOf("busy");
    request.wait = 10min;
    auto ends = std::make_shared<Ends>();
    bench.workspace().flows().start(deleteFlow(&bench.actions(), request, ends));
    QTRY_COMPARE(bench.auditWords().size(), 1);
    QSignalSpy closed(&bench.workspace(), &Workspace::closed);
    bench.workspace().close();
    QVERIFY(closed.wait());
    QCOMPARE(ends->count, 1);
    QCOMPARE(bench.auditWords().size(), 2);
    QCOMPARE(bench.tokenOf("busy"), QByteArray("owner-1"));
}

void TestWorkspace::endsWhileALockIsBeingRenewed_data()
{
    QTest::addColumn<bool>("isClosed");
    QTest::newRow("closed") << true;
    QTest::newRow("destroyed") << false;
}

/// Renewals are no flows of the workspace: the flow that holds the lock waits for them.
void TestWorkspace::endsWhileALockIsBeingRenewed()
{
    QFETCH(const bool, isClosed);
    test::RedisServer::Options options;
    options.listen = test::RedisServer::Listen::Tcp;
    test::Workbench bench(options);
    LK_START_REDIS(bench);
    test::StreamProxy proxy(bench.server.address().endpoint);
    bench.target.server.node.endpoint = proxy.endpoint();
    bench.target.family.lease = 3s;
    QVERIFY(bench.reopen());
    auto ends = std::make_shared<Ends>();
    QPromise<void> end;
    end.start();
    bench.workspace().flows().start(holdFlow(&bench.workspace(), end.future(), ends));
    QTRY_VERIFY(ends->isHolding);
    proxy.setStalled(true);
    QTRY_VERIFY(proxy.isHolding("EVALSHA"));

    QSignalSpy closed(&bench.workspace(), &Workspace::closed);
    if (isClosed)
        bench.workspace().close();
    else
        bench.takeWorkspace().reset();
    end.finish();
    QTRY_COMPARE(ends->count, 1);
    if (isClosed) {
        QTRY_COMPARE(closed.size(), 1);
        bench.takeWorkspace().reset();
    }
    QCoreApplication::processEvents();
}

void TestWorkspace::databaseIsCheckedOnItsOwn()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QTRY_VERIFY(bench.workspace().databaseState());
    QVERIFY(bench.workspace().databaseState()->has_value());

    bench.target.database->path = QStringLiteral("/dev/null/chat.db");
    const auto workspace = bench.makeWorkspace();
    QSignalSpy checked(workspace.get(), &Workspace::databaseChecked);
    QVERIFY(await(workspace->open()));
    QVERIFY(!checked.isEmpty() || checked.wait());
    QVERIFY(!*workspace->databaseState());

    bench.target.database.reset();
    QVERIFY(bench.reopen());
    QVERIFY(!bench.workspace().database());
    QVERIFY(!bench.workspace().store());
    QVERIFY(!bench.workspace().databaseState());
}

void TestWorkspace::theDatabaseComesAndGoes()
{
    test::PostgresServer postgres;
    LK_START_POSTGRES(postgres);
    const QString name = QStringLiteral("chat");
    QVERIFY(postgres.createChatDatabase(name, test::PostgresServer::Release::Newer));
    postgres.stop();
    test::Workbench bench;
    bench.target.database = *sessions::parseDsn(postgres.dsn(name));
    LK_START_REDIS(bench);
    Workspace &workspace = bench.workspace();
    const auto answers = [&] { return workspace.databaseState() && *workspace.databaseState(); };
    const auto fails = [&] { return workspace.databaseState() && !*workspace.databaseState(); };
    constexpr int kLimitMs = 30'000;
    QTRY_VERIFY(fails());
    QVERIFY(postgres.restart());
    QTRY_VERIFY_WITH_TIMEOUT(answers(), kLimitMs); // it was tried again

    postgres.stop();
    workspace.lookup().want({SessionId("s1")});
    QTRY_VERIFY_WITH_TIMEOUT(fails(), kLimitMs); // as the lookup found out
    QVERIFY(postgres.restart());
    QSignalSpy returned(&workspace, &Workspace::databaseReturned);
    workspace.reconnectNow();
    QTRY_COMPARE_WITH_TIMEOUT(returned.size(), 1, kLimitMs);
    QVERIFY(answers());
}

void TestWorkspace::openFailsAtOnce()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.target.server.node.endpoint.path = QStringLiteral("/nowhere/redis.sock");
    bench.target.server.node.endpoint.kind = Endpoint::Kind::Unix;
    const auto workspace = bench.makeWorkspace();
    const auto opened = await(workspace->open());
    QVERIFY(!opened);
    QCOMPARE(opened.error().code, ErrorCode::CannotConnect);
}

void TestWorkspace::closeWithoutOpen()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    const auto workspace = bench.makeWorkspace();
    QSignalSpy closed(workspace.get(), &Workspace::closed);
    workspace->close();
    QVERIFY(closed.wait());
}

void TestWorkspace::destroyedAtRandomMoments_data()
{
    QTest::addColumn<bool>("isSlow");
    QTest::newRow("quick server") << false;
    QTest::newRow("slow network") << true;
}

void TestWorkspace::destroyedAtRandomMoments()
{
    QFETCH(bool, isSlow);
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    bench.lock("busy", "owner-1", 10min);
    test::StreamProxy proxy(bench.server.address().endpoint);
    if (isSlow) {
        proxy.setDelay(3ms);
        bench.target.server.node.endpoint = proxy.endpoint();
    }
    std::mt19937 random(20261123);
    std::uniform_int_distribution<int> moment(0, isSlow ? 60 : 25);
    auto ends = std::make_shared<Ends>();
    int started = 0;
    for (int round = 0; round < 60; ++round) {
        bench.lock("s2", "owner-2");
        auto workspace = bench.makeWorkspace();
        const QPointer<FlowGroup> group(&workspace->flows());
        workspace->flows().start(openFlow(workspace->open(), ends));
        workspace->watch();
        ++started;
        if (round % 3 != 0) // else the flows begin before there is a connection
            QTRY_VERIFY(workspace->client().isReady());
        started += startFlows(*workspace, ends);
        for (int turns = moment(random); turns > 0; --turns)
            QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
        if (round % 4 == 0)
            workspace->close();
        workspace.reset();
        // Every flow comes to its end, and with the last one the parts are gone.
        QTRY_COMPARE_WITH_TIMEOUT(ends->count, started, 30'000);
        QTRY_VERIFY_WITH_TIMEOUT(group.isNull(), 30'000);
    }
    // Every intent has its outcome, however it ended.
    const QStringList words = bench.auditWords();
    QCOMPARE(words.count(QStringLiteral("intent")) * 2, words.size());
}

void TestWorkspace::mayBeDestroyedByItsOwnSignal()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    auto *workspace = bench.takeWorkspace().release();
    auto ends = std::make_shared<Ends>();
    const int flows = startFlows(*workspace, ends);
    const QPointer<Workspace> alive(workspace);
    connect(workspace, &Workspace::closed, workspace, [workspace] { delete workspace; });
    workspace->close();
    QTRY_VERIFY(alive.isNull());
    QCOMPARE(ends->count, flows);
}

void TestWorkspace::reconnectsByItself()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.workspace().watch();
    QTRY_VERIFY(bench.workspace().monitor().feed().isTrusted);
    bench.server.kill();
    QTRY_VERIFY(!bench.workspace().client().isReady());
    QTRY_VERIFY(!bench.workspace().monitor().feed().isTrusted);
    QVERIFY(bench.server.restart());
    QTRY_VERIFY_WITH_TIMEOUT(bench.workspace().client().isReady(), 60'000);
    QTRY_VERIFY_WITH_TIMEOUT(bench.workspace().monitor().feed().isTrusted, 60'000);
}

/// What we write under our own lock is no unlocked write.
void TestWorkspace::doesNotAccuseItself()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    Workspace &workspace = bench.workspace();
    workspace.watch();
    QTRY_VERIFY(workspace.monitor().feed().isTrusted);
    for (int i = 0; i < 50; ++i)
        QVERIFY2(bench.addSession(i % 2 ? "s1" : "s2", "alice"), qPrintable(bench.reason()));
    QCOMPARE(outcomeText(await(workspace.actions().remove(test::deleteOf("s1")))),
             QStringLiteral("done"));
    bench.server.redis({"SETEX", "chat:session:marker", "43200", "{}"}); // judged after all that
    QTRY_COMPARE_WITH_TIMEOUT(workspace.unlockedWrites().of(SessionId("marker")).all(), 1, 20'000);
    QCOMPARE(workspace.unlockedWrites().overall().all(), 1);
}

QTEST_GUILESS_MAIN(TestWorkspace)
#include "tst_workspace.moc"
