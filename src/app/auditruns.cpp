// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/auditruns.h"

#include <QHash>

namespace lockkeeper::app {

QList<AuditRun> runsOf(const QList<AuditRecord> &records)
{
    QList<AuditRun> runs;
    QHash<QString, qsizetype> indexOf;
    for (const AuditRecord &record : records) {
        const auto known = indexOf.constFind(record.actionId);
        if (record.phase == AuditEntry::Phase::Intent) {
            indexOf.insert(record.actionId, runs.size());
            runs.append({record, std::nullopt});
        } else if (known != indexOf.cend()) {
            runs[*known].outcome = record;
        } else {
            runs.append({record, record});
        }
    }
    return runs;
}

} // namespace lockkeeper::app
