// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/releasecommand.h"

#include "app/workspace.h"
#include "cli/console.h"
#include "cli/context.h"
#include "cli/reportprinter.h"

#include <CLI/CLI.hpp>

namespace lockkeeper::cli {

void ReleaseCommand::declare(CLI::App &app)
{
    addSession(app, "SESSION", m_session, tr("The session whose lock is to be deleted"));
    addToken(
        app, "--token", m_token,
        tr("The token that you saw, as show and list --json print it; with another one nothing "
           "happens and the exit code is 4"))
        ->required();
    addText(app, "--reason", m_reason, tr("Why; kept in the audit log"));
    addFlag(app, "--dry-run", m_isDryRun, tr("Say what would happen, change nothing"));
    addFlag(app, "--yes", m_isConfirmed, tr("Do not ask"));
    addExamples(
        app, tr("lockkeeper-cli list --state no_expiry\n"
                "lockkeeper-cli release 3f2a77c1-… --token 8c1f…a0d2 --dry-run\n"
                "lockkeeper-cli release 3f2a77c1-… --token 8c1f…a0d2 --reason \"worker is gone\""));
}

QCoro::Task<int> ReleaseCommand::run(Context &context)
{
    const Result<app::Workspace *> connected = co_await context.connect();
    if (!connected)
        co_return context.fail(connected.error());
    app::Actions &actions = (*connected)->actions();
    const app::ReleaseRequest request{m_session, *m_token, m_reason};

    if (!m_isConfirmed || m_isDryRun) {
        const app::Preview preview = co_await actions.previewRelease(request);
        if (m_isDryRun)
            printPreviewAsData(preview, QStringLiteral("release"), context);
        if (preview.refusal)
            co_return context.fail(*preview.refusal);
        if (m_isDryRun)
            co_return code(ExitCode::Done);
        printPreview(preview, context);
        const Result<void> confirmed = co_await context.confirm(tr("Release this lock?"));
        if (!confirmed)
            co_return context.fail(confirmed.error());
    }
    const app::ActionReport report = co_await actions.release(request);
    co_return printReport(report, QStringLiteral("release"), m_session, context);
}

} // namespace lockkeeper::cli
