// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/diagnosis.h"
#include "app/sessionlookup.h"
#include "locks/lockrecord.h"
#include "locks/owner.h"

#include <optional>

namespace lockkeeper::gui {

/// All that one line of the lock list shows.
struct LockRow
{
    locks::LockRecord record;
    locks::Owner owner; ///< empty label: the key is no lock of ours
    app::SessionGlance glance;
    app::Diagnosis diagnosis;
    std::optional<SteadyTime> provenAt; ///< not since; nullopt: it is as it says now
    std::optional<locks::HoldEnd> gone; ///< the lock is no more; the row lingers for a moment
    SteadyTime goneAt;
};

/// The columns of the lock list.
enum class LockColumn { State, Session, Title, User, Ttl, HeldFor, Owner, Waiters, Cached };
inline constexpr int kLockColumns = 9;

} // namespace lockkeeper::gui
