// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/deploymentfeed.h"

#include <QPointer>

#include <algorithm>
#include <utility>

namespace lockkeeper::redis {

std::unique_ptr<ChangeFeed> makeFeed(Client &client, QList<QByteArray> prefixes, const Clock &clock)
{
    if (client.deployment().kind == Deployment::Kind::Single)
        return std::make_unique<FeedChooser>(client.deployment().node, std::move(prefixes), client,
                                             clock);
    return std::make_unique<DeploymentFeed>(client, std::move(prefixes), clock);
}

DeploymentFeed::DeploymentFeed(Client &client, QList<QByteArray> prefixes, const Clock &clock,
                               QObject *parent)
    : ChangeFeed(parent)
    , m_client(client)
    , m_prefixes(std::move(prefixes))
    , m_clock(clock)
{
    connect(&m_client, &Client::primariesChanged, this, &DeploymentFeed::follow);
    connect(&m_client, &Client::slotsMoved, this, [this] {
        // Under push both sides have named each key that went and came: a cluster that is resharded
        // for hours is to be trusted meanwhile.
        if (m_isOpen && kind() != Kind::Push)
            review(true, false);
    });
}

DeploymentFeed::~DeploymentFeed() = default;

void DeploymentFeed::open()
{
    m_isOpen = true;
    follow();
}

void DeploymentFeed::close()
{
    m_isOpen = false;
    m_isEstablished = false;
    m_client.disconnect(this);
    for (const Member &member : m_members) {
        member.feed->disconnect(this);
        member.feed->close();
    }
}

void DeploymentFeed::retryNow()
{
    for (const Member &member : m_members)
        member.feed->retryNow();
}

void DeploymentFeed::restart(const Error &why)
{
    const QPointer<DeploymentFeed> self(this);
    for (std::size_t i = 0; self && i < m_members.size(); ++i)
        m_members[i].feed->restart(why);
}

void DeploymentFeed::follow()
{
    if (!m_isOpen)
        return;
    const QList<Primary> primaries = m_client.primaries();
    const auto isWanted = [&primaries](const Member &member) {
        return std::ranges::any_of(primaries, [&member](const Primary &primary) {
            return primary.id == member.id && primary.address == member.address;
        });
    };
    for (std::size_t i = m_members.size(); i-- > 0;) {
        if (isWanted(m_members[i]))
            continue;
        Member gone = std::move(m_members[i]);
        m_members.erase(m_members.begin() + std::ptrdiff_t(i));
        drop(std::move(gone), this);
    }
    std::vector<FeedChooser *> added;
    for (const Primary &primary : primaries) {
        const bool isKnown = std::ranges::any_of(
            m_members, [&primary](const Member &member) { return primary.id == member.id; });
        if (isKnown)
            continue;
        add(primary);
        added.push_back(m_members.back().feed.get());
    }
    const QPointer<DeploymentFeed> self(this);
    review(true, false);
    for (FeedChooser *feed : added) {
        if (self && m_isOpen)
            feed->open();
    }
}

void DeploymentFeed::add(const Primary &primary)
{
    auto feed = std::make_unique<FeedChooser>(primary.address, m_prefixes, m_client, m_clock,
                                              nullptr, primary.id);
    connect(feed.get(), &ChangeFeed::keysChanged, this, &ChangeFeed::keysChanged);
    connect(feed.get(), &ChangeFeed::everythingChanged, this, &ChangeFeed::everythingChanged);
    connect(feed.get(), &ChangeFeed::established, this, [this] { review(true, false); });
    connect(feed.get(), &ChangeFeed::lost, this, [this] { review(false, true); });
    m_members.push_back({primary.id, primary.address, std::move(feed)});
}

void DeploymentFeed::drop(Member member, QObject *listener)
{
    // We may be inside one of its signals: it goes when the stack is unwound.
    member.feed->disconnect(listener);
    member.feed->close();
    member.feed.release()->deleteLater();
}

bool DeploymentFeed::areAllEstablished() const
{
    return !m_members.empty() && std::ranges::all_of(m_members, [](const Member &member) {
        return member.feed->isEstablished();
    });
}

void DeploymentFeed::review(bool hasGap, bool hasLost)
{
    const bool isWhole = areAllEstablished();
    if (!isWhole && m_isEstablished)
        m_lastProof = lastProof();
    const bool wasWhole = std::exchange(m_isEstablished, isWhole);
    if (isWhole && (hasGap || !wasWhole))
        emit established();
    else if (!isWhole && (wasWhole || hasLost))
        emit lost(lastError().value_or(Error{
            ErrorCode::CannotConnect, QStringLiteral("a primary is being connected to"), {}}));
}

ChangeFeed::Kind DeploymentFeed::kind() const
{
    Kind least = Kind::Push;
    for (const Member &member : m_members)
        least = std::max(least, member.feed->kind());
    return least;
}

bool DeploymentFeed::isEstablished() const
{
    return m_isEstablished && areAllEstablished();
}

bool DeploymentFeed::isTrying() const
{
    if (m_members.empty())
        return m_client.state() == Link::State::Connecting;
    return std::ranges::any_of(m_members,
                               [](const Member &member) { return member.feed->isTrying(); });
}

bool DeploymentFeed::isRefused() const
{
    return std::ranges::any_of(m_members,
                               [](const Member &member) { return member.feed->isRefused(); });
}

std::optional<milliseconds> DeploymentFeed::nextTry() const
{
    std::optional<milliseconds> next;
    for (const Member &member : m_members) {
        const auto own = member.feed->nextTry();
        if (own && (!next || *own < *next))
            next = own;
    }
    return m_members.empty() ? m_client.nextTry() : next;
}

std::optional<SteadyTime> DeploymentFeed::lastProof() const
{
    if (!areAllEstablished())
        return m_lastProof;
    std::optional<SteadyTime> oldest;
    for (const Member &member : m_members) {
        const auto proof = member.feed->lastProof();
        if (!proof)
            return m_lastProof;
        oldest = oldest ? std::min(*oldest, *proof) : *proof;
    }
    return oldest;
}

std::optional<Error> DeploymentFeed::lastError() const
{
    // Who the primaries are goes before what one of them says: it tells of the failover.
    if (!m_client.isReady() && m_client.lastError())
        return m_client.lastError();
    const auto without = [](const Member &member) { return !member.feed->isEstablished(); };
    const auto first = std::ranges::find_if(m_members, without);
    if (first == m_members.end())
        return m_members.empty() ? m_client.lastError() : std::nullopt;
    const auto error = first->feed->lastError();
    if (!error || m_members.size() == 1)
        return error;
    return Error{error->code,
                 QStringLiteral("%1 of %2 primaries tells nothing of changes: %3")
                     .arg(std::ranges::count_if(m_members, without))
                     .arg(m_members.size())
                     .arg(error->what),
                 error->hint};
}

QString DeploymentFeed::runId() const
{
    return m_members.size() == 1 ? m_members.front().feed->runId() : QString();
}

QString DeploymentFeed::whyNotBetter() const
{
    QStringList reasons;
    for (const Member &member : m_members) {
        const QString reason = member.feed->whyNotBetter();
        if (!reason.isEmpty() && !reasons.contains(reason))
            reasons.append(reason);
    }
    return reasons.join(u"; ");
}

} // namespace lockkeeper::redis
