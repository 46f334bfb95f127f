// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actions.h"
#include "app/auditlog.h"
#include "app/recovery.h"
#include "app/rightskeeper.h"
#include "app/sessionlookup.h"
#include "app/target.h"
#include "core/flows.h"
#include "locks/contentionprobe.h"
#include "locks/holdinsight.h"
#include "locks/lockmonitor.h"
#include "locks/lockprotocol.h"
#include "locks/unlockedwrites.h"
#include "locks/waitersample.h"
#include "redis/changefeed.h"
#include "redis/client.h"
#include "sessions/sessioncache.h"
#include "sessions/sessiondatabase.h"
#include "sessions/sessionstore.h"

#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>

namespace lockkeeper::app {

/// What stands between us and the server: why, and what is done about it.
struct Outage
{
    Error error;
    bool isFeedOnly = false; ///< commands reach the server, news of changes do not reach us
    bool isTrying = false;   ///< to connect, now
    std::optional<milliseconds> nextTry; ///< nullopt: none is scheduled
};

/// One connected target: builds its parts, and ends their flows before it lets them go.
///
/// Flows that use the parts are started through flows(). close() ends every open wait and finishes
/// when the last flow has ended; a workspace that is destroyed without it ends the waits as well,
/// and its parts live on until the flows are through. A flow that comes back to the workspace
/// itself after a wait keeps a QPointer to it.
class Workspace final : public QObject
{
    Q_OBJECT

public:
    /// `clock` must outlive the event loop: flows may end after the workspace.
    Workspace(Target target, const Clock &clock, QString auditFolder, QObject *parent = nullptr);
    ~Workspace() override;
    Workspace(const Workspace &) = delete;
    Workspace &operator=(const Workspace &) = delete;

    /// Connects to the server; reconnects by itself afterwards. The database is tried on its own,
    /// see databaseChecked(): a window without it still lists locks.
    [[nodiscard]] Task<void> open();
    /// Starts the feed and the snapshot.
    void watch();
    /// Starts the feed alone: for those who wait for news of few keys.
    void hear();
    /// Lives as long as the connections do: the tunnel that they go through.
    void keepAlive(std::shared_ptr<QObject> tunnel);
    /// Why what is known of the locks is not the server's state any more, if so; after watch().
    [[nodiscard]] std::optional<Outage> outage() const;
    /// Does not wait for the next scheduled try to connect.
    void reconnectNow();
    /// Something failed that asked the database: databaseChecked() says whether it still answers.
    /// One that does not is tried again until it does.
    void recheckDatabase();
    /// Ends every open wait with Cancelled, waits for the flows of flows(), then emits closed().
    void close();
    [[nodiscard]] bool isClosing() const { return m_isClosing; }

    [[nodiscard]] const Target &target() const;
    [[nodiscard]] const Clock &clock() const;
    [[nodiscard]] FlowGroup &flows();
    [[nodiscard]] redis::Client &client();
    [[nodiscard]] locks::LockMonitor &monitor();
    /// What was learnt of holds and their owners; after watch().
    [[nodiscard]] const locks::HoldInsight &insight() const;
    [[nodiscard]] const locks::ContentionProbe &contention() const;
    /// Cached sessions that were written without their lock; after watch().
    [[nodiscard]] const locks::UnlockedWrites &unlockedWrites() const;
    /// Who waits for which lock, by a short MONITOR: the server pays for it, so ask first. What is
    /// seen of clients is kept, and the counts go into the monitor's records. To be awaited by a
    /// flow of flows().
    [[nodiscard]] Task<locks::WaiterSample> sampleWaiters(redis::MonitorTap::Budget budget);
    /// Which client uses which token, as samples have told.
    [[nodiscard]] const locks::ClientSightings &sightings() const;
    /// What our user may do on the server.
    [[nodiscard]] RightsKeeper &rights();
    /// Whether anything may be changed now.
    [[nodiscard]] WriteWindow &window();
    /// The locks that we took over.
    [[nodiscard]] HeldLocks &held();
    /// What becomes of our acts.
    [[nodiscard]] Aftercare &aftercare();
    /// Acts of earlier runs that have no outcome, looked into now. To be awaited by a flow of
    /// flows().
    [[nodiscard]] Task<QList<CutShortAct>> cutShortActs();
    [[nodiscard]] locks::LockProtocol &locks();
    [[nodiscard]] SessionLookup &lookup();
    [[nodiscard]] Actions &actions();
    [[nodiscard]] AuditLog &audit();
    [[nodiscard]] sessions::SessionCache &cache();
    /// Null when no database was given.
    [[nodiscard]] sessions::SessionDatabase *database();
    [[nodiscard]] sessions::SessionStore *store();
    /// What check() said of the database; nullopt while it is not known or there is none.
    [[nodiscard]] const std::optional<Result<void>> &databaseState() const
    {
        return m_databaseState;
    }

signals:
    void databaseChecked();
    /// It answers again.
    void databaseReturned();
    void closed();

private:
    class Parts;

    QCoro::Task<> checkDatabase();
    QCoro::Task<> giveBackAndEnd();
    void finishClosing();

    std::unique_ptr<Parts> m_parts;
    std::optional<Result<void>> m_databaseState;
    QTimer m_databaseTimer; ///< until a database that is down is tried again
    bool m_isCheckingDatabase = false;
    bool m_isClosing = false;
    bool m_isClosed = false;
};

} // namespace lockkeeper::app
