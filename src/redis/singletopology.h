// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/topology.h"

namespace lockkeeper::redis {

/// One server.
class SingleTopology final : public Topology
{
    Q_OBJECT

public:
    SingleTopology(ServerAddress address, Options options, const Clock &clock);

    [[nodiscard]] QFuture<Result<void>> open() override { return m_link.open(); }
    void close() override { m_link.close(); }
    void retryNow() override { m_link.retryNow(); }
    [[nodiscard]] std::optional<milliseconds> nextTry() const override { return m_link.nextTry(); }
    [[nodiscard]] Link::State state() const override { return m_link.state(); }
    [[nodiscard]] const std::optional<Error> &lastError() const override
    {
        return m_link.lastError();
    }
    [[nodiscard]] ServerInfo serverInfo() const override { return m_link.serverInfo(); }
    [[nodiscard]] std::optional<SteadyTime> lastHeard() const override
    {
        return m_link.lastHeard();
    }
    [[nodiscard]] std::optional<std::chrono::microseconds> roundTrip() const override
    {
        return m_link.roundTrip();
    }
    [[nodiscard]] QList<Primary> primaries() const override;
    [[nodiscard]] NodeId nodeOf(const QByteArray &key) const override;
    [[nodiscard]] QString place() const override;
    [[nodiscard]] Replies send(const QList<Command> &commands) override
    {
        return m_link.send(commands);
    }
    [[nodiscard]] Replies sendTo(const NodeId &node, const QList<Command> &commands) override;

private:
    NodeId m_id;
    Link m_link;
};

} // namespace lockkeeper::redis
