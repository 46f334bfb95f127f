// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/topology.h"

#include "redis/clustertopology.h"
#include "redis/sentineltopology.h"
#include "redis/singletopology.h"

namespace lockkeeper::redis {

std::unique_ptr<Topology> Topology::make(const Deployment &deployment, Options options,
                                         const Clock &clock)
{
    switch (deployment.kind) {
    case Deployment::Kind::Single:
        return std::make_unique<SingleTopology>(deployment.node, options, clock);
    case Deployment::Kind::Sentinel:
        return std::make_unique<SentinelTopology>(deployment, options, clock);
    case Deployment::Kind::Cluster:
        return std::make_unique<ClusterTopology>(deployment, options, clock);
    }
    Q_UNREACHABLE();
}

} // namespace lockkeeper::redis
