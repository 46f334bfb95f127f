// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "redis/link.h"

#include <QByteArray>
#include <QList>
#include <QObject>
#include <QTimer>

namespace lockkeeper::redis {

/// The server tells us here which keys changed: client-side-caching broadcast over one RESP2
/// connection that redirects its invalidations to itself
/// (https://redis.io/docs/manual/client-side-caching).
///
/// A push says "re-read", never what happened. Its connection is its own: losing the channel is
/// losing the socket, there is no state in which it is open and deaf on our side.
class PushChannel final : public QObject
{
    Q_OBJECT

public:
    /// Prefixes must not overlap (Redis 6.2 refuses that).
    PushChannel(ServerAddress address, QList<QByteArray> prefixes, const Clock &clock,
                QObject *parent = nullptr);

    void open();
    void close();

    /// Tries again at once instead of waiting, after a lasting failure too.
    void retryNow();
    /// How long until the next try; nullopt while none is scheduled.
    [[nodiscard]] std::optional<milliseconds> nextTry() const;
    /// Whether it is being made now.
    [[nodiscard]] bool isTrying() const;

    /// Whether changes reach us: subscribed, and the last heartbeat was answered.
    [[nodiscard]] bool isEstablished() const { return m_isEstablished; }
    /// When the server last proved that it talks to us; it stays known when the channel is lost.
    [[nodiscard]] std::optional<SteadyTime> lastProof() const;
    /// Why there is no feed; a server that refuses tracking says so here.
    [[nodiscard]] const std::optional<Error> &lastError() const { return m_lastError; }

signals:
    /// Every change after this moment is announced; earlier ones may have been missed.
    void established();
    /// The channel is gone; nothing is announced until established().
    void lost(const lockkeeper::Error &error);
    void keysChanged(const QList<QByteArray> &keys);
    /// Everything may have changed (FLUSHDB, FLUSHALL, full resync): scan again.
    void everythingChanged();

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
