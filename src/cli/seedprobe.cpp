// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/seedprobe.h"

#include "cli/ending.h"
#include "redis/connection.h"
#include "redis/sentinelpeer.h"
#include "redis/sockettransport.h"

#include <QCoreApplication>
#include <QHostInfo>

#include <algorithm>
#include <memory>
#include <vector>

namespace lockkeeper::cli {

using redis::Deployment;
using redis::ServerAddress;

namespace {

constexpr milliseconds kConnectDeadline = std::chrono::seconds(5);

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::cli", text);
}

QString mapHint()
{
    return tr("a failover may be under way: try again in some seconds; if the announced address "
              "cannot be reached from here, add ?map=announced:port=reachable:port");
}

/// One Sentinel's answer, or why there is none.
Task<redis::SentinelAnswer> askOne(ServerAddress address, QString service, const Clock &clock,
                                   std::stop_token stop)
{
    redis::SentinelPeer peer(std::move(address), std::move(service), false, clock);
    Ending<void> told;
    const auto stopped = endOnStop(stop, told);
    QObject scope;
    QObject::connect(&peer, &redis::SentinelPeer::told, &scope, [&] { told.end({}); });
    peer.open();
    const Result<void> outcome = co_await told.future();
    if (!outcome)
        co_return outcome.error();
    if (peer.error())
        co_return *peer.error();
    co_return *peer.answer();
}

} // namespace

QList<ServerAddress> seedsOf(const Deployment &deployment)
{
    QList<ServerAddress> seeds;
    for (const Endpoint &seed : deployment.seeds)
        seeds.append(deployment.kind == Deployment::Kind::Sentinel ? deployment.sentinelAt(seed)
                                                                   : deployment.nodeAt(seed));
    if (seeds.isEmpty())
        seeds.append(deployment.node);
    return seeds;
}

Task<QStringList> resolveHost(QString host, std::stop_token stop)
{
    Ending<QStringList> resolved;
    const auto stopped = endOnStop(stop, resolved);
    QObject scope;
    QHostInfo::lookupHost(host, &scope, [&](const QHostInfo &info) {
        QStringList addresses;
        for (const QHostAddress &address : info.addresses())
            addresses.append(address.toString());
        if (addresses.isEmpty())
            resolved.end(Error{ErrorCode::CannotConnect,
                               tr("%1 has no address: %2").arg(host, info.errorString()),
                               tr("check the host's name in the URL")});
        else
            resolved.end(addresses);
    });
    co_return co_await resolved.future();
}

Task<void> openOnce(ServerAddress address, Talk talk, const Clock &clock, std::stop_token stop)
{
    Ending<void> done;
    const auto stopped = endOnStop(stop, done);
    redis::Connection connection(std::make_unique<redis::SocketTransport>(address), clock);
    QObject::connect(&connection, &redis::Connection::opened, &connection, [&] {
        if (talk == Talk::Open) {
            done.end({});
            return;
        }
        const QList<redis::Command> ping{redis::commands::ping()};
        connection.send(ping).then(&connection, [&](const Result<QList<redis::Reply>> &reply) {
            done.end(reply ? Result<void>() : Result<void>(reply.error()));
        });
    });
    QObject::connect(&connection, &redis::Connection::ended, &connection,
                     [&](const Error &error) { done.end(error); });
    connection.open(kConnectDeadline);
    co_return co_await done.future();
}

Task<TopologyFinding> askSentinels(Deployment deployment, const Clock &clock, std::stop_token stop)
{
    TopologyFinding finding;
    std::optional<redis::SentinelAnswer> best;
    std::optional<Error> first;
    QStringList names;
    int answered = 0;
    for (const Endpoint &seed : deployment.seeds) {
        const Result<redis::SentinelAnswer> answer =
            co_await askOne(deployment.sentinelAt(seed), deployment.service, clock, stop);
        Error trouble;
        if (answer && answer->primary) {
            ++answered;
            names << seed.toString() + u" says " + answer->primary->toString();
            if (!best || answer->epoch > best->epoch)
                best = *answer;
            continue;
        }
        trouble = answer ? Error{ErrorCode::CannotConnect,
                                 tr("the Sentinel %1 watches over no service \"%2\"")
                                     .arg(seed.toString(), deployment.service),
                                 tr("check the name after the hosts; SENTINEL MASTERS lists them")}
                         : answer.error();
        finding.troubles << trouble.what;
        if (!first)
            first = trouble;
    }
    if (!best)
        co_return first.value_or(Error{ErrorCode::CannotConnect, tr("no Sentinel was given"), {}});
    const bool areAgreed = std::ranges::all_of(names, [&](const QString &name) {
        return name.endsWith(u" says " + best->primary->toString());
    });
    if (!areAgreed)
        finding.troubles << tr("they do not agree: %1").arg(names.join(u"; "));
    const Endpoint reachable = deployment.reachable(*best->primary);
    const ServerAddress primary = deployment.nodeAt(reachable);
    const Result<void> opened = co_await openOnce(primary, Talk::Open, clock, stop);
    if (!opened)
        co_return Error{opened.error().code,
                        tr("the primary of %1, as the Sentinels say: %2")
                            .arg(deployment.service, opened.error().what),
                        mapHint()};
    finding.detail = tr("%1 of %2 Sentinels answer; the primary of %3 is %4")
                         .arg(answered)
                         .arg(deployment.seeds.size())
                         .arg(deployment.service, best->primary->toString());
    if (reachable != *best->primary)
        finding.detail += tr(", reached at %1").arg(reachable.toString());
    co_return finding;
}

TopologyFinding describeCluster(const redis::Client &client)
{
    QStringList nodes;
    for (const redis::Primary &primary : client.primaries()) {
        QString node = primary.announced.toString();
        if (primary.announced != primary.address.endpoint)
            node += tr(" (reached at %1)").arg(primary.address.endpoint.toString());
        nodes << node;
    }
    TopologyFinding finding;
    finding.detail =
        tr("%1 primaries serve all slots: %2").arg(nodes.size()).arg(nodes.join(u", "));
    return finding;
}

} // namespace lockkeeper::cli
