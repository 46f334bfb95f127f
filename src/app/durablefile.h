// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"

#include <QByteArray>
#include <QString>

namespace lockkeeper::app {

/// Appends `line` and a newline to the file, and returns when both are on the disk. Missing folders
/// are made with mode 0700, the file with 0600. Processes that append at once keep whole lines, and
/// a line that does not fit on the disk is taken back. Blocks: call it from a worker.
[[nodiscard]] Result<void> appendLineDurably(const QString &path, const QByteArray &line);

} // namespace lockkeeper::app
