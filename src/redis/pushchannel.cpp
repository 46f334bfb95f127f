// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/pushchannel.h"

#include <QLoggingCategory>
#include <QPointer>

namespace lockkeeper::redis {

namespace {

Q_LOGGING_CATEGORY(lcPush, "lockkeeper.redis.push")

constexpr milliseconds kRetry{1000};
const QByteArray kInvalidations = QByteArrayLiteral("__redis__:invalidate");

} // namespace

PushChannel::PushChannel(ServerAddress address, QList<QByteArray> prefixes, const Clock &clock,
                         QObject *parent)
    : ChangeFeed(parent)
    , m_prefixes(std::move(prefixes))
    , m_link(std::move(address), {.clientName = "lockkeeper-feed"}, clock)
{
    m_retryTimer.setSingleShot(true);
    connect(&m_retryTimer, &QTimer::timeout, &m_link, &Link::reconnect);
    connect(&m_link, &Link::messageReceived, this, &PushChannel::readMessage);
    connect(&m_link, &Link::stateChanged, this, [this](Link::State state) {
        ++m_generation;
        m_isRefused = false;
        m_retryTimer.stop();
        if (state == Link::State::Ready)
            subscribe(m_generation);
        else if (state == Link::State::Waiting || state == Link::State::Failed)
            lose(*m_link.lastError());
    });
}

void PushChannel::open()
{
    static_cast<void>(m_link.open());
}

void PushChannel::close()
{
    m_isEstablished = false;
    m_link.close();
}

void PushChannel::retryNow()
{
    // What was half granted cannot be asked for again on the same connection: a subscriber may only
    // subscribe, and prefixes that are tracked already overlap.
    if (m_isRefused)
        m_link.reconnect();
    else
        m_link.retryNow();
}

std::optional<milliseconds> PushChannel::nextTry() const
{
    return m_retryTimer.isActive() ? std::optional(m_retryTimer.remainingTimeAsDuration())
                                   : m_link.nextTry();
}

bool PushChannel::isTrying() const
{
    return m_link.state() == Link::State::Connecting ||
           (m_link.state() == Link::State::Ready && !m_isEstablished && !m_isRefused);
}

std::optional<SteadyTime> PushChannel::lastProof() const
{
    return m_isEstablished ? m_link.lastHeard() : m_lastProof;
}

QCoro::Task<> PushChannel::subscribe(quint64 generation)
{
    const QPointer<PushChannel> self(this);
    m_isRefused = false;
    m_retryTimer.stop();
    const QList<Command> askId{commands::clientId()};
    const auto id = co_await m_link.send(askId);
    if (!self || generation != m_generation || !id)
        co_return; // a lost connection is reported by the link
    if (id->first().isError()) {
        refused(id->first());
        co_return;
    }
    // The order matters: without the SUBSCRIBE a self-redirected tracking is silent.
    const QList<Command> follow{commands::clientTrackingOn(id->first().integerValue(), m_prefixes),
                                commands::subscribe(kInvalidations)};
    const auto replies = co_await m_link.send(follow);
    if (!self || generation != m_generation || !replies)
        co_return;
    for (const Reply &reply : *replies) {
        if (reply.isError()) {
            refused(reply);
            co_return;
        }
    }
    m_lastError.reset();
    m_isEstablished = true;
    qCInfo(lcPush) << "established";
    emit established();
}

void PushChannel::refused(const Reply &reply)
{
    m_isRefused = true;
    // A server that is busy or loading may be asked again; one that knows no tracking may not.
    const QByteArray prefix = reply.errorPrefix();
    if (prefix != "NOPERM" && prefix != "ERR")
        m_retryTimer.start(kRetry);
    lose(toError(reply, QStringLiteral("asking the server to push changes")));
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

void PushChannel::lose(const Error &error)
{
    m_lastProof = lastProof();
    m_isEstablished = false;
    m_lastError = error;
    emit lost(error);
}

} // namespace lockkeeper::redis
