// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "redis/changefeed.h"
#include "redis/link.h"

#include <QByteArray>
#include <QList>
#include <QTimer>

namespace lockkeeper::redis {

/// The server tells us here which keys changed: client-side-caching broadcast over one RESP2
/// connection that redirects its invalidations to itself
/// (https://redis.io/docs/manual/client-side-caching).
///
/// A push says "re-read", never what happened. Its connection is its own: losing the channel is
/// losing the socket, there is no state in which it is open and deaf on our side.
class PushChannel final : public ChangeFeed
{
    Q_OBJECT

public:
    /// Prefixes must not overlap (Redis 6.2 refuses that).
    PushChannel(ServerAddress address, QList<QByteArray> prefixes, const Clock &clock,
                QObject *parent = nullptr);

    void open() override;
    void close() override;
    void retryNow() override;
    [[nodiscard]] Kind kind() const override { return Kind::Push; }
    [[nodiscard]] bool isEstablished() const override { return m_isEstablished; }
    [[nodiscard]] bool isTrying() const override;
    [[nodiscard]] bool isRefused() const override
    {
        return m_isRefused && !m_retryTimer.isActive();
    }
    [[nodiscard]] std::optional<milliseconds> nextTry() const override;
    [[nodiscard]] std::optional<SteadyTime> lastProof() const override;
    [[nodiscard]] std::optional<Error> lastError() const override { return m_lastError; }

private:
    QCoro::Task<> subscribe(quint64 generation);
    void refused(const Reply &reply);
    void readMessage(const QByteArray &channel, const Reply &payload);
    void lose(const Error &error);

    QList<QByteArray> m_prefixes;
    QTimer m_retryTimer;
    Link m_link;              ///< goes first: its end still speaks to us
    quint64 m_generation = 0; ///< of the link's connection; a flow of an older one must not act
    bool m_isEstablished = false;
    bool m_isRefused = false;              ///< by a server that is connected
    std::optional<SteadyTime> m_lastProof; ///< of the channel that was lost
    std::optional<Error> m_lastError;
};

} // namespace lockkeeper::redis
