// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/auditlog.h"
#include "app/auditruns.h"
#include "core/flows.h"
#include "locks/lockprotocol.h"
#include "sessions/sessioncache.h"
#include "sessions/sessiondatabase.h"

#include <QList>
#include <QString>

#include <functional>

namespace lockkeeper::app {

/// An act that was begun and has no outcome, because the program ended in between; and what it has
/// left, as read now.
struct CutShortAct
{
    enum class Truth {
        Done,       ///< what was meant is so; whether by this act or not, nobody can tell
        Undone,     ///< nothing of it has happened
        PartlyDone, ///< a delete that ended after its row
        Over,       ///< the lock that was meant is gone; whose doing that was nobody can tell
        Unknown,    ///< it could not be read
    };

    AuditRecord intent;
    SessionId session;
    Truth truth = Truth::Unknown;
    QString found; ///< "the row is gone, its cached copy is there"

    /// Whether a delete of the session would finish it.
    [[nodiscard]] bool canBeFinished() const { return truth == Truth::PartlyDone; }
};

/// Looks for acts of earlier runs that have no outcome, reads what they have left, and records that
/// as a finding. It finishes nothing: that is offered to the operator.
class Recovery
{
public:
    struct Parts
    {
        locks::LockProtocol &locks;
        sessions::SessionCache &cache;
        sessions::SessionDatabase *database = nullptr;
        AuditLog &audit;
        const Clock &clock;
        locks::NodeNames nodeNames;
        QString place; ///< of the sessions: see placeOf()
    };

    explicit Recovery(Parts parts);

    /// Of the last month, at this place and of this family; of programs that run yet none is. Its
    /// flow uses the object after its waits.
    [[nodiscard]] Task<QList<CutShortAct>> look();

private:
    [[nodiscard]] bool isOurs(const AuditRecord &intent) const;
    [[nodiscard]] QCoro::Task<CutShortAct> inspect(AuditRecord intent);
    [[nodiscard]] QCoro::Task<> inspectDelete(CutShortAct *act);
    [[nodiscard]] QCoro::Task<> inspectLock(CutShortAct *act);
    [[nodiscard]] Task<void> record(AuditRun run, CutShortAct act);

    Parts m_parts;
};

} // namespace lockkeeper::app
