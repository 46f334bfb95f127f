// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/listcommand.h"

#include "app/workspace.h"
#include "cli/contentionlook.h"
#include "cli/context.h"
#include "cli/locksnapshot.h"
#include "cli/replicawarning.h"

#include <CLI/CLI.hpp>

namespace lockkeeper::cli {

void ListCommand::declare(CLI::App &app)
{
    addSpan(app, "--older-than", m_filter.olderThan, tr("Only locks held at least this long"));
    addTexts(app, "--state", m_stateNames,
             tr("Only locks in this state; may be given more than once:\n"
                "foreign, no_expiry, reappeared, renewing_long, storm, contended, orphan,\n"
                "held_long, healthy"))
        ->type_name("STATE");
    addText(app, "--owner", m_filter.owner,
            tr("Only locks whose owner's name, node id or token contains this"));
    addUser(app, "--user", m_filter.user, tr("Only locks of this user's sessions"));
    addFlag(app, "--contention", m_looksForContention,
            tr("Also tell which locks others ask for; takes three seconds, and\n"
               "three more where some are touched.\n"
               "--state contended does so by itself"));
    addText(app, "--sort", m_sortName, tr("Sort by %1 (default state)").arg(sortColumnNames()))
        ->type_name("COLUMN");
    addExamples(app, tr("lockkeeper-cli list\n"
                        "lockkeeper-cli list --older-than 30s --sort held\n"
                        "lockkeeper-cli list --state no_expiry --state orphan --json"));
}

Result<void> ListCommand::checkArguments()
{
    for (const QString &name : std::as_const(m_stateNames)) {
        const auto state = app::lockStateFromName(name);
        if (!state)
            return Error{ErrorCode::InvalidInput, tr("--state: there is no state \"%1\"").arg(name),
                         tr("see: lockkeeper-cli list --help")};
        m_filter.states.append(*state);
        m_looksForContention = m_looksForContention || *state == app::LockState::Contended;
    }
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
    Result<QList<LockRow>> rows = co_await readRows(workspace, context);
    if (!rows)
        co_return context.fail(rows.error());
    const qsizetype all = rows->size();
    rows->removeIf([this](const LockRow &row) { return !m_filter.accepts(row); });
    sortRows(*rows, m_sort);
    print(*rows, all, workspace, context);
    co_return code(ExitCode::Done);
}

/// Locks come and go while we look: those that are there afterwards are listed, and what was learnt
/// of a hold is said of that hold only.
Task<QList<locks::LockRecord>> ListCommand::lookLonger(app::Workspace &workspace,
                                                       QList<locks::LockRecord> records,
                                                       Context &context)
{
    const auto looked = co_await lookForContention(workspace.client(), std::move(records),
                                                   context.clock(), context.stop());
    if (!looked)
        co_return looked.error();
    auto now = co_await readSnapshot(workspace.client(), workspace.target().family, context.clock(),
                                     context.stop());
    if (!now)
        co_return now.error();
    QHash<LockKey, locks::LockRecord> before;
    for (const locks::LockRecord &record : *looked)
        before.insert(record.key, record);
    for (locks::LockRecord &record : *now) {
        const auto known = before.constFind(record.key);
        if (known != before.cend() && known->token == record.token)
            record.isContended = known->isContended;
    }
    co_return now;
}

Task<QList<LockRow>> ListCommand::readRows(app::Workspace &workspace, Context &context)
{
    const app::Target target = workspace.target();
    Result<QList<locks::LockRecord>> records =
        co_await readSnapshot(workspace.client(), target.family, context.clock(), context.stop());
    if (records && m_looksForContention && !records->isEmpty())
        records = co_await lookLonger(workspace, *records, context);
    if (!records)
        co_return records.error();
    QList<SessionId> ids;
    for (const locks::LockRecord &record : *records)
        ids.append(record.session);
    const QHash<SessionId, app::SessionGlance> sessions = co_await workspace.lookup().fetch(ids);

    QList<LockRow> rows;
    locks::ClockSkews skews;
    const SteadyTime now = context.clock().steady();
    const WallTime wallNow = workspace.client().serverTime().wall();
    for (const locks::LockRecord &record : *records) {
        const app::SessionGlance session = sessions.value(record.session);
        std::optional<locks::Owner> owner;
        if (!record.isForeign())
            owner = locks::decodeOwner(record.token, wallNow, target.nodeNames);
        rows.append(
            {record, owner, session, app::diagnose(record, session.state, now), now, wallNow, {}});
        if (const auto acquired = rows.last().acquiredAt(); acquired && owner)
            skews.note(*owner, *acquired);
    }
    for (LockRow &row : rows)
        row.skews = skews;
    co_return rows;
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
