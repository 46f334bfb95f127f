// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/subscriberfeed.h"

namespace lockkeeper::redis {

/// The server tells us here which keys changed: client-side-caching broadcast over one RESP2
/// connection that redirects its invalidations to itself
/// (https://redis.io/docs/manual/client-side-caching).
class PushChannel final : public SubscriberFeed
{
    Q_OBJECT

public:
    /// Prefixes must not overlap (Redis 6.2 refuses that).
    PushChannel(ServerAddress address, QList<QByteArray> prefixes, const Clock &clock,
                QObject *parent = nullptr);

    [[nodiscard]] Kind kind() const override { return Kind::Push; }

protected:
    QCoro::Task<> subscribe(quint64 generation) override;
    void readMessage(const QByteArray &channel, const Reply &payload) override;

private:
    QList<QByteArray> m_prefixes;
};

} // namespace lockkeeper::redis
