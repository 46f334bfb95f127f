// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/locksnapshot.h"

#include "cli/ending.h"
#include "locks/lockreader.h"
#include "locks/lockregistry.h"
#include "redis/scanner.h"

namespace lockkeeper::cli {

namespace {

Task<QList<QByteArray>> scanKeys(redis::Client &client, QByteArray prefix, const Clock &clock,
                                 std::stop_token stop)
{
    QList<QByteArray> keys;
    Ending<void> scanned;
    const auto stopped = endOnStop(stop, scanned);
    redis::Scanner scanner(client, clock);
    QObject::connect(&scanner, &redis::Scanner::found, &scanner,
                     [&](const QList<QByteArray> &page) { keys += page; });
    QObject::connect(&scanner, &redis::Scanner::finished, &scanner, [&] { scanned.end({}); });
    QObject::connect(&scanner, &redis::Scanner::failed, &scanner,
                     [&](const Error &error) { scanned.end(error); });
    scanner.start(prefix, redis::Scanner::Pace::Full);
    const Result<void> outcome = co_await scanned.future();
    if (!outcome)
        co_return outcome.error();
    co_return keys;
}

} // namespace

Task<QList<locks::LockRecord>> readSnapshot(redis::Client &client, locks::LockFamily family,
                                            const Clock &clock, std::stop_token stop)
{
    locks::LockRegistry registry(family, client.serverTime());
    registry.beginScan();
    const Result<QList<QByteArray>> keys =
        co_await scanKeys(client, family.lockPrefix, clock, stop);
    if (!keys)
        co_return keys.error();
    for (const QByteArray &key : *keys)
        registry.found(key);
    registry.endScan();
    while (registry.hasDirty()) {
        const QList<LockKey> batch = registry.takeDirty(locks::kReadBatch);
        const Result<locks::ReadBatch> read = co_await locks::readLocks(client, clock, batch);
        if (!read)
            co_return read.error();
        for (const auto &entry : read->entries) {
            if (entry.observation)
                registry.observed(entry.key, *entry.observation);
            else
                registry.readFailed(entry.key); // it changed between GET and PTTL
        }
    }
    if (const auto refusal = registry.refusal())
        co_return *refusal; // of some locks nothing is known: no list is better than a wrong one
    co_return registry.records().values();
}

} // namespace lockkeeper::cli
