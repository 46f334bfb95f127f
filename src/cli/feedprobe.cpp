// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/feedprobe.h"

#include "cli/ending.h"
#include "redis/deploymentfeed.h"

#include <QCoreApplication>
#include <QTimer>
#include <QUuid>

namespace lockkeeper::cli {

using namespace std::chrono_literals;

namespace {

constexpr milliseconds kPatience = 3s;
constexpr milliseconds kCanaryLife = 1s;

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::cli", text);
}

/// A prefix that another one begins, or that begins another one, must not be subscribed to twice.
bool overlaps(const QByteArray &a, const QByteArray &b)
{
    return a.startsWith(b) || b.startsWith(a);
}

/// Writes the canary and waits until the feed names it.
Task<std::chrono::microseconds> hearCanary(redis::Client &client, redis::ChangeFeed &feed,
                                           QByteArray canary, const Clock &clock,
                                           std::stop_token stop)
{
    Ending<std::chrono::microseconds> heard;
    const auto stopped = endOnStop(stop, heard);
    QObject scope;
    const SteadyTime since = clock.steady();
    QObject::connect(
        &feed, &redis::ChangeFeed::keysChanged, &scope, [&](const QList<QByteArray> &keys) {
            if (keys.contains(canary))
                heard.end(std::chrono::round<std::chrono::microseconds>(clock.steady() - since));
        });
    QTimer::singleShot(kPatience, &scope, [&] {
        heard.end(
            Error{ErrorCode::TimedOut,
                  tr("the server did not tell us of a write within %1 s")
                      .arg(std::chrono::duration_cast<std::chrono::seconds>(kPatience).count()),
                  tr("something between us and the server may hold news back")});
    });
    const Result<redis::Reply> written =
        redis::value(co_await client.send(redis::commands::setWithTtl(canary, "1", kCanaryLife)),
                     tr("writing the key %1").arg(QString::fromLatin1(canary)));
    if (!written)
        co_return written.error();
    co_return co_await heard.future();
}

} // namespace

Task<FeedProof> tryFeed(redis::Client &client, app::Target target, const Clock &clock,
                        std::stop_token stop)
{
    const QByteArray canary =
        "lockkeeper:canary:" + QUuid::createUuid().toByteArray(QUuid::WithoutBraces);
    const locks::LockFamily &family = target.family;
    QList<QByteArray> prefixes{family.lockPrefix, family.sessionPrefix};
    const bool isApart =
        !overlaps(canary, family.lockPrefix) && !overlaps(canary, family.sessionPrefix);
    if (isApart)
        prefixes.append(canary);

    Ending<void> established;
    const auto stopped = endOnStop(stop, established);
    const auto feed = redis::makeFeed(client, prefixes, clock);
    QObject scope;
    QObject::connect(feed.get(), &redis::ChangeFeed::established, &scope,
                     [&] { established.end({}); });
    QObject::connect(feed.get(), &redis::ChangeFeed::lost, &scope,
                     [&](const Error &error) { established.end(error); });
    feed->open();
    const Result<void> outcome = co_await established.future();
    if (!outcome)
        co_return outcome.error();

    FeedProof proof;
    proof.kind = feed->kind();
    proof.whyNotBetter = feed->whyNotBetter();
    if (target.opensReadOnly() || proof.kind == redis::ChangeFeed::Kind::Poll)
        co_return proof;
    if (!isApart) { // it would be taken for a lock or a session
        proof.whyNot = tr("a prefix that is watched covers %1").arg(QString::fromLatin1(canary));
        co_return proof;
    }
    const bool hasSeveral = target.server.kind == redis::Deployment::Kind::Cluster;
    for (const redis::Primary &primary : client.primaries()) {
        const QByteArray own = hasSeveral ? client.keyOn(primary.id, canary) : canary;
        const Result<std::chrono::microseconds> heard =
            co_await hearCanary(client, *feed, own, clock, stop);
        if (!heard && heard.error().code != ErrorCode::NotPermitted)
            co_return heard.error();
        if (!heard) {
            proof.echo.reset();
            proof.whyNot = heard.error().what;
            co_return proof;
        }
        proof.echo = std::max(proof.echo, std::optional(*heard));
    }
    co_return proof;
}

} // namespace lockkeeper::cli
