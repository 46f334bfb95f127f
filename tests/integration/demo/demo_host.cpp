// SPDX-License-Identifier: GPL-3.0-or-later
// A program with a demo stack, to be ended in all ways. It prints the stack's folder when the stack
// is there, or the error, and stops it properly when standard input ends.
#include "demo/demostack.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QSocketNotifier>
#include <QTimer>

#include <cstdio>
#include <unistd.h>

using namespace lockkeeper;

namespace {

QCoro::Task<> startAndTell(demo::DemoStack &stack)
{
    const Result<void> started = co_await stack.start();
    const QString text = started ? QFileInfo(stack.server().endpoint.path).path()
                                 : QString(u"error: " + describe(started.error()));
    std::printf("%s\n", qPrintable(text));
    std::fflush(stdout);
    if (!started)
        QCoreApplication::exit(1);
}

} // namespace

int main(int argc, char **argv)
{
    if (demo::isWorkerCall(argc, argv))
        return demo::runWorker(argc, argv);
    const QCoreApplication application(argc, argv);
    demo::DemoStack stack({.sessions = 30, .workers = 2, .workerProgram = {}});
    // From the event loop: what fails at once could not end it before it runs.
    QTimer::singleShot(0, &stack, [&stack] { startAndTell(stack); });
    const QSocketNotifier inputEnd(STDIN_FILENO, QSocketNotifier::Read);
    QObject::connect(&inputEnd, &QSocketNotifier::activated, &application,
                     [] { QCoreApplication::quit(); });
    return QCoreApplication::exec();
}
