// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/lockmonitor.h"
#include "redis/client.h"

#include <QHash>
#include <QObject>
#include <QTimer>

namespace lockkeeper::locks {

/// A cached session that was written while nobody held its lock.
struct UnlockedWrite
{
    WallTime at; ///< when the news of it came
    LockKey key; ///< of the lock that was not held
    SessionId session;
    /// Nothing but a write explains what was found; false: an EXPIRE to the full TTL would, too.
    bool isSure = false;
    std::optional<milliseconds> ttl; ///< of the cached copy; nullopt: never expires
    std::optional<qint64> bytes;     ///< nullopt: we may not ask
};

/// How many unlocked writes were seen; at least, for writes at one time count as one.
struct UnlockedFigures
{
    int sure = 0;
    int likely = 0;
    std::optional<WallTime> last;

    [[nodiscard]] int all() const { return sure + likely; }
};

/// Finds cached sessions that are written without their lock, from the news of the session prefix.
///
/// News names a key; it says neither what happened nor when. So a write counts only where the lock
/// cannot have been held: it has no row; nothing was heard of it from kQuiet before the news until
/// kQuiet after a look; and that look found no lock. As every change of a lock is announced, it was
/// not there in all that time. A write within kQuiet of a release is left out. The same look tells
/// a write from the end of the copy and from a touch: the copy is there, and its length is another
/// one or it was not there before (sure), or its TTL has begun anew (likely).
///
/// Needs a feed that tells of keys: under polling nothing is known. It knows the locks of one
/// family: where two share a session prefix, writes under the other's lock look unlocked.
class UnlockedWrites final : public QObject
{
    Q_OBJECT

public:
    /// The parts must outlive the object.
    UnlockedWrites(redis::Client &client, LockMonitor &monitor, const Clock &clock,
                   QObject *parent = nullptr);

    void start();
    void stop();

    /// Whether a write would be noticed now.
    [[nodiscard]] bool canTell() const;
    [[nodiscard]] const UnlockedFigures &overall() const { return m_overall; }
    [[nodiscard]] UnlockedFigures of(const SessionId &session) const
    {
        return m_bySession.value(session);
    }
    /// All of which one was seen, but those that came when there were kMostSessions already.
    [[nodiscard]] const QHash<SessionId, UnlockedFigures> &sessions() const { return m_bySession; }

    static constexpr milliseconds kQuiet{50};
    /// In a cluster lock and copy are told of by different servers, in no order. One that has been
    /// silent for longer than this is not trusted.
    static constexpr milliseconds kQuietOfSeveral{2500};
    static constexpr qsizetype kMostSessions = 5000;

signals:
    void seen(const lockkeeper::locks::UnlockedWrite &write);

private:
    /// A session that was touched while its lock seemed free.
    struct Suspect
    {
        quint64 id = 0;
        SessionId session;
        WallTime at;
        SteadyTime since;
        bool isAsked = false;
        bool isTouchedAgain = false; ///< after it was asked
    };
    /// What a look found of a copy.
    struct Copy
    {
        bool isThere = false;
        std::optional<qint64> bytes;
        std::optional<SteadyTime> deadline;
        SteadyTime::duration doubt{}; ///< how far the deadline may be off
    };
    struct Question
    {
        LockKey key;
        quint64 id = 0;
    };

    void lockChanged(const LockKey &key);
    void sessionsChanged(const QList<SessionId> &sessions);
    void suspect(const LockKey &key, const SessionId &session);
    void forgetAll();
    void lookAtDue();
    QCoro::Task<> look(QList<Question> questions);
    void judge(const Question &question, const QList<redis::Reply> &replies, SteadyTime sentAt,
               SteadyTime readAt);
    /// Whether we may not ask.
    [[nodiscard]] bool noteRefusal(const QList<redis::Reply> &replies);
    [[nodiscard]] static Copy copyFrom(const redis::Reply &ttl, const redis::Reply &length,
                                       SteadyTime sentAt, SteadyTime readAt);
    [[nodiscard]] std::optional<bool> isSurelyWritten(const Suspect &suspect,
                                                      const std::optional<Copy> &before,
                                                      const Copy &now) const;
    void count(const UnlockedWrite &write);

    const milliseconds m_quiet;
    redis::Client &m_client;
    LockMonitor &m_monitor;
    const Clock &m_clock;
    QTimer m_timer; ///< until the next suspect is due
    QHash<LockKey, Suspect> m_suspects;
    QHash<LockKey, SteadyTime> m_lockNews; ///< when each lock was last heard of; recent ones only
    SteadyTime m_newsSifted;
    QHash<SessionId, Copy> m_copies; ///< while nothing has touched them since
    UnlockedFigures m_overall;
    QHash<SessionId, UnlockedFigures> m_bySession;
    quint64 m_lastId = 0;
    bool m_isRefused = false; ///< PTTL, on this connection
};

} // namespace lockkeeper::locks
