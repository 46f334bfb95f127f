// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/locklist.h"
#include "core/flows.h"

namespace lockkeeper::app {
class Workspace;
} // namespace lockkeeper::app

namespace lockkeeper::cli {

class Context;

/// The active locks with their sessions, as one look shows them. `looksForContention`: takes some
/// seconds longer, and tells which others ask for.
[[nodiscard]] Task<QList<LockRow>> readLockRows(app::Workspace &workspace, bool looksForContention,
                                                Context &context);

} // namespace lockkeeper::cli
