// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/lockregistry.h"
#include "redis/client.h"
#include "redis/scanner.h"

#include <QObject>
#include <QTimer>

namespace lockkeeper::locks {

/// Looks again at what nobody tells us of: at the TTL of each known row, and, sweep by sweep, at
/// the keyspace for locks that are new. Rows that changed become dirty in the registry; what holds
/// is left as it is, so nothing flickers.
///
/// Where everything is told, it audits: what it sees must be what is known. A difference that
/// outlives a grace, and that no news explains meanwhile, is counted and nothing else.
///
/// Only PTTL is asked of known rows: unlike GET it leaves a key's idle time alone.
class Patrol final : public QObject
{
    Q_OBJECT

public:
    /// How often at the most, and how much of the server's time.
    struct Pace
    {
        milliseconds rows{0};   ///< between two looks at all rows, at least
        milliseconds sweeps{0}; ///< between two sweeps, at least
        int share = 1;          ///< of the server's time in percent, at most
        bool isAudit = false;   ///< everything is told: differences are counted
    };

    /// The parts must outlive the patrol.
    Patrol(redis::Client &client, LockRegistry &registry, const Clock &clock,
           QObject *parent = nullptr);

    /// Goes on until stop(), from the next due moment.
    void start(Pace pace);
    void stop();
    [[nodiscard]] bool isOn() const { return m_isOn; }
    /// The feed named the key: what is different about it is being read.
    void noteNews(const LockKey &key) { m_suspects.remove(key); }
    /// How long the newest sweep took, its rest before it included: a lock that was held for less
    /// may have been missed. nullopt before the second sweep is over.
    [[nodiscard]] std::optional<milliseconds> resolution() const { return m_resolution; }

signals:
    /// Some rows became dirty.
    void foundDirty();
    /// Deadlines were corrected by what the clocks have drifted.
    void corrected();
    /// An audit found this many keys that are not as known.
    void differed(int keys);
    void sweptOnce();

private:
    QCoro::Task<> lookAtRows(quint64 generation);
    /// The row becomes dirty where its TTL is not what we know, or tells nothing of its token.
    void compare(const LockKey &key, const LockObservation &ttl);
    /// As compare(), in an audit.
    void audit(const LockKey &key, const LockObservation &ttl);
    /// Whether the server has something else than we know, and nobody is about to read it.
    [[nodiscard]] bool differs(const LockKey &key, const LockObservation &ttl) const;
    void suspect(const LockKey &key);
    QCoro::Task<> lookAgain(quint64 generation);
    void takeSwept(const QList<QByteArray> &keys);
    void beginSweep();
    void endSweep();
    /// The rest after `busy` of the server's time.
    [[nodiscard]] milliseconds restAfter(SteadyTime::duration busy, milliseconds least) const;

    redis::Client &m_client;
    LockRegistry &m_registry;
    const Clock &m_clock;
    redis::Scanner m_scanner;
    Pace m_pace;
    QTimer m_rowTimer;
    QTimer m_sweepTimer;
    quint64 m_generation = 0;
    bool m_isOn = false;
    SteadyTime m_sweepBegan;
    std::optional<SteadyTime> m_lastSweepEnd;
    QHash<LockKey, SteadyTime> m_suspects; ///< and since when they differ
    QTimer m_graceTimer;
    std::optional<milliseconds> m_resolution;
};

} // namespace lockkeeper::locks
