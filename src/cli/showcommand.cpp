// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/showcommand.h"

#include "app/workspace.h"
#include "cli/context.h"
#include "cli/inspectionview.h"
#include "cli/replicawarning.h"
#include "core/text.h"

#include <QUuid>

#include <CLI/CLI.hpp>

namespace lockkeeper::cli {

void ShowCommand::declare(CLI::App &app)
{
    addSession(app, "SESSION", m_session, tr("The session to show"));
    addFlag(app, "--reveal", m_isRevealing,
            tr("Show the messages' texts; that you asked is kept in the audit log"));
    addExamples(app, tr("lockkeeper-cli show 3f2a77c1-5a04-4b52-9c2e-0b6a4f1e91c4\n"
                        "lockkeeper-cli show 3f2a77c1-5a04-4b52-9c2e-0b6a4f1e91c4 --json\n"
                        "lockkeeper-cli show 3f2a77c1-5a04-4b52-9c2e-0b6a4f1e91c4 --reveal"));
}

QCoro::Task<int> ShowCommand::run(Context &context)
{
    const Result<app::Workspace *> connected = co_await context.connect();
    if (!connected)
        co_return context.fail(connected.error());
    app::Workspace &workspace = **connected;
    warnOfReplica(workspace, context.output());
    const app::Inspection inspection = co_await workspace.actions().inspect(m_session);
    if (!inspection.lock)
        co_return context.fail(inspection.lock.error());
    if (m_isRevealing && inspection.session()) {
        const Result<void> recorded = co_await recordReveal(workspace);
        if (!recorded)
            co_return context.fail(recorded.error());
    }

    const bool isNowhere = !inspection.isKnown() && inspection.cached && inspection.stored;
    const InspectionView view(inspection, workspace.target(), context.clock(), m_isRevealing);
    if (context.isJson())
        context.output().json(view.json());
    else if (!isNowhere)
        view.print(context.output());
    if (!inspection.stored && inspection.hasDatabase)
        co_return context.fail(inspection.stored.error());
    if (isNowhere)
        co_return context.fail(
            Error{ErrorCode::NotFound,
                  tr("there is no session %1, and no lock of it").arg(printable(m_session.bytes())),
                  {}});
    co_return code(ExitCode::Done);
}

Task<void> ShowCommand::recordReveal(app::Workspace &workspace) const
{
    app::AuditEntry entry;
    entry.actionId = QUuid::createUuid().toString(QUuid::WithoutBraces);
    entry.phase = app::AuditEntry::Phase::Outcome;
    entry.action = QStringLiteral("reveal");
    entry.target = workspace.target().name;
    entry.key = workspace.target().family.cacheKey(m_session).bytes();
    entry.session = m_session;
    entry.outcome = QStringLiteral("done");
    co_return co_await workspace.audit().append(entry);
}

} // namespace lockkeeper::cli
