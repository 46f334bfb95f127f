// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/contentionlook.h"

#include "cli/ending.h"
#include "locks/keydemand.h"

#include <QHash>
#include <QTimer>

#include <numeric>

namespace lockkeeper::cli {

namespace {

using namespace std::chrono_literals;

constexpr qsizetype kBatch = redis::Client::kMaxPipeline - 1;

bool isForking(const QByteArray &info)
{
    return info.contains("_in_progress:1");
}

/// Whether each record was touched of late; those of which nothing is known are left out.
using Touched = QHash<qsizetype, bool>;

/// What the answers say of the records at `places`, after the one to INFO.
void judge(Touched &touched, const QList<locks::LockRecord> &records,
           const QList<qsizetype> &places, const QList<redis::Reply> &replies, SteadyTime now)
{
    const redis::Reply &info = replies.first();
    for (qsizetype i = 0; i < places.size(); ++i) {
        const locks::LockRecord &record = records[places[i]];
        const redis::Reply &reply = replies[i + 1];
        const bool isTold = reply.kind() == redis::Reply::Kind::Integer && !record.isForeign() &&
                            !isForking(info.bytes()) && now - record.acquiredAt >= locks::kRipeAge;
        if (!isTold)
            continue;
        const bool isTouched = locks::isAskedFor(std::chrono::seconds(reply.integerValue()));
        // Without INFO nobody says whether a child runs, in whose time no touch is noted.
        if (isTouched || !info.isError())
            touched.insert(places[i], isTouched);
    }
}

/// Looks at the records at `places`.
Task<Touched> look(redis::Client &client, QList<locks::LockRecord> records, QList<qsizetype> places,
                   const Clock &clock)
{
    Touched touched;
    QHash<redis::NodeId, QList<qsizetype>> byNode; // each server tells of its own children
    for (const qsizetype place : places)
        byNode[client.nodeOf(records[place].key.bytes())].append(place);
    for (auto some = byNode.cbegin(); some != byNode.cend(); ++some) {
        for (qsizetype first = 0; first < some->size(); first += kBatch) {
            const QList<qsizetype> batch = some->mid(first, kBatch);
            QList<redis::Command> commands{redis::commands::info("persistence")};
            for (const qsizetype place : batch)
                commands << redis::commands::objectIdleTime(records[place].key.bytes());
            const auto replies = co_await client.sendTo(some.key(), commands);
            if (!replies)
                co_return replies.error();
            if (replies->at(1).errorPrefix() == "NOPERM")
                co_return redis::toError(replies->at(1),
                                         QStringLiteral("asking when a lock was touched last"));
            judge(touched, records, batch, *replies, clock.steady());
        }
    }
    co_return touched;
}

Task<void> rest(milliseconds span, std::stop_token stop)
{
    Ending<void> rested;
    const auto stopped = endOnStop(stop, rested);
    QObject scope;
    // A coarse timer may come early, before the youngest lock is ripe.
    QTimer::singleShot(span + 100ms, Qt::PreciseTimer, &scope, [&] { rested.end({}); });
    co_return co_await rested.future();
}

} // namespace

Task<QList<locks::LockRecord>> lookForContention(redis::Client &client,
                                                 QList<locks::LockRecord> records,
                                                 const Clock &clock, std::stop_token stop)
{
    QList<qsizetype> places(records.size());
    std::iota(places.begin(), places.end(), 0);
    if (const Result<void> rested = co_await rest(locks::kRipeAge, stop); !rested)
        co_return rested.error();
    const Result<Touched> first = co_await look(client, records, places, clock);
    if (!first)
        co_return first.error();
    places.clear();
    for (auto seen = first->cbegin(); seen != first->cend(); ++seen) {
        if (*seen)
            places.append(seen.key());
        else
            records[seen.key()].isContended = false;
    }
    if (places.isEmpty())
        co_return records;
    // Who waits goes on asking; who only looked has gone.
    if (const Result<void> rested = co_await rest(locks::kSecondLookAfter, stop); !rested)
        co_return rested.error();
    const Result<Touched> second = co_await look(client, records, places, clock);
    if (!second)
        co_return second.error();
    for (auto seen = second->cbegin(); seen != second->cend(); ++seen)
        records[seen.key()].isContended = *seen;
    co_return records;
}

} // namespace lockkeeper::cli
