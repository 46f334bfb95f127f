// SPDX-License-Identifier: GPL-3.0-or-later
#include "child.h"

#include "benchwindow.h"
#include "support/childprocess.h"
#include "watching.h"

#include <QCoreApplication>
#include <QFile>
#include <QProcess>
#include <QTextStream>

#include <malloc.h>
#include <unistd.h>

namespace lockkeeper::bench {

namespace {

struct Memory
{
    qint64 heap = 0;     ///< bytes handed out by malloc
    qint64 resident = 0; ///< bytes of the process in memory
};

Memory memoryNow()
{
    malloc_trim(0);
    const struct mallinfo2 info = mallinfo2();
    Memory memory;
    memory.heap = static_cast<qint64>(info.uordblks + info.hblkhd);
    QFile file(QStringLiteral("/proc/self/statm"));
    if (file.open(QIODevice::ReadOnly))
        memory.resident = file.readAll().split(' ').value(1).toLongLong() * sysconf(_SC_PAGESIZE);
    return memory;
}

redis::ServerAddress addressOf(const QString &socketPath)
{
    redis::ServerAddress address;
    address.endpoint.kind = Endpoint::Kind::Unix;
    address.endpoint.path = socketPath;
    return address;
}

int tell(const Memory &before, qsizetype rows)
{
    const Memory after = memoryNow();
    QTextStream(stdout) << rows << ' ' << after.heap - before.heap << ' '
                        << after.resident - before.resident << '\n';
    return 0;
}

int measureMonitorMemory(const redis::ServerAddress &address)
{
    Watching watching(address);
    const Memory before = memoryNow();
    watching.snapshot(redis::Scanner::Pace::Full);
    runFor(std::chrono::milliseconds(500));
    return tell(before, watching.monitor.registry().records().size());
}

int measureWindowMemory(const redis::ServerAddress &address, int rows)
{
    BenchWindow window;
    runFor(std::chrono::milliseconds(500));
    const Memory before = memoryNow();
    window.open(address, rows);
    runFor(std::chrono::milliseconds(1000));
    return tell(before, window.model().heldCount());
}

/// Says when the window shows its first row, and ends.
int showFirstRow(const redis::ServerAddress &address)
{
    BenchWindow window;
    window.open(address, 1);
    QTextStream(stdout) << "row\n";
    return 0;
}

} // namespace

QByteArray runChild(const QStringList &arguments)
{
    QProcess child;
    test::dieWithParent(child);
    child.start(QCoreApplication::applicationFilePath(), arguments);
    child.waitForFinished(120'000);
    return child.readAllStandardOutput().trimmed().split('\n').last();
}

std::optional<int> actAsChild(const QStringList &arguments)
{
    if (arguments.size() != 4)
        return std::nullopt;
    const redis::ServerAddress address = addressOf(arguments[2]);
    const int rows = arguments[3].toInt();
    if (arguments[1] == u"--monitor-memory")
        return measureMonitorMemory(address);
    if (arguments[1] == u"--window-memory")
        return measureWindowMemory(address, rows);
    if (arguments[1] == u"--first-row")
        return showFirstRow(address);
    return std::nullopt;
}

} // namespace lockkeeper::bench
