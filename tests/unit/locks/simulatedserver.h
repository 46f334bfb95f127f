// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dice.h"
#include "locks/lockrecord.h"

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QSet>

#include <deque>
#include <optional>

namespace lockkeeper::test {

/// A Redis server as far as locks can see it: keys with lazy expiry in whole milliseconds, pushes
/// that are coalesced per turn, and a scan with no more than SCAN's guarantees.
class SimulatedServer
{
public:
    static constexpr int kBuckets = 8;

    struct Entry
    {
        QByteArray token;
        bool isHash = false;
        std::optional<std::int64_t> expiresAt; ///< ms on the server's clock
    };

    /// What the server says on the push channel.
    struct Push
    {
        enum class Kind { Established, Keys, Everything };

        Kind kind = Kind::Keys;
        QList<QByteArray> keys;
    };

    SimulatedServer(const ManualClock &clock, Dice &dice);

    // Acts of clients
    bool setIfAbsent(const QByteArray &key, const QByteArray &token,
                     std::optional<milliseconds> ttl);
    bool remove(const QByteArray &key, const QByteArray &token);
    void expire(const QByteArray &key, milliseconds ttl);
    void persist(const QByteArray &key);
    void rename(const QByteArray &from, const QByteArray &to);
    void makeHash(const QByteArray &key);
    void replace(const QByteArray &key, const QByteArray &token, milliseconds ttl);
    void flush();
    /// The background job that deletes some of the expired keys.
    void expireSome();

    // Reads
    [[nodiscard]] const Entry *get(const QByteArray &key);
    /// As PTTL: -2 missing, -1 never expires.
    [[nodiscard]] std::int64_t pttl(const QByteArray &key);
    /// The keys of one bucket; a key never changes its bucket.
    [[nodiscard]] QList<QByteArray> scanBucket(int bucket);
    [[nodiscard]] QList<QByteArray> liveKeys();

    // Push
    void startTracking();
    void stopTracking();
    /// Ends the turn of the event loop: what changed in it becomes one push.
    void endTurn();
    [[nodiscard]] std::deque<Push> takePushes() { return std::exchange(m_pushes, {}); }

    [[nodiscard]] SteadyTime deadline(const Entry &entry) const;

private:
    [[nodiscard]] std::int64_t now() const;
    void touched(const QByteArray &key);
    bool expireIfDue(const QByteArray &key);

    const ManualClock &m_clock;
    Dice &m_dice;
    std::int64_t m_offset; ///< of the server's clock, ms
    QHash<QByteArray, Entry> m_keys;
    bool m_isTracking = false;
    QSet<QByteArray> m_changedThisTurn;
    std::deque<Push> m_pushes;
};

} // namespace lockkeeper::test
