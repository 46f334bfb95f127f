// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/neededrights.h"
#include "core/flows.h"
#include "redis/client.h"

namespace lockkeeper::cli {

/// What our user may do on the server: asked for where it tells, and else tried, on keys that
/// nobody has, so that nothing is changed. On a read-only connection only what reads is tried.
/// `client` outlives the flow.
[[nodiscard]] Task<redis::AskedRights> probeRights(redis::Client &client, locks::LockFamily family);

} // namespace lockkeeper::cli
