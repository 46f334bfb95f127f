// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/subscriberfeed.h"

#include <QLoggingCategory>

namespace lockkeeper::redis {

namespace {

Q_LOGGING_CATEGORY(lcFeed, "lockkeeper.redis.feed")

constexpr milliseconds kRetry{1000};

} // namespace

SubscriberFeed::SubscriberFeed(ServerAddress address, const Clock &clock, QObject *parent)
    : ChangeFeed(parent)
    , m_link(std::move(address), {.clientName = "lockkeeper-feed", .asksOn = false}, clock)
{
    m_retryTimer.setSingleShot(true);
    connect(&m_retryTimer, &QTimer::timeout, &m_link, &Link::reconnect);
    connect(
        &m_link, &Link::messageReceived, this,
        [this](const QByteArray &channel, const Reply &payload) { readMessage(channel, payload); });
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

void SubscriberFeed::open()
{
    static_cast<void>(m_link.open());
}

void SubscriberFeed::close()
{
    m_isEstablished = false;
    m_retryTimer.stop();
    m_link.close();
}

void SubscriberFeed::retryNow()
{
    // What was half granted cannot be asked for again on the same connection: a subscriber may only
    // subscribe, and prefixes that are tracked already overlap.
    if (m_isRefused)
        m_link.reconnect();
    else
        m_link.retryNow();
}

void SubscriberFeed::restart(const Error &why)
{
    if (m_link.state() != Link::State::Ready)
        return; // it is lost already
    ++m_generation;
    m_isRefused = true;
    m_retryTimer.start(kRetry);
    lose(why);
}

std::optional<milliseconds> SubscriberFeed::nextTry() const
{
    return m_retryTimer.isActive() ? std::optional(m_retryTimer.remainingTimeAsDuration())
                                   : m_link.nextTry();
}

bool SubscriberFeed::isTrying() const
{
    return m_link.state() == Link::State::Connecting ||
           (m_link.state() == Link::State::Ready && !m_isEstablished && !m_isRefused);
}

std::optional<SteadyTime> SubscriberFeed::lastProof() const
{
    return m_isEstablished ? m_link.lastHeard() : m_lastProof;
}

void SubscriberFeed::establish()
{
    m_lastError.reset();
    m_isEstablished = true;
    qCInfo(lcFeed).noquote() << name(kind()) << "established";
    emit established();
}

void SubscriberFeed::refuse(const Error &error)
{
    m_isRefused = true;
    qCInfo(lcFeed).noquote() << name(kind()) << "refused -" << describe(error);
    lose(error);
}

void SubscriberFeed::refuse(const Reply &reply, const QString &doing)
{
    // A server that is busy or loading may be asked again; one that lacks the command may not.
    const QByteArray prefix = reply.errorPrefix();
    if (prefix != "NOPERM" && prefix != "ERR")
        m_retryTimer.start(kRetry);
    refuse(toError(reply, doing));
}

void SubscriberFeed::lose(const Error &error)
{
    m_lastProof = lastProof();
    m_isEstablished = false;
    m_lastError = error;
    emit lost(error);
}

} // namespace lockkeeper::redis
