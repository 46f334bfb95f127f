// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/historycommand.h"

#include "app/workspace.h"
#include "cli/context.h"
#include "cli/ending.h"
#include "cli/historyview.h"
#include "core/text.h"

#include <CLI/CLI.hpp>

namespace lockkeeper::cli {

namespace {

using namespace std::chrono_literals;

constexpr milliseconds kSpan = 10s;

} // namespace

void HistoryCommand::declare(CLI::App &app)
{
    addSpan(app, "--for", m_span, tr("Watch this long (default 10 s); Ctrl+C ends it earlier"));
    addExamples(app, tr("lockkeeper-cli history --for 1m\n"
                        "lockkeeper-cli history --for 1m --json | jq .overall.held_ms.p95"));
}

QCoro::Task<int> HistoryCommand::run(Context &context)
{
    const Result<app::Workspace *> connected = co_await context.connect();
    if (!connected)
        co_return context.fail(connected.error());
    context.leaveStoppingToVerb();
    app::Workspace &workspace = **connected;
    locks::LockMonitor &monitor = workspace.monitor();
    const milliseconds span = m_span.value_or(kSpan);

    Ending<void> over;
    QObject scope; // ends the connections before what they use
    const auto stopped = endOnStop(context.stop(), over);
    std::optional<WallTime> since;
    const auto begin = [&](const locks::FeedStatus &feed) {
        // What a replica shows is worth telling as well: the reason says what it is.
        if (since || feed.scan || !monitor.registry().isSynced())
            return;
        since = workspace.client().serverTime().wall();
        QTimer::singleShot(span, &scope, [&over] { over.end({}); });
        context.output().note(tr("watching for %1 …").arg(spanText(span)));
        if (!feed.isTrusted)
            context.output().warning(feed.reason);
    };
    QObject::connect(&monitor, &locks::LockMonitor::feedChanged, &scope, begin);
    // Of a feed that is not trusted the status need not change when all is read.
    const auto beginNow = [&] { begin(monitor.feed()); };
    QObject::connect(&monitor, &locks::LockMonitor::changed, &scope, beginNow,
                     Qt::QueuedConnection);
    // A server that gives no feed must not keep us waiting for ever.
    QTimer::singleShot(span + 30s, &scope, [&] {
        if (!since)
            over.end(Error{ErrorCode::NotPermitted,
                           tr("the locks cannot be watched: %1").arg(monitor.feed().reason),
                           tr("see: lockkeeper-cli doctor")});
    });
    workspace.watch();
    const Result<void> ended = co_await over.future();
    // Interrupted, it tells what it has seen; before it could see anything that is nothing.
    if (!ended && (!since || ended.error().code != ErrorCode::Cancelled))
        co_return context.fail(ended.error());
    printHistory(workspace, since, context);
    co_return code(ExitCode::Done);
}

} // namespace lockkeeper::cli
