// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actionreport.h"
#include "app/actionrequest.h"
#include "app/aftercare.h"
#include "app/auditlog.h"
#include "app/guardrails.h"
#include "app/heldlocks.h"
#include "app/preview.h"
#include "app/rightskeeper.h"
#include "app/writewindow.h"
#include "core/flows.h"
#include "locks/lockmonitor.h"
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
        WriteWindow &window;
        HeldLocks &held;
        Aftercare *aftercare = nullptr; ///< null: nobody watches what becomes of an act
        RightsKeeper *rights = nullptr; ///< null: what may not be done is learnt by doing it
        Guardrails guardrails;
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
    [[nodiscard]] QCoro::Task<Preview> previewTakeOver(TakeOverRequest request);
    /// HeldLocks keeps the lock from then on.
    [[nodiscard]] QCoro::Task<ActionReport> takeOver(TakeOverRequest request);
    /// Releases a lock that was taken over.
    [[nodiscard]] QCoro::Task<ActionReport> giveBack(SessionId session);
    /// Opens the write window, once that is on record. NotPermitted for the wrong name.
    [[nodiscard]] Task<void> unlock(QString typed, QString reason);
    /// Stopped, it is refused with Cancelled.
    [[nodiscard]] QCoro::Task<Preview> previewDelete(DeleteRequest request);
    /// Where the audit log shows a delete of this session that was cut short, this one finishes it.
    [[nodiscard]] QCoro::Task<ActionReport> remove(DeleteRequest request);

    /// In production: what was to be typed to confirm it was not.
    [[nodiscard]] std::optional<Error> unconfirmed(const DeleteRequest &request) const;
    [[nodiscard]] const Guardrails &guardrails() const { return m_parts.guardrails; }
    [[nodiscard]] const WriteWindow &window() const { return m_parts.window; }

private:
    using Act = std::function<QCoro::Task<ActionReport>()>;

    /// `found` lives in the flow that awaits this.
    [[nodiscard]] QCoro::Task<> readLock(Inspection *found);
    [[nodiscard]] QCoro::Task<ActionReport> recorded(AuditEntry entry, Act act);
    [[nodiscard]] QCoro::Task<Preview> previewDeleteAs(DeleteRequest request, bool isRerun);
    [[nodiscard]] QCoro::Task<ActionReport> forceRelease(ReleaseRequest request);
    [[nodiscard]] QCoro::Task<ActionReport> takeOverAndKeep(TakeOverRequest request,
                                                            WriteWindow::Pass pass);
    [[nodiscard]] QCoro::Task<ActionReport> releaseOurs(SessionId session);
    [[nodiscard]] QCoro::Task<ActionReport> removeAndVerify(DeleteRequest request, bool isRerun);
    /// Why the deed is not tried: nothing may be written now, or not this, or a right is known to
    /// be missing.
    [[nodiscard]] QCoro::Task<std::optional<Error>> forbidden(Deed deed);
    /// The same of a lock that only those may touch who may touch all.
    [[nodiscard]] QCoro::Task<std::optional<Error>> forbidsLock(SessionId session);
    [[nodiscard]] std::optional<Error> staleRefusal(const Inspection &inspection) const;
    [[nodiscard]] Task<bool> wasCutShort(SessionId session);
    [[nodiscard]] Task<locks::LockObservation> readLockAfterAct(LockKey key);
    [[nodiscard]] QCoro::Task<Aftermath> readAfterDelete(SessionId session);

    [[nodiscard]] LockKey lockKey(const SessionId &session) const;
    [[nodiscard]] AuditEntry intentOf(QLatin1StringView action, const SessionId &session,
                                      const Token &seen, const ActNote &note) const;
    [[nodiscard]] Circumstances circumstancesOf(const Inspection &inspection) const;
    [[nodiscard]] Naming naming() const;

    Parts m_parts;
};

} // namespace lockkeeper::app
