// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/serveraddress.h"

#include <QList>

namespace lockkeeper::redis {

/// The other address of a node: where it says that it is, and where we reach it.
struct AddressMapping
{
    Endpoint announced;
    Endpoint reachable;

    friend bool operator==(const AddressMapping &, const AddressMapping &) = default;
};

/// The servers that hold the keys, as the user names them: one server, a service that Sentinels
/// watch over, or a cluster.
struct Deployment
{
    enum class Kind {
        Single,   ///< `node` is the server
        Sentinel, ///< `seeds` are Sentinels, which name the primary of `service`
        Cluster,  ///< `seeds` are nodes of the cluster, any of them
    };

    Deployment() = default;
    /// One server.
    Deployment(ServerAddress single)
        : node(std::move(single))
    {}

    Kind kind = Kind::Single;
    /// Login, TLS and database of every server that holds keys; its endpoint is the server's for
    /// Single, else the first seed's.
    ServerAddress node;
    QList<Endpoint> seeds; ///< empty for Single
    QString service;       ///< Sentinel: the name of the primary there
    QString sentinelUser;  ///< Sentinels have a login of their own
    Secret sentinelPassword;
    /// Cluster: nodes are reached at the first seed's host, whatever host they announce.
    bool pinsHost = false;
    QList<AddressMapping> addressMap; ///< goes before `pinsHost`

    /// Where we reach a node that announces itself there.
    [[nodiscard]] Endpoint reachable(const Endpoint &announced) const;
    /// A server that holds keys, at an endpoint that we reach.
    [[nodiscard]] ServerAddress nodeAt(const Endpoint &endpoint) const;
    [[nodiscard]] ServerAddress sentinelAt(const Endpoint &endpoint) const;
    /// Whether passwords that were given for the other may be sent here: the same peers and user,
    /// no less protected.
    [[nodiscard]] bool hasPeersOf(const Deployment &other) const;

    /// The short name, without login and options: "host:port", "SERVICE at h1:p1,h2:p2",
    /// "cluster at h1:p1,h2:p2". It stays the same when a primary fails over.
    [[nodiscard]] QString place() const;
    /// The address as a URL without passwords and TLS files, for screens and logs.
    [[nodiscard]] QString displayUrl() const;

    friend bool operator==(const Deployment &, const Deployment &) = default;
};

} // namespace lockkeeper::redis
