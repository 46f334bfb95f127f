// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actionrequest.h"
#include "app/inspection.h"
#include "locks/lockfamily.h"

#include <QString>
#include <QStringList>

#include <optional>

namespace lockkeeper::app {

/// A word and what is to be said of it: "Owner" and "api-3".
struct PreviewFact
{
    QString label;
    QString text;
};

/// What an action would touch, read now: the confirmation shows it and dry runs end with it.
struct Preview
{
    Inspection inspection;
    QString lockKey;
    QString cacheKey;
    QList<PreviewFact> facts;     ///< lock, owner, age, renewals, waiters; cached copy; rows
    QStringList changes;          ///< since the operator saw the lock: "renewed 1.2 s ago"
    QStringList effects;          ///< sentences: "deletes the lock … held by …"
    bool isOwnerAlive = false;    ///< it took or renewed the lock a moment ago
    QStringList warnings;         ///< "its worker is alive: the lock was taken 0.4 s ago"
    std::optional<Error> refusal; ///< why it would be refused as things stand
    QString phrase;               ///< what has to be typed to confirm it; empty: nothing

    /// What the fact of this label says; empty: there is none.
    [[nodiscard]] QString fact(QLatin1StringView label) const;
};

/// What a preview needs to know besides what was read.
struct Circumstances
{
    locks::LockFamily family;
    /// The hold as a monitor knows it, or as one look at it tells; nullopt: there is none.
    std::optional<locks::LockRecord> record;
    bool isWatched = false;         ///< a monitor does, and so knows of renewals
    std::optional<Error> forbidden; ///< why it is not tried at all: guardrails, or missing rights
    bool mustTypeSession = false;   ///< to confirm a delete
    bool isRerun = false; ///< of a delete that was cut short: its leftovers count as the session
};

[[nodiscard]] Preview previewOf(const ReleaseRequest &request, const Inspection &inspection,
                                const Circumstances &circumstances, SteadyTime now);
[[nodiscard]] Preview previewOf(const TakeOverRequest &request, const Inspection &inspection,
                                const Circumstances &circumstances, SteadyTime now);
[[nodiscard]] Preview previewOf(const DeleteRequest &request, const Inspection &inspection,
                                const Circumstances &circumstances, SteadyTime now);

/// Why there is no delete without a database.
[[nodiscard]] Error noDatabaseRefusal();

} // namespace lockkeeper::app
