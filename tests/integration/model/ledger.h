// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actionreport.h"
#include "app/auditline.h"

#include <QList>
#include <QStringList>

#include <map>
#include <optional>

namespace lockkeeper::model {

/// The acts of operators by their reasons, each its own, and what the model agreed that became of
/// them; to be compared with the audit log.
class Ledger
{
public:
    /// An act that ended, with the report that the model agreed to.
    void note(const QString &reason, const app::ActionReport &report);
    /// An act whose operator was killed. `isBegun`: its intent is in the log; nullopt as `outcome`:
    /// it never got there.
    void noteKilled(const QString &reason, bool isBegun, const std::optional<QString> &outcome);

    /// What is wrong with the records: an intent that is not ours or has not exactly one outcome,
    /// or an outcome that is not true.
    [[nodiscard]] QStringList check(const QList<app::AuditRecord> &records) const;

private:
    struct Act
    {
        bool isBegun = true;
        std::optional<QString> outcome; ///< how it begins; nullopt: there is to be none
        std::optional<QStringList> steps;
    };

    std::map<QString, Act> m_acts;
};

} // namespace lockkeeper::model
