// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/takeovercommand.h"

#include "app/workspace.h"
#include "cli/actrun.h"
#include "cli/context.h"
#include "cli/ending.h"
#include "cli/reportprinter.h"
#include "core/text.h"

#include <CLI/CLI.hpp>

namespace lockkeeper::cli {

void TakeOverCommand::declare(CLI::App &app)
{
    addSession(app, "SESSION", m_session, tr("The session whose lock is to be taken over"));
    addToken(
        app, "--token", m_token,
        tr("The token that you saw, as show and list --json print it; with another one nothing "
           "happens and the exit code is 4"))
        ->required();
    addSpan(app, "--for", m_for, tr("Hold it for this long (default: until Ctrl+C)"));
    m_options.declare(app);
    addExamples(app, tr("lockkeeper-cli take-over 3f2a77c1-… --token 8c1f…a0d2 --dry-run\n"
                        "lockkeeper-cli take-over 3f2a77c1-… --token 8c1f…a0d2 --for 5m"));
}

QCoro::Task<int> TakeOverCommand::run(Context &context)
{
    const Result<app::Workspace *> connected = co_await context.connect();
    if (!connected)
        co_return context.fail(connected.error());
    app::Workspace &workspace = **connected;
    const app::TakeOverRequest request{m_session, *m_token, m_options.note()};
    OneAct act;
    act.action = QStringLiteral("take-over");
    act.question = tr("Take this lock over?");
    act.session = m_session;
    act.preview = [&workspace, request] { return workspace.actions().previewTakeOver(request); };
    act.act = [&workspace, request](const QString &) {
        return workspace.actions().takeOver(request);
    };
    const int exitCode = co_await runOne(act, m_options, workspace, context);
    if (exitCode != code(ExitCode::Done) || m_options.isDryRun)
        co_return exitCode;
    co_return co_await hold(workspace, context);
}

QCoro::Task<int> TakeOverCommand::hold(app::Workspace &workspace, Context &context) const
{
    context.leaveStoppingToVerb(); // it is given back before the end
    context.output().note(
        m_for ? tr("held for %1, renewed; Ctrl+C gives it back before").arg(spanText(*m_for))
              : tr("held, renewed; Ctrl+C gives it back"));
    Ending<void> over;
    QObject scope;
    QObject::connect(&workspace.held(), &app::HeldLocks::lost, &scope,
                     [&](const SessionId &, const Error &reason) { over.end(reason); });
    if (m_for)
        QTimer::singleShot(*m_for, &scope, [&] { over.end({}); });
    const auto stopped = endOnStop(context.stop(), over);
    const Result<void> ended = co_await over.future();
    if (!ended && ended.error().code != ErrorCode::Cancelled)
        co_return context.fail(ended.error());
    const app::ActionReport report = co_await workspace.actions().giveBack(m_session);
    for (const QString &step : report.steps)
        context.output().note(step);
    for (const QString &warning : report.warnings)
        context.output().warning(warning);
    co_return report.failure ? context.fail(*report.failure) : code(ExitCode::Done);
}

} // namespace lockkeeper::cli
