// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sessioncache.h"

#include "core/text.h"
#include "sessions/sessionjson.h"

#include <QtConcurrentRun>

namespace lockkeeper::sessions {

using namespace std::chrono_literals;
namespace commands = redis::commands;

namespace {

/// Values up to this size are read and written at once: a worker would take longer.
constexpr qsizetype kSmall = 64 * 1024;
/// In both shapes of the JSON these hold id, user and title.
constexpr qint64 kHeadBytes = 2048;
/// A value of 50 MB needs its time on a slow line.
constexpr milliseconds kValueDeadline = 30s;
constexpr qsizetype kMostEntries = 250;
constexpr qsizetype kCommandsPerEntry = 3;

QString nameOf(const SessionId &id)
{
    return u"the cached session " + printable(id.bytes());
}

Error corrupt(const SessionId &id, const QString &why)
{
    return {ErrorCode::Corrupt, QString(nameOf(id) + u" cannot be read: " + why),
            QStringLiteral("it was left as it is; look at it with redis-cli GET")};
}

Result<ChatSession> parsed(const SessionId &id, const QByteArray &json)
{
    Result<ChatSession> session = parseSession(json);
    if (!session)
        return corrupt(id, session.error().what);
    if (session->id != id)
        return corrupt(id, u"it says that it is the session " + printable(session->id.bytes()));
    return session;
}

// Both futures always end with a value: nobody cancels them.

QFuture<Result<ChatSession>> parsedApart(SessionId id, QByteArray json)
{
    if (json.size() <= kSmall)
        return finished(parsed(id, json));
    return QtConcurrent::run([id, json] { return parsed(id, json); });
}

bool isSmall(const ChatSession &session)
{
    qsizetype size = 0;
    for (const ChatMessage &message : session.messages)
        size += message.source.size() + (message.content ? message.content->size() : 0);
    return size <= kSmall;
}

QFuture<Result<QByteArray>> serializedApart(ChatSession session)
{
    if (isSmall(session))
        return finished(Result<QByteArray>(serializeSession(session)));
    return QtConcurrent::run(
        [session = std::move(session)] { return Result<QByteArray>(serializeSession(session)); });
}

/// One session's three replies as an entry; nullopt when it is not cached.
Result<std::optional<CacheEntry>> entryOf(const SessionId &id, const redis::Reply &length,
                                          const redis::Reply &ttl, const redis::Reply &head)
{
    CacheEntry entry;
    if (const auto left = redis::value(ttl, u"reading " + nameOf(id)); !left)
        return left.error();
    if (ttl.integerValue() == -2)
        return std::optional<CacheEntry>();
    if (ttl.integerValue() >= 0)
        entry.ttl = milliseconds(ttl.integerValue());
    if (length.errorPrefix() == "WRONGTYPE") {
        entry.summary = corrupt(id, QStringLiteral("the key holds no string"));
        return std::optional(entry);
    }
    for (const redis::Reply *reply : {&length, &head}) {
        if (const auto read = redis::value(*reply, u"reading " + nameOf(id)); !read)
            return read.error();
    }
    entry.bytes = length.integerValue();
    if (entry.bytes > 0 && head.bytes().isEmpty()) // gone between two commands of the pipeline
        return std::optional<CacheEntry>();
    entry.summary = parseSessionHead(head.bytes());
    if (!entry.summary)
        entry.summary = corrupt(id, entry.summary.error().what);
    return std::optional(entry);
}

} // namespace

SessionCache::SessionCache(redis::Client &client, locks::LockFamily family)
    : m_client(client)
    , m_family(std::move(family))
{}

Task<std::optional<ChatSession>> SessionCache::get(SessionId id)
{
    redis::Command command = commands::get(m_family.cacheKey(id).bytes());
    command.deadline = kValueDeadline;
    const auto sent = co_await m_client.send(command);
    if (sent && sent->errorPrefix() == "WRONGTYPE")
        co_return corrupt(id, QStringLiteral("the key holds no string"));
    const auto reply = redis::value(sent, u"reading " + nameOf(id));
    if (!reply)
        co_return reply.error();
    if (reply->isNil())
        co_return std::optional<ChatSession>();
    auto session = co_await parsedApart(id, reply->bytes());
    if (!session)
        co_return session.error();
    co_return std::optional(*std::move(session));
}

Task<void> SessionCache::put(ChatSession session)
{
    const auto reply = co_await write(std::move(session), commands::setWithTtl);
    if (!reply)
        co_return reply.error();
    co_return Result<void>();
}

Task<bool> SessionCache::putIfAbsent(ChatSession session)
{
    const auto reply = co_await write(std::move(session), commands::setIfAbsent);
    if (!reply)
        co_return reply.error();
    co_return !reply->isNil();
}

Task<redis::Reply> SessionCache::write(ChatSession session, SetCommand set)
{
    const QByteArray key = m_family.cacheKey(session.id).bytes();
    const QString doing = u"writing " + nameOf(session.id);
    const auto json = co_await serializedApart(std::move(session));
    redis::Command command = set(key, *json, m_family.cacheTtl);
    command.deadline = kValueDeadline;
    co_return redis::value(co_await m_client.send(command), doing);
}

Task<bool> SessionCache::remove(SessionId id)
{
    const redis::Command command = commands::del(m_family.cacheKey(id).bytes());
    const auto reply = redis::value(co_await m_client.send(command), u"deleting " + nameOf(id));
    if (!reply)
        co_return reply.error();
    co_return reply->integerValue() > 0;
}

Task<QHash<SessionId, CacheEntry>> SessionCache::entries(QList<SessionId> ids)
{
    if (ids.isEmpty())
        co_return QHash<SessionId, CacheEntry>();
    if (ids.size() > kMostEntries)
        co_return Error{ErrorCode::InvalidInput,
                        QStringLiteral("more than %1 sessions asked for at once").arg(kMostEntries),
                        {}};
    QList<redis::Command> pipeline;
    for (const SessionId &id : ids) {
        const QByteArray key = m_family.cacheKey(id).bytes();
        pipeline += commands::strlen(key);
        pipeline += commands::pttl(key);
        pipeline += commands::getRange(key, 0, kHeadBytes - 1);
    }
    const auto replies = co_await m_client.send(pipeline);
    if (!replies)
        co_return replies.error();
    QHash<SessionId, CacheEntry> found;
    for (qsizetype i = 0; i < ids.size(); ++i) {
        const qsizetype first = i * kCommandsPerEntry;
        const auto entry =
            entryOf(ids[i], replies->at(first), replies->at(first + 1), replies->at(first + 2));
        if (!entry)
            co_return entry.error();
        if (*entry)
            found.insert(ids[i], **entry);
    }
    co_return found;
}

} // namespace lockkeeper::sessions
