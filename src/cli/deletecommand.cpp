// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/deletecommand.h"

#include "app/workspace.h"
#include "cli/context.h"
#include "cli/reportprinter.h"

#include <CLI/CLI.hpp>

namespace lockkeeper::cli {

void DeleteCommand::declare(CLI::App &app)
{
    addSession(app, "SESSION", m_session, tr("The session to delete"));
    addUser(app, "--user", m_user, tr("Only if the session belongs to this user"));
    addSpan(app, "--wait", m_wait, tr("How long to wait for the lock (default 10s)"));
    addToken(app, "--take-over", m_takeOver,
             tr("Take the lock from the owner with this token instead of waiting for it"));
    addText(app, "--reason", m_reason, tr("Why; kept in the audit log"));
    addFlag(app, "--dry-run", m_isDryRun, tr("Say what would happen, change nothing"));
    addFlag(app, "--yes", m_isConfirmed, tr("Do not ask"));
    addExamples(app,
                tr("lockkeeper-cli delete 3f2a77c1-… --dry-run\n"
                   "lockkeeper-cli delete 3f2a77c1-… --user 91d0… --reason \"asked by its user\"\n"
                   "lockkeeper-cli delete 3f2a77c1-… --take-over 8c1f…a0d2"));
}

QCoro::Task<int> DeleteCommand::run(Context &context)
{
    const Result<app::Workspace *> connected = co_await context.connectWithDatabase(
        m_isDryRun ? Context::DatabaseUse::Reads : Context::DatabaseUse::Writes);
    if (!connected)
        co_return context.fail(connected.error());
    app::Actions &actions = (*connected)->actions();
    app::DeleteRequest request;
    request.session = m_session;
    request.user = m_user;
    request.wait = m_wait.value_or(request.wait);
    request.takeOver = m_takeOver;
    request.reason = m_reason;
    request.stop = context.stop();

    if (!m_isConfirmed || m_isDryRun) {
        const app::Preview preview = co_await actions.previewDelete(request);
        if (m_isDryRun)
            printPreviewAsData(preview, QStringLiteral("delete"), context);
        if (preview.refusal)
            co_return context.fail(*preview.refusal);
        if (m_isDryRun)
            co_return code(ExitCode::Done);
        printPreview(preview, context);
        const Result<void> confirmed = co_await context.confirm(tr("Delete this session?"));
        if (!confirmed)
            co_return context.fail(confirmed.error());
    }
    context.leaveStoppingToVerb(); // a delete under way ends in order
    const app::ActionReport report = co_await actions.remove(request);
    co_return printReport(report, QStringLiteral("delete"), m_session, context);
}

} // namespace lockkeeper::cli
