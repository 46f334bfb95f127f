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
    addSession(app, "SESSION", m_session,
               tr("The session whose lock is to be taken over; for many give a filter"))
        ->required(false);
    addToken(
        app, "--token", m_token,
        tr("The token that you saw, as show and list --json print it; with another one nothing "
           "happens and the exit code is 4"));
    addSpan(app, "--for", m_for, tr("Hold it for this long (default: until Ctrl+C)"));
    m_options.declare(app);
    m_many.declare(app);
    addExamples(app, tr("lockkeeper-cli take-over 3f2a77c1-… --token 8c1f…a0d2 --dry-run\n"
                        "lockkeeper-cli take-over 3f2a77c1-… --token 8c1f…a0d2 --for 5m\n"
                        "lockkeeper-cli take-over --owner api-3 --for 5m"));
}

std::optional<Error> TakeOverCommand::misuse() const
{
    if (m_session.isEmpty() && !m_many.isGiven())
        return Error{ErrorCode::InvalidInput, tr("take-over needs SESSION, which was not given"),
                     tr("write: lockkeeper-cli take-over SESSION --token TOKEN, or give a filter "
                        "such as --owner api-3")};
    if (!m_session.isEmpty() && m_many.isGiven())
        return Error{ErrorCode::InvalidInput, tr("SESSION and a filter do not go together"),
                     tr("leave one of them away")};
    if (!m_session.isEmpty() && !m_token)
        return Error{ErrorCode::InvalidInput, tr("take-over needs --token, which was not given"),
                     tr("write: lockkeeper-cli take-over SESSION --token TOKEN; lockkeeper-cli "
                        "show SESSION prints the token")};
    if (m_session.isEmpty() && m_token)
        return Error{ErrorCode::InvalidInput, tr("--token belongs to one SESSION"),
                     tr("of many, each lock is taken over from the owner that was seen")};
    return std::nullopt;
}

QCoro::Task<int> TakeOverCommand::run(Context &context)
{
    const Result<app::Workspace *> connected = co_await context.connect();
    if (!connected)
        co_return context.fail(connected.error());
    app::Workspace &workspace = **connected;
    const bool areMany = m_many.isGiven();
    int exitCode = 0;
    if (areMany)
        exitCode = co_await takeMany(workspace, context);
    else
        exitCode = co_await takeOne(workspace, context);
    if (m_options.isDryRun || workspace.held().sessions().isEmpty())
        co_return exitCode;
    const int held = co_await hold(workspace, context);
    co_return exitCode == code(ExitCode::Done) ? held : exitCode;
}

QCoro::Task<int> TakeOverCommand::takeOne(app::Workspace &workspace, Context &context) const
{
    const app::TakeOverRequest request{m_session, *m_token, m_options.note()};
    OneAct act;
    act.action = QStringLiteral("take-over");
    act.question = tr("Take this lock over?");
    act.session = m_session;
    act.preview = [&workspace, request] { return workspace.actions().previewTakeOver(request); };
    act.act = [&workspace, request](const QString &) {
        return workspace.actions().takeOver(request);
    };
    co_return co_await runOne(act, m_options, workspace, context);
}

QCoro::Task<int> TakeOverCommand::takeMany(app::Workspace &workspace, Context &context)
{
    const Result<QList<app::BulkItem>> items = co_await m_many.items(workspace, context);
    if (!items)
        co_return context.fail(items.error());
    app::BulkRequest request;
    request.deed = app::BulkDeed::TakeOver;
    request.items = *items;
    request.raisedCap = m_many.raisedCap();
    co_return co_await runMany(request, m_options, m_many.resultFile(), workspace, context);
}

QCoro::Task<int> TakeOverCommand::hold(app::Workspace &workspace, Context &context) const
{
    context.leaveStoppingToVerb(); // it is given back before the end
    context.output().note(
        m_for ? tr("held for %1, renewed; Ctrl+C gives it back before").arg(spanText(*m_for))
              : tr("held, renewed; Ctrl+C gives it back"));
    Ending<void> over;
    std::optional<Error> lost;
    QObject scope;
    QObject::connect(&workspace.held(), &app::HeldLocks::lost, &scope,
                     [&](const SessionId &, const Error &reason) {
                         lost = reason;
                         if (workspace.held().sessions().isEmpty())
                             over.end({});
                         else
                             context.output().error(reason);
                     });
    if (m_for)
        QTimer::singleShot(*m_for, &scope, [&] { over.end({}); });
    const auto stopped = endOnStop(context.stop(), over);
    static_cast<void>(co_await over.future());
    int exitCode = code(ExitCode::Done);
    for (const SessionId &session : workspace.held().sessions()) {
        const app::ActionReport report = co_await workspace.actions().giveBack(session);
        for (const QString &step : report.steps)
            context.output().note(step);
        for (const QString &warning : report.warnings)
            context.output().warning(warning);
        if (report.failure)
            exitCode = context.fail(*report.failure);
    }
    co_return lost ? context.fail(*lost) : exitCode;
}

} // namespace lockkeeper::cli
