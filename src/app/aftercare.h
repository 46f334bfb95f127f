// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/auditlog.h"
#include "core/flows.h"
#include "locks/lockprotocol.h"
#include "locks/owner.h"
#include "redis/changefeed.h"
#include "sessions/sessioncache.h"
#include "sessions/sessiondatabase.h"

#include <QObject>
#include <QStringList>
#include <QTimer>

#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

namespace lockkeeper::app {

/// An act that is through, and what it ended.
struct DoneAct
{
    AuditEntry intent;                 ///< as it was recorded: the finding is recorded under its id
    std::optional<locks::Owner> owner; ///< of the hold that was ended or taken over
    bool isDelete = false;
};

/// Who came back after an act, and when.
struct Finding
{
    enum class Kind {
        Lock,   ///< somebody holds the lock again
        Cache,  ///< the cached copy was written again after a delete
        Stored, ///< the row was written again after a delete
    };

    Kind kind = Kind::Lock;
    QString actionId;
    SessionId session;
    milliseconds after{0};    ///< since the act ended
    bool isSameOwner = false; ///< Lock: the owner that lost it, not the next in the queue
    QString text; ///< "reappeared after 1.2 s: api-3, which had lost the lock, holds it again: …"

    /// Whether a back end undoes the act; else it is the next in the queue, as after any release.
    bool isTrouble = false;
};

/// Watches what was acted on for a minute: the proof that an act held, or the name of who undid it.
/// The feed says when to look; without one it looks every second. Rows cannot be pushed: they are
/// read with each news of the copy, and every few seconds.
///
/// What was found is kept in the audit log, at the latest at the end of the minute; a program that
/// ends earlier says how long it watched.
class Aftercare final : public QObject
{
    Q_OBJECT

public:
    struct Parts
    {
        locks::LockProtocol &locks;
        sessions::SessionCache &cache;
        sessions::SessionDatabase *database = nullptr; ///< null: none was given
        redis::ChangeFeed &changes;
        AuditLog &audit;
        FlowGroup &flows;
        const Clock &clock;
        locks::NodeNames nodeNames;
    };

    /// How long an act is watched.
    static constexpr std::chrono::seconds kSpan{60};

    explicit Aftercare(Parts parts, QObject *parent = nullptr);
    ~Aftercare() override;
    Aftercare(const Aftercare &) = delete;
    Aftercare &operator=(const Aftercare &) = delete;

    /// Begins to watch; an earlier watch of the same session ends, and is recorded.
    void watch(const DoneAct &act);
    /// How many are watched now.
    [[nodiscard]] int watching() const { return static_cast<int>(m_watches.size()); }
    /// Whether all that is watched could be read up to now: where not, that nothing was found says
    /// nothing.
    [[nodiscard]] bool isKnown() const;
    /// Ends every watch, and records what each has found so far.
    void end();

signals:
    void found(const lockkeeper::app::Finding &finding);
    /// A watch is over; see isKnown().
    void ended(const lockkeeper::SessionId &session, bool isKnown);

private:
    struct Watch;
    using WatchPtr = std::shared_ptr<Watch>;

    void look();
    void lookAtAll();
    void lookAt(const WatchPtr &watch);
    QCoro::Task<> lookFlow(WatchPtr watch);
    QCoro::Task<> recordFlow(AuditEntry finding);
    void keysChanged(const QList<QByteArray> &keys);
    [[nodiscard]] bool isBlind() const;
    [[nodiscard]] bool isKnown(const Watch &watch) const;
    [[nodiscard]] static QString outcomeOf(const Watch &watch, bool isKnown);
    void judgeCopy(Watch &watch, bool isCached);
    void judgeRow(Watch &watch, bool isStored);
    void judgeLock(Watch &watch, const locks::LockObservation &lock);
    void note(Watch &watch, Finding finding);
    void finish(const WatchPtr &watch);
    [[nodiscard]] bool isWatched(const WatchPtr &watch) const;

    Parts m_parts;
    std::vector<WatchPtr> m_watches;
    QTimer m_timer;
};

} // namespace lockkeeper::app
