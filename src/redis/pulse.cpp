// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/pulse.h"

namespace lockkeeper::redis {

void Pulse::begin(const ServerInfo &info)
{
    m_info = info;
    m_roleSource = RoleSource::Role;
}

QList<Command> Pulse::questions() const
{
    QList<Command> questions;
    switch (m_roleSource) {
    case RoleSource::Role:
        questions << commands::role();
        break;
    case RoleSource::Info:
        questions << commands::info("replication");
        break;
    case RoleSource::None:
        break;
    }
    // They must not hold up what the heartbeat is for.
    for (Command &question : questions)
        question.deadline = commands::ping().deadline;
    return questions;
}

void Pulse::take(const QList<Reply> &replies)
{
    if (replies.isEmpty())
        return;
    const Reply &reply = replies.first();
    const QByteArray prefix = reply.errorPrefix();
    if (reply.isError()) {
        // Others (BUSY, LOADING) say that there is no answer now.
        if (prefix == "NOPERM" || prefix == "ERR")
            m_roleSource = m_roleSource == RoleSource::Role ? RoleSource::Info : RoleSource::None;
        return;
    }
    if (m_roleSource == RoleSource::Role)
        readRole(reply, m_info);
    else
        readServerInfo(reply.bytes(), m_info);
}

} // namespace lockkeeper::redis
