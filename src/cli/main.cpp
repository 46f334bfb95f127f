// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/paths.h"
#include "cli/commandline.h"
#include "cli/context.h"
#include "core/clock.h"
#include "core/log.h"
#include "demo/demostack.h"

#include <QCoreApplication>
#include <QTimer>

using namespace lockkeeper;

namespace {

QCoro::Task<> runVerb(cli::Command &command, cli::Context &context)
{
    const int exitCode = co_await command.run(context);
    co_await context.close();
    QCoreApplication::exit(context.exitCode(exitCode));
}

} // namespace

int main(int argc, char **argv)
{
    if (demo::isWorkerCall(argc, argv))
        return demo::runWorker(argc, argv);

    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("lockkeeper-cli"));
    cli::CommandLine commandLine;
    if (const std::optional<int> exitCode = commandLine.parse(argc, argv))
        return *exitCode;

    const SystemClock clock;
    cli::Context context(commandLine.options(), clock);
    LogOptions log;
    log.file = app::stateFolder() + QStringLiteral("/lockkeeper-cli.log");
    if (const Result<void> logging = startLog(log); !logging)
        context.output().warning(describe(logging.error()));

    QTimer::singleShot(0, &context, [&] { runVerb(commandLine.command(), context); });
    const int exitCode = QCoreApplication::exec();
    stopLog();
    return exitCode;
}
