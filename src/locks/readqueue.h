// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"

#include <QHash>
#include <QList>

#include <deque>
#include <optional>

namespace lockkeeper::locks {

/// What the feed said of a key since the last read of it that was finished before.
struct PushMarks
{
    std::optional<SteadyTime> first;
    std::optional<SteadyTime> last;
};

/// Which keys to read, and which reads are under way. A key is read once for any number of
/// reasons, but always by a read that was sent after the newest of them.
class ReadQueue
{
public:
    /// A read that is over.
    struct Done
    {
        PushMarks pushes;       ///< before it was sent and while it was under way
        bool isCurrent = false; ///< sent since the last restart()
    };

    /// The scanner found the key: any read sent since the last restart() will do.
    void addFound(const LockKey &key);
    /// The key is to be read from now on: a read that is under way is too old.
    void addDue(const LockKey &key);
    /// The feed named the key.
    void addPushed(const LockKey &key, SteadyTime now);

    /// Up to `limit` keys, those that changed or expired before those that were only found.
    [[nodiscard]] QList<LockKey> take(int limit);
    /// The read of the key is over; nullopt when none was under way.
    [[nodiscard]] std::optional<Done> finish(const LockKey &key);
    /// The read of the key came to nothing: it is due again.
    void fail(const LockKey &key);
    /// Reads that are under way prove nothing any more: each is repeated.
    void restart();

    [[nodiscard]] bool isEmpty() const { return m_waiting.isEmpty(); }
    [[nodiscard]] bool hasUnderWay() const { return !m_underWay.isEmpty(); }
    [[nodiscard]] bool contains(const LockKey &key) const
    {
        return m_waiting.contains(key) || m_underWay.contains(key);
    }
    /// All keys that wait or are under way.
    [[nodiscard]] QList<LockKey> keys() const;

private:
    struct UnderWay
    {
        PushMarks pushes; ///< from before it was sent
        PushMarks pushesSince;
        bool isRepeated = false;
        bool isCurrent = true;
    };

    void wait(const LockKey &key, const PushMarks &pushes, bool isUrgent);

    QHash<LockKey, PushMarks> m_waiting;
    QHash<LockKey, UnderWay> m_underWay;
    /// In order of arrival; keys that do not wait any more are skipped when their turn comes.
    std::deque<LockKey> m_urgent;
    std::deque<LockKey> m_patient;
};

} // namespace lockkeeper::locks
