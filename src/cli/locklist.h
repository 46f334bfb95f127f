// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/diagnosis.h"
#include "app/sessionlookup.h"
#include "app/target.h"
#include "cli/jsonvalues.h"
#include "cli/texttable.h"
#include "locks/clockskews.h"
#include "locks/lockrecord.h"
#include "locks/owner.h"

#include <QList>
#include <QString>

#include <optional>

/// The rows of `list`: what they hold, which are shown, in what order, as text and as JSON.
namespace lockkeeper::cli {

/// One lock with all that is known about it at one moment.
struct LockRow
{
    locks::LockRecord lock;
    std::optional<locks::Owner> owner; ///< nullopt: foreign
    app::SessionGlance session;
    app::Diagnosis diagnosis;
    SteadyTime now;
    WallTime wallNow;
    locks::ClockSkews skews; ///< of the owners' nodes, as far as all rows tell

    /// How long it is held; at least, where acquiredAt() is not known. nullopt: foreign.
    [[nodiscard]] std::optional<milliseconds> held() const;
    [[nodiscard]] std::optional<milliseconds> queued() const;
    [[nodiscard]] std::optional<WallTime> acquiredAt() const;
};

/// What `list` is asked to leave out.
struct LockFilter
{
    std::optional<milliseconds> olderThan;
    QList<app::LockState> states; ///< empty: all
    QString owner;                ///< part of the label, node id or token
    std::optional<UserId> user;

    [[nodiscard]] bool accepts(const LockRow &row) const;
};

enum class SortColumn { State, Session, Title, User, Ttl, Held, Owner, Size };

[[nodiscard]] std::optional<SortColumn> sortColumnFromName(const QString &name);
/// "state, session, …", for help and refusals.
[[nodiscard]] QString sortColumnNames();
void sortRows(QList<LockRow> &rows, SortColumn column);

[[nodiscard]] TextTable lockTable(const QList<LockRow> &rows);
[[nodiscard]] Json lockJson(const LockRow &row, const app::Target &target);

/// "◆ no expiry" and the like: shape and word, as the window shows them.
[[nodiscard]] TextTable::Cell stateCell(app::LockState state);

} // namespace lockkeeper::cli
