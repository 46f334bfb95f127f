// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace.h"

#include "app/workspaceparts.h"

#include <QPointer>

#include <utility>
#include <vector>

namespace lockkeeper::app {

namespace {

/// Between two tries of a database that is down: each may take seconds.
constexpr std::chrono::seconds kDatabaseRetry{5};

/// How long closing waits for locks to be given back that end with their lease anyway.
constexpr std::chrono::seconds kGiveBackWithin{2};

} // namespace

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

void Workspace::hear()
{
    m_parts->changes->open();
}

void Workspace::watch()
{
    m_parts->monitor.start();
    m_parts->contention.start();
    m_parts->unlockedWrites.start();
}

void Workspace::keepAlive(std::shared_ptr<QObject> tunnel)
{
    m_parts->tunnel = std::move(tunnel);
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
    m_parts->aftercare.end();
    if (m_parts->held.sessions().isEmpty()) {
        m_parts->endWaits();
        finishClosing();
        return;
    }
    // Locks that we took over are given back first; a server that does not answer is not waited
    // for.
    QTimer::singleShot(kGiveBackWithin, this, [this] { m_parts->endWaits(); });
    m_parts->flows.start(giveBackAndEnd());
}

QCoro::Task<> Workspace::giveBackAndEnd()
{
    Parts *const parts = m_parts.get();           // it lives until this flow has ended
    std::vector<QCoro::Task<ActionReport>> under; // all at once: there is little time
    for (const SessionId &session : parts->held.sessions())
        under.push_back(parts->actions.giveBack(session));
    for (QCoro::Task<ActionReport> &one : under)
        static_cast<void>(co_await one);
    parts->endWaits();
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

WriteWindow &Workspace::window()
{
    return m_parts->window;
}

HeldLocks &Workspace::held()
{
    return m_parts->held;
}

Aftercare &Workspace::aftercare()
{
    return m_parts->aftercare;
}

Task<QList<CutShortAct>> Workspace::cutShortActs()
{
    return m_parts->recovery.look();
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
