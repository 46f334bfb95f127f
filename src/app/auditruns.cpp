// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/auditruns.h"

#include <QHash>

#include <algorithm>

namespace lockkeeper::app {

bool AuditRun::isCutShort() const
{
    return !outcome && !isFinishedLater && std::ranges::none_of(findings, &isSettling);
}

namespace {

/// What a delete is about: by this a later one has finished it, see AuditLog::unfinished().
QString subjectOf(const AuditRecord &record)
{
    return record.where + u'\n' + record.key;
}

} // namespace

QList<AuditRun> runsOf(const QList<AuditRecord> &records)
{
    QList<AuditRun> runs;
    QHash<QString, qsizetype> indexOf;
    QHash<QString, QList<qsizetype>> deletes; // of each subject those that were begun
    for (const AuditRecord &record : records) {
        const auto known = indexOf.constFind(record.actionId);
        if (record.phase == AuditEntry::Phase::Intent) {
            indexOf.insert(record.actionId, runs.size());
            if (record.action == AuditEntry::kDelete)
                deletes[subjectOf(record)].append(runs.size());
            runs.append({record, std::nullopt, {}});
        } else if (record.phase == AuditEntry::Phase::Finding) {
            if (known != indexOf.cend())
                runs[*known].findings.append(record);
            else
                runs.append({record, record, {}});
        } else if (known != indexOf.cend()) {
            runs[*known].outcome = record;
        } else {
            runs.append({record, record, {}});
        }
        if (record.phase == AuditEntry::Phase::Outcome && record.action == AuditEntry::kDelete &&
            record.outcome == AuditEntry::kDone) {
            for (const qsizetype earlier : deletes.take(subjectOf(record)))
                runs[earlier].isFinishedLater = runs[earlier].begun.actionId != record.actionId;
        }
    }
    return runs;
}

} // namespace lockkeeper::app
