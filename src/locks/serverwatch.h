// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "redis/serverinfo.h"

#include <QString>

#include <optional>

namespace lockkeeper::locks {

/// Whether the server that is read from is the one that takes the writes, and the same as before.
class ServerWatch
{
public:
    struct News
    {
        bool isOtherProcess = false; ///< started since, or another server altogether
        bool isOtherRole = false;    ///< became a replica, a primary, or follows another primary
    };

    /// What the server says of itself now; what it does not say changes nothing.
    News take(const redis::ServerInfo &info, WallTime now);
    /// Why what it shows may not be the primary's state; empty where it is, or is not known.
    [[nodiscard]] QString objection() const;

private:
    redis::ServerInfo m_info;
    std::optional<WallTime> m_replicaSince; ///< nullopt: it was one when we came
};

} // namespace lockkeeper::locks
