// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/childprocess.h"
#include "support/need.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <memory>

using namespace lockkeeper;

namespace {

constexpr int kLimitMs = 60'000;

/// Processes that have `text` in their command line.
QList<qint64> processesWith(const QString &text)
{
    QList<qint64> found;
    const QStringList entries = QDir(QStringLiteral("/proc")).entryList(QDir::Dirs);
    for (const QString &entry : entries) {
        bool isPid = false;
        const qint64 pid = entry.toLongLong(&isPid);
        QFile file(QStringLiteral("/proc/%1/cmdline").arg(pid));
        if (isPid && file.open(QIODevice::ReadOnly) && file.readAll().contains(text.toUtf8()))
            found.append(pid);
    }
    return found;
}

qint64 janitorOf(const QString &folder)
{
    const QList<qint64> pids = processesWith(folder);
    for (const qint64 pid : pids) {
        QFile file(QStringLiteral("/proc/%1/cmdline").arg(pid));
        if (file.open(QIODevice::ReadOnly) && file.readAll().contains("clean-up"))
            return pid;
    }
    return 0;
}

} // namespace

/// However a program with a demo ends, no process and no folder of the demo stays.
class DemoEndTest : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void cleanup();

    void leavesNothing_data();
    void leavesNothing();
    void sweepsWhatAJanitorCouldNot();
    void sparesFoldersInUse();
    void explainsMissingServer();

private:
    [[nodiscard]] std::unique_ptr<QProcess> startHost(const QProcessEnvironment &environment);
    [[nodiscard]] static QString firstLine(QProcess &host);

    QProcessEnvironment m_environment;
    std::unique_ptr<QTemporaryDir> m_temporary;
};

void DemoEndTest::init()
{
    LK_NEED_PROGRAM("redis-server");
    m_temporary = std::make_unique<QTemporaryDir>();
    m_environment = QProcessEnvironment::systemEnvironment();
    m_environment.insert(QStringLiteral("TMPDIR"), m_temporary->path());
}

void DemoEndTest::cleanup()
{
    m_temporary.reset();
}

std::unique_ptr<QProcess> DemoEndTest::startHost(const QProcessEnvironment &environment)
{
    auto host = std::make_unique<QProcess>();
    test::dieWithParent(*host);
    host->setProcessEnvironment(environment);
    host->setProcessChannelMode(QProcess::ForwardedErrorChannel);
    host->start(QCoreApplication::applicationDirPath() + QStringLiteral("/demo_host"), {});
    return host;
}

QString DemoEndTest::firstLine(QProcess &host)
{
    const bool hasLine = QTest::qWaitFor(
        [&] { return host.canReadLine() || host.state() == QProcess::NotRunning; }, kLimitMs);
    return hasLine ? QString::fromUtf8(host.readLine()).trimmed() : QString();
}

void DemoEndTest::leavesNothing_data()
{
    QTest::addColumn<int>("signal");
    QTest::newRow("stopped") << 0;
    QTest::newRow("SIGTERM") << SIGTERM;
    QTest::newRow("SIGINT") << SIGINT;
    QTest::newRow("SIGKILL") << SIGKILL;
    QTest::newRow("crash") << SIGABRT;
}

void DemoEndTest::leavesNothing()
{
    QFETCH(int, signal);
    const auto host = startHost(m_environment);
    const QString folder = firstLine(*host);
    QVERIFY2(folder.startsWith(m_temporary->path()), qPrintable(folder));
    QVERIFY(QFileInfo::exists(folder + QStringLiteral("/redis.sock")));
    // The server, two workers, the janitor; the one that crashes may be gone already.
    QVERIFY(processesWith(folder).size() >= 4);

    if (signal == 0)
        host->closeWriteChannel();
    else
        ::kill(static_cast<pid_t>(host->processId()), signal);
    QTRY_COMPARE_WITH_TIMEOUT(host->state(), QProcess::NotRunning, kLimitMs);
    QTRY_VERIFY_WITH_TIMEOUT(processesWith(folder).isEmpty(), kLimitMs);
    QVERIFY(!QFileInfo::exists(folder));
}

void DemoEndTest::sweepsWhatAJanitorCouldNot()
{
    const auto host = startHost(m_environment);
    const QString folder = firstLine(*host);
    QVERIFY2(folder.startsWith(m_temporary->path()), qPrintable(folder));
    const qint64 janitor = janitorOf(folder);
    QVERIFY(janitor != 0);
    ::kill(static_cast<pid_t>(janitor), SIGKILL);
    ::kill(static_cast<pid_t>(host->processId()), SIGKILL);
    QTRY_VERIFY_WITH_TIMEOUT(processesWith(folder).isEmpty(), kLimitMs);
    QVERIFY(QFileInfo::exists(folder));

    const auto next = startHost(m_environment);
    const QString nextFolder = firstLine(*next);
    QVERIFY2(nextFolder.startsWith(m_temporary->path()), qPrintable(nextFolder));
    QVERIFY(!QFileInfo::exists(folder));
    next->closeWriteChannel();
    QTRY_COMPARE_WITH_TIMEOUT(next->state(), QProcess::NotRunning, kLimitMs);
    QTRY_VERIFY_WITH_TIMEOUT(processesWith(nextFolder).isEmpty(), kLimitMs);
}

void DemoEndTest::sparesFoldersInUse()
{
    const QString foreign = m_temporary->filePath(QStringLiteral("lockkeeper-demo-half"));
    QVERIFY(QDir().mkpath(foreign)); // just made, not marked yet
    const auto first = startHost(m_environment);
    const QString firstFolder = firstLine(*first);
    const auto second = startHost(m_environment);
    const QString secondFolder = firstLine(*second);
    QVERIFY(firstFolder.startsWith(m_temporary->path()));
    QVERIFY(secondFolder.startsWith(m_temporary->path()));
    QVERIFY(QFileInfo::exists(firstFolder + QStringLiteral("/redis.sock")));
    QVERIFY(QFileInfo::exists(foreign));
    for (QProcess *host : {first.get(), second.get()}) {
        host->closeWriteChannel();
        QTRY_COMPARE_WITH_TIMEOUT(host->state(), QProcess::NotRunning, kLimitMs);
    }
    QTRY_VERIFY_WITH_TIMEOUT(processesWith(m_temporary->path()).isEmpty(), kLimitMs);
}

void DemoEndTest::explainsMissingServer()
{
    m_environment.insert(QStringLiteral("PATH"), m_temporary->path());
    const auto host = startHost(m_environment);
    const QString line = firstLine(*host);
    QVERIFY2(line.startsWith(QStringLiteral("error: ")), qPrintable(line));
    QVERIFY2(line.contains(QStringLiteral("apt install redis-server")), qPrintable(line));
    QTRY_COMPARE_WITH_TIMEOUT(host->state(), QProcess::NotRunning, kLimitMs);
    QVERIFY(QDir(m_temporary->path())
                .entryList({QStringLiteral("lockkeeper-demo-*")}, QDir::Dirs)
                .isEmpty());
}

QTEST_GUILESS_MAIN(DemoEndTest)
#include "tst_demoend.moc"
