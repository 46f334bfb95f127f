// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actionreport.h"
#include "gui/models/lockrow.h"
#include "locks/unlockedwrites.h"

#include <QString>

/// The window's words for states and values, in the user's language.
namespace lockkeeper::gui {

[[nodiscard]] QString stateWord(app::LockState state);
[[nodiscard]] QString endWord(locks::HoldEnd end);
/// The word of the State column: the diagnosis, or how the lock went.
[[nodiscard]] QString stateWord(const LockRow &row);
/// What became of an act that failed, in short.
[[nodiscard]] QString failureHead(const app::ActionReport &report);
/// The same in a word or two, for lists: "changed hands", "lock not obtained in time".
[[nodiscard]] QString failureWord(const app::ActionReport &report);
/// "41 s", "∞", "?" or "gone 2 s ago".
[[nodiscard]] QString ttlText(const LockRow &row, SteadyTime now);
/// "19 s", or "≥ 19 s" when the lock was there before we looked.
[[nodiscard]] QString heldText(const LockRow &row, SteadyTime now);
[[nodiscard]] QString titleText(const LockRow &row);
[[nodiscard]] QString userText(const LockRow &row);
[[nodiscard]] QString ownerText(const LockRow &row);
/// An owner's label without what it says in brackets, and that.
struct OwnerLabel
{
    QString name;
    QString aside;
};
[[nodiscard]] OwnerLabel splitLabel(const QString &label);
/// "2" when they were counted, "yes" when somebody waits, "0", or "?" while it is not known.
[[nodiscard]] QString waitersText(const LockRow &row);
[[nodiscard]] QString cachedText(const LockRow &row);
/// A span without tenths from one second on: for "… ago", which must not flicker.
[[nodiscard]] QString agoText(milliseconds span);
/// A sentence whose numbers stay on the line of their units.
[[nodiscard]] QString unbroken(QString text);
/// "1 lock", "9 locks": `many` holds %1.
[[nodiscard]] QString counted(qsizetype count, const QString &one, const QString &many);
/// Where a client is: "10.0.0.7:51344".
[[nodiscard]] QString addressText(const QByteArray &address);
/// "12:03:07", by the user's clock.
[[nodiscard]] QString secondOf(WallTime time);
/// "12:03:07.412", by the user's clock.
[[nodiscard]] QString timeOfDay(WallTime time);
/// "released after 0.9 s".
[[nodiscard]] QString eventSentence(const locks::LockEvent &event);
[[nodiscard]] QString writeSentence(const locks::UnlockedWrite &write);

} // namespace lockkeeper::gui
