// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/keydemand.h"
#include "locks/lockmonitor.h"
#include "redis/client.h"

#include <QObject>
#include <QSet>
#include <QTimer>

namespace lockkeeper::locks {

class OwnTouches;

/// Sees at all times which held locks others ask for: OBJECT IDLETIME (OBJECT FREQ under LFU
/// policies) of locks that are older than three seconds and that we have not touched for as long,
/// once a second, in one bounded pipeline, round by round. A touch that it finds has to be found
/// again kSecondLookAfter later. What it finds goes into the monitor's records.
///
/// While the server saves or rewrites in a child process it notes no touches: nothing is known
/// then. A user without the right to OBJECT knows nothing; one without INFO knows contended from
/// unknown.
class ContentionProbe final : public QObject
{
    Q_OBJECT

public:
    /// The parts must outlive the probe. `touches`: what we do to keys beside the monitor's reads.
    ContentionProbe(redis::Client &client, LockMonitor &monitor, const Clock &clock,
                    const OwnTouches *touches = nullptr, QObject *parent = nullptr);

    void start();
    void stop();

    /// Why nothing is known of waiters; empty while the probe can tell.
    [[nodiscard]] const QString &trouble() const { return m_trouble; }

    static constexpr milliseconds kInterval{1000};
    /// Locks looked at in one go, beside INFO.
    static constexpr int kBatch = redis::Client::kMaxPipeline - 1;

private:
    struct Subject
    {
        redis::NodeId node;
        LockKey key;
        Token token;
        SteadyTime acquiredAt;
        SteadyTime lastTouch; ///< of ours
    };

    /// What is known of one server.
    struct Server
    {
        bool usesFrequency = false;
        bool isInfoKnown = true;
        bool isForking = false;
        bool wasForking = false; ///< at the probe before
    };

    void follow(const RegistryDelta &delta);
    QCoro::Task<> probe();
    [[nodiscard]] QList<Subject> nextRipe();
    /// Suspected locks whose second look is due.
    [[nodiscard]] QSet<LockKey> dueSuspects() const;
    [[nodiscard]] std::optional<Subject> ripe(const LockKey &key) const;
    /// When we last touched the key ourselves; nullopt: the monitor has not read it.
    [[nodiscard]] std::optional<SteadyTime> lastTouchOf(const LockKey &key) const;
    void take(const QList<Subject> &subjects, const QList<redis::Reply> &replies);
    [[nodiscard]] LockDemand demandFor(const Subject &subject, const redis::Reply &reply,
                                       const Server &server);
    [[nodiscard]] std::optional<bool> judge(const Subject &subject, const redis::Reply &reply,
                                            const Server &server);
    /// Whether a touch that was found is enough to say that others ask for the lock.
    [[nodiscard]] bool isProved(const Subject &subject, const Server &server);
    static void readInfo(Server &server, const redis::Reply &info);
    void giveUp(const QString &trouble);

    redis::Client &m_client;
    LockMonitor &m_monitor;
    const Clock &m_clock;
    const OwnTouches *m_touches;
    QTimer m_timer;
    std::size_t m_next = 0; ///< place among the registry's rows of whom to look at next
    QHash<LockKey, std::pair<Token, FrequencyTrail>> m_trails; ///< under LFU policies
    QHash<LockKey, Suspicion> m_suspicions;
    QString m_trouble;
    bool m_isProbing = false;
    bool m_isRefused = false; ///< OBJECT, on this connection
    QHash<redis::NodeId, Server> m_servers;
};

} // namespace lockkeeper::locks
