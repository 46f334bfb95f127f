// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockregistry.h"

#include "core/text.h"

#include <algorithm>

namespace lockkeeper::locks {

using namespace std::chrono_literals;

namespace {

/// A read this much after the deadline finds the key gone: servers count in whole milliseconds.
constexpr auto kExpiryGrace = 2ms;

} // namespace

LockRegistry::LockRegistry(LockFamily family, const Clock &clock)
    : m_family(std::move(family))
    , m_clock(clock)
{}

// What the feed and the scanner say ----------------------------------------------------------

void LockRegistry::beginScan()
{
    distrustRows();
    m_trust = Trust::Scanning;
}

void LockRegistry::distrust()
{
    distrustRows();
    m_trust = Trust::None;
}

void LockRegistry::distrustRows()
{
    m_syncedAt.reset();
    m_awaited.clear();
    m_reads.restart();
    for (const LockKey &key : m_refused.takeAll()) {
        if (!m_records.contains(key))
            m_checks.remove(key); // the scan finds it, if it is still there
    }
    m_records.forEach([this](const LockKey &key, LockRecord &record) {
        if (record.isVerified) {
            record.isVerified = false;
            m_unverified.insert(key);
            m_delta.changed(key);
        }
    });
}

void LockRegistry::found(const QByteArray &key)
{
    const LockKey lockKey(key);
    if (!m_family.sessionOfLock(key) || m_refused.contains(lockKey))
        return;
    // A row that was read since the scan began is kept up to date by the feed.
    if (!m_records.contains(lockKey) || m_unverified.contains(lockKey))
        m_reads.addFound(lockKey);
}

void LockRegistry::changed(const QByteArray &key)
{
    if (m_family.sessionOfLock(key))
        m_reads.addPushed(LockKey(key), m_clock.steady());
}

void LockRegistry::endScan()
{
    if (m_trust != Trust::Scanning)
        return;
    m_trust = Trust::Scanned;
    for (const LockKey &key : std::as_const(m_unverified))
        m_reads.addFound(key);
    const QList<LockKey> awaited = m_reads.keys();
    m_awaited = QSet<LockKey>(awaited.begin(), awaited.end());
    checkSynced();
}

void LockRegistry::checkSynced()
{
    if (m_trust != Trust::Scanned || m_syncedAt || !m_awaited.isEmpty() || !m_refused.isEmpty())
        return;
    m_syncedAt = m_clock.steady();
    m_wasEverSynced = true;
    m_awaited = {}; // and the room that it took
    LockEvent event;
    event.kind = LockEvent::Kind::Synced;
    event.at = m_clock.wall();
    m_delta.happened(event);
}

// Reading -------------------------------------------------------------------------------------

void LockRegistry::observed(const LockKey &key, const LockObservation &observation)
{
    auto read = m_reads.finish(key);
    if (!read)
        return;
    forgetOld();
    if (observation.isRefused) {
        observeRefused(key, observation, read->isCurrent);
        return;
    }
    if (settleRefusal(key, observation))
        read->pushes.first.reset(); // it need not have announced the hold: that was not seen
    switch (observation.kind) {
    case LockObservation::Kind::Missing:
        observeMissing(key, observation, read->pushes);
        break;
    case LockObservation::Kind::Held:
        observeHeld(key, observation, read->pushes);
        break;
    case LockObservation::Kind::Foreign:
        observeForeign(key, observation, read->pushes);
        break;
    }
    const bool isProof = provesDeadline(key, observation);
    settle(key, read->isCurrent && isProof, isProof);
}

void LockRegistry::observeRefused(const LockKey &key, const LockObservation &observation,
                                  bool isCurrent)
{
    // Whether a hold goes on is not known: its row stays, unproved. Of a key without one not even
    // that it is a lock.
    m_refused.note(key, observation);
    const SteadyTime retry = m_clock.steady() + m_refused.retryAfter();
    const LockRecord *row = find(key);
    const SteadyTime end = row ? row->deadline.value_or(retry) + kExpiryGrace : retry;
    m_checks.set(key, end > m_clock.steady() ? std::min(end, retry) : retry);
    settle(key, isCurrent, false);
}

bool LockRegistry::settleRefusal(const LockKey &key, const LockObservation &observation)
{
    if (!m_refused.contains(key))
        return false;
    m_checks.remove(key); // a row sets its own
    const bool isShown = observation.kind != LockObservation::Kind::Missing;
    for (const LockKey &other : m_refused.settle(key, isShown))
        m_reads.addDue(other);
    return true;
}

void LockRegistry::observeMissing(const LockKey &key, const LockObservation &observation,
                                  const PushMarks &pushes)
{
    const LockRecord *row = m_records.find(key);
    if (!row)
        return;
    if (!row->isForeign())
        endGone(*row, observation, pushes);
    remove(key);
}

void LockRegistry::observeHeld(const LockKey &key, const LockObservation &observation,
                               const PushMarks &pushes)
{
    const LockRecord *row = m_records.find(key);
    if (row && !row->isForeign()) {
        if (row->token == observation.token)
            renewOrKeep(key, observation, pushes);
        else
            changeHands(key, observation, pushes);
        return;
    }
    const bool isNews = m_wasEverSynced || row || m_recent.lastEnd(key);
    begin(key, observation, startOf(key, observation, pushes));
    const LockRecord &record = m_records[key];
    if (isNews)
        m_delta.happened(eventOf(LockEvent::Kind::Acquired, record, record.acquiredAt, m_clock));
    else
        m_delta.happened(eventOf(LockEvent::Kind::Snapshot, record, m_clock.steady(), m_clock));
}

void LockRegistry::observeForeign(const LockKey &key, const LockObservation &observation,
                                  const PushMarks &pushes)
{
    LockRecord record;
    const LockRecord *row = m_records.find(key);
    if (row && row->isForeign()) {
        record = *row;
    } else {
        if (row)
            endGone(*row, observation, pushes);
        record = newRecord(key, observation);
        m_upkeep.remove(key);
    }
    record.foreignReason = observation.foreignReason;
    setDeadline(record, observation);
    store(record);
}

LockRecord LockRegistry::newRecord(const LockKey &key, const LockObservation &observation) const
{
    LockRecord record;
    record.key = key;
    record.session = m_family.sessionOfLock(key.bytes()).value_or(SessionId());
    record.seenSince = observation.receivedAt;
    record.acquiredAt = observation.receivedAt;
    record.lease = m_family.lease;
    record.isVerified = false; // settle() decides
    return record;
}

void LockRegistry::begin(const LockKey &key, const LockObservation &observation, HoldStart start)
{
    m_upkeep.remove(key);
    if (start.at + RecentActivity::kSpan > observation.receivedAt)
        m_recent.noteAcquired(key, m_clock.steady());
    LockRecord record = newRecord(key, observation);
    record.token = observation.token;
    start.writeTo(record, m_family.lease);
    record.acquisitionsLastMinute = m_recent.acquisitions(key);
    record.backAfter = m_expected.sinceOwnAct(key, start.at);
    setDeadline(record, observation);
    noteTold(record);
    store(record);
}

void LockRegistry::changeHands(const LockKey &key, const LockObservation &observation,
                               const PushMarks &pushes)
{
    const LockRecord old = m_records.value(key);
    HoldStart start = startOf(key, observation, pushes);
    start.notBefore(m_upkeep.value(key).seenAt); // the old token was there then
    start.isWatched = start.isWatched || (m_syncedAt && old.isVerified);

    HoldEnd end = HoldEnd::Replaced;
    if (const auto expected = m_expected.settle(old, m_clock.steady()))
        end = *expected;
    else if (m_flushed.contains(key))
        end = HoldEnd::Flushed;
    else if (hasRunOut(old.deadline, doubtOfEnd(old), start))
        end = HoldEnd::Expired;

    const SteadyTime endedAt = endOf(old, end, start.at);
    start.notBefore(endedAt);

    LockEvent ended = eventOf(LockEvent::Kind::Ended, old, endedAt, m_clock);
    ended.end = end;
    addToHistory(old, end, endedAt);
    begin(key, observation, start);
    const bool isOneEvent = end == HoldEnd::Replaced || end == HoldEnd::TakenOver;
    if (isOneEvent) {
        ended.previousToken = old.token;
        ended.token = observation.token;
        ended.ttl = m_records[key].ttl(endedAt);
    }
    m_delta.happened(ended);
    if (!isOneEvent)
        m_delta.happened(eventOf(LockEvent::Kind::Acquired, m_records[key], start.at, m_clock));
}

void LockRegistry::endGone(const LockRecord &record, const LockObservation &observation,
                           const PushMarks &pushes)
{
    const HoldEnd end = endOfGone(record, observation, pushes);
    const SteadyTime endedAt = endOf(record, end, pushes.last.value_or(observation.receivedAt));
    LockEvent event = eventOf(LockEvent::Kind::Ended, record, endedAt, m_clock);
    event.end = end;
    m_delta.happened(event);
    addToHistory(record, end, endedAt);
}

SteadyTime LockRegistry::endOf(const LockRecord &record, HoldEnd end, SteadyTime seenAt) const
{
    SteadyTime endedAt = seenAt;
    if (end == HoldEnd::Expired)
        endedAt = *record.deadline;
    else if (end == HoldEnd::Flushed)
        endedAt = m_flushedAt;
    return std::clamp(endedAt, record.acquiredAt, std::max(record.acquiredAt, m_clock.steady()));
}

HoldEnd LockRegistry::endOfGone(const LockRecord &record, const LockObservation &observation,
                                const PushMarks &pushes)
{
    if (const auto expected = m_expected.settle(record, m_clock.steady()))
        return *expected;
    // A flush names no key: one that was named since then was there still, so it was another's.
    const bool isNamedSince = pushes.last && *pushes.last > m_flushedAt;
    if (m_flushed.contains(record.key) && !isNamedSince)
        return HoldEnd::Flushed;
    const bool isExpired = record.deadline && hasRunOut(*record.deadline, doubtOfEnd(record),
                                                        observation, pushes.last);
    return isExpired ? HoldEnd::Expired : HoldEnd::Released;
}

void LockRegistry::addToHistory(const LockRecord &record, HoldEnd end, SteadyTime endedAt)
{
    m_recent.noteEnded(record.key, endedAt, m_clock.steady());
    m_history.add({record.key, record.session, record.token, wallTimeOf(record.acquiredAt, m_clock),
                   record.isAcquiredAtKnown, wallTimeOf(endedAt, m_clock), end, record.renewals});
}

HoldStart LockRegistry::startOf(const LockKey &key, const LockObservation &observation,
                                const PushMarks &pushes) const
{
    // Once synced, a key without a row is known not to exist: its first push announces the hold.
    const bool isAnnounced = m_syncedAt && pushes.first && *pushes.first >= *m_syncedAt;
    HoldStart start = estimateStart(observation, isAnnounced ? pushes.first : std::nullopt,
                                    m_family.lease, m_clock);
    if (const auto lastEnd = m_recent.lastEnd(key))
        start.notBefore(*lastEnd);
    return start;
}

// Time ----------------------------------------------------------------------------------------

void LockRegistry::expireDue()
{
    forgetOld();
    // The read arms the check again, if the row outlives it.
    for (const LockKey &key : m_checks.take(m_clock.steady()))
        m_reads.addDue(key);
}

// Out -----------------------------------------------------------------------------------------

void LockRegistry::settle(const LockKey &key, bool isCurrent, bool isProved)
{
    LockRecord *row = m_records.find(key);
    if (row) {
        const bool isVerified = isCurrent && isProved && m_trust != Trust::None;
        if (row->isVerified != isVerified) {
            row->isVerified = isVerified;
            m_delta.changed(key);
        }
        if (!isVerified)
            m_unverified.insert(key);
        else if (m_unverified.remove(key) && m_unverified.isEmpty())
            m_unverified = {};
    }
    if (isCurrent) {
        m_flushed.remove(key);
        m_awaited.remove(key);
        checkSynced();
    }
}

qsizetype LockRegistry::holdCount() const
{
    qsizetype holds = 0;
    for (const LockRecord &record : m_records)
        holds += record.isForeign() ? 0 : 1;
    return holds;
}

void LockRegistry::forgetOld()
{
    for (const LockKey &key : m_recent.forgetOld(m_clock.steady())) {
        LockRecord *row = m_records.find(key);
        if (row && !row->isForeign()) {
            row->acquisitionsLastMinute = m_recent.acquisitions(key);
            m_delta.changed(key);
        }
    }
}

void LockRegistry::store(const LockRecord &record)
{
    LockRecord *row = m_records.find(record.key);
    if (!row) {
        m_records.insert(record.key, record);
        m_delta.added(record.key);
    } else if (*row != record) {
        *row = record;
        m_delta.changed(record.key);
    }
}

void LockRegistry::remove(const LockKey &key)
{
    m_checks.remove(key);
    m_upkeep.remove(key);
    m_unverified.remove(key);
    m_vague.remove(key);
    m_records.remove(key);
    m_delta.removed(key);
}

} // namespace lockkeeper::locks
