// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/sentineltopology.h"

#include <QHash>
#include <QLoggingCategory>
#include <QPointer>
#include <QStringList>

#include <algorithm>
#include <utility>

namespace lockkeeper::redis {

namespace {

Q_LOGGING_CATEGORY(lcSentinel, "lockkeeper.redis.sentinel")

/// Between two looks at the Sentinels: what none announces is noticed within.
constexpr milliseconds kAskInterval{1000};

} // namespace

SentinelTopology::SentinelTopology(Deployment deployment, Options options, const Clock &clock)
    : FollowingTopology(std::move(deployment), options, clock)
{
    for (const Endpoint &seed : this->deployment().seeds) {
        auto peer =
            std::make_unique<SentinelPeer>(this->deployment().sentinelAt(seed),
                                           this->deployment().service, options.reconnects, clock);
        connect(peer.get(), &SentinelPeer::told, this, &SentinelTopology::choose);
        m_sentinels.push_back(std::move(peer));
    }
    m_askTimer.setInterval(kAskInterval);
    connect(&m_askTimer, &QTimer::timeout, this, &SentinelTopology::askAll);
}

SentinelTopology::~SentinelTopology()
{
    close();
}

void SentinelTopology::begin()
{
    m_askTimer.start();
    for (const auto &sentinel : m_sentinels)
        sentinel->open();
}

void SentinelTopology::end()
{
    m_askTimer.stop();
    for (const auto &sentinel : m_sentinels) {
        sentinel->disconnect(this);
        sentinel->close();
    }
    if (m_link)
        leave();
}

void SentinelTopology::retryNow()
{
    for (const auto &sentinel : m_sentinels)
        sentinel->retryNow();
    if (m_link)
        m_link->retryNow();
    askAll();
    update();
}

void SentinelTopology::askAll()
{
    for (const auto &sentinel : m_sentinels)
        sentinel->ask();
}

std::optional<SentinelAnswer> SentinelTopology::bestAnswer() const
{
    std::optional<SentinelAnswer> best;
    QHash<QString, int> votes;
    for (const auto &sentinel : m_sentinels) {
        const auto &answer = sentinel->answer();
        if (!answer || !answer->primary)
            continue;
        const int own = ++votes[answer->primary->toString()];
        const int others = best ? votes.value(best->primary->toString()) : 0;
        if (!best || answer->epoch > best->epoch || (answer->epoch == best->epoch && own > others))
            best = answer;
    }
    return best;
}

bool SentinelTopology::isChoiceMade() const
{
    std::size_t answered = 0;
    std::size_t silent = 0;
    for (const auto &sentinel : m_sentinels) {
        answered += sentinel->answer() ? 1 : 0;
        silent += sentinel->answer() || sentinel->error() ? 0 : 1;
    }
    return silent == 0 || answered * 2 > m_sentinels.size();
}

bool SentinelTopology::isBelieved(const SentinelAnswer &answer) const
{
    if (answer.epoch >= m_epoch)
        return true;
    // Sentinels that were set up anew count from the beginning; one alone is only out of date.
    const auto answering = std::ranges::count_if(
        m_sentinels, [](const auto &sentinel) { return sentinel->answer().has_value(); });
    return std::size_t(answering) * 2 > m_sentinels.size() && state() != Link::State::Ready;
}

void SentinelTopology::choose()
{
    const auto best = bestAnswer();
    if (best && isChoiceMade() && isBelieved(*best)) {
        m_epoch = best->epoch;
        if (!m_link || *best->primary != m_announced)
            follow(*best->primary);
    }
    update();
}

void SentinelTopology::follow(const Endpoint &announced)
{
    const ServerAddress address = deployment().nodeAt(deployment().reachable(announced));
    qCInfo(lcSentinel).noquote() << "the primary of" << deployment().service << "is"
                                 << address.endpoint.toString() << "since epoch" << m_epoch;
    if (m_link)
        leave();
    m_announced = announced;
    m_role = Role::Unknown;
    m_wasDemoted = false;
    m_link = makeLink(address, ServerInfo::Mode::Standalone);
    connect(m_link.get(), &Link::stateChanged, this, &SentinelTopology::linkChanged);
    connect(m_link.get(), &Link::timeTold, this, &Topology::timeTold);
    connect(m_link.get(), &Link::serverInfoChanged, this, [this] {
        readRole();
        emit serverInfoChanged();
    });
    static_cast<void>(m_link->open());
    update();
    emit primariesChanged();
}

void SentinelTopology::leave()
{
    m_lastHeard = std::max(m_lastHeard, m_link->lastHeard());
    dropLink(std::move(m_link));
}

void SentinelTopology::linkChanged(Link::State state)
{
    if (state == Link::State::Ready) {
        readRole();
        return;
    }
    m_role = Role::Unknown;
    if (state != Link::State::Connecting)
        askAll();
    update();
}

void SentinelTopology::readRole()
{
    if (m_link->state() != Link::State::Ready)
        return;
    // A server that does not tell its role is what the Sentinels say; a write to a replica is
    // refused anyway.
    learnRole(m_link->serverInfo().isReplica() ? Role::Replica : Role::Primary);
}

void SentinelTopology::learnRole(Role role)
{
    const Role before = std::exchange(m_role, role);
    if (before == role)
        return;
    if (role == Role::Replica) {
        m_wasDemoted = true;
        qCWarning(lcSentinel).noquote()
            << m_link->address().endpoint.toString() << "is a replica; asking the Sentinels";
        askAll();
    }
    update();
    // What was read and told while it was a replica may have been of another history.
    if (role == Role::Primary && std::exchange(m_wasDemoted, false))
        emit primariesChanged();
}

Link::State SentinelTopology::currentState() const
{
    if (m_link) {
        const Link::State state = m_link->state();
        return state == Link::State::Ready && m_role != Role::Primary ? Link::State::Waiting
                                                                      : state;
    }
    if (!isChoiceMade())
        return Link::State::Connecting;
    const bool isAnyPassing = std::ranges::any_of(
        m_sentinels, [](const auto &sentinel) { return sentinel->nextTry().has_value(); });
    return isAnyPassing ? Link::State::Waiting : Link::State::Failed;
}

Error SentinelTopology::trouble() const
{
    if (!m_link)
        return sentinelTrouble();
    const QString primary = m_link->address().endpoint.toString();
    if (m_link->state() == Link::State::Ready)
        return {ErrorCode::CannotConnect,
                primary + u" is a replica, and the Sentinels name no other primary of " +
                    deployment().service + u" yet",
                QStringLiteral("they are asked every second")};
    const Error lost = m_link->lastError().value_or(Error{});
    if (m_link->state() == Link::State::Failed)
        return lost;
    return {lost.code,
            u"the primary of " + deployment().service + u" is lost: " + lost.what +
                u"; the Sentinels name no other yet",
            lost.hint};
}

Error SentinelTopology::sentinelTrouble() const
{
    QStringList reasons;
    std::optional<Error> first;
    bool isUnknown = false;
    for (const auto &sentinel : m_sentinels) {
        isUnknown = isUnknown || sentinel->answer().has_value();
        if (!sentinel->error())
            continue;
        reasons.append(sentinel->error()->what);
        if (!first)
            first = sentinel->error();
    }
    if (isUnknown)
        return {ErrorCode::CannotConnect,
                u"the Sentinels watch over no service \"" + deployment().service + u'"',
                QStringLiteral("check the name after the hosts; SENTINEL MASTERS lists them")};
    if (reasons.size() == 1 || !first)
        return first.value_or(Error{});
    return {first->code, u"no Sentinel answers: " + reasons.join(u"; "), first->hint};
}

Error SentinelTopology::notReadyError() const
{
    if (isClosed())
        return closedError();
    return {ErrorCode::CannotConnect,
            u"there is no connection to the primary of " + deployment().service +
                (lastError() ? QString(u": " + lastError()->what) : QString()),
            lastError() ? lastError()->hint : QString()};
}

std::optional<milliseconds> SentinelTopology::nextTry() const
{
    if (state() != Link::State::Waiting)
        return std::nullopt;
    std::optional<milliseconds> next = m_askTimer.remainingTimeAsDuration();
    if (m_link && m_link->nextTry())
        next = std::min(next, m_link->nextTry());
    return next;
}

ServerInfo SentinelTopology::serverInfo() const
{
    return m_link ? m_link->serverInfo() : ServerInfo{};
}

std::optional<SteadyTime> SentinelTopology::lastHeard() const
{
    return m_link ? std::max(m_lastHeard, m_link->lastHeard()) : m_lastHeard;
}

std::optional<std::chrono::microseconds> SentinelTopology::roundTrip() const
{
    return m_link ? m_link->roundTrip() : std::nullopt;
}

QList<Primary> SentinelTopology::primaries() const
{
    if (!m_link)
        return {};
    const Primary only{nodeOf({}), m_link->address(), m_announced, m_link->serverInfo(),
                       state() == Link::State::Ready};
    return {only};
}

NodeId SentinelTopology::nodeOf(const QByteArray & /*key*/) const
{
    return m_link ? NodeId(m_link->address().endpoint.toString().toUtf8()) : NodeId();
}

QString SentinelTopology::place() const
{
    if (!m_link)
        return deployment().place();
    return m_link->address().endpoint.toString() + u" (" + deployment().service + u')';
}

Topology::Replies SentinelTopology::send(const QList<Command> &commands)
{
    if (state() != Link::State::Ready)
        return finished<QList<Reply>>(notReadyError());
    const QPointer<SentinelTopology> self(this);
    const QString peer = m_link->address().endpoint.toString();
    return m_link->send(commands).then(
        [self, peer](const Result<QList<Reply>> &replies) -> Result<QList<Reply>> {
            // A single write that a replica refused has done nothing, and may pass.
            if (!replies || replies->size() != 1 || replies->first().errorPrefix() != "READONLY")
                return replies;
            if (self)
                QMetaObject::invokeMethod(self, &SentinelTopology::askAll, Qt::QueuedConnection);
            return Error{ErrorCode::CannotConnect, peer + u" takes no writes: it is a replica now",
                         QStringLiteral("the Sentinels are asked for the new primary")};
        });
}

Topology::Replies SentinelTopology::sendTo(const NodeId &node, const QList<Command> &commands)
{
    if (state() == Link::State::Ready && node != nodeOf({}))
        return finished<QList<Reply>>(
            Error{ErrorCode::CannotConnect,
                  QString::fromUtf8(node.bytes()) + u" is not the primary any more",
                  {}});
    return send(commands);
}

} // namespace lockkeeper::redis
