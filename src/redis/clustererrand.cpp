// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/clustertopology.h"
#include "redis/routing.h"

#include <QHash>
#include <QPointer>

#include <algorithm>
#include <utility>

namespace lockkeeper::redis {

namespace {

/// So often a command is sent on; a cluster that sends it around longer is being rearranged.
constexpr int kMostRedirections = 5;

Error leftCluster(const QString &peer)
{
    return {ErrorCode::ConnectionLost, peer + u" is no primary of the cluster any more",
            QStringLiteral("try again")};
}

/// What one node answered to its part.
void take(ClusterErrand &errand, const ClusterErrand::Part &part,
          const Result<QList<Reply>> &replies, bool isClosed)
{
    if (!replies) {
        const bool isDropped = replies.error().code == ErrorCode::Cancelled && !isClosed;
        if (!errand.error || replies.error().code == ErrorCode::OutcomeUnknown)
            errand.error = isDropped ? leftCluster(part.peer) : replies.error();
        return;
    }
    qsizetype next = 0;
    for (qsizetype i = 0; i < part.items.size(); ++i) {
        next += part.areAsking[i] ? 1 : 0;
        ClusterErrand::Item &item = errand.items[part.items[i]];
        item.reply = replies->at(next++);
        if (item.command.effect == Effect::Mutation && !item.reply->isError())
            errand.hasMutated = true;
    }
}

/// The items that were refused and may be sent on: nothing has been run of them.
QList<qsizetype> redirected(const ClusterErrand &errand)
{
    QList<qsizetype> items;
    for (qsizetype i = 0; i < errand.items.size(); ++i) {
        const auto &reply = errand.items[i].reply;
        if (reply && redirectionOf(*reply))
            items.append(i);
    }
    return items;
}

Error sentAround(const ClusterErrand::Item &item)
{
    const QString name = QString::fromLatin1(item.command.name());
    return {ErrorCode::CannotConnect,
            name + u" was sent from node to node without an end: " +
                QString::fromUtf8(item.reply->bytes()),
            QStringLiteral("slots may be on the move: try again; if that address cannot be "
                           "reached from here, add ?pin=1 or ?map=announced=reachable to the URL")};
}

Result<QList<Reply>> outcomeOf(const ClusterErrand &errand)
{
    if (errand.error && errand.hasMutated)
        return Error{ErrorCode::OutcomeUnknown,
                     u"a part was done, the rest was not: " + errand.error->what,
                     errand.error->hint};
    if (errand.error)
        return *errand.error;
    QList<Reply> replies;
    for (const ClusterErrand::Item &item : errand.items)
        replies.append(*item.reply);
    // Nothing was run, and it may pass, as a lost connection does.
    if (replies.size() == 1 && replies.first().errorPrefix() == "CLUSTERDOWN")
        return Error{ErrorCode::CannotConnect,
                     u"the cluster serves nothing now: " +
                         QString::fromUtf8(replies.first().bytes()),
                     QStringLiteral("a primary may be failing over: try again")};
    return replies;
}

} // namespace

Topology::Replies ClusterTopology::send(const QList<Command> &commands)
{
    if (isClosed())
        return finished<QList<Reply>>(closedError());
    const auto errand = std::make_shared<ClusterErrand>();
    for (const Command &command : commands)
        errand->items.append({command, std::nullopt, std::nullopt, {}});
    errand->promise.start();
    auto replies = errand->promise.future();
    run(errand);
    return replies;
}

Topology::Replies ClusterTopology::sendTo(const NodeId &node, const QList<Command> &commands)
{
    if (isClosed())
        return finished<QList<Reply>>(closedError());
    const auto found = std::ranges::find(m_nodes, node, &Node::id);
    if (found == m_nodes.end())
        return finished<QList<Reply>>(leftCluster(u"node " + QString::fromUtf8(node.bytes())));
    const QPointer<ClusterTopology> self(this);
    const QString peer = found->link->address().endpoint.toString();
    return found->link->send(commands).then(
        [self, peer](const Result<QList<Reply>> &replies) -> Result<QList<Reply>> {
            const bool isDropped = !replies && replies.error().code == ErrorCode::Cancelled &&
                                   self && !self->isClosed();
            return isDropped ? Result<QList<Reply>>(leftCluster(peer)) : replies;
        });
}

QCoro::Task<> ClusterTopology::run(std::shared_ptr<ClusterErrand> errand)
{
    const QPointer<ClusterTopology> self(this);
    for (int hops = 0;; ++hops) {
        dispatch(*errand);
        for (const ClusterErrand::Part &part : errand->parts) {
            const auto replies = co_await part.replies;
            take(*errand, part, replies, !self || isClosed());
        }
        errand->parts.clear();
        if (self && isClosed() && !errand->error)
            errand->error = closedError();
        const QList<qsizetype> again = redirected(*errand);
        if (!self || errand->error || again.isEmpty())
            break;
        if (hops == kMostRedirections) {
            errand->error = sentAround(errand->items[again.first()]);
            break;
        }
        bool areKnown = true;
        for (const qsizetype i : again)
            areKnown = learn(errand->items[i]) && areKnown;
        if (!areKnown)
            static_cast<void>(co_await refreshed());
        for (const qsizetype i : again) {
            Node *const node = self ? nodeOf(errand->items[i]) : nullptr;
            if (node && node->link->state() == Link::State::Connecting)
                static_cast<void>(co_await node->link->open()); // it has just become known
            errand->items[i].reply.reset();
        }
        if (!self) {
            errand->error =
                Error{ErrorCode::Cancelled, QStringLiteral("the connection was closed"), {}};
            break;
        }
    }
    errand->promise.addResult(outcomeOf(*errand));
    errand->promise.finish();
}

void ClusterTopology::dispatch(ClusterErrand &errand)
{
    QHash<const Node *, qsizetype> places;
    for (qsizetype i = 0; i < errand.items.size(); ++i) {
        ClusterErrand::Item &item = errand.items[i];
        if (item.reply)
            continue;
        const Node *node = nodeOf(item);
        if (!node) {
            errand.error = noNodeError(item.command);
            errand.parts.clear();
            return;
        }
        if (!places.contains(node)) {
            places.insert(node, errand.parts.size());
            errand.parts.append({{}, {}, node->link->address().endpoint.toString(), {}});
        }
        ClusterErrand::Part &part = errand.parts[places.value(node)];
        part.items.append(i);
        part.areAsking.append(item.askAt.has_value());
        item.askedHost = node->announced.host;
        item.askAt.reset();
    }
    for (auto place = places.cbegin(); place != places.cend(); ++place) {
        ClusterErrand::Part &part = errand.parts[place.value()];
        QList<Command> commands;
        for (qsizetype i = 0; i < part.items.size(); ++i) {
            if (part.areAsking[i])
                commands << Command{{"ASKING"}};
            commands << errand.items[part.items[i]].command;
        }
        part.replies = place.key()->link->send(commands);
    }
}

ClusterTopology::Node *ClusterTopology::nodeOf(const ClusterErrand::Item &item)
{
    if (item.askAt) {
        const auto asked = std::ranges::find(m_nodes, *item.askAt, &Node::id);
        if (asked != m_nodes.end())
            return &*asked;
    }
    const auto key = routingKey(item.command);
    if (key) {
        const int owner = m_map.owners.value(slotOf(*key), -1);
        return owner < 0 ? nullptr : &m_nodes[std::size_t(owner)];
    }
    const auto ready = std::ranges::find_if(
        m_nodes, [](const Node &node) { return node.link->state() == Link::State::Ready; });
    if (ready != m_nodes.end())
        return &*ready;
    return m_nodes.empty() ? nullptr : &m_nodes.front();
}

bool ClusterTopology::learn(ClusterErrand::Item &item)
{
    Redirection redirection = *redirectionOf(*item.reply);
    if (redirection.to.host.isEmpty())
        redirection.to.host = item.askedHost;
    const auto node = std::ranges::find(m_nodes, redirection.to, &Node::announced);
    if (node == m_nodes.end())
        return false;
    if (redirection.kind == Redirection::Kind::Ask) {
        item.askAt = node->id;
        return true;
    }
    m_map.owners[redirection.slot] = int(node - m_nodes.begin());
    m_isMapPatched = true;
    refreshSoon();
    return true;
}

Error ClusterTopology::noNodeError(const Command &command) const
{
    const auto key = routingKey(command);
    if (m_nodes.empty() || !key)
        return {ErrorCode::CannotConnect,
                u"there is no connection to the cluster" +
                    (lastError() ? QString(u": " + lastError()->what) : QString()),
                lastError() ? lastError()->hint : QString()};
    return {ErrorCode::CannotConnect,
            QStringLiteral("no primary of the cluster serves slot %1").arg(slotOf(*key)),
            QStringLiteral("a primary may be failing over: try again")};
}

} // namespace lockkeeper::redis
