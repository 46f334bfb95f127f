// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "redis/client.h"
#include "redis/subscriberfeed.h"

#include <QPromise>

#include <memory>

namespace lockkeeper::redis {

/// Keyspace notifications (https://redis.io/docs/manual/keyspace-notifications), where the server
/// has them switched on already; its configuration is never changed.
///
/// They tell of every change of a string, not of FLUSHDB, FLUSHALL and SWAPDB, and depending on
/// what is switched on not of evictions and of other types: those show when all is looked at again.
class NotifyChannel final : public SubscriberFeed
{
    Q_OBJECT

public:
    /// Follows keys with these prefixes in the address's database. Where the configuration may not
    /// be read, `client` writes a key of its own to see whether that is told; it outlives this.
    /// `node` is the primary at the address, where the client has several.
    NotifyChannel(ServerAddress address, QList<QByteArray> prefixes, Client &client,
                  const Clock &clock, NodeId node = {}, QObject *parent = nullptr);
    ~NotifyChannel() override;
    NotifyChannel(const NotifyChannel &) = delete;
    NotifyChannel &operator=(const NotifyChannel &) = delete;

    [[nodiscard]] Kind kind() const override { return Kind::Notify; }

protected:
    QCoro::Task<> subscribe(quint64 generation) override;
    void readMessage(const QByteArray &channel, const Reply &payload) override;

private:
    /// Whether sets and deletes of a key of our own are told.
    [[nodiscard]] Task<void> prove(quint64 generation);
    void endProof(const Result<void> &outcome);

    QList<QByteArray> m_prefixes;
    QByteArray m_channelPrefix; ///< of keys of our database
    Client &m_client;
    NodeId m_node;
    QByteArray m_canary;        ///< while it is awaited
    QSet<QByteArray> m_unheard; ///< what is still to be told of it
    std::unique_ptr<QPromise<Result<void>>> m_proof;
};

/// Whether `notify-keyspace-events` with this value tells of every change of a string.
[[nodiscard]] bool tellsOfStrings(const QByteArray &notifyKeyspaceEvents);

} // namespace lockkeeper::redis
