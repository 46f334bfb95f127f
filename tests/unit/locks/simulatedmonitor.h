// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dice.h"
#include "locks/lockregistry.h"
#include "simulatedserver.h"

#include <deque>
#include <optional>

namespace lockkeeper::test {

/// Drives a registry as a monitor does, over connections on which everything takes its time.
class SimulatedMonitor
{
public:
    SimulatedMonitor(const ManualClock &clock, Dice &dice, SimulatedServer &server,
                     locks::LockRegistry &registry);

    /// One turn of the event loop. Whoever `mayDawdle` leaves things for later turns.
    void turn(bool mayDawdle);
    void connectFeed();
    void loseFeed();
    void loseClient();
    /// Somebody asks for a new scan.
    void rescan();

    /// Nothing is on its way, and nothing is to be done.
    [[nodiscard]] bool isIdle() const;
    [[nodiscard]] int readCount() const { return m_readCount; }
    /// How far the deadline of a row may be off, for the reads that it comes from.
    [[nodiscard]] SteadyTime::duration doubt(const LockKey &key) const
    {
        return m_doubts.value(key);
    }
    /// The same of the slowest read ever.
    [[nodiscard]] SteadyTime::duration worstDoubt(const LockKey &key) const
    {
        return m_worstDoubts.value(key);
    }

private:
    struct Delivery
    {
        SteadyTime at;
        SimulatedServer::Push push;
    };

    struct Page
    {
        SteadyTime at;
        QList<QByteArray> keys;
        bool isLast = false;
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

    [[nodiscard]] SteadyTime someTimeSoon();
    void collectPushes();
    void deliverPushes();
    void deliver(const SimulatedServer::Push &push);
    void startScan();
    void stopScan();
    void scan(bool mayDawdle);
    void deliverPage();
    void sendReads();
    void executeReads(bool mayDawdle);
    void deliverReads();
    void deliver(const Batch &batch);
    void fireTimer(bool mayDawdle);

    const ManualClock &m_clock;
    Dice &m_dice;
    SimulatedServer &m_server;
    locks::LockRegistry &m_registry;
    bool m_isFeedUp = false;
    bool m_isEstablished = false;
    std::deque<Delivery> m_deliveries;
    std::optional<int> m_bucket; ///< of the scan, the next one
    std::optional<Page> m_page;  ///< on its way
    std::deque<Batch> m_batches;
    QHash<LockKey, SteadyTime::duration> m_doubts;
    QHash<LockKey, SteadyTime::duration> m_worstDoubts;
    int m_readCount = 0;
};

} // namespace lockkeeper::test
