// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/pushchannel.h"

#include <QPointer>

namespace lockkeeper::redis {

namespace {

const QByteArray kInvalidations = QByteArrayLiteral("__redis__:invalidate");

} // namespace

PushChannel::PushChannel(ServerAddress address, QList<QByteArray> prefixes, const Clock &clock,
                         QObject *parent)
    : SubscriberFeed(std::move(address), clock, parent)
    , m_prefixes(std::move(prefixes))
{}

QCoro::Task<> PushChannel::subscribe(quint64 generation)
{
    const QPointer<PushChannel> self(this);
    const QString doing = QStringLiteral("asking the server to push changes");
    const QList<Command> askId{commands::clientId()};
    const auto id = co_await link().send(askId);
    if (!self || !isCurrent(generation) || !id)
        co_return; // a lost connection is reported by the link
    if (id->first().isError()) {
        refuse(id->first(), doing);
        co_return;
    }
    // The order matters: without the SUBSCRIBE a self-redirected tracking is silent.
    const QList<Command> follow{commands::clientTrackingOn(id->first().integerValue(), m_prefixes),
                                commands::subscribe(kInvalidations)};
    const auto replies = co_await link().send(follow);
    if (!self || !isCurrent(generation) || !replies)
        co_return;
    for (const Reply &reply : *replies) {
        if (reply.isError()) {
            refuse(reply, doing);
            co_return;
        }
    }
    establish();
}

void PushChannel::readMessage(const QByteArray &channel, const Reply &payload)
{
    if (channel != kInvalidations)
        return;
    if (payload.isNil()) {
        emit everythingChanged();
        return;
    }
    // Anyone may PUBLISH to this channel; only the server itself sends arrays.
    if (!payload.isArray())
        return;
    QList<QByteArray> keys;
    keys.reserve(payload.elements().size());
    for (const Reply &key : payload.elements())
        keys.append(key.bytes());
    emit keysChanged(keys);
}

} // namespace lockkeeper::redis
