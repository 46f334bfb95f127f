// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/pollfeed.h"

#include <QPointer>

namespace lockkeeper::redis {

PollFeed::PollFeed(Client &client, QObject *parent)
    : ChangeFeed(parent)
    , m_client(client)
{
    connect(&m_client, &Client::stateChanged, this, [this](Link::State state) {
        if (!m_isOpen)
            return;
        if (state == Link::State::Ready)
            emit established();
        else if (m_client.lastError())
            emit lost(*m_client.lastError());
    });
}

void PollFeed::open()
{
    m_isOpen = true;
    if (m_client.isReady())
        emit established();
}

void PollFeed::close()
{
    m_isOpen = false;
}

void PollFeed::restart(const Error &why)
{
    if (!isEstablished())
        return;
    const QPointer<PollFeed> self(this);
    emit lost(why);
    if (self && isEstablished())
        emit established(); // there is no channel that could be at fault
}

bool PollFeed::isTrying() const
{
    return m_client.state() == Link::State::Connecting;
}

} // namespace lockkeeper::redis
