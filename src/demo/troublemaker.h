// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/flows.h"
#include "demo/seeding.h"
#include "demo/sessionmaker.h"
#include "locks/lockprotocol.h"
#include "redis/client.h"

#include <QList>
#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>

namespace lockkeeper::demo {

/// Keeps abnormal locks in the list: one of each kind at any time. What an operator clears away
/// comes back on another session, after a while.
///
/// Shared, because its flows keep it alive until they end.
class Troublemaker final : public QObject, public std::enable_shared_from_this<Troublemaker>
{
    Q_OBJECT

public:
    /// Locks of its doing, at the least, on the sessions that it was given.
    static constexpr int kLocks = 6;

    [[nodiscard]] static std::shared_ptr<Troublemaker> create(std::shared_ptr<redis::Client> client,
                                                              locks::LockFamily family,
                                                              QList<KnownSession> quietSessions);

    /// Puts the first locks up, and keeps at it from then on.
    [[nodiscard]] QCoro::Task<> start();
    void stop();

signals:
    /// Someone should take this session's lock and die with it.
    void crashWanted(const lockkeeper::SessionId &session);

private:
    enum class Kind {
        NoExpiry,  ///< a token without TTL, two hours old
        Foreign,   ///< a hash at a lock's key
        Renewed,   ///< renewed again and again, for more than half an hour
        HeldLong,  ///< held for most of its lease
        Orphan,    ///< of a session that nobody knows
        DeadOwner, ///< its owner was killed: it runs out
    };

    /// One place in the list that is kept filled.
    struct Slot
    {
        Kind kind;
        milliseconds age{0}; ///< since the owner of the next lock called, as its token says
        SessionId session;
        Token token;
        bool isFilled = false;
        std::optional<SteadyTime> missingSince; ///< filled, and gone too early: someone acted
    };

    Troublemaker(std::shared_ptr<redis::Client> client, locks::LockFamily family,
                 QList<KnownSession> quietSessions);

    QCoro::Task<> keepUp();
    [[nodiscard]] QCoro::Task<> tend(qsizetype index, qint64 pttl);
    [[nodiscard]] QCoro::Task<> fill(qsizetype index);
    [[nodiscard]] bool isDue(Slot &slot, qint64 pttl) const;
    [[nodiscard]] redis::Command placing(const Slot &slot) const;
    [[nodiscard]] static std::uint64_t nodeOf(Kind kind);
    [[nodiscard]] SessionId pickSession(Kind kind);
    [[nodiscard]] Token makeToken(const Slot &slot);

    std::shared_ptr<redis::Client> m_client;
    locks::LockFamily m_family;
    SystemClock m_clock;
    locks::LockProtocol m_locks;
    SessionMaker m_maker;
    QList<KnownSession> m_sessions;
    qsizetype m_nextSession = 0;
    QList<Slot> m_slots;
    QTimer m_timer;
    bool m_isBusy = false;
    bool m_isStopped = false;
};

} // namespace lockkeeper::demo
