// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/changefeed.h"
#include "redis/link.h"

#include <QTimer>

namespace lockkeeper::redis {

/// A feed over a connection of its own that does nothing but listen. Losing the feed is losing the
/// socket: there is no state in which it is open and deaf on our side.
class SubscriberFeed : public ChangeFeed
{
    Q_OBJECT

public:
    void open() override;
    void close() override;
    void retryNow() override;
    void restart(const Error &why) override;
    [[nodiscard]] bool isEstablished() const override { return m_isEstablished; }
    [[nodiscard]] bool isTrying() const override;
    [[nodiscard]] bool isRefused() const override
    {
        return m_isRefused && !m_retryTimer.isActive();
    }
    [[nodiscard]] std::optional<milliseconds> nextTry() const override;
    [[nodiscard]] std::optional<SteadyTime> lastProof() const override;
    [[nodiscard]] std::optional<Error> lastError() const override { return m_lastError; }
    [[nodiscard]] QString runId() const override { return m_link.serverInfo().runId; }

protected:
    SubscriberFeed(ServerAddress address, const Clock &clock, QObject *parent);

    /// Asks for the news, over a connection that has just become ready, and ends with established()
    /// or refuse(). Flows of a generation that is not current() any more must not act.
    virtual QCoro::Task<> subscribe(quint64 generation) = 0;
    virtual void readMessage(const QByteArray &channel, const Reply &payload) = 0;

    [[nodiscard]] Link &link() { return m_link; }
    [[nodiscard]] bool isCurrent(quint64 generation) const { return generation == m_generation; }
    /// Every change from now on is announced.
    void establish();
    /// The server does not give it, for the reason in `error`.
    void refuse(const Error &error);
    /// As the error reply says; a server that is busy or loading is asked again.
    void refuse(const Reply &reply, const QString &doing);

private:
    void lose(const Error &error);

    QTimer m_retryTimer;
    Link m_link;              ///< goes first: its end still speaks to us
    quint64 m_generation = 0; ///< of the link's connection
    bool m_isEstablished = false;
    bool m_isRefused = false;              ///< by a server that is connected
    std::optional<SteadyTime> m_lastProof; ///< of the feed that was lost
    std::optional<Error> m_lastError;
};

} // namespace lockkeeper::redis
