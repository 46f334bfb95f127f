// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/auditchain.h"
#include "app/auditruns.h"
#include "cli/texttable.h"

#include <QByteArray>
#include <QList>

namespace lockkeeper::cli {

[[nodiscard]] TextTable auditTable(const QList<app::AuditRun> &runs);
[[nodiscard]] QByteArray auditRunsJson(const QList<app::AuditRun> &runs);

/// Every line of the log, with its place in the chain.
[[nodiscard]] QByteArray auditRecordsJson(const QList<app::AuditRecord> &records);
/// The same as RFC 4180, UTF-8, with a heading. A field that a spreadsheet would take for a formula
/// begins with an apostrophe.
[[nodiscard]] QByteArray auditRecordsCsv(const QList<app::AuditRecord> &records);

[[nodiscard]] QByteArray chainReportJson(const app::ChainReport &report, const QString &folder);

} // namespace lockkeeper::cli
