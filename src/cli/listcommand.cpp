// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/listcommand.h"

#include "app/workspace.h"
#include "cli/context.h"
#include "cli/locklook.h"
#include "cli/replicawarning.h"

#include <CLI/CLI.hpp>

namespace lockkeeper::cli {

void ListCommand::declare(CLI::App &app)
{
    m_filter.declare(app);
    addFlag(app, "--contention", m_looksForContention,
            tr("Also tell which locks others ask for; takes three seconds, and "
               "three more where some are touched. "
               "--state contended does so by itself"));
    addText(app, "--sort", m_sortName, tr("Sort by %1 (default state)").arg(sortColumnNames()))
        ->type_name("COLUMN");
    addExamples(app, tr("lockkeeper-cli list\n"
                        "lockkeeper-cli list --older-than 30s --sort held\n"
                        "lockkeeper-cli list --state no_expiry --state orphan --json"));
}

Result<void> ListCommand::checkArguments()
{
    if (const Result<void> states = m_filter.check(); !states)
        return states;
    m_looksForContention = m_looksForContention || m_filter.asksForContention();
    const auto sort = sortColumnFromName(m_sortName);
    if (!sort)
        return Error{ErrorCode::InvalidInput,
                     tr("--sort: there is no column \"%1\"").arg(m_sortName),
                     tr("the columns are %1").arg(sortColumnNames())};
    m_sort = *sort;
    return {};
}

QCoro::Task<int> ListCommand::run(Context &context)
{
    if (const Result<void> checked = checkArguments(); !checked)
        co_return context.fail(checked.error());
    const Result<app::Workspace *> connected = co_await context.connect();
    if (!connected)
        co_return context.fail(connected.error());
    app::Workspace &workspace = **connected;
    warnOfReplica(workspace, context.output());
    Result<QList<LockRow>> rows = co_await readLockRows(workspace, m_looksForContention, context);
    if (!rows)
        co_return context.fail(rows.error());
    const qsizetype all = rows->size();
    rows->removeIf([this](const LockRow &row) { return !m_filter.filter().accepts(row); });
    sortRows(*rows, m_sort);
    print(*rows, all, workspace, context);
    co_return code(ExitCode::Done);
}

void ListCommand::print(const QList<LockRow> &rows, qsizetype all, app::Workspace &workspace,
                        Context &context) const
{
    Output &output = context.output();
    if (const auto &database = workspace.databaseState(); database && !*database)
        output.warning(tr("sessions are shown from the cache only: %1")
                           .arg(lockkeeper::describe(database->error())));
    if (context.isJson()) {
        Json document = Json::array();
        for (const LockRow &row : rows)
            document.push_back(lockJson(row, workspace.target()));
        output.json(documentText(document));
        return;
    }
    if (!rows.isEmpty())
        output.table(lockTable(rows));
    if (all == 0)
        output.note(tr("no locks under %1 on %2")
                        .arg(QString::fromUtf8(workspace.target().family.lockPrefix),
                             workspace.target().server.displayUrl()));
    else if (rows.size() < all)
        output.note(tr("%1 of %2 locks").arg(rows.size()).arg(all));
    else
        output.note(all == 1 ? tr("1 lock") : tr("%1 locks").arg(all));
}

} // namespace lockkeeper::cli
