// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace.h"
#include "locks/owntouches.h"
#include "redis/deploymentfeed.h"

namespace lockkeeper::app {

inline sessions::SqlAccess accessOf(const Target &target)
{
    if (target.isDatabaseReadOnly)
        return sessions::SqlAccess::ReadOnly;
    return target.createsDatabase ? sessions::SqlAccess::ReadWrite : sessions::SqlAccess::Existing;
}

inline std::unique_ptr<sessions::SessionDatabase> makeDatabase(const Target &target)
{
    const std::optional<sessions::Dsn> dsn = target.reachableDatabase();
    if (!dsn)
        return nullptr;
    const auto access = target.opensReadOnly() ? sessions::SqlAccess::ReadOnly : accessOf(target);
    return std::make_unique<sessions::SessionDatabase>(*dsn, access);
}

/// Everything that flows use, in the order of dependence, and the group that counts them. On its
/// own, so that it can outlive the workspace until the last flow has ended.
class Workspace::Parts final : public QObject
{
public:
    Parts(Target given, const Clock &ticking, QString auditFolder)
        : target(std::move(given))
        , clock(ticking)
        , client(target.reachableServer(), {.isReadOnly = target.opensReadOnly()}, clock)
        , rights(client, target.family, clock)
        , changes(redis::makeFeed(client, {target.family.lockPrefix, target.family.sessionPrefix},
                                  clock))
        , monitor(client, *changes, target.family, clock)
        , insight(monitor.registry(), target.nodeNames)
        , contention(client, monitor, clock, &touches)
        , unlockedWrites(client, monitor, client.serverTime())
        , locks(client, target.family, clock, &monitor.news(), std::nullopt, &touches)
        , cache(client, target.family)
        , database(makeDatabase(target))
        , store(database ? std::make_unique<sessions::SessionStore>(
                               locks, cache, *database, clock, sessions::SessionStore::Options{})
                         : nullptr)
        , audit(std::move(auditFolder), clock)
        , window(target.guardrails, target.isReadOnly, clock,
                 [this](bool mayWrite) { workGates(mayWrite); })
        , held(locks)
        , aftercare({.locks = locks,
                     .cache = cache,
                     .database = database.get(),
                     .changes = *changes,
                     .audit = audit,
                     .flows = flows,
                     .clock = clock,
                     .nodeNames = target.nodeNames})
        , recovery({.locks = locks,
                    .cache = cache,
                    .database = database.get(),
                    .audit = audit,
                    .clock = clock,
                    .nodeNames = target.nodeNames,
                    .place = placeOf(target)})
        , lookup(cache, database.get(), flows)
        , actions({.locks = locks,
                   .cache = cache,
                   .database = database.get(),
                   .store = store.get(),
                   .monitor = &monitor,
                   .audit = audit,
                   .window = window,
                   .held = held,
                   .aftercare = &aftercare,
                   .rights = &rights,
                   .guardrails = target.guardrails,
                   .clock = clock,
                   .nodeNames = target.nodeNames,
                   .targetName = target.name,
                   .place = placeOf(target)})
    {
        connectParts();
    }

    void workGates(bool mayWrite)
    {
        client.setReadOnly(!mayWrite);
        if (database)
            database->setAccess(mayWrite ? accessOf(target) : sessions::SqlAccess::ReadOnly);
    }

    /// Ends every open wait: the flows come to their end by themselves.
    void endWaits()
    {
        lookup.stop();
        contention.stop();
        unlockedWrites.stop();
        monitor.stop();
        changes->close();
        client.close();
        if (database)
            database->close();
    }

    Task<locks::WaiterSample> sampleWaiters(redis::MonitorTap::Budget budget)
    {
        const auto sample = co_await locks::sampleWaiters(client, target.family, clock, budget);
        if (!sample)
            co_return sample.error();
        for (auto seen = sample->clients.cbegin(); seen != sample->clients.cend(); ++seen)
            sightings.note(seen.key(), *seen);
        QList<locks::LockDemand> demands;
        for (const locks::ContendedLock &lock : sample->locks) {
            touches.note(lock.key, clock.steady()); // the sample read it
            demands.append({lock.key, lock.heldBy, true, static_cast<int>(lock.waiters.size())});
        }
        if (!demands.isEmpty())
            monitor.noteDemand(demands);
        co_return *sample;
    }

    Target target;
    const Clock &clock;
    std::shared_ptr<QObject> tunnel; ///< null: there is none
    FlowGroup flows;
    locks::OwnTouches touches;
    redis::Client client;
    RightsKeeper rights;
    std::unique_ptr<redis::ChangeFeed> changes;
    locks::LockMonitor monitor;
    locks::HoldInsight insight;
    locks::ContentionProbe contention;
    locks::UnlockedWrites unlockedWrites;
    locks::ClientSightings sightings;
    locks::LockProtocol locks;
    sessions::SessionCache cache;
    std::unique_ptr<sessions::SessionDatabase> database;
    std::unique_ptr<sessions::SessionStore> store;
    AuditLog audit;
    WriteWindow window;
    HeldLocks held;
    Aftercare aftercare;
    Recovery recovery;
    SessionLookup lookup;
    Actions actions;

private:
    void connectParts()
    {
        connect(&monitor, &locks::LockMonitor::changed, this,
                [this](const locks::RegistryDelta &delta) { insight.take(delta); });
        connect(&monitor, &locks::LockMonitor::cachedSessionsChanged, &lookup,
                &SessionLookup::invalidate);
        connect(&monitor, &locks::LockMonitor::everythingChanged, &lookup,
                &SessionLookup::invalidateAll);
        // Whatever changed while nobody told us of it has to be looked up again.
        connect(changes.get(), &redis::ChangeFeed::established, &lookup,
                &SessionLookup::invalidateAll);
        connect(&client, &redis::Client::stateChanged, &lookup, [this](redis::Link::State state) {
            if (state != redis::Link::State::Ready)
                return;
            lookup.invalidateAll();
            changes->retryNow(); // the server is back: it need not wait for a try of its own
        });
    }
};

} // namespace lockkeeper::app
