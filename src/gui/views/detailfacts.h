// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/inspection.h"
#include "app/workspace.h"
#include "gui/models/lockrow.h"
#include "gui/views/factsview.h"

/// What the details say, as names and values.
namespace lockkeeper::gui {

/// @param workspace what was learnt of owners and their clocks; null: nothing
[[nodiscard]] QList<FactsView::Fact> lockFacts(const LockRow &row, const Clock &clock,
                                               app::Workspace *workspace);
/// The holds of a lock that ended within the last minute, newest first.
[[nodiscard]] QList<FactsView::Fact>
holdFacts(const LockKey &key, const locks::HoldInsight &insight, const Clock &clock);
[[nodiscard]] QList<FactsView::Fact> sessionFacts(const app::Inspection &inspection,
                                                  const Clock &clock);
/// How often the session was written without its lock; nothing where it was not, or nobody knows.
[[nodiscard]] QList<FactsView::Fact> unlockedFacts(const locks::UnlockedFigures &writes,
                                                   const Clock &clock);
/// @param database where the row was looked for; empty: no database was given
[[nodiscard]] QList<FactsView::Fact> databaseFacts(const app::Inspection &inspection,
                                                   const QString &database, const Clock &clock);
/// "8 s ago", by the wall clock.
[[nodiscard]] QString agoOf(std::optional<WallTime> time, const Clock &clock);

} // namespace lockkeeper::gui
