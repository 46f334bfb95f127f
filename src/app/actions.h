// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/auditlog.h"
#include "app/inspection.h"
#include "core/flows.h"
#include "locks/lockmonitor.h"
#include "sessions/sessionstore.h"

#include <QString>
#include <QStringList>

#include <functional>
#include <optional>

namespace lockkeeper::app {

/// A force-release of the lock that the operator saw.
struct ReleaseRequest
{
    SessionId session;
    Token seen;
    QString reason;
};

/// A locked delete.
struct DeleteRequest
{
    SessionId session;
    std::optional<UserId> user;
    milliseconds wait = std::chrono::seconds(10);
    std::optional<Token> takeOver;
    QString reason;
    std::stop_token stop;
};

/// What an action would touch, read now: the confirmation shows it and dry runs end with it.
struct Preview
{
    Inspection inspection;
    QString lockKey;
    QString cacheKey;
    QStringList effects;          ///< sentences: "deletes the lock … held by …"
    QStringList warnings;         ///< "its worker is alive: the lock was taken 0.4 s ago"
    std::optional<Error> refusal; ///< why it would be refused as things stand
};

/// What became of an action. Every outcome but `failure` without value means that the end state
/// was read back from the servers after the act.
struct ActionReport
{
    std::optional<Error> failure; ///< empty: done
    bool isPartlyDone = false;    ///< failure, but something was changed: see steps
    QStringList steps;            ///< "database: deleted the row", in order
    QStringList warnings;
    QString verification; ///< what a read after the act found
    std::optional<locks::LockObservation> lockAfter;

    [[nodiscard]] bool isDone() const { return !failure; }
};

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
        const Clock &clock;
        locks::NodeNames nodeNames;
        QString targetName;
    };

    explicit Actions(Parts parts);

    /// Lock, owner, cache and database, side by side.
    [[nodiscard]] QCoro::Task<Inspection> inspect(SessionId session);
    [[nodiscard]] QCoro::Task<Preview> previewRelease(ReleaseRequest request);
    [[nodiscard]] QCoro::Task<ActionReport> release(ReleaseRequest request);
    [[nodiscard]] QCoro::Task<Preview> previewDelete(DeleteRequest request);
    [[nodiscard]] QCoro::Task<ActionReport> remove(DeleteRequest request);

private:
    [[nodiscard]] AuditEntry entryFor(const SessionId &session, QString action, QString reason,
                                      const Token &seen) const;
    [[nodiscard]] QCoro::Task<ActionReport>
    recorded(AuditEntry entry, std::function<QCoro::Task<ActionReport>()> act);
    [[nodiscard]] QCoro::Task<ActionReport> forceRelease(ReleaseRequest request);
    [[nodiscard]] QCoro::Task<ActionReport> removeAndVerify(DeleteRequest request);

    Parts m_parts;
};

} // namespace lockkeeper::app
