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

/// What the answers say of records [first, first + replies - 1).
void judge(QList<locks::LockRecord> &records, qsizetype first, const QList<redis::Reply> &replies,
           SteadyTime now)
{
    const redis::Reply &info = replies.first();
    for (qsizetype i = 1; i < replies.size(); ++i) {
        locks::LockRecord &record = records[first + i - 1];
        const bool isTold = replies[i].kind() == redis::Reply::Kind::Integer &&
                            !record.isForeign() && !isForking(info.bytes()) &&
                            now - record.acquiredAt >= locks::kRipeAge;
        if (!isTold)
            continue;
        const bool isWanted = locks::isAskedFor(std::chrono::seconds(replies[i].integerValue()));
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
    for (qsizetype first = 0; first < records.size(); first += kBatch) {
        QList<redis::Command> commands{redis::commands::info("persistence")};
        for (const locks::LockRecord &record : records.mid(first, kBatch))
            commands << redis::commands::objectIdleTime(record.key.bytes());
        const auto replies = co_await client.send(commands);
        if (!replies)
            co_return replies.error();
        if (replies->at(1).errorPrefix() == "NOPERM")
            co_return redis::toError(replies->at(1),
                                     QStringLiteral("asking when a lock was touched last"));
        judge(records, first, *replies, clock.steady());
    }
    co_return records;
}

} // namespace lockkeeper::cli
