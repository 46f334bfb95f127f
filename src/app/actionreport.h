// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actionrequest.h"
#include "core/result.h"
#include "locks/lockfamily.h"
#include "locks/lockprotocol.h"
#include "locks/lockrecord.h"
#include "locks/owner.h"
#include "sessions/sessionstore.h"

#include <QString>
#include <QStringList>

#include <optional>

namespace lockkeeper::app {

/// What became of an action, judged by what a read after the act found. Where that read failed,
/// `verification` and a warning say so.
struct ActionReport
{
    std::optional<Error> failure;  ///< empty: done
    bool isPartlyDone = false;     ///< failure, but a copy of the session was deleted: see steps
    QStringList steps;             ///< "database: deleted the row", in order
    QList<milliseconds> stepsTook; ///< of `steps`, where it is known; else empty
    QStringList warnings;
    QString verification; ///< what a read after the act found
    std::optional<locks::LockObservation> lockAfter;
    bool isFollowedUp = false; ///< it changed something: what becomes of that is watched
    std::optional<locks::Owner> endedOwner; ///< of the hold that it ended or took over

    [[nodiscard]] bool isDone() const { return !failure; }
};

/// What was read after an act.
struct Aftermath
{
    Result<locks::LockObservation> lock = locks::LockObservation{};
    Result<bool> isCached = false;
    Result<bool> isStored = false;
};

/// For the names in sentences.
struct Naming
{
    locks::LockFamily family;
    locks::NodeNames nodeNames;
    WallTime wall;
    SteadyTime now;
};

/// A force-release that answered `released`.
[[nodiscard]] ActionReport reportOf(const ReleaseRequest &request, const Result<void> &released,
                                    const Result<locks::LockObservation> &lockAfter,
                                    const Naming &naming);
/// A take-over that answered `taken`.
[[nodiscard]] ActionReport reportOf(const TakeOverRequest &request,
                                    const Result<locks::HeldLock> &taken,
                                    const Result<locks::LockObservation> &lockAfter,
                                    const Naming &naming);
/// A lock that was taken over and is released.
[[nodiscard]] ActionReport reportOfGivingBack(const Result<locks::CompareResult> &released,
                                              const Result<locks::LockObservation> &lockAfter,
                                              const Naming &naming);
/// A locked delete; `isRerun`: it was to finish one that was cut short.
[[nodiscard]] ActionReport reportOf(const DeleteRequest &request, bool isRerun,
                                    const sessions::RemoveReport &removed,
                                    const Aftermath &aftermath, const Naming &naming);

/// "the lock is held by api-3 …", "the lock is free", "the lock could not be read: …".
[[nodiscard]] QString lockText(const Result<locks::LockObservation> &lock, const Naming &naming);

/// The audit log's word: "done", "partly done: …", "refused: …", "unknown: …", "failed: …".
[[nodiscard]] QString outcomeText(const ActionReport &report);

} // namespace lockkeeper::app
