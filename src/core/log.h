// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"

#include <QString>

/// The program's log: spdlog writes it, Qt's own messages and categories go into the same file.
/// Rooms log through QLoggingCategory; no secret and no message text ever goes there.
namespace lockkeeper {

struct LogOptions
{
    QString file;              ///< empty: no file
    bool alsoToStderr = false; ///< warnings and worse, for a terminal program in trouble
    bool isVerbose = false;    ///< debug messages as well
};

/// Sends all of Qt's messages to the log until the process ends. Call once, from main.
[[nodiscard]] Result<void> startLog(const LogOptions &options);

/// Writes what is buffered; called by main before it returns.
void stopLog();

} // namespace lockkeeper
