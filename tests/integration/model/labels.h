// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "explanation.h"

namespace lockkeeper::model {

/// What kind of operation it was and how it ended, to be counted: "delete by take-over: done".
[[nodiscard]] QString labelOf(const Operation &operation);

} // namespace lockkeeper::model
