// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/auditruns.h"
#include "core/result.h"

#include <QList>
#include <QString>

namespace lockkeeper::app {

/// The acts that began at or after `since`, have no outcome and will get none: their writer does
/// not run any more. A log without any is not parsed, so that a long one costs little. It blocks:
/// call it from a worker. Io where a file cannot be read.
[[nodiscard]] Result<QList<AuditRun>> cutShortRuns(const QString &folder, WallTime since);

} // namespace lockkeeper::app
