// SPDX-License-Identifier: GPL-3.0-or-later
// Memory for each lock, in processes of their own.
#include "benches.h"
#include "benchserver.h"
#include "child.h"
#include "report.h"

#include <QLocale>

namespace lockkeeper::bench {

namespace {

constexpr double kMostPerLock = 1024;

struct PerLock
{
    double heap = 0;
    double resident = 0;
};

PerLock measured(BenchServer &server, const QString &what, int rows)
{
    const QByteArray line = runChild({what, server.server().socketPath(), QString::number(rows)});
    const QList<QByteArray> numbers = line.split(' ');
    if (numbers.value(0).toInt() != rows)
        qFatal("%s: the child said \"%s\"", qPrintable(what), line.constData());
    return {numbers.value(1).toDouble() / rows, numbers.value(2).toDouble() / rows};
}

QString text(const PerLock &memory)
{
    return QStringLiteral("%1 B (resident %2 B)")
        .arg(memory.heap, 0, 'f', 0)
        .arg(memory.resident, 0, 'f', 0);
}

} // namespace

void measureMemory(Report &report, const Scale &scale)
{
    BenchServer server;
    report.begin(QStringLiteral("Memory for each lock"));
    const QLocale english(QLocale::English);
    for (const int rows : {1000, 10'000, 100'000}) {
        if (rows > scale.rows)
            break;
        server.flush();
        server.addLocks(rows);
        const PerLock monitor = measured(server, QStringLiteral("--monitor-memory"), rows);
        const PerLock window = measured(server, QStringLiteral("--window-memory"), rows);
        report.add({.what = QStringLiteral("memory of one lock, watched, %1 locks")
                                .arg(english.toString(rows)),
                    .ours = text(monitor),
                    .target = QStringLiteral("≤ 1024 B"),
                    .isMet = monitor.heap <= kMostPerLock});
        report.add(
            {.what = QStringLiteral("memory of one lock, watched and in the window, %1 locks")
                         .arg(english.toString(rows)),
             .ours = text(window),
             .target = QStringLiteral("≤ 1024 B"),
             .isMet = window.heap <= kMostPerLock});
    }
}

} // namespace lockkeeper::bench
