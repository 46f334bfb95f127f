// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace.h"

#include "locks/owntouches.h"
#include "redis/deploymentfeed.h"

#include <QPointer>

#include <utility>

namespace lockkeeper::app {

namespace {

/// Between two tries of a database that is down: each may take seconds.
constexpr std::chrono::seconds kDatabaseRetry{5};

sessions::SqlAccess accessOf(const Target &target)
{
    if (target.isReadOnly || target.isDatabaseReadOnly)
        return sessions::SqlAccess::ReadOnly;
    return target.createsDatabase ? sessions::SqlAccess::ReadWrite : sessions::SqlAccess::Existing;
}

} // namespace

/// Everything that flows use, in the order of dependence, and the group that counts them. On its
/// own, so that it can outlive the workspace until the last flow has ended.
class Workspace::Parts final : public QObject
{
public:
    Parts(Target given, const Clock &ticking, QString auditFolder)
        : target(std::move(given))
        , clock(ticking)
        , client(target.server, {.isReadOnly = target.isReadOnly}, clock)
        , rights(client, target.family, clock)
        , changes(redis::makeFeed(client, {target.family.lockPrefix, target.family.sessionPrefix},
                                  clock))
        , monitor(client, *changes, target.family, clock)
        , insight(monitor.registry(), target.nodeNames)
        , contention(client, monitor, clock, &touches)
        , unlockedWrites(client, monitor, client.serverTime())
        , locks(client, target.family, clock, &monitor.news(), std::nullopt, &touches)
        , cache(client, target.family)
        , database(target.database ? std::make_unique<sessions::SessionDatabase>(*target.database,
                                                                                 accessOf(target))
                                   : nullptr)
        , store(database ? std::make_unique<sessions::SessionStore>(
                               locks, cache, *database, clock, sessions::SessionStore::Options{})
                         : nullptr)
        , audit(std::move(auditFolder), clock)
        , lookup(cache, database.get(), flows)
        , actions({.locks = locks,
                   .cache = cache,
                   .database = database.get(),
                   .store = store.get(),
                   .monitor = &monitor,
                   .audit = audit,
                   .gate = client.gate(),
                   .rights = &rights,
                   .clock = clock,
                   .nodeNames = target.nodeNames,
                   .targetName = target.name,
                   .place = placeOf(target)})
    {
        connectParts();
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

Workspace::Workspace(Target target, const Clock &clock, QString auditFolder, QObject *parent)
    : QObject(parent)
    , m_parts(std::make_unique<Parts>(std::move(target), clock, std::move(auditFolder)))
{
    connect(&m_parts->flows, &FlowGroup::becameIdle, this, &Workspace::finishClosing);
    connect(&m_parts->lookup, &SessionLookup::databaseFailed, this, &Workspace::recheckDatabase);
    m_databaseTimer.setSingleShot(true);
    m_databaseTimer.setInterval(kDatabaseRetry);
    connect(&m_databaseTimer, &QTimer::timeout, this, &Workspace::recheckDatabase);
}

Workspace::~Workspace()
{
    m_parts->flows.disconnect(this);
    m_parts->endWaits();
    if (m_parts->flows.isIdle())
        return;
    // A suspended flow cannot be taken back: its parts wait for it.
    Parts *parts = m_parts.release();
    connect(&parts->flows, &FlowGroup::becameIdle, parts, &QObject::deleteLater);
}

Task<void> Workspace::open()
{
    recheckDatabase();
    // The workspace may be gone when this has ended: nothing of it is used from here on.
    co_return co_await m_parts->client.open();
}

void Workspace::watch()
{
    m_parts->monitor.start();
    m_parts->contention.start();
    m_parts->unlockedWrites.start();
}

std::optional<Outage> Workspace::outage() const
{
    const redis::Client &client = m_parts->client;
    const redis::ChangeFeed &changes = *m_parts->changes;
    if (client.isReady() && changes.isEstablished())
        return std::nullopt;
    Outage outage;
    outage.isFeedOnly = client.isReady();
    outage.nextTry = outage.isFeedOnly ? changes.nextTry() : client.nextTry();
    const std::optional<Error> error = outage.isFeedOnly ? changes.lastError() : client.lastError();
    outage.isTrying =
        outage.isFeedOnly ? changes.isTrying() : client.state() == redis::Link::State::Connecting;
    if (error)
        outage.error = *error;
    return outage;
}

void Workspace::reconnectNow()
{
    m_parts->client.retryNow();
    m_parts->changes->retryNow();
    if (m_databaseState && !*m_databaseState)
        recheckDatabase();
}

void Workspace::recheckDatabase()
{
    if (!m_parts->database || m_isClosing || m_isCheckingDatabase)
        return;
    m_isCheckingDatabase = true;
    m_parts->flows.start(checkDatabase());
}

void Workspace::close()
{
    if (std::exchange(m_isClosing, true))
        return;
    m_parts->endWaits();
    finishClosing();
}

void Workspace::finishClosing()
{
    if (!m_isClosing || m_isClosed || !m_parts->flows.isIdle())
        return;
    m_isClosed = true;
    // From the event loop: whoever hears it may destroy us, and we are inside a flow or close().
    QMetaObject::invokeMethod(this, &Workspace::closed, Qt::QueuedConnection);
}

QCoro::Task<> Workspace::checkDatabase()
{
    const QPointer<Workspace> self(this);
    const Result<void> state = co_await m_parts->database->check();
    if (!self)
        co_return;
    m_isCheckingDatabase = false;
    const std::optional<Result<void>> before = std::exchange(m_databaseState, state);
    if (!state && !m_isClosing)
        m_databaseTimer.start();
    emit databaseChecked();
    if (self && before && !*before && state)
        emit databaseReturned();
}

const Target &Workspace::target() const
{
    return m_parts->target;
}

const Clock &Workspace::clock() const
{
    return m_parts->clock;
}

FlowGroup &Workspace::flows()
{
    return m_parts->flows;
}

redis::Client &Workspace::client()
{
    return m_parts->client;
}

locks::LockMonitor &Workspace::monitor()
{
    return m_parts->monitor;
}

const locks::HoldInsight &Workspace::insight() const
{
    return m_parts->insight;
}

const locks::ContentionProbe &Workspace::contention() const
{
    return m_parts->contention;
}

const locks::UnlockedWrites &Workspace::unlockedWrites() const
{
    return m_parts->unlockedWrites;
}

Task<locks::WaiterSample> Workspace::sampleWaiters(redis::MonitorTap::Budget budget)
{
    return m_parts->sampleWaiters(budget);
}

const locks::ClientSightings &Workspace::sightings() const
{
    return m_parts->sightings;
}

RightsKeeper &Workspace::rights()
{
    return m_parts->rights;
}

locks::LockProtocol &Workspace::locks()
{
    return m_parts->locks;
}

SessionLookup &Workspace::lookup()
{
    return m_parts->lookup;
}

Actions &Workspace::actions()
{
    return m_parts->actions;
}

AuditLog &Workspace::audit()
{
    return m_parts->audit;
}

sessions::SessionCache &Workspace::cache()
{
    return m_parts->cache;
}

sessions::SessionDatabase *Workspace::database()
{
    return m_parts->database.get();
}

sessions::SessionStore *Workspace::store()
{
    return m_parts->store.get();
}

} // namespace lockkeeper::app
