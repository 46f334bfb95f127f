// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/auditruns.h"

#include <QByteArray>
#include <QList>
#include <QString>

/// The audit log for those who read it elsewhere. It holds no secrets, and no text of a message.
namespace lockkeeper::app {

/// Every line of the log, with its place in the chain.
[[nodiscard]] QByteArray auditRecordsJson(const QList<app::AuditRecord> &records);
/// The same as RFC 4180, UTF-8, with a heading. A field that a spreadsheet would take for a formula
/// begins with an apostrophe.
[[nodiscard]] QByteArray auditRecordsCsv(const QList<app::AuditRecord> &records);

/// What became of an act, in one line: its outcome, and what was found later.
[[nodiscard]] QString outcomeText(const AuditRun &run);

} // namespace lockkeeper::app
