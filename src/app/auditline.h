// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"

#include <QByteArray>
#include <QLatin1StringView>
#include <QString>
#include <QStringList>

#include <optional>

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
    QString where; ///< AuditEntry::place
    QString user;  ///< of the operating system
    QString host;
    QString key;
    QString session;
    QString token;
    QString owner;
    QString reason;
    QString outcome;
    QStringList steps;
    std::optional<milliseconds> took;
};

/// The line of the entry, without a line feed.
[[nodiscard]] QByteArray auditLine(const AuditEntry &entry, WallTime at, const ChainPlace &place);

/// nullopt: no line of an audit log.
[[nodiscard]] std::optional<AuditRecord> parseAuditLine(const QByteArray &line);

/// The hash that the next line names.
[[nodiscard]] QByteArray chainHash(const QByteArray &line);

} // namespace lockkeeper::app
