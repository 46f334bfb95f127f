// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/diagnosis.h"
#include "core/result.h"
#include "locks/lockrecord.h"
#include "locks/owner.h"
#include "sessions/chatsession.h"

#include <optional>

namespace lockkeeper::app {

/// Everything about one session, read at one time: lock, owner, cache and database side by side.
struct Inspection
{
    SessionId id;
    Result<locks::LockObservation> lock = locks::LockObservation{};
    std::optional<locks::Owner> owner; ///< whenever the lock is held
    /// The cached session; nullopt: none; Corrupt: there is one that cannot be read.
    Result<std::optional<sessions::ChatSession>> cached = std::optional<sessions::ChatSession>{};
    std::optional<qint64> cachedBytes;
    std::optional<milliseconds> cacheTtl;
    bool hasDatabase = false;
    Result<std::optional<sessions::ChatSession>> stored = std::optional<sessions::ChatSession>{};

    /// Found anywhere at all.
    [[nodiscard]] bool isKnown() const;
    /// The cached copy, else the stored one, else null.
    [[nodiscard]] const sessions::ChatSession *session() const;
    [[nodiscard]] SessionState sessionState() const;
    /// Something stands at the lock's key, or nobody could look.
    [[nodiscard]] bool isLocked() const;
    /// The platform's word for what goes on in the session; nullopt in older shapes.
    [[nodiscard]] std::optional<QString> status() const;
};

/// What two copies of one session disagree on; an empty title is none.
struct CopyDifference
{
    bool messages = false; ///< their number
    bool title = false;
    bool user = false;

    [[nodiscard]] bool isAny() const { return messages || title || user; }
};
[[nodiscard]] CopyDifference differenceOf(const sessions::ChatSession &cached,
                                          const sessions::ChatSession &stored);

/// Whether a status says that somebody works on the session, or is about to.
[[nodiscard]] bool isAtWork(const QString &status);

} // namespace lockkeeper::app
