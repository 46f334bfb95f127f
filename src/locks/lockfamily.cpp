// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockfamily.h"

#include "core/text.h"

namespace lockkeeper::locks {

namespace {

std::optional<SessionId> sessionAfter(const QByteArray &prefix, const QByteArray &key)
{
    // The bare prefix names no session: nobody could ask for it.
    if (key.size() <= prefix.size() || !key.startsWith(prefix))
        return std::nullopt;
    return SessionId(key.sliced(prefix.size()));
}

Error refusal(const QString &what, const QString &hint)
{
    return {ErrorCode::InvalidInput, what, hint};
}

} // namespace

LockKey LockFamily::lockKey(const SessionId &session) const
{
    return LockKey(lockPrefix + session.bytes());
}

CacheKey LockFamily::cacheKey(const SessionId &session) const
{
    return CacheKey(sessionPrefix + session.bytes());
}

std::optional<SessionId> LockFamily::sessionOfLock(const QByteArray &key) const
{
    return sessionAfter(lockPrefix, key);
}

std::optional<SessionId> LockFamily::sessionOfCache(const QByteArray &key) const
{
    return sessionAfter(sessionPrefix, key);
}

Result<void> LockFamily::check() const
{
    if (lockPrefix.isEmpty())
        return refusal(u"the lock prefix of the family " + name + u" is empty",
                       QStringLiteral("give the prefix of the lock keys, such as "
                                      "chat:session_lock:"));
    if (sessionPrefix.isEmpty())
        return refusal(u"the session prefix of the family " + name + u" is empty",
                       QStringLiteral("give the prefix of the cached sessions, such as "
                                      "chat:session:"));
    if (lockPrefix.startsWith(sessionPrefix) || sessionPrefix.startsWith(lockPrefix))
        return refusal(u"the prefixes " + printable(lockPrefix) + u" and " +
                           printable(sessionPrefix) + u" overlap",
                       QStringLiteral("a key must tell whether it is a lock or a session: neither "
                                      "prefix may begin with the other"));
    if (lease <= milliseconds::zero())
        return refusal(u"the lease of the family " + name + u" is not positive",
                       QStringLiteral("give a lease such as 60s"));
    if (cacheTtl <= milliseconds::zero())
        return refusal(u"the cache TTL of the family " + name + u" is not positive",
                       QStringLiteral("give a cache TTL such as 12h"));
    return {};
}

Result<LockFamily> builtInFamily(const QString &name)
{
    if (name == u"chat")
        return LockFamily{};
    if (name == u"copilot")
        return LockFamily{name, "copilot:session_lock:", "chat:session:", std::chrono::seconds(10),
                          std::chrono::hours(12)};
    return Error{ErrorCode::InvalidInput, u"there is no lock family called \"" + name + u'"',
                 QStringLiteral("the built-in families are chat and copilot; others are given by "
                                "lock prefix, session prefix and lease")};
}

} // namespace lockkeeper::locks
