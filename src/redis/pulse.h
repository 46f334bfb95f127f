// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/command.h"
#include "redis/reply.h"
#include "redis/serverinfo.h"

#include <QList>

namespace lockkeeper::redis {

/// What a connection asks its server with each heartbeat, beyond whether it lives. What the user
/// may not ask is learnt from the first refusal and left out from then on; that is never an error.
///
/// Commands and replies only, no I/O: one for each connection to each server.
class Pulse
{
public:
    /// A new connection, on which nothing was refused yet. `info`: what the greeting told.
    void begin(const ServerInfo &info);

    /// To be sent with the next heartbeat, in one pipeline.
    [[nodiscard]] QList<Command> questions() const;
    /// The replies to questions().
    void take(const QList<Reply> &replies);

    /// What is known of the server by now.
    [[nodiscard]] const ServerInfo &info() const { return m_info; }

private:
    enum class RoleSource { Role, Info, None };

    ServerInfo m_info;
    RoleSource m_roleSource = RoleSource::Role;
};

} // namespace lockkeeper::redis
