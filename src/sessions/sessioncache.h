// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "locks/lockfamily.h"
#include "redis/client.h"
#include "sessions/chatsession.h"

#include <QHash>

#include <optional>

namespace lockkeeper::sessions {

/// What the cache holds of a session, without its body.
struct CacheEntry
{
    qint64 bytes = 0;
    std::optional<milliseconds> ttl; ///< nullopt: never expires
    /// Read from the first bytes; Corrupt when they are no session.
    Result<SessionSummary> summary = SessionSummary{};
};

/// The cached sessions in Redis. Parsing and writing of large values runs on a worker thread.
///
/// Its flows use the cache after their waits: whoever starts one keeps it alive.
class SessionCache
{
public:
    SessionCache(redis::Client &client, locks::LockFamily family);

    /// The cached session; nullopt when there is none, Corrupt when it cannot be read (it stays).
    [[nodiscard]] Task<std::optional<ChatSession>> get(SessionId id);
    /// Writes it with the family's cache TTL.
    [[nodiscard]] Task<void> put(ChatSession session);
    /// Writes it unless there is an entry, whatever it holds. @return whether it was written.
    [[nodiscard]] Task<bool> putIfAbsent(ChatSession session);
    /// @return whether there was an entry.
    [[nodiscard]] Task<bool> remove(SessionId id);
    /// Size, TTL and head of each of `ids` (at most 250) that is cached, in one pipeline.
    [[nodiscard]] Task<QHash<SessionId, CacheEntry>> entries(QList<SessionId> ids);

private:
    using SetCommand = redis::Command (*)(const QByteArray &key, const QByteArray &value,
                                          milliseconds ttl);

    [[nodiscard]] Task<redis::Reply> write(ChatSession session, SetCommand set);

    redis::Client &m_client;
    locks::LockFamily m_family;
};

} // namespace lockkeeper::sessions
