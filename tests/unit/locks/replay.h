// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dice.h"
#include "locks/lockregistry.h"
#include "simulatedmonitor.h"
#include "simulatedserver.h"

#include <QStringList>

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
    [[nodiscard]] int readCount() const { return m_monitor.readCount(); }

private:
    /// What the events said of one key.
    struct Story
    {
        bool isHeld = false;
        Token token;
        std::optional<WallTime> deadline;
    };

    [[nodiscard]] milliseconds someTtl();
    [[nodiscard]] QByteArray someKey();
    [[nodiscard]] QByteArray newToken();

    // The world
    void act();
    void actOnce();
    void actOurselves(const QByteArray &key);
    void loseSomething();

    // Verdicts
    void takeDelta();
    void comeToRest();
    [[nodiscard]] bool isQuiet() const;
    [[nodiscard]] bool isNearDeadline() const;
    void compare();
    void compareRow(const QByteArray &key);
    void compareStory(const locks::LockRecord &row);
    void checkEvent(const locks::LockEvent &event);
    void checkHistory();
    void complain(const QString &what);

    ManualClock m_clock;
    Dice m_dice;
    SimulatedServer m_server;
    locks::LockRegistry m_registry;
    SimulatedMonitor m_monitor;
    QList<QByteArray> m_keys;
    int m_tokens = 0;
    QHash<LockKey, locks::LockRecord> m_mirror; ///< built from deltas alone
    QHash<LockKey, Story> m_stories;
    int m_endings = 0;
    int m_eventCount = 0;
    QStringList m_complaints;
};

} // namespace lockkeeper::test
