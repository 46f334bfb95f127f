// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace.h"
#include "cli/context.h"

#include <optional>

namespace lockkeeper::cli {

/// Writes the holds that ended and their figures, for people or for programs. `since`: when
/// watching began; nullopt: it never did.
void printHistory(app::Workspace &workspace, std::optional<WallTime> since, Context &context);

} // namespace lockkeeper::cli
