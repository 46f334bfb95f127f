// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actionreport.h"
#include "app/actionrequest.h"
#include "app/auditlog.h"
#include "app/preview.h"
#include "app/rightskeeper.h"
#include "core/flows.h"
#include "locks/lockmonitor.h"
#include "redis/commandgate.h"
#include "sessions/sessionstore.h"

#include <QString>

#include <functional>
#include <optional>
#include <stop_token>

namespace lockkeeper::app {

/// The operator's acts, for window and terminal alike: preview, (confirm,) durable intent, act,
/// verify by re-reading, durable outcome. Without the intent on disk nothing is touched.
///
/// Its flows use the object after their waits: whoever starts one keeps it alive.
class Actions
{
public:
    struct Parts
    {
        locks::LockProtocol &locks;
        sessions::SessionCache &cache;
        sessions::SessionDatabase *database = nullptr; ///< null: none was given
        sessions::SessionStore *store = nullptr;       ///< null without a database
        locks::LockMonitor *monitor = nullptr; ///< null where nobody watches; told of our acts
        AuditLog &audit;
        const redis::CommandGate &gate;
        RightsKeeper *rights = nullptr; ///< null: what may not be done is learnt by doing it
        const Clock &clock;
        locks::NodeNames nodeNames;
        QString targetName;
        QString place; ///< of the sessions: see placeOf()
    };

    explicit Actions(Parts parts);

    /// Lock, owner, cache and database, side by side. `stop` ends the wait for the database.
    [[nodiscard]] QCoro::Task<Inspection> inspect(SessionId session, std::stop_token stop = {});
    [[nodiscard]] QCoro::Task<Preview> previewRelease(ReleaseRequest request);
    [[nodiscard]] QCoro::Task<ActionReport> release(ReleaseRequest request);
    /// Stopped, it is refused with Cancelled.
    [[nodiscard]] QCoro::Task<Preview> previewDelete(DeleteRequest request);
    /// Where the audit log shows a delete of this session that was cut short, this one finishes it.
    [[nodiscard]] QCoro::Task<ActionReport> remove(DeleteRequest request);

private:
    using Act = std::function<QCoro::Task<ActionReport>()>;

    /// `found` lives in the flow that awaits this.
    [[nodiscard]] QCoro::Task<> readLock(Inspection *found);
    [[nodiscard]] QCoro::Task<ActionReport> recorded(AuditEntry entry, Act act);
    [[nodiscard]] QCoro::Task<Preview> previewDeleteAs(DeleteRequest request, bool isRerun);
    [[nodiscard]] QCoro::Task<ActionReport> forceRelease(ReleaseRequest request);
    [[nodiscard]] QCoro::Task<ActionReport> removeAndVerify(DeleteRequest request, bool isRerun);
    /// Why the deed is not tried: rights that are known to be missing.
    [[nodiscard]] QCoro::Task<std::optional<Error>> missingRights(Deed deed);
    [[nodiscard]] Task<bool> wasCutShort(SessionId session);
    [[nodiscard]] Task<locks::LockObservation> readLockAfterAct(LockKey key);
    [[nodiscard]] QCoro::Task<Aftermath> readAfterDelete(SessionId session);

    [[nodiscard]] LockKey lockKey(const SessionId &session) const;
    [[nodiscard]] AuditEntry intentOf(const QString &action, const SessionId &session,
                                      const Token &seen, const QString &reason) const;
    [[nodiscard]] Circumstances circumstancesOf(const Inspection &inspection) const;
    [[nodiscard]] Naming naming() const;

    Parts m_parts;
};

} // namespace lockkeeper::app
