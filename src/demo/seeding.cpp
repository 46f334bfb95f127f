// SPDX-License-Identifier: GPL-3.0-or-later
#include "demo/seeding.h"

#include "demo/sessionmaker.h"
#include "sessions/sessionjson.h"

#include <algorithm>
#include <random>

namespace lockkeeper::demo {

namespace {

/// What is wrong with a session's copies.
enum class Flaw { None, CutOff, NotJson, Binary, CacheOnly, DatabaseOnly };

constexpr int kQuietSessions = 14;
constexpr int kCacheBatch = 100;

/// The first of the quiet ones have the flaws.
Flaw flawOf(int quietIndex)
{
    constexpr std::array flaws{Flaw::CutOff, Flaw::NotJson, Flaw::Binary, Flaw::CacheOnly,
                               Flaw::DatabaseOnly};
    return quietIndex >= 0 && quietIndex < static_cast<int>(flaws.size())
               ? flaws.at(static_cast<std::size_t>(quietIndex))
               : Flaw::None;
}

QByteArray cachedBytes(const QByteArray &json, Flaw flaw)
{
    switch (flaw) {
    case Flaw::CutOff:
        return json.left(json.size() / 3);
    case Flaw::NotJson:
        return QByteArrayLiteral("<html><body>502 Bad Gateway</body></html>");
    case Flaw::Binary:
        return QByteArray::fromHex("80049517000000000000007d94288c0269649400");
    case Flaw::None:
    case Flaw::CacheOnly:
    case Flaw::DatabaseOnly:
        return json;
    }
    Q_UNREACHABLE();
}

Task<void> storeInDatabase(sessions::SessionDatabase &database, QByteArray json)
{
    auto session = sessions::parseSession(json);
    if (!session)
        co_return session.error();
    for (sessions::ChatMessage &message : session->messages)
        message.sequence.reset(); // those with a sequence pass for stored already
    const auto saved = co_await database.save(*session, 0);
    if (!saved)
        co_return saved.error();
    co_return {};
}

Task<void> sendAll(redis::Client &client, QList<redis::Command> commands)
{
    const auto replies = co_await client.send(commands);
    if (!replies)
        co_return replies.error();
    for (const redis::Reply &reply : *replies) {
        if (reply.isError())
            co_return redis::toError(reply, QStringLiteral("writing a demo session"));
    }
    co_return {};
}

} // namespace

Task<SeededSessions> seed(redis::Client &client, sessions::SessionDatabase &database,
                          const locks::LockFamily &family, const Clock &clock, int count)
{
    const WallTime now = clock.wall();
    SessionMaker maker(std::random_device{}(), now);
    SeededSessions seeded;
    QList<redis::Command> cacheWrites;
    count = std::max(count, kFewestSessions);
    for (int i = 0; i < count; ++i) {
        const int quietIndex = i - (count - kQuietSessions);
        const Flaw flaw = flawOf(quietIndex);
        const MadeSession made = maker.make();
        (quietIndex < 0 ? seeded.busy : seeded.quiet).append({made.id, made.user});
        if (flaw != Flaw::CacheOnly) {
            const Result<void> stored = co_await storeInDatabase(database, made.json);
            if (!stored)
                co_return stored.error();
        }
        if (flaw != Flaw::DatabaseOnly) {
            const auto age = std::chrono::duration_cast<milliseconds>(now - made.updatedAt);
            cacheWrites.append(redis::commands::setWithTtl(family.cacheKey(made.id).bytes(),
                                                           cachedBytes(made.json, flaw),
                                                           family.cacheTtl - age));
        }
        if (cacheWrites.size() == kCacheBatch || i == count - 1) {
            const auto batch = std::exchange(cacheWrites, {});
            const Result<void> sent = co_await sendAll(client, batch);
            if (!sent)
                co_return sent.error();
        }
    }
    co_return seeded;
}

} // namespace lockkeeper::demo
