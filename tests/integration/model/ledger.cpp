// SPDX-License-Identifier: GPL-3.0-or-later
#include "ledger.h"

namespace lockkeeper::model {

using app::AuditEntry;
using app::AuditRecord;

namespace {

/// How the log has to put it: in these tests nothing else may happen to an act.
QString wordFor(const app::ActionReport &report)
{
    if (!report.failure)
        return QStringLiteral("done");
    if (report.isPartlyDone)
        return QStringLiteral("partly done: ") + report.failure->what;
    const bool isFailed = report.failure->code == ErrorCode::LeaseLost;
    return (isFailed ? QStringLiteral("failed: ") : QStringLiteral("refused: ")) +
           report.failure->what;
}

} // namespace

void Ledger::note(const QString &reason, const app::ActionReport &report)
{
    m_acts[reason] = {true, wordFor(report), report.steps};
}

void Ledger::noteKilled(const QString &reason, bool isBegun, const std::optional<QString> &outcome)
{
    m_acts[reason] = {isBegun, outcome, std::nullopt};
}

QStringList Ledger::check(const QList<AuditRecord> &records) const
{
    struct Lines
    {
        int intents = 0;
        QList<AuditRecord> outcomes;
    };
    std::map<QString, Lines> byReason;
    for (const AuditRecord &record : records) {
        Lines &lines = byReason[record.reason];
        if (record.phase == AuditEntry::Phase::Intent)
            ++lines.intents;
        else
            lines.outcomes += record;
    }

    QStringList complaints;
    for (const auto &[reason, lines] : byReason) {
        if (!m_acts.contains(reason))
            complaints += u"the audit log tells of an act that was none: " + reason;
    }
    for (const auto &[reason, act] : m_acts) {
        const Lines lines = byReason[reason];
        if (lines.intents != int(act.isBegun))
            complaints += QStringLiteral("%1: %2 intents").arg(reason).arg(lines.intents);
        if (lines.outcomes.size() != int(act.outcome.has_value())) {
            complaints += QStringLiteral("%1: %2 outcomes").arg(reason).arg(lines.outcomes.size());
        } else if (act.outcome) {
            const AuditRecord &told = lines.outcomes.first();
            if (told.outcome != *act.outcome || (act.steps && told.steps != *act.steps))
                complaints += QStringLiteral("%1: “%2” was recorded where it was “%3”")
                                  .arg(reason, told.outcome, *act.outcome);
        }
    }
    return complaints;
}

} // namespace lockkeeper::model
