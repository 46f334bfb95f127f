// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/clustermap.h"

#include "redis/routing.h"

#include <QHash>

#include <algorithm>
#include <utility>

namespace lockkeeper::redis {

namespace {

/// The primaries in the order in which they were told, until all are known.
struct Draft
{
    struct Range
    {
        int first = 0;
        int last = 0;
        NodeId owner;
    };

    QList<ClusterMap::Node> primaries;
    QList<Endpoint> replicas;
    QList<Range> ranges;

    void add(const ClusterMap::Node &node)
    {
        if (std::ranges::none_of(primaries, [&](const auto &known) { return known.id == node.id; }))
            primaries.append(node);
    }

    [[nodiscard]] ClusterMap finished() &&
    {
        ClusterMap map;
        map.primaries = std::move(primaries);
        map.replicas = std::move(replicas);
        std::ranges::sort(map.primaries, [](const auto &a, const auto &b) { return a.id < b.id; });
        QHash<NodeId, int> places;
        for (int i = 0; i < map.primaries.size(); ++i)
            places.insert(map.primaries[i].id, i);
        map.owners.fill(-1, kSlots);
        for (const Range &range : ranges) {
            for (int slot = std::max(range.first, 0); slot <= std::min(range.last, kSlots - 1);
                 ++slot)
                map.owners[slot] = places.value(range.owner, -1);
        }
        return map;
    }
};

Error unknownForm(const QString &command)
{
    return {ErrorCode::Protocol, command + u" answered in an unknown form", {}};
}

Reply field(const Reply &fields, const QByteArray &name)
{
    const QList<Reply> &parts = fields.elements();
    for (qsizetype i = 0; i + 1 < parts.size(); i += 2) {
        if (parts[i].bytes() == name)
            return parts[i + 1];
    }
    return {};
}

/// The host that a node is to be reached at: what it prefers, or else what is known of it.
QString hostOf(const QList<QByteArray> &preferred, const QString &askedHost)
{
    for (const QByteArray &host : preferred) {
        if (!host.isEmpty() && host != "?")
            return QString::fromUtf8(host);
    }
    return askedHost;
}

quint16 portOf(const Reply &node, bool isTls)
{
    const qint64 wanted = field(node, isTls ? "tls-port" : "port").integerValue();
    const qint64 other = field(node, isTls ? "port" : "tls-port").integerValue();
    return static_cast<quint16>(wanted > 0 ? wanted : other);
}

void addShard(Draft &draft, const Reply &shard, bool isTls, const QString &askedHost)
{
    const QList<Reply> bounds = field(shard, "slots").elements();
    const QList<Reply> nodes = field(shard, "nodes").elements();
    const auto isLive = [](const Reply &node) {
        return field(node, "role").bytes() == "master" && field(node, "health").bytes() == "online";
    };
    const bool hasLive = std::ranges::any_of(nodes, isLive);
    for (const Reply &node : nodes) {
        const NodeId id(field(node, "id").bytes());
        // An endpoint that is not known is "?"; one that is empty means the host that was asked.
        const QByteArray endpoint = field(node, "endpoint").bytes();
        Endpoint announced;
        announced.host = endpoint == "?" ? hostOf({field(node, "ip").bytes()}, askedHost)
                                         : hostOf({endpoint}, askedHost);
        announced.port = portOf(node, isTls);
        if (field(node, "role").bytes() != "master") {
            draft.replicas.append(announced);
            continue;
        }
        // What has failed over is nobody's primary any more; from Redis 7.2 on it stays in the
        // shard of its successor.
        if (!isLive(node) && (bounds.isEmpty() || hasLive))
            continue;
        draft.add({id, announced});
        for (qsizetype i = 0; i + 1 < bounds.size(); i += 2)
            draft.ranges.append(
                {int(bounds[i].integerValue()), int(bounds[i + 1].integerValue()), id});
    }
}

} // namespace

qsizetype ClusterMap::served() const
{
    return owners.size() - owners.count(-1);
}

Result<ClusterMap> parseShards(const Reply &reply, bool isTls, const QString &askedHost)
{
    if (!reply.isArray())
        return unknownForm(QStringLiteral("CLUSTER SHARDS"));
    Draft draft;
    for (const Reply &shard : reply.elements())
        addShard(draft, shard, isTls, askedHost);
    return std::move(draft).finished();
}

Result<ClusterMap> parseSlots(const Reply &reply, const QString &askedHost)
{
    if (!reply.isArray())
        return unknownForm(QStringLiteral("CLUSTER SLOTS"));
    Draft draft;
    for (const Reply &range : reply.elements()) {
        const QList<Reply> &parts = range.elements();
        for (qsizetype i = 2; i < parts.size(); ++i) {
            const QList<Reply> &node = parts[i].elements();
            if (node.size() < 2)
                return unknownForm(QStringLiteral("CLUSTER SLOTS"));
            Endpoint announced;
            announced.host = hostOf({node[0].bytes()}, askedHost);
            announced.port = static_cast<quint16>(node[1].integerValue());
            if (i > 2) {
                draft.replicas.append(announced);
                continue;
            }
            // Before Redis 4 nodes had no ids here.
            const NodeId id(node.size() > 2 ? node[2].bytes() : announced.toString().toUtf8());
            draft.add({id, announced});
            draft.ranges.append({int(parts[0].integerValue()), int(parts[1].integerValue()), id});
        }
    }
    return std::move(draft).finished();
}

} // namespace lockkeeper::redis
