// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actionrequest.h"
#include "app/inspection.h"
#include "locks/lockfamily.h"

#include <QString>
#include <QStringList>

#include <optional>

namespace lockkeeper::app {

/// What an action would touch, read now: the confirmation shows it and dry runs end with it.
struct Preview
{
    Inspection inspection;
    QString lockKey;
    QString cacheKey;
    QStringList effects;          ///< sentences: "deletes the lock … held by …"
    QStringList warnings;         ///< "its worker is alive: the lock was taken 0.4 s ago"
    std::optional<Error> refusal; ///< why it would be refused as things stand
};

/// What a preview needs to know besides what was read.
struct Circumstances
{
    locks::LockFamily family;
    milliseconds lease{0}; ///< of the hold, where a monitor knows it better than the family
    int renewals = 0;      ///< that a monitor has seen
    bool isReadOnly = false;
    std::optional<Error> missingRights; ///< those that are known to be missing for the act
    bool isRerun = false; ///< of a delete that was cut short: its leftovers count as the session
};

[[nodiscard]] Preview previewOf(const ReleaseRequest &request, const Inspection &inspection,
                                const Circumstances &circumstances, SteadyTime now);
[[nodiscard]] Preview previewOf(const DeleteRequest &request, const Inspection &inspection,
                                const Circumstances &circumstances, SteadyTime now);

/// Why this connection takes no action at all: it is read-only.
[[nodiscard]] Error readOnlyRefusal();
/// Why there is no delete without a database.
[[nodiscard]] Error noDatabaseRefusal();

} // namespace lockkeeper::app
