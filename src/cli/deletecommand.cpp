// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/deletecommand.h"

#include "app/workspace.h"
#include "cli/actrun.h"
#include "cli/context.h"
#include "core/text.h"

#include <CLI/CLI.hpp>

namespace lockkeeper::cli {

void DeleteCommand::declare(CLI::App &app)
{
    addSession(app, "SESSION", m_session,
               tr("The session to delete; for the sessions of many locks give a filter"))
        ->required(false);
    addSpan(app, "--wait", m_wait, tr("How long to wait for the lock (default 10s)"));
    addToken(app, "--take-over", m_takeOver,
             tr("Take the lock from the owner with this token instead of waiting for it"));
    addFlag(app, "--take-over-seen", m_takesOverSeen,
            tr("Of many: take each lock from the owner that was seen instead of waiting "
               "for it"));
    m_options.declare(app);
    m_options.declareConfirm(app);
    m_options.declareVerify(app);
    m_many.declare(app);
    app.get_option("--user")->description(
        tr("Only if the session belongs to this user; of many, only theirs").toStdString());
    addExamples(app,
                tr("lockkeeper-cli delete 3f2a77c1-… --dry-run\n"
                   "lockkeeper-cli delete 3f2a77c1-… --user 91d0… --reason \"asked by its user\"\n"
                   "lockkeeper-cli delete 3f2a77c1-… --take-over 8c1f…a0d2\n"
                   "lockkeeper-cli delete --state no_expiry --take-over-seen --dry-run"));
}

std::optional<Error> DeleteCommand::misuse() const
{
    const bool isOne = !m_session.isEmpty();
    if (!isOne && !m_many.isGiven())
        return Error{ErrorCode::InvalidInput, tr("delete needs SESSION, which was not given"),
                     tr("write: lockkeeper-cli delete SESSION, or give a filter such as "
                        "--state no_expiry")};
    if (isOne && m_takesOverSeen)
        return Error{ErrorCode::InvalidInput, tr("--take-over-seen is for many"),
                     tr("give --take-over with the token that you saw")};
    if (!isOne && m_takeOver)
        return Error{ErrorCode::InvalidInput, tr("--take-over belongs to one SESSION"),
                     tr("of many, --take-over-seen takes each lock from the owner that was seen")};
    return isOne ? m_many.misuseOfOne() : std::nullopt;
}

app::DeleteRequest DeleteCommand::request(Context &context) const
{
    app::DeleteRequest request;
    request.session = m_session;
    request.user = m_many.user();
    request.wait = m_wait.value_or(request.wait);
    request.takeOver = m_takeOver;
    request.note = m_options.note();
    request.stop = context.stop();
    return request;
}

QCoro::Task<int> DeleteCommand::run(Context &context)
{
    const auto use =
        m_options.isDryRun ? Context::DatabaseUse::Reads : Context::DatabaseUse::Writes;
    const Result<app::Workspace *> connected = co_await context.connectWithDatabase(use);
    if (!connected)
        co_return context.fail(connected.error());
    app::Workspace &workspace = **connected;
    if (m_session.isEmpty())
        co_return co_await deleteMany(workspace, context);
    const app::DeleteRequest removal = request(context);
    OneAct act;
    act.action = QStringLiteral("delete");
    act.question = tr("Delete this session?");
    act.session = m_session;
    act.isDelete = true;
    act.unconfirmed = [&workspace, removal](const QString &typed) {
        app::DeleteRequest confirmed = removal;
        confirmed.note.typed = typed;
        return workspace.actions().unconfirmed(confirmed);
    };
    act.preview = [&workspace, removal] { return workspace.actions().previewDelete(removal); };
    act.act = [&workspace, removal](const QString &typed) {
        app::DeleteRequest confirmed = removal;
        confirmed.note.typed = typed;
        return workspace.actions().remove(confirmed);
    };
    co_return co_await runOne(act, m_options, workspace, context);
}

QCoro::Task<int> DeleteCommand::deleteMany(app::Workspace &workspace, Context &context)
{
    const Result<QList<app::BulkItem>> items = co_await m_many.items(workspace, context);
    if (!items)
        co_return context.fail(items.error());
    app::BulkRequest request;
    request.deed = m_takesOverSeen ? app::BulkDeed::TakeOverAndDelete : app::BulkDeed::Delete;
    request.items = *items;
    request.user = m_many.user();
    request.raisedCap = m_many.raisedCap();
    request.wait = m_wait.value_or(request.wait);
    co_return co_await runMany(request, m_options, m_many.resultFile(), workspace, context);
}

} // namespace lockkeeper::cli
