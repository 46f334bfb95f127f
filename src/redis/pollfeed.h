// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/changefeed.h"
#include "redis/client.h"

namespace lockkeeper::redis {

/// No feed at all: whoever watches has to look again and again. It is there whenever commands reach
/// the server, and it names no key.
class PollFeed final : public ChangeFeed
{
    Q_OBJECT

public:
    /// `client` outlives this.
    explicit PollFeed(Client &client, QObject *parent = nullptr);

    void open() override;
    void close() override;
    void retryNow() override { m_client.retryNow(); }
    void restart(const Error &why) override;
    [[nodiscard]] QString runId() const override { return m_client.serverInfo().runId; }
    [[nodiscard]] Kind kind() const override { return Kind::Poll; }
    [[nodiscard]] bool isEstablished() const override { return m_isOpen && m_client.isReady(); }
    [[nodiscard]] bool isTrying() const override;
    [[nodiscard]] bool isRefused() const override { return false; }
    [[nodiscard]] std::optional<milliseconds> nextTry() const override
    {
        return m_client.nextTry();
    }
    [[nodiscard]] std::optional<SteadyTime> lastProof() const override
    {
        return m_client.lastHeard();
    }
    [[nodiscard]] std::optional<Error> lastError() const override { return m_client.lastError(); }

private:
    Client &m_client;
    bool m_isOpen = false;
};

} // namespace lockkeeper::redis
