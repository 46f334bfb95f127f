// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/auditline.h"

#include <QList>

#include <optional>

namespace lockkeeper::app {

/// One act: what was meant, and what became of it.
struct AuditRun
{
    AuditRecord begun; ///< the intent; where an act is recorded once, that one line
    std::optional<AuditRecord> outcome;
    QList<AuditRecord> findings;  ///< what was seen later
    bool isFinishedLater = false; ///< a delete: one of the same session was done since

    /// Whether the program ended between the two, and nobody has found out since what became of
    /// the act.
    [[nodiscard]] bool isCutShort() const;
};

/// The acts that the lines tell of, in the order in which they began.
[[nodiscard]] QList<AuditRun> runsOf(const QList<AuditRecord> &records);

} // namespace lockkeeper::app
