// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"
#include "support/need.h"

#include <QTest>
#include <QUrl>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

constexpr int kEnd = 60'000;

} // namespace

class TestCliDemo final : public QObject
{
    Q_OBJECT

private slots:
    void printsItsAddresses();
    void saysThatItsServerDied();
};

void TestCliDemo::printsItsAddresses()
{
    LK_NEED_PROGRAM("redis-server");
    const CliProgram cli;
    const auto demo = cli.start({QStringLiteral("demo"), QStringLiteral("--json")});
    const QJsonObject line = nextEvent(*demo);
    QCOMPARE(line.keys(), QStringList({QStringLiteral("db"), QStringLiteral("url")}));
    demo->terminate();
    QVERIFY(demo->waitForFinished(kEnd));
    QCOMPARE(demo->exitCode(), 0);
}

void TestCliDemo::saysThatItsServerDied()
{
    LK_NEED_PROGRAM("redis-server");
    const CliProgram cli;
    const auto demo = cli.start({QStringLiteral("demo"), QStringLiteral("--json")});
    const QUrl url(nextEvent(*demo)[u"url"].toString());
    RawRedis client(url.path());
    QVERIFY(client.isOpen());
    client.send({"SHUTDOWN", "NOSAVE"});
    QVERIFY(demo->waitForFinished(kEnd));
    QCOMPARE(demo->exitStatus(), QProcess::NormalExit);
    QCOMPARE(demo->exitCode(), 1);
    const QByteArray said = demo->readAllStandardError();
    QVERIFY2(said.contains("redis-server ended"), said.constData());
    QCOMPARE(demo->readAllStandardOutput(), QByteArray());
}

QTEST_GUILESS_MAIN(TestCliDemo)
#include "tst_cli_demo.moc"
