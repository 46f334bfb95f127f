// SPDX-License-Identifier: GPL-3.0-or-later
// From the start of the program to its first row.
#include "benches.h"
#include "benchserver.h"
#include "report.h"
#include "samples.h"
#include "support/childprocess.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QLocale>
#include <QProcess>

namespace lockkeeper::bench {

namespace {

/// Milliseconds until the program's output holds `word`.
double untilItSays(const QString &program, const QStringList &arguments, const QByteArray &word)
{
    QProcess process;
    test::dieWithParent(process);
    QElapsedTimer timer;
    timer.start();
    process.start(program, arguments);
    QByteArray output;
    while (!output.contains(word)) {
        if (!process.waitForReadyRead(60'000))
            qFatal("%s ended without a row", qPrintable(program));
        output += process.readAllStandardOutput();
    }
    const double ms = static_cast<double>(timer.nsecsElapsed()) / 1e6;
    process.kill();
    process.waitForFinished();
    return ms;
}

} // namespace

void measureStart(Report &report, const Scale &scale)
{
    report.begin(QStringLiteral("From the start of the program to its first row"));
    BenchServer server;
    server.addKeys(scale.middle);
    server.addLocks(1000);
    const QString socket = server.server().socketPath();
    const QString cli = qEnvironmentVariable("LK_BIN") + QStringLiteral("/lockkeeper-cli");
    Samples watch, window, redisCli;
    constexpr int kRounds = 5;
    for (int round = 0; round < kRounds; ++round) {
        redisCli.add(
            untilItSays(QStringLiteral("redis-cli"),
                        {QStringLiteral("-s"), socket, QStringLiteral("--scan"),
                         QStringLiteral("--pattern"), QStringLiteral("chat:session_lock:*")},
                        "chat:session_lock:"));
        watch.add(untilItSays(cli,
                              {QStringLiteral("--url"), server.server().url(),
                               QStringLiteral("watch"), QStringLiteral("--json")},
                              "\"snapshot\""));
        window.add(untilItSays(QCoreApplication::applicationFilePath(),
                               {QStringLiteral("--first-row"), socket, QStringLiteral("1")},
                               "row"));
    }
    const QString among = QStringLiteral(", 1,000 locks among %1 keys")
                              .arg(QLocale(QLocale::English).toString(scale.middle));
    const QString beside = msText(redisCli.median()) + QStringLiteral(" redis-cli --scan");
    report.add(
        {.what = QStringLiteral("cold start of lockkeeper-cli watch to its first row") + among,
         .ours = msText(watch.median()),
         .beside = beside,
         .ratio = watch.median() / redisCli.median()});
    report.add({.what = QStringLiteral("cold start of the window to its first row") + among,
                .ours = msText(window.median()),
                .beside = beside,
                .ratio = window.median() / redisCli.median()});
}

} // namespace lockkeeper::bench
