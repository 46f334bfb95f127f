// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"

#include <QByteArray>
#include <QLatin1StringView>
#include <QList>
#include <QString>
#include <QStringList>

#include <optional>

namespace lockkeeper::app {

/// One line of the audit log: an intent, written before the act, its outcome, or what was found
/// later: by the watch after an act, or at the next start where an act has no outcome.
struct AuditEntry
{
    enum class Phase { Intent, Outcome, Finding };
    // The acts.
    static constexpr QLatin1StringView kRelease{"release"};
    static constexpr QLatin1StringView kTakeOver{"take-over"};
    static constexpr QLatin1StringView kGiveBack{"give-back"};
    static constexpr QLatin1StringView kDelete{"delete"};
    static constexpr QLatin1StringView kUnlock{"unlock"};
    // How the outcomes begin by which AuditLog::unfinished tells what is left to do.
    static constexpr QLatin1StringView kDone{"done"};
    static constexpr QLatin1StringView kPartlyDone{"partly done"};
    static constexpr QLatin1StringView kUnknown{"unknown"};
    /// How a finding begins that settles an act without outcome.
    static constexpr QLatin1StringView kFoundDone{"found done"};
    static constexpr QLatin1StringView kFoundUndone{"found undone"};
    static constexpr QLatin1StringView kFoundOver{"found over"};
    /// … and one that does not.
    static constexpr QLatin1StringView kFoundPartlyDone{"found partly done"};
    static constexpr QLatin1StringView kFoundUnknown{"found unknown"};

    QString actionId; ///< the same in the intent and its outcome
    Phase phase = Phase::Intent;
    QString action;
    QString target;      ///< the profile's or server's name
    QString environment; ///< "production"; empty: nobody has said
    QString batch;       ///< the same for all acts that were asked for at once; empty: one alone
    QString place;       ///< where the session is: see placeOf()
    QByteArray key;
    SessionId session;
    Token token; ///< the one that the operator saw; may be empty
    QString owner;
    QString reason;
    QString outcome;               ///< of an outcome or a finding: "done", "refused: …"
    QStringList steps;             ///< of an outcome or a finding: "database: done"
    QList<milliseconds> stepsTook; ///< by each of them; empty: not known
    std::optional<milliseconds> took;
};

/// Where a line stands in the chain of all lines.
struct ChainPlace
{
    qint64 number = 0;       ///< from 1 on, over all files; 0: a line from before there was a chain
    QByteArray previous;     ///< SHA-256, in hex, of the line before
    QByteArray torn;         ///< SHA-256 of a torn line between the two; empty: there is none
    bool isHeadLost = false; ///< nobody knew any more which line was the newest
};

/// A line as it was read; ids, keys and tokens as `printable` wrote them.
struct AuditRecord
{
    ChainPlace place;
    WallTime at;
    AuditEntry::Phase phase = AuditEntry::Phase::Intent;
    QString actionId;
    QString action;
    QString target;
    QString environment;
    QString batch;
    QString where; ///< AuditEntry::place
    QString user;  ///< of the operating system
    QString host;
    qint64 pid = 0;
    QString life;            ///< its LifeLock; empty: none, or an older line
    qint64 processStart = 0; ///< in the system's ticks since it was started; 0: not known
    QString key;
    QString session;
    QString token;
    QString owner;
    QString reason;
    QString outcome;
    QStringList steps;
    QList<milliseconds> stepsTook; ///< by each of them; empty: not known
    std::optional<milliseconds> took;
};

/// The line of the entry, without a line feed. `life` is the name of its writer's LifeLock.
[[nodiscard]] QByteArray auditLine(const AuditEntry &entry, WallTime at, const ChainPlace &place,
                                   const QString &life = {});

/// Whether the program that wrote the line runs yet, as far as can be told: it was on this host.
[[nodiscard]] bool isWriterAlive(const AuditRecord &record);

/// Whether it is a finding that says what became of an act without outcome.
[[nodiscard]] bool isSettling(const AuditRecord &record);

/// nullopt: no line of an audit log.
[[nodiscard]] std::optional<AuditRecord> parseAuditLine(const QByteArray &line);

/// The hash that the next line names.
[[nodiscard]] QByteArray chainHash(const QByteArray &line);

} // namespace lockkeeper::app
