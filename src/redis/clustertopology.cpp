// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/clustertopology.h"

#include "redis/routing.h"

#include <QLoggingCategory>

#include <algorithm>
#include <utility>

namespace lockkeeper::redis {

namespace {

Q_LOGGING_CATEGORY(lcCluster, "lockkeeper.redis.cluster")

constexpr milliseconds kFirstBackoff{250};
/// Clusters settle and fail over within seconds.
constexpr milliseconds kLongestBackoff{2000};

} // namespace

ClusterTopology::ClusterTopology(Deployment deployment, Options options, const Clock &clock)
    : FollowingTopology(std::move(deployment), options, clock)
    , m_backoff(kFirstBackoff, kLongestBackoff)
{
    m_refreshTimer.setSingleShot(true);
    connect(&m_refreshTimer, &QTimer::timeout, this, [this] { refresh(); });
}

ClusterTopology::~ClusterTopology()
{
    close();
}

void ClusterTopology::begin()
{
    refresh();
}

void ClusterTopology::end()
{
    m_refreshTimer.stop();
    for (const Node &node : m_nodes) {
        node.link->disconnect(this);
        node.link->close();
    }
    if (m_probe)
        m_probe->close();
    for (const auto &promise : std::exchange(m_awaitingRound, {})) {
        promise->addResult(Result<void>(closedError()));
        promise->finish();
    }
}

void ClusterTopology::retryNow()
{
    if (isClosed())
        return;
    m_backoff.reset();
    for (const Node &node : m_nodes)
        node.link->retryNow();
    refresh();
}

void ClusterTopology::adopt(const ClusterMap &map)
{
    const bool isSame =
        !m_isMapPatched && map.owners == m_map.owners && map.primaries == m_map.primaries;
    if (isSame) {
        m_map.replicas = map.replicas;
        return;
    }
    std::vector<Node> nodes;
    QList<QPointer<Link>> toOpen;
    for (const ClusterMap::Node &wanted : map.primaries) {
        const auto known = std::ranges::find_if(m_nodes, [&](const Node &node) {
            return node.link && node.id == wanted.id && node.announced == wanted.announced;
        });
        nodes.push_back(known == m_nodes.end() ? makeNode(wanted) : std::move(*known));
        if (known == m_nodes.end())
            toOpen.append(nodes.back().link.get());
    }
    for (Node &node : m_nodes) {
        if (node.link)
            dropLink(std::move(node.link));
    }
    m_nodes = std::move(nodes);
    m_map = map;
    m_isMapPatched = false;
    qCInfo(lcCluster) << "primaries:" << m_nodes.size() << "slots served:" << map.served()
                      << "epoch:" << m_epoch;
    QList<QPointer<Link>> toRetry;
    for (const Node &node : m_nodes) {
        if (node.link->state() == Link::State::Failed && isServing(node))
            toRetry.append(node.link.get());
    }
    const QPointer<ClusterTopology> self(this);
    for (const QPointer<Link> &link : toOpen) {
        if (link)
            static_cast<void>(link->open());
    }
    for (const QPointer<Link> &link : toRetry) {
        if (link)
            link->retryNow();
    }
    if (self)
        update();
    if (self)
        tellPrimaries(true);
}

void ClusterTopology::tellPrimaries(bool haveSlotsMoved)
{
    QList<std::pair<NodeId, Endpoint>> now;
    for (const Primary &primary : primaries())
        now.append({primary.id, primary.address.endpoint});
    if (now != m_told) {
        m_told = now;
        emit primariesChanged();
    } else if (haveSlotsMoved) {
        emit slotsMoved();
    }
}

ClusterTopology::Node ClusterTopology::makeNode(const ClusterMap::Node &node)
{
    const ServerAddress address = deployment().nodeAt(deployment().reachable(node.announced));
    auto link = makeLink(address, ServerInfo::Mode::Cluster);
    connect(link.get(), &Link::stateChanged, this, &ClusterTopology::nodeChanged);
    // A primary that has become a replica says so before the map is read again.
    connect(link.get(), &Link::serverInfoChanged, this, &ClusterTopology::refreshSoon);
    // One clock of them all: they agree, or each would seem to be set by the next.
    connect(link.get(), &Link::timeTold, this,
            [this, told = link.get()](const ServerTime::Sample &sample) {
                if (!m_nodes.empty() && m_nodes.front().link.get() == told)
                    emit timeTold(sample);
            });
    return {node.id, node.announced, std::move(link)};
}

bool ClusterTopology::isServing(const Node &node) const
{
    return m_map.owners.contains(int(&node - m_nodes.data()));
}

void ClusterTopology::nodeChanged(Link::State state)
{
    // A primary that is lost may have been replaced already.
    if (state == Link::State::Waiting)
        refreshSoon();
    const QPointer<ClusterTopology> self(this);
    update();
    // One that serves nothing yet counts from when it is connected: keys may be on their way to it.
    if (self && !isClosed())
        tellPrimaries(false);
}

void ClusterTopology::retryFailedNodes()
{
    constexpr std::size_t kRounds = 5;
    if (m_round % kRounds != 0)
        return;
    QList<QPointer<Link>> failed;
    for (const Node &node : m_nodes) {
        if (node.link->state() == Link::State::Failed)
            failed.append(node.link.get());
    }
    for (const QPointer<Link> &link : failed) {
        if (link)
            link->retryNow();
    }
}

Link::State ClusterTopology::currentState() const
{
    if (m_nodes.empty()) {
        if (m_isRefreshing || !m_roundError)
            return Link::State::Connecting;
        return m_refreshTimer.isActive() ? Link::State::Waiting : Link::State::Failed;
    }
    const auto isAny = [this](Link::State state) {
        return std::ranges::any_of(m_nodes, [this, state](const Node &node) {
            return node.link->state() == state && isServing(node);
        });
    };
    if (isAny(Link::State::Failed))
        return Link::State::Failed;
    if (isAny(Link::State::Waiting))
        return Link::State::Waiting;
    if (isAny(Link::State::Connecting) || isAny(Link::State::Idle))
        return Link::State::Connecting;
    return m_map.served() == kSlots ? Link::State::Ready : Link::State::Waiting;
}

Error ClusterTopology::trouble() const
{
    if (m_nodes.empty())
        return m_roundError.value_or(Error{});
    const bool areAllThere = std::ranges::all_of(m_nodes, [this](const Node &node) {
        return node.link->state() == Link::State::Ready || !isServing(node);
    });
    if (!areAllThere)
        return lostNodes();
    return {ErrorCode::CannotConnect,
            QStringLiteral("the cluster is not whole: nobody serves %1 of its %2 slots")
                .arg(kSlots - m_map.served())
                .arg(kSlots),
            QStringLiteral("it is tried again; CLUSTER INFO on a node says more")};
}

Error ClusterTopology::lostNodes() const
{
    std::optional<Error> first;
    qsizetype lost = 0;
    bool isElsewhere = false;
    for (const Node &node : m_nodes) {
        const Link::State state = node.link->state();
        if (state == Link::State::Ready || !node.link->lastError() || !isServing(node))
            continue;
        ++lost;
        // Where nobody was ever reached under an announced address it may be one of another net.
        isElsewhere = isElsewhere || (!node.link->lastHeard() &&
                                      node.announced.host != deployment().seeds.first().host);
        if (!first || state == Link::State::Failed)
            first = node.link->lastError();
    }
    if (!first)
        return {};
    const bool isLogin =
        first->code == ErrorCode::PasswordNeeded || first->code == ErrorCode::WrongPassword;
    return {first->code,
            isLogin ? first->what
                    : QStringLiteral("%1 of %2 primaries of the cluster cannot be used: %3")
                          .arg(lost)
                          .arg(m_nodes.size())
                          .arg(first->what),
            isElsewhere
                ? QStringLiteral("if the cluster announces addresses that cannot be reached "
                                 "from here, add ?pin=1 or ?map=announced=reachable")
                : first->hint};
}

std::optional<milliseconds> ClusterTopology::nextTry() const
{
    if (state() != Link::State::Waiting)
        return std::nullopt;
    std::optional<milliseconds> next;
    if (m_refreshTimer.isActive())
        next = m_refreshTimer.remainingTimeAsDuration();
    for (const Node &node : m_nodes) {
        const auto own = node.link->nextTry();
        if (own && (!next || *own < *next))
            next = own;
    }
    return next;
}

ServerInfo ClusterTopology::serverInfo() const
{
    ServerInfo info;
    for (const Node &node : m_nodes) {
        if (info.version.isEmpty())
            info = node.link->serverInfo();
    }
    info.runId.clear(); // of one of several processes
    info.role = info.version.isEmpty() ? QString() : QStringLiteral("master"); // by the map
    info.primary.clear();
    info.isPrimaryLinkUp = true;
    return info;
}

std::optional<SteadyTime> ClusterTopology::lastHeard() const
{
    std::optional<SteadyTime> oldest;
    for (const Node &node : m_nodes) {
        if (!isServing(node))
            continue;
        const auto heard = node.link->lastHeard();
        if (!heard)
            return std::nullopt;
        oldest = oldest ? std::min(*oldest, *heard) : *heard;
    }
    return oldest;
}

std::optional<std::chrono::microseconds> ClusterTopology::roundTrip() const
{
    std::optional<std::chrono::microseconds> slowest;
    for (const Node &node : m_nodes)
        slowest = std::max(slowest, node.link->roundTrip());
    return slowest;
}

QList<Primary> ClusterTopology::primaries() const
{
    QList<Primary> primaries;
    for (const Node &node : m_nodes) {
        const bool isReady = node.link->state() == Link::State::Ready;
        if (isReady || isServing(node))
            primaries.append(
                {node.id, node.link->address(), node.announced, node.link->serverInfo(), isReady});
    }
    return primaries;
}

NodeId ClusterTopology::nodeOf(const QByteArray &key) const
{
    const int owner = m_map.owners.value(slotOf(key), -1);
    return owner < 0 ? NodeId() : m_nodes[std::size_t(owner)].id;
}

bool ClusterTopology::isServing(const NodeId &node) const
{
    const auto found = std::ranges::find(m_nodes, node, &Node::id);
    return found != m_nodes.end() && isServing(*found);
}

QString ClusterTopology::place() const
{
    const auto ready = std::ranges::count_if(
        m_nodes, [](const Node &node) { return node.link->state() == Link::State::Ready; });
    if (m_nodes.empty())
        return deployment().place();
    if (std::size_t(ready) == m_nodes.size())
        return QStringLiteral("cluster, %1 primaries").arg(ready);
    return QStringLiteral("cluster, %1 of %2 primaries").arg(ready).arg(m_nodes.size());
}

} // namespace lockkeeper::redis
