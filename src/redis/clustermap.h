// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/reply.h"
#include "redis/topology.h"

#include <QList>

namespace lockkeeper::redis {

/// Who serves which slots of a cluster, by the word of one of its nodes.
struct ClusterMap
{
    struct Node
    {
        NodeId id;
        Endpoint announced;

        friend bool operator==(const Node &, const Node &) = default;
    };

    /// By id. Those without slots are among them, unless they have failed: a slot that is on its
    /// way to one sends its keys ahead.
    QList<Node> primaries;
    QList<Endpoint> replicas; ///< as announced
    /// For each slot the place of its primary in `primaries`; -1: nobody serves it.
    QList<int> owners;

    /// Slots that somebody serves.
    [[nodiscard]] qsizetype served() const;

    friend bool operator==(const ClusterMap &, const ClusterMap &) = default;
};

/// Reads the reply to CLUSTER SHARDS (Redis 7).
/// @param isTls whether the ports for TLS are wanted
/// @param askedHost the host of the node that answered: it stands for itself where it announces
/// none
[[nodiscard]] Result<ClusterMap> parseShards(const Reply &reply, bool isTls,
                                             const QString &askedHost);

/// Reads the reply to CLUSTER SLOTS, which leaves out primaries without slots.
[[nodiscard]] Result<ClusterMap> parseSlots(const Reply &reply, const QString &askedHost);

} // namespace lockkeeper::redis
