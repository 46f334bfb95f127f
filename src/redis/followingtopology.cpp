// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/followingtopology.h"

#include <QPointer>

#include <utility>

namespace lockkeeper::redis {

FollowingTopology::FollowingTopology(Deployment deployment, Options options, const Clock &clock)
    : m_deployment(std::move(deployment))
    , m_options(options)
    , m_clock(clock)
{}

QFuture<Result<void>> FollowingTopology::open()
{
    if (m_firstTry)
        return m_firstTry->future();
    if (m_state == Link::State::Ready)
        return finished<void>({});
    if (isClosed())
        return finished<void>(closedError());
    m_firstTry = std::make_unique<QPromise<Result<void>>>();
    m_firstTry->start();
    auto outcome = m_firstTry->future();
    if (m_state != Link::State::Idle) {
        retryNow();
        return outcome;
    }
    m_state = Link::State::Connecting;
    const QPointer<FollowingTopology> self(this);
    emit stateChanged(m_state);
    if (self && !isClosed())
        begin();
    return outcome;
}

void FollowingTopology::close()
{
    if (isClosed())
        return;
    m_state = Link::State::Closed;
    end();
    const QPointer<FollowingTopology> self(this);
    emit stateChanged(m_state);
    if (self)
        finishFirstTry(closedError());
}

Error FollowingTopology::closedError() const
{
    return {
        ErrorCode::Cancelled, u"the connection to " + m_deployment.place() + u" was closed", {}};
}

void FollowingTopology::update()
{
    if (isClosed() || m_state == Link::State::Idle)
        return;
    const Link::State state = currentState();
    const bool isSettled = state == Link::State::Ready || state == Link::State::Waiting ||
                           state == Link::State::Failed;
    if (state == Link::State::Ready)
        m_lastError.reset();
    else if (isSettled)
        m_lastError = trouble();
    const QPointer<FollowingTopology> self(this);
    if (std::exchange(m_state, state) != state)
        emit stateChanged(state);
    if (!self || !isSettled || m_state != state)
        return;
    finishFirstTry(m_lastError ? Result<void>(*m_lastError) : Result<void>());
}

std::unique_ptr<Link> FollowingTopology::makeLink(const ServerAddress &address,
                                                  ServerInfo::Mode mode) const
{
    const Link::Options options{
        .clientName = "lockkeeper", .reconnects = m_options.reconnects, .mode = mode};
    return std::make_unique<Link>(address, options, m_clock);
}

void FollowingTopology::dropLink(std::unique_ptr<Link> link)
{
    // We may be inside one of its signals: it goes when the stack is unwound.
    link->disconnect(this);
    link->close();
    link.release()->deleteLater();
}

void FollowingTopology::finishFirstTry(const Result<void> &outcome)
{
    if (const auto promise = std::exchange(m_firstTry, nullptr)) {
        promise->addResult(outcome);
        promise->finish();
    }
}

} // namespace lockkeeper::redis
