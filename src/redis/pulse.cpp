// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/pulse.h"

#include <algorithm>

namespace lockkeeper::redis {

namespace {

constexpr auto kTimePace = std::chrono::seconds(15);

/// Not BUSY or LOADING, which say that there is no answer now.
bool isRefusal(const Reply &reply)
{
    const QByteArray prefix = reply.errorPrefix();
    return prefix == "NOPERM" || prefix == "ERR";
}

} // namespace

void Pulse::begin(const ServerInfo &info)
{
    m_info = info;
    m_roleSource = RoleSource::Role;
    m_mayAskTime = true;
    m_timeAsked.reset();
    m_timeSample.reset();
}

QList<Command> Pulse::questions(SteadyTime now)
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
    if (m_mayAskTime && (!m_timeAsked || now - *m_timeAsked >= kTimePace)) {
        m_timeAsked = now;
        questions << commands::time();
    }
    m_asked.clear();
    for (Command &question : questions) {
        // They must not hold up what the heartbeat is for.
        question.deadline = commands::ping().deadline;
        m_asked << question.name();
    }
    return questions;
}

void Pulse::take(const QList<Reply> &replies, SteadyTime sentAt, SteadyTime receivedAt)
{
    m_timeSample.reset();
    for (qsizetype i = 0; i < std::min(replies.size(), m_asked.size()); ++i) {
        if (m_asked[i] == "TIME")
            takeTime(replies[i], sentAt, receivedAt);
        else
            takeRole(replies[i]);
    }
}

void Pulse::takeRole(const Reply &reply)
{
    if (reply.isError()) {
        if (isRefusal(reply))
            m_roleSource = m_roleSource == RoleSource::Role ? RoleSource::Info : RoleSource::None;
        return;
    }
    if (m_roleSource == RoleSource::Role)
        readRole(reply, m_info);
    else
        readServerInfo(reply.bytes(), m_info);
}

void Pulse::takeTime(const Reply &reply, SteadyTime sentAt, SteadyTime receivedAt)
{
    m_mayAskTime = !isRefusal(reply);
    if (reply.elements().size() != 2)
        return;
    const std::chrono::seconds seconds(reply.elements()[0].bytes().toLongLong());
    const std::chrono::microseconds rest(reply.elements()[1].bytes().toLongLong());
    m_timeSample = ServerTime::Sample{WallTime(seconds + rest), sentAt, receivedAt};
}

} // namespace lockkeeper::redis
