// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "core/strongtype.h"

#include <QByteArray>
#include <QString>

#include <optional>

namespace lockkeeper::locks {

/// A lock prefix, a session-cache prefix, a lease and a cache TTL that belong together.
struct LockFamily
{
    QString name = QStringLiteral("chat");
    QByteArray lockPrefix = "chat:session_lock:";
    QByteArray sessionPrefix = "chat:session:";
    milliseconds lease = std::chrono::seconds(60);
    milliseconds cacheTtl = std::chrono::hours(12);

    [[nodiscard]] LockKey lockKey(const SessionId &session) const;
    [[nodiscard]] CacheKey cacheKey(const SessionId &session) const;
    /// The session of a lock key; nullopt when the key is not of this family or the bare prefix.
    [[nodiscard]] std::optional<SessionId> sessionOfLock(const QByteArray &key) const;
    /// The session of a cache key; nullopt when the key is not of this family or the bare prefix.
    [[nodiscard]] std::optional<SessionId> sessionOfCache(const QByteArray &key) const;

    /// InvalidInput for an empty or overlapping prefix and for a lease that is not positive.
    [[nodiscard]] Result<void> check() const;

    friend bool operator==(const LockFamily &, const LockFamily &) = default;
};

/// `chat` or `copilot`.
[[nodiscard]] Result<LockFamily> builtInFamily(const QString &name);

} // namespace lockkeeper::locks
