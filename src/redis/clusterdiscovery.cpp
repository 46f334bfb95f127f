// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/clustertopology.h"
#include "redis/routing.h"

#include <QPointer>
#include <QStringList>

#include <algorithm>
#include <utility>

namespace lockkeeper::redis {

namespace {

/// Between two looks at the map while all is well.
constexpr milliseconds kRefresh{1000};
/// A refusal or a lost connection is a reason to look; several of them are one.
constexpr milliseconds kRefreshSoon{50};
constexpr milliseconds kConnectDeadline = std::chrono::seconds(2);
constexpr milliseconds kAnswerDeadline = std::chrono::seconds(3);
/// Connected nodes asked in one round; one that knows less than we do is not the last word.
constexpr std::size_t kAsked = 2;

qint64 epochOf(const Reply &clusterInfo)
{
    for (const QByteArray &line : clusterInfo.bytes().split('\n')) {
        if (line.startsWith("cluster_current_epoch:"))
            return line.mid(line.indexOf(':') + 1).trimmed().toLongLong();
    }
    return 0; // without the right to ask all maps look equally old
}

bool isLasting(const Error &error)
{
    return error.code == ErrorCode::PasswordNeeded || error.code == ErrorCode::WrongPassword ||
           error.code == ErrorCode::Untrusted || error.code == ErrorCode::NotPermitted ||
           error.code == ErrorCode::Refused || error.code == ErrorCode::Protocol;
}

Error refusal(const Reply &reply, const Link &link)
{
    const QString peer = link.address().endpoint.toString();
    if (reply.bytes().contains("cluster support disabled"))
        return {ErrorCode::Refused, peer + u" is no node of a cluster",
                QStringLiteral("use redis:// for a single server")};
    Error error = toError(reply, u"asking " + peer + u" for the nodes of the cluster");
    if (error.code == ErrorCode::NotPermitted)
        error.hint = QStringLiteral("the user needs +cluster|shards (+cluster|slots before Redis "
                                    "7), +cluster|info and +asking on every node");
    return error;
}

/// Why no node gave a map; an answer that will not change by itself goes before silence.
Error whyNoMap(const QList<Error> &refusals)
{
    const auto lasting = std::ranges::find_if(refusals, isLasting);
    if (lasting != refusals.end())
        return *lasting;
    if (refusals.isEmpty())
        return {ErrorCode::CannotConnect, QStringLiteral("no node of the cluster answers"), {}};
    QStringList reasons;
    for (const Error &error : refusals) {
        if (!reasons.contains(error.what))
            reasons.append(error.what);
    }
    if (reasons.size() == 1)
        return refusals.first();
    return {refusals.first().code, u"no node of the cluster answers: " + reasons.join(u"; "),
            refusals.first().hint};
}

} // namespace

QCoro::Task<> ClusterTopology::refresh()
{
    if (m_isRefreshing) {
        m_isRefreshWanted = true;
        co_return;
    }
    if (isClosed())
        co_return;
    const QPointer<ClusterTopology> self(this);
    const auto isOver = [&] { return !self || isClosed(); };
    m_isRefreshing = true;
    m_isRefreshWanted = false;
    m_refreshTimer.stop();
    m_older.reset();
    m_refusals.clear();
    update();
    if (isOver())
        co_return;
    bool isFound = co_await askKnown();
    if (isOver())
        co_return;
    if (!isFound) {
        isFound = co_await askAnybody();
        if (isOver())
            co_return;
    }
    if (!isFound && m_older) {
        // Nobody knows better: the cluster may have been set up anew.
        m_epoch = m_older->epoch;
        adopt(m_older->map);
        if (isOver())
            co_return;
        isFound = true;
    }
    m_roundError = isFound ? std::nullopt : std::optional(whyNoMap(m_refusals));
    endRound();
}

QCoro::Task<bool> ClusterTopology::askKnown()
{
    const QPointer<ClusterTopology> self(this);
    std::vector<QPointer<Link>> ready;
    for (const Node &node : m_nodes) {
        if (node.link->state() == Link::State::Ready)
            ready.emplace_back(node.link.get());
    }
    // In turn, so that one that has been cut off from the others is found out.
    if (!ready.empty())
        std::ranges::rotate(ready, ready.begin() + std::ptrdiff_t(m_round++ % ready.size()));
    for (std::size_t i = 0; i < std::min(ready.size(), kAsked); ++i) {
        if (!ready[i])
            continue;
        const Result<Answer> answer = co_await ask(ready[i]);
        if (!self || isClosed())
            co_return false;
        if (believe(answer))
            co_return true;
    }
    co_return false;
}

QCoro::Task<bool> ClusterTopology::askAnybody()
{
    const QPointer<ClusterTopology> self(this);
    const QList<Endpoint> endpoints = everybody();
    for (const Endpoint &endpoint : endpoints) {
        const Link::Options once{.clientName = "lockkeeper",
                                 .reconnects = false,
                                 .mode = ServerInfo::Mode::Cluster,
                                 .connectDeadline = kConnectDeadline};
        const auto probe = std::make_unique<Link>(deployment().nodeAt(endpoint), once, clock());
        m_probe = probe.get();
        const Result<void> opened = co_await probe->open();
        if (!self || isClosed())
            co_return false;
        if (!opened) {
            m_refusals.append(opened.error());
            continue;
        }
        const Result<Answer> answer = co_await ask(probe.get());
        if (!self || isClosed())
            co_return false;
        if (believe(answer))
            co_return true;
    }
    co_return false;
}

QCoro::Task<Result<ClusterTopology::Answer>> ClusterTopology::ask(QPointer<Link> link)
{
    const bool isTls = link->address().tls.isEnabled;
    const QString host = link->address().endpoint.host;
    const Command shards{{"CLUSTER", "SHARDS"}, Effect::ReadOnly, kAnswerDeadline};
    const Command info{{"CLUSTER", "INFO"}, Effect::ReadOnly, kAnswerDeadline};
    const QList<Command> questions{shards, info};
    const auto replies = co_await link->send(questions);
    if (!replies)
        co_return replies.error();
    const qint64 epoch = epochOf(replies->at(1));
    if (replies->first().isArray()) {
        const Result<ClusterMap> map = parseShards(replies->first(), isTls, host);
        if (!map)
            co_return map.error();
        // Some releases leave slots out of it after a failover (redis#13414, valkey#784).
        const bool isWhole = map->served() == kSlots || !link;
        if (isWhole)
            co_return Answer{*map, epoch};
        const Command ranges{{"CLUSTER", "SLOTS"}, Effect::ReadOnly, kAnswerDeadline};
        const QList<Command> rangesQuestion{ranges};
        const auto rangesReply = co_await link->send(rangesQuestion);
        if (rangesReply && rangesReply->first().isArray()) {
            const Result<ClusterMap> other = parseSlots(rangesReply->first(), host);
            if (other && other->served() > map->served())
                co_return Answer{*other, epoch};
        }
        co_return Answer{*map, epoch};
    }
    if (!link)
        co_return Error{ErrorCode::Cancelled, QStringLiteral("the connection was closed"), {}};
    const Command older{{"CLUSTER", "SLOTS"}, Effect::ReadOnly, kAnswerDeadline};
    const QList<Command> olderQuestion{older}; // before Redis 7
    const auto olderReply = co_await link->send(olderQuestion);
    if (!olderReply)
        co_return olderReply.error();
    if (olderReply->first().isError() && link)
        co_return refusal(olderReply->first(), *link);
    const Result<ClusterMap> map = parseSlots(olderReply->first(), host);
    if (!map)
        co_return map.error();
    co_return Answer{*map, epoch};
}

bool ClusterTopology::believe(const Result<Answer> &answer)
{
    if (!answer) {
        m_refusals.append(answer.error());
        return false;
    }
    // A node that was cut off, or that has not joined yet, knows less than we do.
    if (answer->epoch < m_epoch || answer->map.served() == 0) {
        if (!m_older || answer->epoch > m_older->epoch)
            m_older = *answer;
        return false;
    }
    m_epoch = answer->epoch;
    adopt(answer->map);
    return true;
}

void ClusterTopology::endRound()
{
    m_isRefreshing = false;
    const QPointer<ClusterTopology> self(this);
    const bool isReady = currentState() == Link::State::Ready;
    const bool isLost = m_nodes.empty() && m_roundError && isLasting(*m_roundError);
    if (isReady)
        m_backoff.reset();
    if (options().reconnects)
        retryFailedNodes();
    if (!self || isClosed())
        return;
    if (m_isRefreshWanted)
        m_refreshTimer.start(kRefreshSoon);
    else if (isReady)
        m_refreshTimer.start(kRefresh);
    else if (options().reconnects && !isLost)
        m_refreshTimer.start(m_backoff.next());
    update();
    if (!self)
        return;
    const auto waiting = std::exchange(m_awaitingRound, {});
    for (const auto &promise : waiting) {
        promise->addResult(Result<void>());
        promise->finish();
    }
}

void ClusterTopology::refreshSoon()
{
    if (m_isRefreshing)
        m_isRefreshWanted = true;
    else if (!m_refreshTimer.isActive() || m_refreshTimer.remainingTimeAsDuration() > kRefreshSoon)
        m_refreshTimer.start(kRefreshSoon);
}

QFuture<Result<void>> ClusterTopology::refreshed()
{
    const auto promise = std::make_shared<QPromise<Result<void>>>();
    promise->start();
    m_awaitingRound.push_back(promise);
    refreshSoon();
    return promise->future();
}

QList<Endpoint> ClusterTopology::everybody() const
{
    QList<Endpoint> endpoints = deployment().seeds;
    const auto add = [&](const Endpoint &announced) {
        const Endpoint endpoint = deployment().reachable(announced);
        if (!endpoints.contains(endpoint))
            endpoints.append(endpoint);
    };
    for (const ClusterMap::Node &node : m_map.primaries)
        add(node.announced);
    for (const Endpoint &replica : m_map.replicas)
        add(replica);
    return endpoints;
}

} // namespace lockkeeper::redis
