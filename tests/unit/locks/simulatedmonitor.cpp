// SPDX-License-Identifier: GPL-3.0-or-later
#include "simulatedmonitor.h"

#include <algorithm>

namespace lockkeeper::test {

using namespace std::chrono_literals;
using locks::LockObservation;

namespace {

/// Replies and pushes are on their way for at most this long.
constexpr int kLongestDelayUs = 20'000;
constexpr std::size_t kMostBatches = 3;

/// What a reader makes of the two replies; nullopt when they contradict each other.
std::optional<LockObservation> combine(const std::optional<SimulatedServer::Entry> &value,
                                       std::int64_t ttl)
{
    LockObservation observation;
    if (ttl == -2)
        return observation;
    if (!value)
        return std::nullopt;
    observation.kind = value->isHash ? LockObservation::Kind::Foreign : LockObservation::Kind::Held;
    if (value->isHash)
        observation.foreignReason = QStringLiteral("a hash");
    observation.token = Token(value->token);
    if (ttl >= 0)
        observation.ttl = milliseconds(ttl);
    return observation;
}

} // namespace

SimulatedMonitor::SimulatedMonitor(const ManualClock &clock, Dice &dice, SimulatedServer &server,
                                   locks::LockRegistry &registry)
    : m_clock(clock)
    , m_dice(dice)
    , m_server(server)
    , m_registry(registry)
{}

void SimulatedMonitor::turn(bool mayDawdle)
{
    if (!mayDawdle || m_dice.chance(0.5))
        sendReads();
    scan(mayDawdle);
    executeReads(mayDawdle);
    collectPushes();
    // Three connections, or two: their order among each other is nobody's promise.
    if (m_dice.chance(0.5)) {
        deliverPushes();
        deliverReads();
        deliverPage();
    } else {
        deliverPage();
        deliverReads();
        deliverPushes();
    }
    fireTimer(mayDawdle);
}

bool SimulatedMonitor::isIdle() const
{
    return m_isEstablished && m_deliveries.empty() && !m_bucket && !m_page && m_batches.empty() &&
           !m_registry.hasDirty() && !m_registry.hasReadsUnderWay();
}

SteadyTime SimulatedMonitor::someTimeSoon()
{
    return m_clock.steady() + std::chrono::microseconds(m_dice.pick(kLongestDelayUs));
}

// The feed ------------------------------------------------------------------------------------

void SimulatedMonitor::connectFeed()
{
    if (m_isFeedUp)
        return;
    m_isFeedUp = true;
    m_server.startTracking();
}

void SimulatedMonitor::loseFeed()
{
    if (!m_isFeedUp)
        return;
    m_isFeedUp = false;
    m_isEstablished = false;
    m_server.stopTracking();
    m_deliveries.clear();
    stopScan();
    m_registry.distrust();
}

void SimulatedMonitor::collectPushes()
{
    m_server.endTurn();
    for (const auto &push : m_server.takePushes()) {
        SteadyTime at = someTimeSoon();
        if (!m_deliveries.empty())
            at = std::max(at, m_deliveries.back().at); // one stream, in order
        m_deliveries.push_back({at, push});
    }
}

void SimulatedMonitor::deliverPushes()
{
    while (!m_deliveries.empty() && m_deliveries.front().at <= m_clock.steady()) {
        const auto push = m_deliveries.front().push;
        m_deliveries.pop_front();
        deliver(push);
    }
}

void SimulatedMonitor::deliver(const SimulatedServer::Push &push)
{
    switch (push.kind) {
    case SimulatedServer::Push::Kind::Established:
        m_isEstablished = true;
        startScan();
        break;
    case SimulatedServer::Push::Kind::Keys:
        for (const QByteArray &key : push.keys)
            m_registry.changed(key);
        break;
    case SimulatedServer::Push::Kind::Everything:
        m_registry.noteFlush();
        startScan();
        break;
    }
}

// The scan ------------------------------------------------------------------------------------

void SimulatedMonitor::rescan()
{
    if (m_isEstablished)
        startScan();
}

void SimulatedMonitor::startScan()
{
    m_registry.beginScan();
    m_bucket = 0;
    m_page.reset();
}

void SimulatedMonitor::stopScan()
{
    m_bucket.reset();
    m_page.reset();
}

void SimulatedMonitor::scan(bool mayDawdle)
{
    if (!m_bucket || m_page || (mayDawdle && m_dice.chance(0.4)))
        return;
    Page page{someTimeSoon(), m_server.scanBucket(*m_bucket), false};
    if (!m_dice.chance(0.1)) // else the table was resized, and the bucket comes again
        ++*m_bucket;
    if (*m_bucket == SimulatedServer::kBuckets) {
        m_bucket.reset();
        page.isLast = true;
    }
    m_page = page;
}

void SimulatedMonitor::deliverPage()
{
    if (!m_page || m_page->at > m_clock.steady())
        return;
    const Page page = *m_page;
    m_page.reset();
    for (const QByteArray &key : page.keys)
        m_registry.found(key);
    if (page.isLast)
        m_registry.endScan();
}

// The reads -----------------------------------------------------------------------------------

void SimulatedMonitor::loseClient()
{
    for (const Batch &batch : std::exchange(m_batches, {})) {
        for (const LockKey &key : batch.keys)
            m_registry.readFailed(key);
    }
    if (m_bucket || m_page)
        startScan();
}

void SimulatedMonitor::sendReads()
{
    if (m_batches.size() >= kMostBatches || !m_registry.hasDirty())
        return;
    Batch batch;
    batch.keys = m_registry.takeDirty(1 + m_dice.pick(4));
    batch.sentAt = m_clock.steady();
    m_readCount += int(batch.keys.size());
    if (!batch.keys.isEmpty())
        m_batches.push_back(batch);
}

void SimulatedMonitor::executeReads(bool mayDawdle)
{
    for (Batch &batch : m_batches) {
        while (!batch.arrivesAt) {
            if (mayDawdle && m_dice.chance(0.3))
                return; // the commands behind it wait as well
            const QByteArray key = batch.keys.at(batch.executed / 2).bytes();
            if (batch.executed % 2 == 0) {
                const auto *entry = m_server.get(key);
                batch.values << (entry ? std::optional(*entry) : std::nullopt);
            } else {
                batch.ttls << m_server.pttl(key);
            }
            if (++batch.executed == 2 * batch.keys.size())
                batch.arrivesAt = someTimeSoon();
        }
    }
}

void SimulatedMonitor::deliverReads()
{
    while (!m_batches.empty() && m_batches.front().arrivesAt &&
           *m_batches.front().arrivesAt <= m_clock.steady()) {
        const Batch batch = m_batches.front();
        m_batches.pop_front();
        deliver(batch);
    }
}

void SimulatedMonitor::deliver(const Batch &batch)
{
    for (qsizetype i = 0; i < batch.keys.size(); ++i) {
        const LockKey &key = batch.keys.at(i);
        auto observation = combine(batch.values.at(i), batch.ttls.at(i));
        if (!observation) {
            m_registry.readFailed(key);
            continue;
        }
        observation->sentAt = batch.sentAt;
        observation->receivedAt = m_clock.steady();
        const SteadyTime::duration doubt = (m_clock.steady() - batch.sentAt) * 3 / 2 + 5ms;
        m_doubts.insert(key, doubt);
        m_worstDoubts.insert(key, std::max(m_worstDoubts.value(key), doubt));
        m_registry.observed(key, *observation);
    }
}

void SimulatedMonitor::fireTimer(bool mayDawdle)
{
    const auto check = m_registry.nextExpiryCheck();
    if (check && *check <= m_clock.steady() && !(mayDawdle && m_dice.chance(0.3)))
        m_registry.expireDue();
}

} // namespace lockkeeper::test
