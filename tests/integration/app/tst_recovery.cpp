// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/durablefile.h"
#include "support/await.h"
#include "support/childprocess.h"
#include "workbench.h"

#include <QCoreApplication>
#include <QProcess>
#include <QTest>

#include <csignal>
#include <cstdio>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;
using sessions::RemoveStep;
using test::await;

using Truth = CutShortAct::Truth;

Q_DECLARE_METATYPE(Truth)

namespace {

/// Short, so that the locks of the dead do not keep the test waiting.
constexpr milliseconds kLease = 1500ms;

const Token kSeen("owner-1");

/// What another program does, and before which step of a delete it dies; -1: it is killed.
struct Deed
{
    QString act;
    int fatalStep = -1;
};

Target targetOf(const QString &socket, const QString &database)
{
    Target target;
    target.name = QStringLiteral("bench");
    target.server.node.endpoint.kind = Endpoint::Kind::Unix;
    target.server.node.endpoint.path = socket;
    target.database.emplace();
    target.database->path = database;
    target.family.lease = kLease;
    return target;
}

ActionReport act(Actions &actions, const QString &what)
{
    DeleteRequest removal = test::deleteOf("s1");
    if (what == u"release")
        return await(actions.release({removal.session, kSeen, removal.note}));
    if (what == u"take-over")
        return await(actions.takeOver({removal.session, kSeen, removal.note}));
    if (what == u"delete, taking over")
        removal.takeOver = kSeen;
    return await(actions.remove(removal));
}

/// The other program.
int actAndDie(const QStringList &arguments)
{
    const int fatalStep = arguments[2].toInt();
    const SystemClock clock;
    const Target target = targetOf(arguments[3], arguments[4]);
    Workspace workspace(target, clock, arguments[5]);
    if (!await(workspace.open()))
        return 1;
    sessions::SessionStore::Options options;
    options.beforeStep = [fatalStep](RemoveStep step) {
        if (int(step) == fatalStep)
            ::raise(SIGKILL);
    };
    sessions::SessionStore store(workspace.locks(), workspace.cache(), *workspace.database(), clock,
                                 options);
    Actions actions({.locks = workspace.locks(),
                     .cache = workspace.cache(),
                     .database = workspace.database(),
                     .store = &store,
                     .audit = workspace.audit(),
                     .window = workspace.window(),
                     .held = workspace.held(),
                     .clock = clock,
                     .targetName = target.name,
                     .place = placeOf(target)});
    std::puts("acting");
    std::fflush(stdout);
    static_cast<void>(act(actions, arguments[1]));
    return 2; // it should not have come here
}

/// A bench with a session and a lock of it, and another program that acts on them.
struct RecoveryBench
{
    [[nodiscard]] bool start()
    {
        bench.target.family.lease = kLease;
        return bench.start() && bench.addSession("s1", "u1");
    }
    [[nodiscard]] const QString &reason() const { return bench.reason(); }

    void begin(const Deed &deed)
    {
        program.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        test::dieWithParent(program);
        program.start(QCoreApplication::applicationFilePath(),
                      {QStringLiteral("--act-and-die"), deed.act, QString::number(deed.fatalStep),
                       bench.server.socketPath(), bench.target.database->path, bench.auditFolder});
    }
    [[nodiscard]] bool isActing()
    {
        return QTest::qWaitFor([this] { return program.readAllStandardOutput() == "acting\n"; },
                               60'000);
    }
    [[nodiscard]] bool hasDied()
    {
        return QTest::qWaitFor([this] { return program.state() == QProcess::NotRunning; },
                               60'000) &&
               program.exitStatus() == QProcess::CrashExit;
    }
    [[nodiscard]] bool kill()
    {
        program.kill();
        return hasDied();
    }
    /// The server reads for the others, and lets what writes wait.
    void holdWrites() { bench.server.redis({"CLIENT", "PAUSE", "600000", "WRITE"}); }
    /// Once the server knows who is gone: else it would do what they asked for.
    [[nodiscard]] bool letWrite(int clients)
    {
        const bool isKnown = QTest::qWaitFor(
            [&] {
                return bench.server.redis({"CLIENT", "LIST"}).toByteArray().count('\n') <= clients;
            },
            60'000);
        bench.server.redis({"CLIENT", "UNPAUSE"});
        return isKnown;
    }
    [[nodiscard]] int clients()
    {
        return int(bench.server.redis({"CLIENT", "LIST"}).toByteArray().count('\n'));
    }

    /// What the next start finds.
    [[nodiscard]] QList<CutShortAct> found()
    {
        const Result<QList<CutShortAct>> acts = await(bench.workspace().cutShortActs());
        if (!acts)
            QTest::qFail(qPrintable(describe(acts.error())), __FILE__, __LINE__);
        return acts ? *acts : QList<CutShortAct>();
    }
    [[nodiscard]] QStringList findings() const
    {
        QStringList texts;
        for (const QJsonObject &line : bench.auditLines()) {
            if (line[u"phase"].toString() == u"finding")
                texts.append(line[u"outcome"].toString());
        }
        return texts;
    }

    test::Workbench bench;
    QProcess program;
};

} // namespace

class TestRecovery : public QObject
{
    Q_OBJECT

private slots:
    void aDeleteThatDiedIsFound_data();
    void aDeleteThatDiedIsFound();
    void whatDiedBeforeItsIntentIsNone_data();
    void whatDiedBeforeItsIntentIsNone();
    void whatDiedBeforeItActedIsUndone_data();
    void whatDiedBeforeItActedIsUndone();
    void whatDiedBeforeItsOutcomeIsDone_data();
    void whatDiedBeforeItsOutcomeIsDone();
    void actsUnderWayAreLeftAlone();
    void withoutTheDatabaseItIsUnknown();
    void withoutTheServerItIsUnknown();
    void whatIsElsewhereIsNotJudgedHere();
    void aFinishedDeleteIsNotToldOfAgain();
    void eachIsFoundByItself();
};

void TestRecovery::aDeleteThatDiedIsFound_data()
{
    QTest::addColumn<QString>("act");
    QTest::addColumn<RemoveStep>("step");
    QTest::addColumn<Truth>("truth");
    QTest::addColumn<QString>("said");
    const QString rowThere = QStringLiteral("the row is there: nothing was deleted");
    const QString rowGone = QStringLiteral("the row is gone, its cached copy is there");
    const QString allGone = QStringLiteral("row and cached copy are gone");
    for (const char *act : {"delete", "delete, taking over"}) {
        const QString name = QString::fromLatin1(act);
        const auto row = [&](const char *what, RemoveStep step, Truth truth, const QString &said) {
            QTest::addRow("%s: %s", act, what) << name << step << truth << said;
        };
        row("before the lock", RemoveStep::Lock, Truth::Undone, rowThere);
        row("before the row", RemoveStep::Database, Truth::Undone, rowThere);
        row("before the cached copy", RemoveStep::Cache, Truth::PartlyDone, rowGone);
        row("before the release", RemoveStep::Release, Truth::Done, allGone);
    }
}

void TestRecovery::aDeleteThatDiedIsFound()
{
    QFETCH(QString, act);
    QFETCH(RemoveStep, step);
    QFETCH(Truth, truth);
    QFETCH(QString, said);
    RecoveryBench world;
    LK_START_REDIS(world);
    const bool takesOver = act != u"delete";
    if (takesOver)
        world.bench.lock("s1", "owner-1");
    world.begin({act, int(step)});
    QVERIFY(world.hasDied());
    const bool isStored = world.bench.isStored("s1");
    const bool isCached = world.bench.isCached("s1");

    const QList<CutShortAct> acts = world.found();
    QCOMPARE(acts.size(), 1);
    QCOMPARE(acts.first().session, SessionId("s1"));
    QCOMPARE(acts.first().intent.action, QStringLiteral("delete"));
    QCOMPARE(acts.first().intent.reason, QStringLiteral("ticket 4711"));
    QCOMPARE(acts.first().truth, truth);
    QCOMPARE(acts.first().found, said);
    QCOMPARE(acts.first().canBeFinished(), truth == Truth::PartlyDone);
    // It is recorded once, and nothing is finished by itself.
    QCOMPARE(world.findings().size(), 1);
    QVERIFY2(world.findings().first().endsWith(said), qPrintable(world.findings().first()));
    QCOMPARE(world.found().size(), truth == Truth::PartlyDone ? 1 : 0);
    QCOMPARE(world.findings().size(), 1);
    QCOMPARE(world.bench.isStored("s1"), isStored);
    QCOMPARE(world.bench.isCached("s1"), isCached);

    // The delete that is offered then finishes it; of a row that is there it is just a delete.
    if (takesOver && step == RemoveStep::Lock)
        world.bench.server.redis({"DEL", "chat:session_lock:s1"});
    const ActionReport report = await(world.bench.actions().remove(test::deleteOf("s1")));
    if (truth == Truth::Done)
        QCOMPARE(report.failure->code, ErrorCode::NotFound);
    else
        QVERIFY2(report.isDone(), qPrintable(outcomeText(report)));
    QVERIFY(!world.bench.isStored("s1") && !world.bench.isCached("s1"));
    QVERIFY(world.found().isEmpty());
    const LockKey key = world.bench.target.family.lockKey(SessionId("s1"));
    QVERIFY(!*await(world.bench.workspace().audit().unfinished(AuditEntry::kDelete,
                                                               placeOf(world.bench.target), key)));
    QVERIFY(await(world.bench.workspace().audit().verify())->isWhole());
}

void TestRecovery::whatDiedBeforeItsIntentIsNone_data()
{
    QTest::addColumn<QString>("act");
    for (const char *act : {"delete", "delete, taking over", "release", "take-over"})
        QTest::newRow(act) << QString::fromLatin1(act);
}

void TestRecovery::whatDiedBeforeItsIntentIsNone()
{
    QFETCH(QString, act);
    RecoveryBench world;
    LK_START_REDIS(world);
    world.bench.lock("s1", "owner-1");
    QVERIFY(ensureFolder(world.bench.auditFolder));
    {
        const Result<Descriptor> log = openLocked(world.bench.auditFolder + u"/chain");
        QVERIFY(log);
        world.begin({act});
        QVERIFY(world.isActing());
        QVERIFY(world.kill());
    }
    QVERIFY(world.bench.auditLines().isEmpty());
    QVERIFY(world.found().isEmpty());
    QVERIFY(world.findings().isEmpty());
    QCOMPARE(world.bench.tokenOf("s1"), kSeen.bytes());
    QVERIFY(world.bench.isStored("s1") && world.bench.isCached("s1"));
}

void TestRecovery::whatDiedBeforeItActedIsUndone_data()
{
    QTest::addColumn<QString>("act");
    QTest::newRow("release") << "release";
    QTest::newRow("take-over") << "take-over";
}

void TestRecovery::whatDiedBeforeItActedIsUndone()
{
    QFETCH(QString, act);
    RecoveryBench world;
    LK_START_REDIS(world);
    world.bench.lock("s1", "owner-1");
    const int clients = world.clients();
    world.holdWrites();
    world.begin({act});
    QTRY_COMPARE_WITH_TIMEOUT(world.bench.auditWords().size(), 1, 60'000);
    QVERIFY(world.kill());
    QVERIFY(world.letWrite(clients));

    const QList<CutShortAct> acts = world.found();
    QCOMPARE(acts.size(), 1);
    QCOMPARE(acts.first().intent.action, act);
    QCOMPARE(acts.first().truth, Truth::Undone);
    QCOMPARE(acts.first().found, QStringLiteral("the lock still has the token that was seen"));
    QCOMPARE(world.findings(),
             QStringList(QStringLiteral("found undone: the lock still has the token that was "
                                        "seen")));
    QVERIFY(world.found().isEmpty()); // with that the matter is settled
    QCOMPARE(world.findings().size(), 1);
    QCOMPARE(world.bench.tokenOf("s1"), kSeen.bytes());
}

void TestRecovery::whatDiedBeforeItsOutcomeIsDone_data()
{
    QTest::addColumn<QString>("act");
    QTest::addColumn<QString>("said");
    QTest::newRow("release") << "release" << "the lock is free";
    QTest::newRow("take-over") << "take-over" << "the lock is held by ";
    QTest::newRow("delete") << "delete, taking over" << "row and cached copy are gone";
}

void TestRecovery::whatDiedBeforeItsOutcomeIsDone()
{
    QFETCH(QString, act);
    QFETCH(QString, said);
    RecoveryBench world;
    LK_START_REDIS(world);
    world.bench.lock("s1", "owner-1");
    world.holdWrites();
    world.begin({act});
    QTRY_COMPARE_WITH_TIMEOUT(world.bench.auditWords().size(), 1, 60'000);
    {
        const Result<Descriptor> log = openLocked(world.bench.auditFolder + u"/chain");
        QVERIFY(log);
        world.bench.server.redis({"CLIENT", "UNPAUSE"});
        const bool isDelete = act.startsWith(u"delete");
        QTRY_VERIFY(world.bench.tokenOf("s1") != kSeen.bytes() &&
                    (!isDelete || world.bench.tokenOf("s1").isEmpty()));
        QVERIFY(world.kill());
    }
    QCOMPARE(world.bench.auditWords(), QStringList(QStringLiteral("intent")));
    const QByteArray left = world.bench.tokenOf("s1");
    const QList<CutShortAct> acts = world.found();
    QCOMPARE(acts.size(), 1);
    // Who ended the hold of a lock nobody can tell afterwards.
    const bool isDelete = act.startsWith(u"delete");
    QCOMPARE(acts.first().truth, isDelete ? Truth::Done : Truth::Over);
    QVERIFY2(acts.first().found.contains(said), qPrintable(acts.first().found));
    QVERIFY(world.findings().first().startsWith(isDelete ? u"found done: " : u"found over: "));
    QVERIFY(world.found().isEmpty());
    QCOMPARE(world.findings().size(), 1);
    // What it took over ends with the lease, and is not touched by us.
    if (act == u"take-over")
        QVERIFY(!left.isEmpty());
    QTRY_VERIFY(world.bench.tokenOf("s1").isEmpty());
}

void TestRecovery::actsUnderWayAreLeftAlone()
{
    RecoveryBench world;
    LK_START_REDIS(world);
    world.bench.lock("s1", "owner-1");
    world.bench.lock("s2", "owner-2");
    const int clients = world.clients();
    world.holdWrites();
    world.begin({QStringLiteral("release")});
    QTRY_COMPARE_WITH_TIMEOUT(world.bench.auditWords().size(), 1, 60'000);
    // Our own one is none of them either.
    auto ours = world.bench.actions().release({SessionId("s2"), Token("owner-2")});
    QTRY_COMPARE(world.bench.auditWords().size(), 2);
    QVERIFY(world.found().isEmpty());
    QVERIFY(world.findings().isEmpty());
    QVERIFY(world.kill());
    QVERIFY(world.letWrite(clients));
    const ActionReport done = await(std::move(ours));
    QVERIFY2(done.isDone(), qPrintable(outcomeText(done)));
    QCOMPARE(world.found().size(), 1);
    QCOMPARE(world.findings().size(), 1);
}

void TestRecovery::withoutTheDatabaseItIsUnknown()
{
    RecoveryBench world;
    LK_START_REDIS(world);
    world.begin({QStringLiteral("delete"), int(RemoveStep::Cache)});
    QVERIFY(world.hasDied());
    const QString file = world.bench.target.database->path;
    QVERIFY(QFile::rename(file, file + u".away"));
    world.bench.target.createsDatabase = false;
    QVERIFY(world.bench.reopen());

    for (int i = 0; i < 2; ++i) {
        const QList<CutShortAct> acts = world.found();
        QCOMPARE(acts.size(), 1);
        QCOMPARE(acts.first().truth, Truth::Unknown);
        QVERIFY2(acts.first().found.startsWith(u"it could not be read: "),
                 qPrintable(acts.first().found));
        QVERIFY(!acts.first().canBeFinished());
        QCOMPARE(world.findings().size(), 1);
    }
    QVERIFY(world.findings().first().startsWith(u"found unknown: "));
    QVERIFY(QFile::rename(file + u".away", file));
    QVERIFY(world.bench.reopen());
    QCOMPARE(world.found().first().truth, Truth::PartlyDone);
    QCOMPARE(world.findings().size(), 2);
    QVERIFY(await(world.bench.actions().remove(test::deleteOf("s1"))).isDone());
    QVERIFY(world.found().isEmpty());
}

void TestRecovery::withoutTheServerItIsUnknown()
{
    RecoveryBench world;
    LK_START_REDIS(world);
    world.bench.lock("s1", "owner-1");
    const int clients = world.clients();
    world.holdWrites();
    world.begin({QStringLiteral("release")});
    QTRY_COMPARE_WITH_TIMEOUT(world.bench.auditWords().size(), 1, 60'000);
    QVERIFY(world.kill());
    QVERIFY(world.letWrite(clients));
    world.bench.server.kill();
    QTRY_VERIFY(!world.bench.workspace().client().isReady());
    QCOMPARE(world.found().first().truth, Truth::Unknown);
    QVERIFY(world.bench.server.restart());
    QTRY_VERIFY_WITH_TIMEOUT(world.bench.workspace().client().isReady(), 30'000);
    QCOMPARE(world.found().first().truth, Truth::Over);
    QVERIFY(world.found().isEmpty());
}

/// A session of the same id at another place, or of another family, tells nothing of this one.
void TestRecovery::whatIsElsewhereIsNotJudgedHere()
{
    RecoveryBench world;
    LK_START_REDIS(world);
    world.bench.lock("s1", "owner-1");
    const int clients = world.clients();
    world.holdWrites();
    world.begin({QStringLiteral("release")});
    QTRY_COMPARE_WITH_TIMEOUT(world.bench.auditWords().size(), 1, 60'000);
    QVERIFY(world.kill());
    QVERIFY(world.letWrite(clients));
    const Target here = world.bench.target;
    world.bench.target.server.node.database = 1;
    QVERIFY(world.bench.reopen());
    QVERIFY(world.found().isEmpty());
    world.bench.target = here;
    world.bench.target.family = *locks::builtInFamily(QStringLiteral("copilot"));
    QVERIFY(world.bench.reopen());
    QVERIFY(world.found().isEmpty());
    QVERIFY(world.findings().isEmpty());
    world.bench.target = here;
    QVERIFY(world.bench.reopen());
    QCOMPARE(world.found().first().truth, Truth::Undone);
}

void TestRecovery::aFinishedDeleteIsNotToldOfAgain()
{
    RecoveryBench world;
    LK_START_REDIS(world);
    world.begin({QStringLiteral("delete"), int(RemoveStep::Cache)});
    QVERIFY(world.hasDied());
    // Nobody looked back before it was deleted again.
    QVERIFY(await(world.bench.actions().remove(test::deleteOf("s1"))).isDone());
    QVERIFY(world.found().isEmpty());
    QVERIFY(world.findings().isEmpty());
}

void TestRecovery::eachIsFoundByItself()
{
    RecoveryBench world;
    LK_START_REDIS(world);
    for (const RemoveStep step : {RemoveStep::Lock, RemoveStep::Cache}) {
        world.begin({QStringLiteral("delete"), int(step)});
        QVERIFY(world.hasDied());
    }
    const QList<CutShortAct> acts = world.found();
    QCOMPARE(acts.size(), 2);
    QVERIFY(acts[0].intent.actionId != acts[1].intent.actionId);
    // By now the first would have been done as well, by the second.
    QCOMPARE(acts[0].truth, Truth::PartlyDone);
    QCOMPARE(acts[1].truth, Truth::PartlyDone);
    QCOMPARE(world.findings().size(), 2);
    QVERIFY(await(world.bench.actions().remove(test::deleteOf("s1"))).isDone());
    QVERIFY(world.found().isEmpty());
}

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments().mid(1);
    if (arguments.size() == 6 && arguments.first() == u"--act-and-die")
        return actAndDie(arguments);
    TestRecovery test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_recovery.moc"
