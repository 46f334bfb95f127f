// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/error.h"

namespace lockkeeper::cli {

/// How lockkeeper-cli ends; scripts branch on these, so they never change their meaning.
enum class ExitCode {
    Done = 0,
    Failed = 1,
    Usage = 2,
    NotFound = 3,
    ChangedHands = 4,
    LockTimeout = 5,
    CannotConnect = 6,
    NotPermitted = 7,
    PartlyDone = 8,
};

[[nodiscard]] ExitCode exitCodeOf(ErrorCode code);

} // namespace lockkeeper::cli
