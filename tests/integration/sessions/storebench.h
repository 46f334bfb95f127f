// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "locks/lockprotocol.h"
#include "redis/client.h"
#include "sessions/sessioncache.h"
#include "sessions/sessiondatabase.h"
#include "sessions/sessionstore.h"
#include "support/await.h"

#include <QTest>

namespace lockkeeper::test {

/// All parts of a session store, connected.
struct StoreBench
{
    StoreBench(const redis::ServerAddress &server, const sessions::Dsn &dsn,
               sessions::SessionStore::Options options = {}, locks::LockFamily lockFamily = {},
               redis::Client::Options clientOptions = {})
        : family(std::move(lockFamily))
        , client(server, clientOptions, clock)
        , locks(client, family, clock)
        , cache(client, family)
        , database(dsn)
        , store(locks, cache, database, clock, std::move(options))
    {}

    [[nodiscard]] bool open() { return await(client.open()).has_value(); }

    SystemClock clock;
    locks::LockFamily family;
    redis::Client client;
    locks::LockProtocol locks;
    sessions::SessionCache cache;
    sessions::SessionDatabase database;
    sessions::SessionStore store;
};

inline sessions::ChatMessage message(const char *role, const QString &content)
{
    sessions::ChatMessage result;
    result.role = QString::fromLatin1(role);
    result.content = content;
    return result;
}

/// A session of one user with as many messages, not stored anywhere yet.
inline sessions::ChatSession sampleSession(const QByteArray &id, const QByteArray &user,
                                           int messages)
{
    sessions::ChatSession session;
    session.id = SessionId(id);
    session.user = UserId(user);
    session.startedAt = SystemClock().wall();
    session.updatedAt = session.startedAt;
    for (int i = 0; i < messages; ++i)
        session.messages += message(i % 2 ? "assistant" : "user", QStringLiteral("m%1").arg(i));
    return session;
}

} // namespace lockkeeper::test

/// Verifies a Result, and shows its error when there is none.
#define LK_VERIFY(result)                                                                          \
    do {                                                                                           \
        const auto &lkResult = (result);                                                           \
        QVERIFY2(lkResult.has_value(), lkResult ? "" : qPrintable(describe(lkResult.error())));    \
    } while (false)
