// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/watchcommand.h"

#include "app/workspace.h"
#include "cli/context.h"
#include "cli/ending.h"
#include "cli/watchprinter.h"

#include <CLI/CLI.hpp>

namespace lockkeeper::cli {

using locks::LockEvent;

void WatchCommand::declare(CLI::App &app)
{
    addSpan(app, "--for", m_span, tr("End after this long"));
    addNumber(app, "--count", m_count, 1,
              tr("End after this many events; the snapshot and feed lines do not count"));
    addExamples(app,
                tr("lockkeeper-cli watch\n"
                   "lockkeeper-cli watch --for 1m --json | jq -c 'select(.event == \"expired\")'\n"
                   "lockkeeper-cli watch --count 1"));
}

QCoro::Task<int> WatchCommand::run(Context &context)
{
    const Result<app::Workspace *> connected = co_await context.connect();
    if (!connected)
        co_return context.fail(connected.error());
    context.leaveStoppingToVerb();
    app::Workspace &workspace = **connected;
    locks::LockMonitor &monitor = workspace.monitor();
    Output &output = context.output();
    WatchPrinter printer(output, context.isJson(), workspace.target(), monitor.registry());

    Ending<void> over;
    QObject scope; // ends the connections before what they use
    const auto stopped = endOnStop(context.stop(), over);
    if (m_span)
        QTimer::singleShot(*m_span, &scope, [&] { over.end({}); });
    int left = m_count;
    const auto printEvents = [&](const locks::RegistryDelta &delta) {
        for (const LockEvent &event : delta.events) {
            if (over.hasEnded())
                return;
            printer.print(event);
            const bool counts =
                event.kind != LockEvent::Kind::Snapshot && event.kind != LockEvent::Kind::Synced;
            if (output.isBroken() || (counts && left > 0 && --left == 0))
                over.end({});
        }
    };
    QObject::connect(&monitor, &locks::LockMonitor::changed, &scope, printEvents);
    QObject::connect(&workspace.unlockedWrites(), &locks::UnlockedWrites::seen, &scope,
                     [&](const locks::UnlockedWrite &write) {
                         if (over.hasEnded())
                             return;
                         printer.print(write);
                         if (output.isBroken() || (left > 0 && --left == 0))
                             over.end({});
                     });
    QObject::connect(&monitor, &locks::LockMonitor::feedChanged, &scope,
                     [&](const locks::FeedStatus &feed) {
                         if (!over.hasEnded())
                             printer.print(feed);
                         if (output.isBroken())
                             over.end({});
                     });
    workspace.watch();
    static_cast<void>(co_await over.future()); // however it ended: that was asked for
    co_return code(ExitCode::Done);
}

} // namespace lockkeeper::cli
