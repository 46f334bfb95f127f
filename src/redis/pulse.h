// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/command.h"
#include "redis/reply.h"
#include "redis/serverinfo.h"
#include "redis/servertime.h"

#include <QList>

#include <optional>

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
    [[nodiscard]] QList<Command> questions(SteadyTime now);
    /// The replies to the last questions().
    void take(const QList<Reply> &replies, SteadyTime sentAt, SteadyTime receivedAt);

    /// What is known of the server by now.
    [[nodiscard]] const ServerInfo &info() const { return m_info; }
    /// What the last take() told of the server's clock, if it was asked for.
    [[nodiscard]] const std::optional<ServerTime::Sample> &timeSample() const
    {
        return m_timeSample;
    }

private:
    enum class RoleSource { Role, Info, None };

    void takeRole(const Reply &reply);
    void takeTime(const Reply &reply, SteadyTime sentAt, SteadyTime receivedAt);

    ServerInfo m_info;
    RoleSource m_roleSource = RoleSource::Role;
    QList<QByteArray> m_asked; ///< names of the last questions
    bool m_mayAskTime = true;
    std::optional<SteadyTime> m_timeAsked; ///< nullopt: not on this connection
    std::optional<ServerTime::Sample> m_timeSample;
};

} // namespace lockkeeper::redis
