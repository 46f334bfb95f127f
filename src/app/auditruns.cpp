// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/auditruns.h"

#include <QHash>

#include <algorithm>

namespace lockkeeper::app {

bool AuditRun::isCutShort() const
{
    return !outcome && std::ranges::none_of(findings, &isSettling);
}

QList<AuditRun> runsOf(const QList<AuditRecord> &records)
{
    QList<AuditRun> runs;
    QHash<QString, qsizetype> indexOf;
    for (const AuditRecord &record : records) {
        const auto known = indexOf.constFind(record.actionId);
        if (record.phase == AuditEntry::Phase::Intent) {
            indexOf.insert(record.actionId, runs.size());
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
    }
    return runs;
}

} // namespace lockkeeper::app
