// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/flows.h"
#include "core/strongtype.h"

#include <QFuture>
#include <QLatin1StringView>
#include <QString>
#include <QStringList>

#include <memory>
#include <optional>

class QThreadPool;

namespace lockkeeper::app {

/// One line of the audit log: an intent, written before the act, or its outcome.
struct AuditEntry
{
    enum class Phase { Intent, Outcome };
    // How the outcomes begin by which AuditLog::unfinished tells what is left to do.
    static constexpr QLatin1StringView kDone{"done"};
    static constexpr QLatin1StringView kPartlyDone{"partly done"};
    static constexpr QLatin1StringView kUnknown{"unknown"};

    QString actionId; ///< the same in the intent and its outcome
    Phase phase = Phase::Intent;
    QString action; ///< "release", "delete"
    QString target; ///< the profile's or server's name
    QString place;  ///< where the session is: see placeOf()
    QByteArray key;
    SessionId session;
    Token token; ///< the one that the operator saw; may be empty
    QString owner;
    QString reason;
    QString outcome;   ///< of an outcome: "done", "refused: …"
    QStringList steps; ///< of an outcome: "database: done"
    std::optional<milliseconds> took;
};

/// The append-only record of what operators did: JSON lines, one file a month under
/// `$XDG_STATE_HOME/lockkeeper/audit`, mode 0600, fsync before the future ends. Written on a
/// worker.
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
    [[nodiscard]] QString currentFile() const;

private:
    QString m_folder;
    const Clock &m_clock;
    std::unique_ptr<QThreadPool> m_writer;
};

} // namespace lockkeeper::app
