// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"

namespace lockkeeper::sessions {

class SqlConnection;

/// Brings an SQLite file to the newest of the migrations under :/sql: an empty one is created, one
/// that has chat tables of somebody else's making is used as it is, and one of any other program
/// is refused. A file opened for reading only is not touched.
[[nodiscard]] Result<void> migrate(SqlConnection &connection);

} // namespace lockkeeper::sessions
