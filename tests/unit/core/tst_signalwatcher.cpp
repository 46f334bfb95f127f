// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/signalwatcher.h"

#include <QSignalSpy>
#include <QTest>

#include <cerrno>
#include <csignal>

using namespace lockkeeper;

namespace {

constexpr int kPipeSize = 65536;

bool isIgnored(int number)
{
    struct sigaction now = {};
    sigaction(number, nullptr, &now);
    return now.sa_handler == SIG_IGN;
}

} // namespace

class TestSignalWatcher final : public QObject
{
    Q_OBJECT

private slots:
    void tellsEachSignal();
    void leavesErrnoAlone();
    void leavesNohupAlone();
};

void TestSignalWatcher::tellsEachSignal()
{
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        const SignalWatcher watcher;
        QSignalSpy received(&watcher, &SignalWatcher::received);
        QCOMPARE(::raise(number), 0);
        QTRY_COMPARE(received.size(), 1);
        QCOMPARE(received[0][0].toInt(), number);
    }
    struct sigaction after = {};
    sigaction(SIGTERM, nullptr, &after);
    QVERIFY(after.sa_handler == SIG_DFL);
}

void TestSignalWatcher::leavesErrnoAlone()
{
    const SignalWatcher watcher;
    for (int i = 0; i <= kPipeSize; ++i) // nobody reads: the last one does not fit
        ::raise(SIGHUP);
    errno = ERANGE;
    ::raise(SIGHUP);
    QCOMPARE(errno, ERANGE);
}

void TestSignalWatcher::leavesNohupAlone()
{
    std::signal(SIGHUP, SIG_IGN); // as nohup does
    std::signal(SIGINT, SIG_IGN); // as shells do for `program &` in a script
    {
        const SignalWatcher watcher;
        QVERIFY(isIgnored(SIGHUP));
        QVERIFY(!isIgnored(SIGINT));
    }
    QVERIFY(isIgnored(SIGHUP));
    std::signal(SIGHUP, SIG_DFL);
}

QTEST_GUILESS_MAIN(TestSignalWatcher)
#include "tst_signalwatcher.moc"
