// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/deployment.h"

#include <QStringList>

namespace lockkeeper::redis {

namespace {

QString joined(const QList<Endpoint> &endpoints)
{
    QStringList texts;
    for (const Endpoint &endpoint : endpoints)
        texts.append(endpoint.toString());
    return texts.join(u',');
}

} // namespace

Endpoint Deployment::reachable(const Endpoint &announced) const
{
    for (const AddressMapping &mapping : addressMap) {
        if (mapping.announced == announced)
            return mapping.reachable;
    }
    if (!pinsHost || seeds.isEmpty())
        return announced;
    Endpoint pinned = announced;
    pinned.host = seeds.first().host;
    return pinned;
}

ServerAddress Deployment::nodeAt(const Endpoint &endpoint) const
{
    ServerAddress address = node;
    address.endpoint = endpoint;
    return address;
}

ServerAddress Deployment::sentinelAt(const Endpoint &endpoint) const
{
    ServerAddress address;
    address.endpoint = endpoint;
    address.user = sentinelUser;
    address.password = sentinelPassword;
    address.tls = node.tls;
    return address;
}

bool Deployment::hasPeersOf(const Deployment &other) const
{
    return kind == other.kind && node.endpoint == other.node.endpoint && seeds == other.seeds &&
           service == other.service && pinsHost == other.pinsHost &&
           addressMap == other.addressMap && node.user == other.node.user &&
           sentinelUser == other.sentinelUser && node.tls == other.node.tls;
}

QString Deployment::place() const
{
    switch (kind) {
    case Kind::Single:
        return node.endpoint.toString();
    case Kind::Sentinel:
        return service + u" at " + joined(seeds);
    case Kind::Cluster:
        return u"cluster at " + joined(seeds);
    }
    Q_UNREACHABLE();
}

QString Deployment::displayUrl() const
{
    if (kind == Kind::Single)
        return node.displayUrl();
    const QString account = node.user.isEmpty() ? QString() : QString(node.user + u'@');
    if (kind == Kind::Cluster)
        return u"redis+cluster://" + account + joined(seeds);
    return u"redis+sentinel://" + account + joined(seeds) + u'/' + service +
           (node.database == 0 ? QString() : u"?db=" + QString::number(node.database));
}

} // namespace lockkeeper::redis
