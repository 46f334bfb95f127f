// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actions.h"
#include "app/auditlog.h"
#include "app/sessionlookup.h"
#include "app/target.h"
#include "core/flows.h"
#include "locks/lockmonitor.h"
#include "locks/lockprotocol.h"
#include "redis/client.h"
#include "redis/pushchannel.h"
#include "sessions/sessioncache.h"
#include "sessions/sessiondatabase.h"
#include "sessions/sessionstore.h"

#include <QObject>

#include <memory>
#include <optional>

namespace lockkeeper::app {

/// One connected target: builds its parts, and ends their flows before it lets them go.
///
/// Flows that use the parts are started through flows() or awaited by someone who keeps the
/// workspace alive; close() ends every open wait and finishes when the last flow has ended.
class Workspace final : public QObject
{
    Q_OBJECT

public:
    Workspace(Target target, const Clock &clock, QString auditFolder, QObject *parent = nullptr);
    ~Workspace() override;
    Workspace(const Workspace &) = delete;
    Workspace &operator=(const Workspace &) = delete;

    /// Connects to the server; reconnects by itself afterwards. The database is tried on its own,
    /// see databaseChecked(): a window without it still lists locks.
    [[nodiscard]] QCoro::Task<Result<void>> open();
    /// Starts the feed and the snapshot.
    void watch();
    /// Ends every open wait with Cancelled, waits for the flows of flows(), then emits closed().
    void close();
    [[nodiscard]] bool isClosing() const { return m_isClosing; }

    [[nodiscard]] const Target &target() const { return m_target; }
    [[nodiscard]] const Clock &clock() const { return m_clock; }
    [[nodiscard]] FlowGroup &flows() { return m_flows; }
    [[nodiscard]] redis::Client &client() { return m_client; }
    [[nodiscard]] locks::LockMonitor &monitor() { return m_monitor; }
    [[nodiscard]] locks::LockProtocol &locks() { return m_locks; }
    [[nodiscard]] SessionLookup &lookup() { return m_lookup; }
    [[nodiscard]] Actions &actions() { return m_actions; }
    [[nodiscard]] AuditLog &audit() { return m_audit; }
    [[nodiscard]] sessions::SessionCache &cache() { return m_cache; }
    /// Null when no database was given.
    [[nodiscard]] sessions::SessionDatabase *database() { return m_database.get(); }
    [[nodiscard]] sessions::SessionStore *store() { return m_store.get(); }
    /// What check() said of the database; nullopt while it is not known or there is none.
    [[nodiscard]] const std::optional<Result<void>> &databaseState() const
    {
        return m_databaseState;
    }

signals:
    void databaseChecked();
    void closed();

private:
    QCoro::Task<> checkDatabase();

    Target m_target;
    const Clock &m_clock;
    FlowGroup m_flows;
    redis::Client m_client;
    redis::PushChannel m_push;
    locks::LockMonitor m_monitor;
    locks::LockProtocol m_locks;
    sessions::SessionCache m_cache;
    std::unique_ptr<sessions::SessionDatabase> m_database;
    std::unique_ptr<sessions::SessionStore> m_store;
    AuditLog m_audit;
    SessionLookup m_lookup;
    Actions m_actions;
    std::optional<Result<void>> m_databaseState;
    bool m_isClosing = false;
};

} // namespace lockkeeper::app
