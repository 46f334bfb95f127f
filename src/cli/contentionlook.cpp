// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/contentionlook.h"

#include "cli/ending.h"
#include "locks/keydemand.h"

#include <QTimer>

namespace lockkeeper::cli {

namespace {

using namespace std::chrono_literals;

constexpr qsizetype kBatch = redis::Client::kMaxPipeline - 1;

bool isForking(const QByteArray &info)
{
    return info.contains("_in_progress:1");
}

/// What the answers say of the records at `places`, after the one to INFO.
void judge(QList<locks::LockRecord> &records, const QList<qsizetype> &places,
           const QList<redis::Reply> &replies, SteadyTime now)
{
    const redis::Reply &info = replies.first();
    for (qsizetype i = 0; i < places.size(); ++i) {
        locks::LockRecord &record = records[places[i]];
        const redis::Reply &reply = replies[i + 1];
        const bool isTold = reply.kind() == redis::Reply::Kind::Integer && !record.isForeign() &&
                            !isForking(info.bytes()) && now - record.acquiredAt >= locks::kRipeAge;
        if (!isTold)
            continue;
        const bool isWanted = locks::isAskedFor(std::chrono::seconds(reply.integerValue()));
        // Without INFO nobody says whether a child runs, in whose time no touch is noted.
        if (isWanted || !info.isError())
            record.isContended = isWanted;
    }
}

} // namespace

Task<QList<locks::LockRecord>> lookForContention(redis::Client &client,
                                                 QList<locks::LockRecord> records,
                                                 const Clock &clock, std::stop_token stop)
{
    Ending<void> rested;
    const auto stopped = endOnStop(stop, rested);
    QObject scope;
    // A coarse timer may come early, before the youngest lock is ripe.
    QTimer::singleShot(milliseconds(locks::kRipeAge) + 100ms, Qt::PreciseTimer, &scope,
                       [&] { rested.end({}); });
    const Result<void> rest = co_await rested.future();
    if (!rest)
        co_return rest.error();
    QHash<redis::NodeId, QList<qsizetype>> byNode; // each server tells of its own children
    for (qsizetype i = 0; i < records.size(); ++i)
        byNode[client.nodeOf(records[i].key.bytes())].append(i);
    for (auto some = byNode.cbegin(); some != byNode.cend(); ++some) {
        for (qsizetype first = 0; first < some->size(); first += kBatch) {
            const QList<qsizetype> places = some->mid(first, kBatch);
            QList<redis::Command> commands{redis::commands::info("persistence")};
            for (const qsizetype place : places)
                commands << redis::commands::objectIdleTime(records[place].key.bytes());
            const auto replies = co_await client.sendTo(some.key(), commands);
            if (!replies)
                co_return replies.error();
            if (replies->at(1).errorPrefix() == "NOPERM")
                co_return redis::toError(replies->at(1),
                                         QStringLiteral("asking when a lock was touched last"));
            judge(records, places, *replies, clock.steady());
        }
    }
    co_return records;
}

} // namespace lockkeeper::cli
