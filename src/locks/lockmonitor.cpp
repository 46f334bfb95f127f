// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockmonitor.h"

#include <QLoggingCategory>
#include <QPointer>

#include <algorithm>
#include <utility>

namespace lockkeeper::locks {

using redis::ChangeFeed;
using redis::Link;
using redis::Scanner;

namespace {

Q_LOGGING_CATEGORY(lcMonitor, "lockkeeper.locks.monitor")

/// When to read again from a server that answered with an error of its own.
constexpr milliseconds kReadRetry{250};
/// When to scan again after the server refused a page.
constexpr milliseconds kScanRetry{1000};
/// The longest single sleep of the expiry timer; a later deadline is looked at again then.
constexpr milliseconds kLongestSleep = std::chrono::hours(1);

/// For a feed that does not tell of flushes and SWAPDB.
constexpr Patrol::Pace kUntoldPace{.rows = milliseconds(1000), .sweeps = milliseconds(5000)};
constexpr Patrol::Pace kPollPace{
    .rows = milliseconds(500), .sweeps = milliseconds(1000), .share = 10};

/// Between two looks whether the server still speaks.
constexpr milliseconds kWatchPace{250};

/// For a feed that tells everything, or should.
constexpr Patrol::Pace kAuditPace{
    .rows = milliseconds(1000), .sweeps = milliseconds(1000), .isAudit = true};

/// How often sessions on screen are looked up anew where nobody tells of them.
constexpr auto kSessionsPace = std::chrono::seconds(5);

} // namespace

LockMonitor::LockMonitor(redis::Client &client, redis::ChangeFeed &changes, LockFamily family,
                         const Clock &clock, QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_changes(changes)
    , m_clock(clock)
    , m_registry(std::move(family), client.serverTime())
    , m_scanner(client, clock)
    , m_patrol(client, m_registry, clock)
{
    m_expiryTimer.setSingleShot(true);
    m_expiryTimer.setTimerType(Qt::PreciseTimer);
    m_readTimer.setSingleShot(true);
    m_rescanTimer.setSingleShot(true);
    m_rescanTimer.setInterval(kScanRetry);
    m_watchTimer.setInterval(kWatchPace);
    connectParts();
}

void LockMonitor::connectParts()
{
    connect(&m_expiryTimer, &QTimer::timeout, this, [this] {
        m_registry.expireDue();
        readSoon();
        armExpiryTimer();
    });
    connect(&m_rescanTimer, &QTimer::timeout, this, [this] {
        if (m_changes.isEstablished() && m_scanError)
            beginScan(Scanner::Pace::Gentle);
    });
    connect(&m_readTimer, &QTimer::timeout, this, [this] { readDirty(); });
    connect(&m_watchTimer, &QTimer::timeout, this, &LockMonitor::watchOver);
    connect(&m_changes, &ChangeFeed::established, this, &LockMonitor::feedEstablished);
    connect(&m_changes, &ChangeFeed::lost, this, &LockMonitor::feedLost);
    connect(&m_changes, &ChangeFeed::keysChanged, this, &LockMonitor::keysChanged);
    connect(&m_changes, &ChangeFeed::everythingChanged, this, [this] {
        // It names no database: what is known is looked at first, and may well be there still.
        m_registry.noteFlush();
        beginScan(Scanner::Pace::Gentle);
        m_registry.recheckAll();
        readSoon();
        emit everythingChanged();
    });
    connect(&m_client, &redis::Client::stateChanged, this, &LockMonitor::clientChanged);
    connect(&m_client, &redis::Client::serverInfoChanged, this, &LockMonitor::serverChanged);
    connect(&m_client, &redis::Client::serverTimeStepped, this, [this] {
        if (m_isStarted && m_changes.isEstablished())
            beginScan(Scanner::Pace::Full);
    });
    connect(&m_scanner, &Scanner::found, this, [this](const QList<QByteArray> &keys) {
        for (const QByteArray &key : keys)
            m_registry.found(key);
        readSoon();
    });
    connect(&m_scanner, &Scanner::progressed, this, &LockMonitor::tellProgress);
    connect(&m_scanner, &Scanner::failed, this, &LockMonitor::scanFailed);
    connect(&m_scanner, &Scanner::finished, this, [this] {
        m_registry.endScan();
        patrol();
        readSoon();
        publish();
    });
    connect(&m_patrol, &Patrol::foundDirty, this, &LockMonitor::readSoon);
    connect(&m_patrol, &Patrol::corrected, this, &LockMonitor::publish);
    connect(&m_patrol, &Patrol::differed, this, &LockMonitor::noteDifferences);
    connect(&m_patrol, &Patrol::sweptOnce, this, [this] {
        updateFeed();
        if (m_changes.kind() == ChangeFeed::Kind::Push)
            emit audited();
        // Nobody tells of cached sessions either; looking them up costs the database, too.
        const SteadyTime now = m_clock.steady();
        if (m_changes.kind() != ChangeFeed::Kind::Poll || now - m_sessionsTold < kSessionsPace)
            return;
        m_sessionsTold = now;
        emit everythingChanged();
    });
}

void LockMonitor::clientChanged(Link::State state)
{
    if (state == Link::State::Ready) {
        serverChanged();
        // A scan that the lost connection cut short starts over; reads just go on.
        if (m_changes.isEstablished() && m_scanError)
            beginScan(Scanner::Pace::Gentle);
    }
    readSoon();
    updateFeed();
}

void LockMonitor::start()
{
    if (m_isStarted)
        return;
    m_isStarted = true;
    serverChanged();
    m_watchTimer.start();
    m_changes.open();
    updateFeed();
}

void LockMonitor::stop()
{
    m_isStarted = false;
    m_changes.disconnect(this);
    m_client.disconnect(this);
    m_scanner.stop();
    m_patrol.stop();
    m_expiryTimer.stop();
    m_readTimer.stop();
    m_rescanTimer.stop();
    m_watchTimer.stop();
}

void LockMonitor::expectEnd(const LockKey &key, const Token &token, HoldEnd end)
{
    m_registry.expectEnd(key, token, end);
}

void LockMonitor::withdrawExpectation(const LockKey &key, const Token &token)
{
    m_registry.withdrawExpectation(key, token);
}

void LockMonitor::noteDemand(const QList<LockDemand> &demands)
{
    for (const LockDemand &demand : demands)
        m_registry.noteDemand(demand);
    publish();
}

void LockMonitor::rescan()
{
    if (m_isStarted && m_changes.isEstablished())
        beginScan(Scanner::Pace::Full);
}

void LockMonitor::beginScan(Scanner::Pace pace)
{
    m_scanError.reset();
    m_readError.reset();
    m_isPartial = false;
    m_progress = {};
    m_patrol.stop();
    m_registry.beginScan();
    ++m_scansStarted;
    m_scanner.start(m_registry.family().lockPrefix, pace);
    publish();
}

void LockMonitor::patrol()
{
    switch (m_changes.kind()) {
    case ChangeFeed::Kind::Push:
        m_patrol.start(kAuditPace);
        return;
    case ChangeFeed::Kind::Notify:
        m_patrol.start(kUntoldPace);
        return;
    case ChangeFeed::Kind::Poll:
        m_patrol.start(kPollPace);
        return;
    }
}

void LockMonitor::scanFailed(const Error &error)
{
    m_scanError = error;
    // Without the right to scan nothing changes by asking again; other trouble passes.
    if (m_client.isReady() && error.code != ErrorCode::NotPermitted)
        m_rescanTimer.start();
    qCWarning(lcMonitor).noquote() << "the scan stopped -" << describe(error);
    updateFeed();
}

void LockMonitor::keysChanged(const QList<QByteArray> &keys)
{
    const LockFamily &family = m_registry.family();
    QList<SessionId> sessions;
    for (const QByteArray &key : keys) {
        if (family.sessionOfLock(key)) {
            m_registry.changed(key);
            m_patrol.noteNews(LockKey(key));
            emit m_news.keyChanged(LockKey(key));
        } else if (const auto session = family.sessionOfCache(key)) {
            sessions.append(*session);
        }
    }
    readSoon();
    if (!sessions.isEmpty())
        emit cachedSessionsChanged(sessions);
}

void LockMonitor::readSoon()
{
    // From the event loop, so that all pushes of this turn share one pipeline.
    const bool isResting = m_readError && m_readTimer.isActive();
    if (!m_isReading && !isResting && m_isStarted && m_registry.hasDirty() && m_client.isReady())
        m_readTimer.start(milliseconds(0));
}

QCoro::Task<> LockMonitor::readDirty()
{
    const QPointer<LockMonitor> self(this);
    if (m_isReading)
        co_return;
    m_isReading = true;
    while (self && m_isStarted && m_registry.hasDirty() && m_client.isReady()) {
        const QList<LockKey> keys = m_registry.takeDirty(kReadBatch);
        if (keys.isEmpty())
            break; // all that is dirty is being read
        const auto batch = co_await readLocks(m_client, m_clock, keys);
        if (!self || !m_isStarted)
            break;
        if (!take(batch, keys))
            break;
    }
    if (self)
        m_isReading = false;
}

bool LockMonitor::take(const Result<ReadBatch> &batch, const QList<LockKey> &keys)
{
    if (!batch) {
        for (const LockKey &key : keys)
            m_registry.readFailed(key);
        // The client's next connection goes on with them; a server in trouble is asked again.
        if (m_client.isReady()) {
            m_readError = batch.error();
            m_readTimer.start(kReadRetry);
            updateFeed();
        }
        return false;
    }
    m_readError.reset();
    for (const auto &entry : batch->entries) {
        if (entry.observation)
            m_registry.observed(entry.key, *entry.observation);
        else
            m_registry.readFailed(entry.key);
    }
    publish();
    return true;
}

void LockMonitor::publish()
{
    armExpiryTimer();
    const RegistryDelta delta = m_registry.takeDelta();
    const QPointer<LockMonitor> self(this);
    if (!delta.isEmpty())
        emit changed(delta);
    if (self)
        updateFeed();
}

void LockMonitor::armExpiryTimer()
{
    const auto check = m_registry.nextExpiryCheck();
    if (!check || !m_isStarted) {
        m_expiryTimer.stop();
        return;
    }
    const auto left = std::chrono::ceil<milliseconds>(*check - m_clock.steady());
    m_expiryTimer.start(std::clamp(left, milliseconds(0), kLongestSleep));
}

} // namespace lockkeeper::locks
