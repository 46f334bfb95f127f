// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay.h"

#include "core/text.h"

using namespace std::chrono_literals;

namespace lockkeeper::test {

using locks::HoldEnd;
using locks::LockEvent;
using locks::LockFamily;
using locks::LockObservation;
using locks::LockRecord;

namespace {

constexpr int kSteps = 120;
/// Replies and pushes are late by at most this much.
constexpr int kLongestDelayUs = 20'000;

} // namespace

Replay::Replay(std::uint64_t seed)
    : m_random(seed)
    , m_server(m_clock, m_random)
    , m_registry(LockFamily{}, m_clock)
{
    const int keys = 1 + pick(6);
    for (int i = 0; i < keys; ++i)
        m_keys << "chat:session_lock:s" + QByteArray::number(i);
}

QStringList Replay::run()
{
    for (int i = pick(8); i > 0; --i)
        actOnce();
    for (int step = 0; step < kSteps && m_complaints.isEmpty(); ++step) {
        if (!m_isFeedUp && chance(0.3)) {
            m_isFeedUp = true;
            m_server.startTracking();
        }
        if (chance(0.4))
            act();
        if (chance(0.03))
            loseSomething();
        if (chance(0.5))
            sendReads();
        scanStep(true);
        executeReads(true);
        collectPushes();
        deliverPushes();
        deliverReads();
        fireTimers(true);
        if (chance(0.5))
            takeDelta();
        advance(std::chrono::microseconds(chance(0.1) ? pick(200'000) : pick(4'000)));
    }
    comeToRest();
    compare();
    checkHistory();
    return m_complaints;
}

// Dice ----------------------------------------------------------------------------------------

int Replay::pick(int below)
{
    return std::uniform_int_distribution<int>(0, below - 1)(m_random);
}

bool Replay::chance(double probability)
{
    return std::bernoulli_distribution(probability)(m_random);
}

milliseconds Replay::someTtl()
{
    switch (pick(4)) {
    case 0:
        return milliseconds(1 + pick(30));
    case 1:
        return milliseconds(30 + pick(400));
    case 2:
        return 60s;
    default:
        return 300s;
    }
}

QByteArray Replay::someKey()
{
    return m_keys.at(pick(int(m_keys.size())));
}

QByteArray Replay::newToken()
{
    return "token-" + QByteArray::number(++m_tokens);
}

// The world -----------------------------------------------------------------------------------

void Replay::act()
{
    for (int i = 1 + pick(3); i > 0; --i) {
        actOnce();
        if (chance(0.6))
            m_server.endTurn();
    }
    m_server.endTurn();
}

void Replay::actOnce()
{
    const QByteArray key = someKey();
    const auto *entry = m_server.get(key);
    const QByteArray token = entry ? entry->token : QByteArray();
    switch (pick(16)) {
    case 0:
        m_server.setIfAbsent(key, newToken(), std::nullopt);
        break;
    case 1:
    case 2:
        m_server.remove(key, token);
        m_server.setIfAbsent(key, newToken(), someTtl());
        break;
    case 3:
    case 4:
    case 5:
        m_server.remove(key, token);
        break;
    case 6:
        m_server.expire(key, someTtl());
        break;
    case 7:
        m_server.persist(key);
        break;
    case 8:
        m_server.rename(key, chance(0.8) ? someKey() : QByteArray("chat:session:elsewhere"));
        break;
    case 9:
        if (chance(0.3))
            m_server.makeHash(key);
        break;
    case 10:
        if (chance(0.1))
            m_server.flush();
        break;
    case 11:
        m_server.expireSome();
        break;
    case 12:
        actOurselves(key);
        break;
    default:
        m_server.setIfAbsent(key, newToken(), someTtl());
        break;
    }
}

void Replay::actOurselves(const QByteArray &key)
{
    const LockRecord *row = m_registry.find(LockKey(key));
    if (!row || row->isForeign())
        return;
    const auto *entry = m_server.get(key);
    const bool isCurrent = entry && !entry->isHash && entry->token == row->token.bytes();
    const bool isTakeOver = chance(0.5);
    const Token seen = row->token;
    m_registry.expectEnd(LockKey(key), seen,
                         isTakeOver ? HoldEnd::TakenOver : HoldEnd::ForceReleased);
    if (!isCurrent)
        m_registry.withdrawExpectation(LockKey(key), seen);
    else if (isTakeOver)
        m_server.replace(key, newToken(), 60s);
    else
        m_server.remove(key, seen.bytes());
}

void Replay::loseSomething()
{
    switch (pick(4)) {
    case 0:
        loseFeed();
        break;
    case 1:
        loseClient();
        break;
    case 2:
        if (m_isEstablished)
            startScan(); // somebody asked for a new scan
        break;
    default:
        m_registry.changed("chat:session:other"); // forged, and none of ours
        m_registry.found("unrelated");
        break;
    }
}

void Replay::advance(std::chrono::microseconds by)
{
    m_clock.advance(by);
}

// The monitor ---------------------------------------------------------------------------------

void Replay::collectPushes()
{
    m_server.endTurn();
    for (const auto &push : m_server.takePushes()) {
        SteadyTime at = m_clock.steady() + std::chrono::microseconds(pick(kLongestDelayUs));
        if (!m_deliveries.empty())
            at = std::max(at, m_deliveries.back().at); // one stream, in order
        m_deliveries.push_back({at, push});
    }
}

void Replay::deliverPushes()
{
    while (!m_deliveries.empty() && m_deliveries.front().at <= m_clock.steady()) {
        const auto push = m_deliveries.front().push;
        m_deliveries.pop_front();
        deliver(push);
    }
}

void Replay::deliver(const SimulatedServer::Push &push)
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

void Replay::loseFeed()
{
    if (!m_isFeedUp)
        return;
    m_isFeedUp = false;
    m_isEstablished = false;
    m_server.stopTracking();
    m_deliveries.clear();
    m_scanBucket.reset();
    m_registry.distrust();
}

void Replay::loseClient()
{
    for (const Batch &batch : std::exchange(m_batches, {})) {
        for (const LockKey &key : batch.keys)
            m_registry.readFailed(key);
    }
    if (m_scanBucket)
        startScan();
}

void Replay::startScan()
{
    m_registry.beginScan();
    m_scanBucket = 0;
}

void Replay::scanStep(bool mayDawdle)
{
    if (!m_scanBucket || (mayDawdle && chance(0.6)))
        return;
    // A page is read and delivered in one step: later delivery of an older page is covered by
    // pages that find nothing while acts go on.
    for (const QByteArray &key : m_server.scanBucket(*m_scanBucket))
        m_registry.found(key);
    if (chance(0.1))
        return; // the table was resized: the bucket comes again
    if (++*m_scanBucket < SimulatedServer::kBuckets)
        return;
    m_scanBucket.reset();
    m_registry.endScan();
}

void Replay::sendReads()
{
    if (m_batches.size() >= 3 || !m_registry.hasDirty())
        return;
    Batch batch;
    batch.keys = m_registry.takeDirty(1 + pick(4));
    batch.sentAt = m_clock.steady();
    m_readCount += int(batch.keys.size());
    if (!batch.keys.isEmpty())
        m_batches.push_back(batch);
}

void Replay::executeReads(bool mayDawdle)
{
    for (Batch &batch : m_batches) {
        while (!batch.arrivesAt) {
            if (mayDawdle && chance(0.3))
                return; // the commands behind it wait as well
            const QByteArray key = batch.keys.at(batch.executed / 2).bytes();
            if (batch.executed % 2 == 0) {
                const auto *entry = m_server.get(key);
                batch.values << (entry ? std::optional(*entry) : std::nullopt);
            } else {
                batch.ttls << m_server.pttl(key);
            }
            if (++batch.executed == 2 * batch.keys.size())
                batch.arrivesAt =
                    m_clock.steady() + std::chrono::microseconds(pick(kLongestDelayUs));
        }
    }
}

void Replay::deliverReads()
{
    while (!m_batches.empty() && m_batches.front().arrivesAt &&
           *m_batches.front().arrivesAt <= m_clock.steady()) {
        const Batch batch = m_batches.front();
        m_batches.pop_front();
        deliver(batch);
    }
}

void Replay::deliver(const Batch &batch)
{
    for (qsizetype i = 0; i < batch.keys.size(); ++i) {
        LockObservation observation;
        observation.sentAt = batch.sentAt;
        observation.receivedAt = m_clock.steady();
        m_doubts.insert(batch.keys.at(i), (m_clock.steady() - batch.sentAt) * 3 / 2 + 5ms);
        const auto &value = batch.values.at(i);
        const std::int64_t ttl = batch.ttls.at(i);
        if (!value && ttl != -2) {
            m_registry.readFailed(batch.keys.at(i));
            continue;
        }
        if (value && ttl != -2) {
            if (value->isHash) {
                observation.kind = LockObservation::Kind::Foreign;
                observation.foreignReason = QStringLiteral("a hash");
            } else {
                observation.kind = LockObservation::Kind::Held;
                observation.token = Token(value->token);
            }
            if (ttl >= 0)
                observation.ttl = milliseconds(ttl);
        }
        m_registry.observed(batch.keys.at(i), observation);
    }
}

void Replay::fireTimers(bool mayDawdle)
{
    const auto check = m_registry.nextExpiryCheck();
    if (!check || *check > m_clock.steady() || (mayDawdle && chance(0.3)))
        return;
    m_registry.expireDue();
    const auto next = m_registry.nextExpiryCheck();
    if (next && *next <= m_clock.steady())
        complain(QStringLiteral("a check is due right after expireDue()"));
}

void Replay::takeDelta()
{
    const auto delta = m_registry.takeDelta();
    for (const LockKey &key : delta.removed) {
        if (!m_mirror.remove(key))
            complain(u"removed, but never known: " + printable(key.bytes()));
    }
    for (const LockRecord &record : delta.upserted)
        m_mirror.insert(record.key, record);
    if (m_mirror != m_registry.records())
        complain(QStringLiteral("the deltas do not add up to the records"));
    for (const LockEvent &event : delta.events)
        checkEvent(event);
}

// Verdicts ------------------------------------------------------------------------------------

bool Replay::isQuiet() const
{
    return m_isEstablished && m_deliveries.empty() && !m_scanBucket && m_batches.empty() &&
           !m_registry.hasDirty() && !m_registry.hasReadsUnderWay() && !isNearDeadline();
}

bool Replay::isNearDeadline() const
{
    for (const LockRecord &record : m_registry.records()) {
        if (record.deadline &&
            std::chrono::abs(*record.deadline - m_clock.steady()) < m_doubts.value(record.key))
            return true;
    }
    return false;
}

void Replay::comeToRest()
{
    if (!m_isFeedUp) {
        m_isFeedUp = true;
        m_server.startTracking();
    }
    const int readsBefore = m_readCount;
    for (int i = 0; i < 5'000; ++i) {
        sendReads();
        scanStep(false);
        executeReads(false);
        collectPushes();
        deliverPushes();
        deliverReads();
        fireTimers(false);
        if (isQuiet())
            break;
        advance(1ms);
    }
    takeDelta();
    if (!isQuiet())
        complain(QStringLiteral("it does not come to rest"));
    if (m_readCount - readsBefore > 60 * int(m_keys.size()))
        complain(u"%1 reads to come to rest"_qs.arg(m_readCount - readsBefore));
}

void Replay::compare()
{
    if (!m_registry.isSynced())
        complain(QStringLiteral("at rest, but not synced"));
    const auto live = m_server.liveKeys();
    qsizetype locks = 0;
    for (const QByteArray &key : live) {
        if (!LockFamily{}.sessionOfLock(key))
            continue;
        ++locks;
        compareRow(key);
    }
    if (m_registry.records().size() != locks)
        complain(u"%1 rows for %2 locks"_qs.arg(m_registry.records().size()).arg(locks));
}

void Replay::compareRow(const QByteArray &key)
{
    const auto *entry = m_server.get(key);
    const LockRecord *row = m_registry.find(LockKey(key));
    if (!row)
        return complain(u"no row for " + printable(key));
    if (row->isForeign() != entry->isHash || row->token.bytes() != entry->token)
        complain(u"wrong token: " + printable(row->token.bytes()) + u" for " +
                 printable(entry->token));
    if (!row->isVerified)
        complain(u"not verified: " + printable(key));
    if (row->deadline.has_value() != entry->expiresAt.has_value())
        complain(u"deadline or not: " + printable(key));
    else if (row->deadline && std::chrono::abs(*row->deadline - m_server.deadline(*entry)) >
                                  m_doubts.value(row->key))
        complain(u"deadline of " + printable(key) + u" is wrong");
    const Story story = m_stories.value(LockKey(key));
    if (story.isHeld != !row->isForeign() || (story.isHeld && story.token != row->token))
        complain(u"the events tell another story of " + printable(key));
}

void Replay::checkEvent(const LockEvent &event)
{
    ++m_eventCount;
    if (event.kind == LockEvent::Kind::Synced)
        return;
    Story &story = m_stories[event.key];
    const QString what = printable(event.key.bytes()) + u' ' + locks::name(event) + u' ' +
                         printable(event.token.bytes());
    switch (event.kind) {
    case LockEvent::Kind::Synced:
        break;
    case LockEvent::Kind::Snapshot:
    case LockEvent::Kind::Acquired:
        if (story.isHeld)
            complain(u"began while held: " + what);
        story = {true, event.token};
        break;
    case LockEvent::Kind::Renewed:
        if (!story.isHeld || story.token != event.token)
            complain(u"renewed, but not held: " + what);
        break;
    case LockEvent::Kind::Ended:
        ++m_endings;
        if (!story.isHeld || story.token != event.previousToken.value_or(event.token))
            complain(u"ended, but not held: " + what);
        story = {event.previousToken.has_value(), event.token};
        break;
    }
}

void Replay::checkHistory()
{
    const auto &holds = m_registry.history().holds();
    if (int(holds.size()) != m_endings)
        complain(u"%1 holds in the history, %2 endings"_qs.arg(holds.size()).arg(m_endings));
    QHash<LockKey, WallTime> lastEnd;
    for (const auto &hold : holds) {
        if (hold.endedAt < hold.acquiredAt)
            complain(u"ended before it began: " + printable(hold.token.bytes()));
        if (lastEnd.contains(hold.key) && hold.acquiredAt + 1us < lastEnd.value(hold.key))
            complain(u"two holds at once: " + printable(hold.token.bytes()));
        lastEnd.insert(hold.key, hold.endedAt);
    }
}

void Replay::complain(const QString &what)
{
    m_complaints << what;
}

} // namespace lockkeeper::test
