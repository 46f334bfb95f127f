// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/await.h"
#include "support/childprocess.h"
#include "workbench.h"

#include <QCoreApplication>
#include <QProcess>
#include <QTest>

#include <csignal>

using namespace lockkeeper;
using namespace std::chrono_literals;
using sessions::RemoveStep;
using test::await;

namespace {

/// Short, so that the lock of the dead does not keep the test waiting.
constexpr milliseconds kLease = 1500ms;

/// The delete of a program that dies right before one of its steps.
int deleteAndDie(const QStringList &arguments)
{
    const auto fatal = static_cast<RemoveStep>(arguments[1].toInt());
    app::Target target;
    target.name = QStringLiteral("bench");
    target.server.node.endpoint.kind = Endpoint::Kind::Unix;
    target.server.node.endpoint.path = arguments[2];
    target.database.emplace();
    target.database->path = arguments[3];
    target.family.lease = kLease;
    const SystemClock clock;
    app::Workspace workspace(target, clock, arguments[4]);
    if (!await(workspace.open()))
        return 1;
    sessions::SessionStore::Options options;
    options.beforeStep = [fatal](RemoveStep step) {
        if (step == fatal)
            ::raise(SIGKILL);
    };
    sessions::SessionStore store(workspace.locks(), workspace.cache(), *workspace.database(), clock,
                                 options);
    app::Actions actions({.locks = workspace.locks(),
                          .cache = workspace.cache(),
                          .database = workspace.database(),
                          .store = &store,
                          .audit = workspace.audit(),
                          .window = workspace.window(),
                          .held = workspace.held(),
                          .clock = clock,
                          .targetName = target.name,
                          .place = app::placeOf(target)});
    static_cast<void>(await(actions.remove(test::deleteOf("s1"))));
    return 2; // it should not have come here
}

} // namespace

class TestKilledDelete : public QObject
{
    Q_OBJECT

private slots:
    void aRerunCompletesIt_data();
    void aRerunCompletesIt();
};

void TestKilledDelete::aRerunCompletesIt_data()
{
    QTest::addColumn<RemoveStep>("step");
    QTest::addColumn<bool>("isStoredAfter");
    QTest::addColumn<bool>("isCachedAfter");
    QTest::newRow("before the lock") << RemoveStep::Lock << true << true;
    QTest::newRow("before the row") << RemoveStep::Database << true << true;
    QTest::newRow("before the cached copy") << RemoveStep::Cache << false << true;
    QTest::newRow("before the release") << RemoveStep::Release << false << false;
}

void TestKilledDelete::aRerunCompletesIt()
{
    QFETCH(RemoveStep, step);
    test::Workbench bench;
    bench.target.family.lease = kLease;
    LK_START_REDIS(bench);
    QVERIFY2(bench.addSession("s1", "u1"), qPrintable(bench.reason()));

    QProcess program;
    program.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    test::dieWithParent(program);
    program.start(QCoreApplication::applicationFilePath(),
                  {QStringLiteral("--delete-and-die"), QString::number(int(step)),
                   bench.server.socketPath(), bench.target.database->path, bench.auditFolder});
    QTRY_COMPARE_WITH_TIMEOUT(program.state(), QProcess::NotRunning, 60'000);
    QCOMPARE(program.exitStatus(), QProcess::CrashExit);
    QCOMPARE(bench.auditWords(), QStringList(QStringLiteral("intent")));
    QTEST(bench.isStored("s1"), "isStoredAfter");
    QTEST(bench.isCached("s1"), "isCachedAfter");

    const auto report = await(bench.actions().remove(test::deleteOf("s1")));
    QVERIFY2(report.isDone(), qPrintable(app::outcomeText(report)));
    QVERIFY(!bench.isStored("s1"));
    QVERIFY(!bench.isCached("s1"));
    QVERIFY(bench.tokenOf("s1").isEmpty());
    QCOMPARE(bench.auditWords().last(), QStringLiteral("done"));
}

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments().mid(1);
    if (arguments.size() == 5 && arguments.first() == u"--delete-and-die")
        return deleteAndDie(arguments);
    TestKilledDelete test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_killeddelete.moc"
