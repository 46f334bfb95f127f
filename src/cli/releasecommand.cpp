// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/releasecommand.h"

#include "app/workspace.h"
#include "cli/actrun.h"
#include "cli/context.h"

#include <CLI/CLI.hpp>

namespace lockkeeper::cli {

void ReleaseCommand::declare(CLI::App &app)
{
    addSession(app, "SESSION", m_session,
               tr("The session whose lock is to be deleted; for many give a filter"))
        ->required(false);
    addToken(
        app, "--token", m_token,
        tr("The token that you saw, as show and list --json print it; with another one nothing "
           "happens and the exit code is 4"));
    m_options.declare(app);
    m_options.declareVerify(app);
    m_many.declare(app);
    addExamples(
        app, tr("lockkeeper-cli list --state no_expiry\n"
                "lockkeeper-cli release 3f2a77c1-… --token 8c1f…a0d2 --dry-run\n"
                "lockkeeper-cli release 3f2a77c1-… --token 8c1f…a0d2 --reason \"worker is gone\"\n"
                "lockkeeper-cli release --state no_expiry --older-than 10m --dry-run"));
}

std::optional<Error> ReleaseCommand::misuse() const
{
    if (m_session.isEmpty() && !m_many.isGiven())
        return Error{
            ErrorCode::InvalidInput, tr("release needs SESSION, which was not given"),
            tr("write: lockkeeper-cli release SESSION --token TOKEN, or give a filter such "
               "as --state no_expiry")};
    if (!m_session.isEmpty() && m_many.isGiven())
        return Error{ErrorCode::InvalidInput, tr("SESSION and a filter do not go together"),
                     tr("leave one of them away")};
    if (!m_session.isEmpty() && !m_token)
        return Error{ErrorCode::InvalidInput, tr("release needs --token, which was not given"),
                     tr("write: lockkeeper-cli release SESSION --token TOKEN; lockkeeper-cli show "
                        "SESSION prints the token")};
    if (m_session.isEmpty() && m_token)
        return Error{ErrorCode::InvalidInput, tr("--token belongs to one SESSION"),
                     tr("many locks are each released with the token that was seen of it")};
    return m_session.isEmpty() ? std::nullopt : m_many.misuseOfOne();
}

QCoro::Task<int> ReleaseCommand::run(Context &context)
{
    const Result<app::Workspace *> connected = co_await context.connect();
    if (!connected)
        co_return context.fail(connected.error());
    app::Workspace &workspace = **connected;
    if (m_many.isGiven()) {
        const Result<QList<app::BulkItem>> items = co_await m_many.items(workspace, context);
        if (!items)
            co_return context.fail(items.error());
        app::BulkRequest request;
        request.deed = app::BulkDeed::Release;
        request.items = *items;
        request.raisedCap = m_many.raisedCap();
        co_return co_await runMany(request, m_options, m_many.resultFile(), workspace, context);
    }
    const app::ReleaseRequest request{m_session, *m_token, m_options.note()};
    OneAct act;
    act.action = QStringLiteral("release");
    act.question = tr("Release this lock?");
    act.session = m_session;
    act.preview = [&workspace, request] { return workspace.actions().previewRelease(request); };
    act.act = [&workspace, request](const QString &) {
        return workspace.actions().release(request);
    };
    co_return co_await runOne(act, m_options, workspace, context);
}

} // namespace lockkeeper::cli
