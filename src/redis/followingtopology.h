// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/topology.h"

#include <QPromise>

#include <memory>
#include <optional>

namespace lockkeeper::redis {

/// A topology of several connections, whose state is made of theirs.
class FollowingTopology : public Topology
{
    Q_OBJECT

public:
    [[nodiscard]] QFuture<Result<void>> open() final;
    void close() final;
    [[nodiscard]] Link::State state() const final { return m_state; }
    [[nodiscard]] const std::optional<Error> &lastError() const final { return m_lastError; }

protected:
    FollowingTopology(Deployment deployment, Options options, const Clock &clock);

    /// Starts connecting, once.
    virtual void begin() = 0;
    /// Ends every connection and every wait; update() does nothing from then on. Destructors call
    /// close(), so that it is still theirs.
    virtual void end() = 0;
    [[nodiscard]] virtual Link::State currentState() const = 0;
    /// Why currentState() is not Ready, once it has settled.
    [[nodiscard]] virtual Error trouble() const = 0;

    /// Takes over what currentState() says, tells of it, and ends the first try when it is decided.
    void update();
    [[nodiscard]] bool isClosed() const { return m_state == Link::State::Closed; }
    [[nodiscard]] Error closedError() const;
    [[nodiscard]] const Deployment &deployment() const { return m_deployment; }
    [[nodiscard]] const Options &options() const { return m_options; }
    [[nodiscard]] const Clock &clock() const { return m_clock; }
    [[nodiscard]] std::unique_ptr<Link> makeLink(const ServerAddress &address,
                                                 ServerInfo::Mode mode) const;
    /// Ends a link, from inside one of its signals too.
    void dropLink(std::unique_ptr<Link> link);

private:
    void finishFirstTry(const Result<void> &outcome);

    Deployment m_deployment;
    Options m_options;
    const Clock &m_clock;
    Link::State m_state = Link::State::Idle;
    std::optional<Error> m_lastError;
    std::unique_ptr<QPromise<Result<void>>> m_firstTry;
};

} // namespace lockkeeper::redis
