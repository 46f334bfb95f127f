// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/rightsprobe.h"

namespace lockkeeper::cli {

Task<redis::AskedRights> probeRights(redis::Client &client, locks::LockFamily family)
{
    QList<redis::Right> rights = app::allRights(family, client.deployment().node.database);
    Result<redis::AskedRights> asked = co_await redis::askRights(client, rights);
    if (!asked)
        co_return asked;
    const redis::CommandGate gate = client.gate();
    rights.removeIf([&gate](const redis::Right &right) { return !gate.check(right.trial); });
    const Result<redis::Rights> known = co_await redis::tryRights(client, rights, asked->rights);
    if (!known)
        co_return known.error();
    asked->rights = *known;
    co_return asked;
}

} // namespace lockkeeper::cli
