// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/singletopology.h"

namespace lockkeeper::redis {

SingleTopology::SingleTopology(ServerAddress address, Options options, const Clock &clock)
    : m_id(address.endpoint.toString().toUtf8())
    , m_link(std::move(address),
             {.clientName = "lockkeeper",
              .reconnects = options.reconnects,
              .mode = ServerInfo::Mode::Standalone},
             clock)
{
    connect(&m_link, &Link::stateChanged, this, &Topology::stateChanged);
    connect(&m_link, &Link::serverInfoChanged, this, &Topology::serverInfoChanged);
    connect(&m_link, &Link::timeTold, this, &Topology::timeTold);
}

QList<Primary> SingleTopology::primaries() const
{
    const bool isReady = m_link.state() == Link::State::Ready;
    const Primary only{m_id, m_link.address(), m_link.address().endpoint, m_link.serverInfo(),
                       isReady};
    return {only};
}

NodeId SingleTopology::nodeOf(const QByteArray & /*key*/) const
{
    return m_id;
}

QString SingleTopology::place() const
{
    return m_link.address().endpoint.toString();
}

Topology::Replies SingleTopology::sendTo(const NodeId & /*node*/, const QList<Command> &commands)
{
    return m_link.send(commands);
}

} // namespace lockkeeper::redis
