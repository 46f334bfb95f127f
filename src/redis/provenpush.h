// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/client.h"
#include "redis/pushchannel.h"

#include <QTimer>

namespace lockkeeper::redis {

/// Pushes that are proved end to end, again and again: a key of our own is written over the command
/// connection, and its news has to come. A server that answers, but does not tell of changes, is
/// found in no other way.
///
/// Where nothing may be written (read-only, no right to, a replica) it is a PushChannel like any
/// other. The key lives for some seconds under `lockkeeper:canary:`; its news is not handed on.
class ProvenPush final : public ChangeFeed
{
    Q_OBJECT

public:
    /// `client` writes to the server of `address`, and outlives this; `node` is the primary there,
    /// where the client has several. Prefixes must not overlap.
    ProvenPush(ServerAddress address, const QList<QByteArray> &prefixes, Client &client,
               const Clock &clock, QObject *parent = nullptr, NodeId node = {});

    void open() override { m_channel.open(); }
    void close() override;
    void retryNow() override { m_channel.retryNow(); }
    void restart(const Error &why) override { m_channel.restart(why); }
    [[nodiscard]] Kind kind() const override { return Kind::Push; }
    [[nodiscard]] bool isEstablished() const override
    {
        return m_isEstablished && m_channel.isEstablished();
    }
    [[nodiscard]] bool isTrying() const override;
    /// A new channel that stays silent counts as refused.
    [[nodiscard]] bool isRefused() const override { return m_isDeaf || m_channel.isRefused(); }
    [[nodiscard]] std::optional<milliseconds> nextTry() const override
    {
        return m_channel.nextTry();
    }
    [[nodiscard]] std::optional<SteadyTime> lastProof() const override
    {
        return m_channel.lastProof();
    }
    [[nodiscard]] std::optional<Error> lastError() const override { return m_channel.lastError(); }
    [[nodiscard]] QString runId() const override { return m_channel.runId(); }

    /// Whether a write of our own was told over the channel that is there now.
    [[nodiscard]] bool isProven() const { return m_isProven; }

private:
    void channelEstablished();
    void channelLost(const Error &error);
    void clientChanged(Link::State state);
    void takeKeys(const QList<QByteArray> &keys);
    [[nodiscard]] bool mayWrite() const;
    [[nodiscard]] QFuture<Result<Reply>> writeCanary();
    QCoro::Task<> prove();
    void checkPatience();
    void stopWaiting();
    void establish();

    QByteArray m_canary; ///< the key, or what it begins with
    bool m_isApart;      ///< no prefix that is watched covers the canary, or the reverse
    PushChannel m_channel;
    Client &m_client;
    const Clock &m_clock;
    NodeId m_node;
    QByteArray m_keyOnNode;
    QTimer m_paceTimer;
    QTimer m_patienceTimer;
    int m_patienceLeft = 0;
    SteadyTime m_writtenAt;
    quint64 m_generation = 0;   ///< of the wait; a flow of an older one must not act
    bool m_isWaiting = false;   ///< for the news of a write
    bool m_isForbidden = false; ///< to write, on this connection
    bool m_isEstablished = false;
    bool m_isProven = false;
    bool m_isDeaf = false;
};

} // namespace lockkeeper::redis
