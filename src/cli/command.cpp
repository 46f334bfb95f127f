// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/command.h"

namespace lockkeeper::cli {

Command::~Command() = default;

} // namespace lockkeeper::cli
