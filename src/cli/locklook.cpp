// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/locklook.h"

#include "app/workspace.h"
#include "cli/contentionlook.h"
#include "cli/context.h"
#include "cli/locksnapshot.h"

namespace lockkeeper::cli {

namespace {

/// Locks come and go while we look: those that are there afterwards are listed, and what was learnt
/// of a hold is said of that hold only.
Task<QList<locks::LockRecord>> lookLonger(app::Workspace &workspace,
                                          QList<locks::LockRecord> records, Context &context)
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

} // namespace

Task<QList<LockRow>> readLockRows(app::Workspace &workspace, bool looksForContention,
                                  Context &context)
{
    const app::Target target = workspace.target();
    Result<QList<locks::LockRecord>> records =
        co_await readSnapshot(workspace.client(), target.family, context.clock(), context.stop());
    if (records && looksForContention && !records->isEmpty())
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
        rows.append({record,
                     owner,
                     session,
                     app::diagnose(record, session.state, now, target.guardrails.thresholds),
                     now,
                     wallNow,
                     {}});
        if (const auto acquired = rows.last().acquiredAt(); acquired && owner)
            skews.note(*owner, *acquired);
    }
    for (LockRow &row : rows)
        row.skews = skews;
    co_return rows;
}

} // namespace lockkeeper::cli
