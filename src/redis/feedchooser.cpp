// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/feedchooser.h"

#include "redis/notifychannel.h"
#include "redis/pollfeed.h"
#include "redis/provenpush.h"

#include <algorithm>

namespace lockkeeper::redis {

namespace {

/// Between two tries for a better feed than the one at work: each is a connection.
constexpr milliseconds kClimb = std::chrono::seconds(60);

std::optional<ChangeFeed::Kind> nextBest(ChangeFeed::Kind kind)
{
    switch (kind) {
    case ChangeFeed::Kind::Push:
        return ChangeFeed::Kind::Notify;
    case ChangeFeed::Kind::Notify:
        return ChangeFeed::Kind::Poll;
    case ChangeFeed::Kind::Poll:
        return std::nullopt;
    }
    Q_UNREACHABLE();
}

} // namespace

FeedChooser::FeedChooser(ServerAddress address, QList<QByteArray> prefixes, Client &client,
                         const Clock &clock, QObject *parent, NodeId node)
    : ChangeFeed(parent)
    , m_address(std::move(address))
    , m_prefixes(std::move(prefixes))
    , m_client(client)
    , m_clock(clock)
    , m_node(std::move(node))
{
    m_climbTimer.setInterval(kClimb);
    connect(&m_climbTimer, &QTimer::timeout, this, &FeedChooser::retryNow);
}

FeedChooser::~FeedChooser() = default;

std::unique_ptr<ChangeFeed> FeedChooser::make(Kind kind)
{
    switch (kind) {
    case Kind::Push:
        return std::make_unique<ProvenPush>(m_address, m_prefixes, m_client, m_clock, nullptr,
                                            m_node);
    case Kind::Notify:
        return std::make_unique<NotifyChannel>(m_address, m_prefixes, m_client, m_clock, m_node);
    case Kind::Poll:
        return std::make_unique<PollFeed>(m_client);
    }
    Q_UNREACHABLE();
}

void FeedChooser::open()
{
    if (!m_feed && !m_isClosed)
        use(Kind::Push);
}

void FeedChooser::close()
{
    m_isClosed = true;
    m_climbTimer.stop();
    for (ChangeFeed *feed : {m_feed.get(), m_better.get()}) {
        if (!feed)
            continue;
        feed->disconnect(this);
        feed->close();
    }
}

void FeedChooser::use(Kind kind)
{
    if (m_better) // it was better than the one that is given up
        drop(std::move(m_better), this);
    adopt(make(kind));
    m_feed->open();
}

void FeedChooser::adopt(std::unique_ptr<ChangeFeed> feed)
{
    if (m_feed) {
        m_lastProof = std::max(m_lastProof, m_feed->lastProof());
        drop(std::move(m_feed), this);
    }
    m_feed = std::move(feed);
    if (m_feed->kind() == Kind::Push)
        m_climbTimer.stop();
    else
        m_climbTimer.start();
    connect(m_feed.get(), &ChangeFeed::established, this, &ChangeFeed::established);
    connect(m_feed.get(), &ChangeFeed::keysChanged, this, &ChangeFeed::keysChanged);
    connect(m_feed.get(), &ChangeFeed::everythingChanged, this, &ChangeFeed::everythingChanged);
    connect(m_feed.get(), &ChangeFeed::lost, this, &FeedChooser::noteLost);
}

void FeedChooser::drop(std::unique_ptr<ChangeFeed> feed, QObject *listener)
{
    // We may be inside one of its signals: it goes when the stack is unwound.
    feed->disconnect(listener);
    feed->close();
    feed.release()->deleteLater();
}

void FeedChooser::noteLost(const Error &error)
{
    const Kind kind = m_feed->kind();
    if (m_feed->isRefused()) {
        if (const auto next = nextBest(kind)) {
            m_refusals[kind] = error;
            use(*next);
            return;
        }
    } else if (kind != Kind::Push) {
        // The server that comes back may be another one: it is asked for the best again.
        m_refusals.clear();
        use(Kind::Push);
    }
    emit lost(error);
}

void FeedChooser::retryNow()
{
    if (!m_feed || m_isClosed)
        return;
    if (!m_feed->isEstablished())
        m_feed->retryNow();
    else if (m_feed->kind() != Kind::Push && !m_better)
        climb(Kind::Push);
}

void FeedChooser::restart(const Error &why)
{
    if (m_feed && !m_isClosed)
        m_feed->restart(why);
}

void FeedChooser::climb(Kind kind)
{
    if (kind == m_feed->kind())
        return;
    m_better = make(kind);
    connect(m_better.get(), &ChangeFeed::established, this, [this, kind] {
        for (const Kind worse : {Kind::Push, Kind::Notify, Kind::Poll}) {
            if (worse >= kind)
                m_refusals.remove(worse);
        }
        m_better->disconnect(this);
        adopt(std::move(m_better));
        emit established();
    });
    connect(m_better.get(), &ChangeFeed::lost, this, &FeedChooser::noteClimbFailed);
    m_better->open();
}

void FeedChooser::noteClimbFailed(const Error &error)
{
    const Kind kind = m_better->kind();
    const bool isRefused = m_better->isRefused();
    if (isRefused)
        m_refusals[kind] = error;
    drop(std::move(m_better), this);
    const auto next = nextBest(kind);
    if (isRefused && next)
        climb(*next);
}

ChangeFeed::Kind FeedChooser::kind() const
{
    return m_feed ? m_feed->kind() : Kind::Push;
}

bool FeedChooser::isEstablished() const
{
    return m_feed && m_feed->isEstablished();
}

bool FeedChooser::isTrying() const
{
    return m_feed && m_feed->isTrying();
}

std::optional<milliseconds> FeedChooser::nextTry() const
{
    return m_feed ? m_feed->nextTry() : std::nullopt;
}

std::optional<SteadyTime> FeedChooser::lastProof() const
{
    return m_feed ? std::max(m_lastProof, m_feed->lastProof()) : std::nullopt;
}

std::optional<Error> FeedChooser::lastError() const
{
    return m_feed ? m_feed->lastError() : std::nullopt;
}

QString FeedChooser::whyNotBetter() const
{
    QStringList reasons;
    for (auto refusal = m_refusals.cbegin(); refusal != m_refusals.cend(); ++refusal)
        reasons.append(u"no " + QString(name(refusal.key())) + u": " + refusal->what);
    return reasons.join(u"; ");
}

} // namespace lockkeeper::redis
