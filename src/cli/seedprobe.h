// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/flows.h"
#include "redis/client.h"
#include "redis/deployment.h"

#include <QStringList>

#include <stop_token>

namespace lockkeeper::cli {

/// The servers that a target names itself, each to be looked at: the server, the Sentinels, or the
/// given nodes of a cluster.
[[nodiscard]] QList<redis::ServerAddress> seedsOf(const redis::Deployment &deployment);

/// The addresses behind the host's name.
[[nodiscard]] Task<QStringList> resolveHost(QString host, std::stop_token stop);

/// What openOnce() does over the connection.
enum class Talk {
    Open, ///< nothing
    Ping, ///< waits for an answer to a PING, whatever it is
};

/// Opens a connection as `address` says, and closes it again. `clock` outlives the flow.
[[nodiscard]] Task<void> openOnce(redis::ServerAddress address, Talk talk, const Clock &clock,
                                  std::stop_token stop);

/// What was found out about Sentinels or a cluster.
struct TopologyFinding
{
    QString detail;
    QStringList troubles; ///< what does not work though the whole does
};

/// Asks each Sentinel for the primary, and tries to reach that. `clock` outlives the flow.
[[nodiscard]] Task<TopologyFinding> askSentinels(redis::Deployment deployment, const Clock &clock,
                                                 std::stop_token stop);

/// Who serves the cluster, and where it is reached; of a client that has been opened.
[[nodiscard]] TopologyFinding describeCluster(const redis::Client &client);

} // namespace lockkeeper::cli
