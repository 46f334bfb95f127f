// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/diagnosis.h"
#include "core/flows.h"
#include "sessions/sessioncache.h"
#include "sessions/sessiondatabase.h"

#include <QHash>
#include <QObject>
#include <QSet>
#include <QTimer>

namespace lockkeeper::app {

/// What is known of a session for its row in the list.
struct SessionGlance
{
    SessionState state = SessionState::Unknown;
    std::optional<qint64> cachedBytes; ///< nullopt: not cached
    std::optional<milliseconds> cacheTtl;
    std::optional<QString> title;
    std::optional<UserId> user;
    std::optional<WallTime> updatedAt;
    std::optional<qint64> messages;
};

/// Fetches glances of sessions that are asked for, many in one go: head, size and TTL from the
/// cache, the rest from the database. What nobody asked for costs nothing.
class SessionLookup final : public QObject
{
    Q_OBJECT

public:
    /// `database` may be null. The parts must outlive the flows of `flows`, where the lookup
    /// starts its own.
    SessionLookup(sessions::SessionCache &cache, sessions::SessionDatabase *database,
                  FlowGroup &flows, QObject *parent = nullptr);

    /// What is known now; State::Unknown at first. Never waits.
    [[nodiscard]] SessionGlance glance(const SessionId &id) const { return m_known.value(id); }
    /// Asks for those that are not known; found() follows. Cheap to call again.
    void want(const QList<SessionId> &ids);
    /// The cache entry changed: read it again if it is known.
    void invalidate(const QList<SessionId> &ids);
    void invalidateAll();
    /// Nobody shows these any more.
    void forget(const QList<SessionId> &ids);
    /// One glance of each, awaited, whatever is known already; for `list`. Whoever awaits it keeps
    /// cache and database alive.
    [[nodiscard]] QCoro::Task<QHash<SessionId, SessionGlance>> fetch(QList<SessionId> ids);
    /// Asks for nothing any more.
    void stop();

signals:
    void found(const QList<lockkeeper::SessionId> &ids);
    /// It could not be asked just now.
    void databaseFailed();

private:
    void fetchSoon();
    QCoro::Task<> fetchWanted();
    [[nodiscard]] QList<SessionId> takeWanted();
    void keep(const QHash<SessionId, SessionGlance> &glances);
    void retryUnknown();

    sessions::SessionCache &m_cache;
    sessions::SessionDatabase *m_database;
    FlowGroup &m_flows;
    QHash<SessionId, SessionGlance> m_known;
    QSet<SessionId> m_wanted;
    QSet<SessionId> m_inFlight; ///< asked for, and not forgotten since
    QTimer m_timer;
    QTimer m_retryTimer;
    QTimer m_databaseRest; ///< runs after a failure: each try of a dead database takes seconds
    bool m_isFetching = false;
    bool m_isStopped = false;
};

} // namespace lockkeeper::app
