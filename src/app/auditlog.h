// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/auditchain.h"
#include "app/auditline.h"
#include "app/auditruns.h"
#include "app/lifelock.h"
#include "core/clock.h"
#include "core/flows.h"
#include "core/strongtype.h"

#include <QFuture>
#include <QList>
#include <QString>

#include <memory>
#include <optional>

class QThreadPool;

namespace lockkeeper::app {

/// The append-only record of what operators did: JSON lines, one file a month under
/// `$XDG_STATE_HOME/lockkeeper/audit`, mode 0600, fsync before the future ends; each line names
/// the hash of the one before (see auditchain.h). Written on a worker.
class AuditLog final
{
public:
    AuditLog(QString folder, const Clock &clock);
    ~AuditLog();
    AuditLog(const AuditLog &) = delete;
    AuditLog &operator=(const AuditLog &) = delete;

    /// `$XDG_STATE_HOME/lockkeeper/audit`, or below ~/.local/state.
    [[nodiscard]] static QString defaultFolder();

    /// Durable when the future ends well; Io when not, and then no action may be taken.
    [[nodiscard]] QFuture<Result<void>> append(AuditEntry entry);
    /// When the earliest run began `action` on `key` of `place` whose outcome was never written,
    /// or was not the whole of it; nullopt: there is none. Reads this month's file and the one
    /// before; Io where one is there and cannot be read.
    [[nodiscard]] QFuture<Result<std::optional<WallTime>>> unfinished(QString action, QString place,
                                                                      LockKey key) const;
    /// The lines that were written at or after `since`, oldest first; what cannot be read as a line
    /// is left out, verify() names it. Io where a file cannot be read.
    [[nodiscard]] QFuture<Result<QList<AuditRecord>>> records(std::optional<WallTime> since) const;
    /// The acts that began at or after `since`, oldest first.
    [[nodiscard]] QFuture<Result<QList<AuditRun>>> runs(WallTime since) const;
    /// The acts since then that have no outcome and will get none. Io where a file cannot be read.
    [[nodiscard]] QFuture<Result<QList<AuditRun>>> cutShort(WallTime since) const;
    /// Whether anything was changed, removed, added or moved: see auditchain.h.
    [[nodiscard]] QFuture<Result<ChainReport>> verify() const;
    [[nodiscard]] const QString &folder() const { return m_folder; }
    [[nodiscard]] const Clock &clock() const { return m_clock; }
    [[nodiscard]] QString currentFile() const;

private:
    QString m_folder;
    const Clock &m_clock;
    /// From the first line on; used by the writer's thread.
    std::shared_ptr<std::optional<LifeLock>> m_life;
    std::unique_ptr<QThreadPool> m_writer;
};

} // namespace lockkeeper::app
