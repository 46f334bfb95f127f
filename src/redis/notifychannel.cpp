// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/notifychannel.h"

#include "redis/scanner.h"

#include <QPointer>
#include <QUuid>

namespace lockkeeper::redis {

namespace {

constexpr milliseconds kPatience = std::chrono::seconds(2);
constexpr milliseconds kCanaryLife = std::chrono::seconds(5);

Error isOff(const QString &how)
{
    return {ErrorCode::Refused, u"keyspace notifications are not switched on: " + how,
            QStringLiteral("notify-keyspace-events KA on the server would switch them on")};
}

} // namespace

bool tellsOfStrings(const QByteArray &notifyKeyspaceEvents)
{
    const auto has = [&](char flag) { return notifyKeyspaceEvents.contains(flag); };
    // Expiry is ours to notice, so it need not be told.
    return has('K') && (has('A') || (has('g') && has('$')));
}

NotifyChannel::NotifyChannel(ServerAddress address, QList<QByteArray> prefixes, Client &client,
                             const Clock &clock, NodeId node, QObject *parent)
    : SubscriberFeed(address, clock, parent)
    , m_prefixes(std::move(prefixes))
    , m_channelPrefix("__keyspace@" + QByteArray::number(address.database) + "__:")
    , m_client(client)
    , m_node(std::move(node))
{}

NotifyChannel::~NotifyChannel()
{
    endProof(Error{ErrorCode::Cancelled, QStringLiteral("the feed was closed"), {}});
}

QCoro::Task<> NotifyChannel::subscribe(quint64 generation)
{
    const QPointer<NotifyChannel> self(this);
    const QList<Command> ask{commands::configGet("notify-keyspace-events")};
    const auto config = co_await link().send(ask);
    if (!self || !isCurrent(generation) || !config)
        co_return;
    const Reply &flags = config->first();
    const bool isKnown = flags.isArray() && flags.elements().size() == 2;
    if (isKnown && !tellsOfStrings(flags.elements()[1].bytes())) {
        refuse(isOff(u"the server's notify-keyspace-events is \"" +
                     QString::fromLatin1(flags.elements()[1].bytes()) + u'"'));
        co_return;
    }
    m_canary = "lockkeeper:canary:" + QUuid::createUuid().toByteArray(QUuid::WithoutBraces);
    if (!m_node.isEmpty())
        m_canary = m_client.keyOn(m_node, m_canary);
    QList<Command> follow;
    for (const QByteArray &prefix : m_prefixes)
        follow << commands::psubscribe(Scanner::escapeGlob(m_channelPrefix + prefix) + '*');
    if (!isKnown)
        follow << commands::psubscribe(Scanner::escapeGlob(m_channelPrefix + m_canary));
    const auto replies = co_await link().send(follow);
    if (!self || !isCurrent(generation) || !replies)
        co_return;
    for (const Reply &reply : *replies) {
        if (reply.isError()) {
            refuse(reply, QStringLiteral("asking the server for keyspace notifications"));
            co_return;
        }
    }
    if (!isKnown) {
        const Result<void> proven = co_await prove(generation);
        if (!self || !isCurrent(generation))
            co_return;
        if (!proven) {
            refuse(proven.error());
            co_return;
        }
    }
    establish();
}

Task<void> NotifyChannel::prove(quint64 generation)
{
    const QPointer<NotifyChannel> self(this);
    m_unheard = {"set", "del"};
    m_proof = std::make_unique<QPromise<Result<void>>>();
    m_proof->start();
    const QFuture<Result<void>> heard = m_proof->future();
    const QList<Command> touch{commands::setWithTtl(m_canary, "1", kCanaryLife),
                               commands::del(m_canary)};
    const auto touched = co_await m_client.send(touch);
    if (!self || !isCurrent(generation))
        co_return Error{ErrorCode::Cancelled, QStringLiteral("the connection was lost"), {}};
    for (const Reply &reply : touched ? *touched : QList<Reply>()) {
        if (reply.isError()) {
            endProof(Error{});
            co_return toError(reply, QStringLiteral("writing a key to see whether keyspace "
                                                    "notifications are switched on"));
        }
    }
    if (!touched) {
        endProof(Error{});
        co_return Error{touched.error().code,
                        u"whether keyspace notifications are switched on cannot be told: " +
                            touched.error().what,
                        {}};
    }
    QTimer::singleShot(kPatience, this, [this, generation] {
        if (isCurrent(generation))
            endProof(isOff(QStringLiteral("a write of our own was not told")));
    });
    co_return co_await heard;
}

void NotifyChannel::endProof(const Result<void> &outcome)
{
    m_unheard.clear();
    if (!m_proof)
        return;
    const auto proof = std::move(m_proof);
    proof->addResult(outcome);
    proof->finish();
}

void NotifyChannel::readMessage(const QByteArray &channel, const Reply &payload)
{
    if (!channel.startsWith(m_channelPrefix))
        return;
    const QByteArray key = channel.mid(m_channelPrefix.size());
    if (key == m_canary) {
        if (m_proof && m_unheard.remove(payload.bytes()) && m_unheard.isEmpty())
            endProof({});
        return;
    }
    // The event's name may be forged by a PUBLISH, as the key may: both cost a read.
    emit keysChanged({key});
}

} // namespace lockkeeper::redis
