// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/flows.h"
#include "demo/sessionlist.h"
#include "locks/lockprotocol.h"
#include "redis/client.h"
#include "sessions/sessioncache.h"
#include "sessions/sessiondatabase.h"
#include "sessions/sessionstore.h"

#include <QObject>

#include <random>

namespace lockkeeper::demo {

/// One back-end process of the demo: several conversations at a time, each of which reads, extends
/// and renames sessions through SessionStore, as a chat back end does. Lives as long as its
/// process.
class Worker final : public QObject
{
    Q_OBJECT

public:
    /// `node` is who the process says it is, in the tokens of its locks.
    Worker(redis::ServerAddress server, sessions::Dsn database, QList<KnownSession> sessions,
           std::uint64_t node, QObject *parent = nullptr);

    /// Works until the process ends.
    QCoro::Task<> run();
    /// Takes the lock of a session, once; the caller crashes then, for all to see.
    [[nodiscard]] Task<void> takeLock(SessionId session);

private:
    QCoro::Task<> converse();
    [[nodiscard]] Task<void> answer(KnownSession session);
    [[nodiscard]] Task<void> rename(KnownSession session);
    [[nodiscard]] Task<void> look(KnownSession session);

    [[nodiscard]] const KnownSession &pickSession();
    [[nodiscard]] milliseconds pickHold();
    /// A random number in [0, 1).
    [[nodiscard]] double chance();

    SystemClock m_clock;
    QList<KnownSession> m_sessions;
    std::mt19937_64 m_random{std::random_device{}()};
    locks::LockFamily m_family;
    redis::Client m_client;
    locks::LockProtocol m_locks;
    sessions::SessionCache m_cache;
    sessions::SessionDatabase m_database;
    sessions::SessionStore m_store;
};

} // namespace lockkeeper::demo
