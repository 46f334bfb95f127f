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

[[nodiscard]] QByteArray chainReportJson(const app::ChainReport &report, const QString &folder);

} // namespace lockkeeper::cli
