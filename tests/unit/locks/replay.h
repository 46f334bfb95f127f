// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/lockregistry.h"
#include "simulatedserver.h"

#include <QStringList>

#include <deque>
#include <random>

namespace lockkeeper::test {

/// One random interleaving: clients act on a simulated server, a simulated monitor drives a
/// registry by a delayed feed, delayed scan pages and delayed reads, and loses its connections.
class Replay
{
public:
    explicit Replay(std::uint64_t seed);

    /// Plays, comes to rest, compares. What was wrong; empty: all right.
    [[nodiscard]] QStringList run();

    [[nodiscard]] int eventCount() const { return m_eventCount; }
    [[nodiscard]] int readCount() const { return m_readCount; }

private:
    struct Delivery
    {
        SteadyTime at;
        SimulatedServer::Push push;
    };

    /// A pipeline of GET and PTTL, executed command by command between the acts of others.
    struct Batch
    {
        QList<LockKey> keys;
        SteadyTime sentAt;
        int executed = 0; ///< commands
        QList<std::optional<SimulatedServer::Entry>> values;
        QList<std::int64_t> ttls;
        std::optional<SteadyTime> arrivesAt;
    };

    /// What the events said of one key.
    struct Story
    {
        bool isHeld = false;
        Token token;
    };

    // Dice
    [[nodiscard]] int pick(int below);
    [[nodiscard]] bool chance(double probability);
    [[nodiscard]] milliseconds someTtl();
    [[nodiscard]] QByteArray someKey();
    [[nodiscard]] QByteArray newToken();

    // The world
    void act();
    void actOnce();
    void actOurselves(const QByteArray &key);
    void loseSomething();
    void advance(std::chrono::microseconds by);

    // The monitor
    void collectPushes();
    void deliverPushes();
    void deliver(const SimulatedServer::Push &push);
    void loseFeed();
    void loseClient();
    void startScan();
    void scanStep(bool mayDawdle);
    void sendReads();
    void executeReads(bool mayDawdle);
    void deliverReads();
    void deliver(const Batch &batch);
    void fireTimers(bool mayDawdle);
    void takeDelta();

    // Verdicts
    void comeToRest();
    [[nodiscard]] bool isQuiet() const;
    [[nodiscard]] bool isNearDeadline() const;
    void compare();
    void compareRow(const QByteArray &key);
    void checkEvent(const locks::LockEvent &event);
    void checkHistory();
    void complain(const QString &what);

    ManualClock m_clock;
    std::mt19937_64 m_random;
    SimulatedServer m_server;
    locks::LockRegistry m_registry;
    QList<QByteArray> m_keys;
    int m_tokens = 0;
    bool m_isFeedUp = false;
    bool m_isEstablished = false;
    std::deque<Delivery> m_deliveries;
    std::optional<int> m_scanBucket;
    std::deque<Batch> m_batches;
    QHash<LockKey, locks::LockRecord> m_mirror; ///< built from deltas alone
    QHash<LockKey, Story> m_stories;
    QHash<LockKey, SteadyTime::duration> m_doubts; ///< how far a deadline may be off
    int m_endings = 0;
    int m_eventCount = 0;
    int m_readCount = 0;
    QStringList m_complaints;
};

} // namespace lockkeeper::test
