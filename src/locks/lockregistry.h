// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/packedhash.h"
#include "locks/deltabuilder.h"
#include "locks/duetimes.h"
#include "locks/expectedends.h"
#include "locks/holdestimate.h"
#include "locks/holdhistory.h"
#include "locks/lockfamily.h"
#include "locks/lockrecord.h"
#include "locks/readqueue.h"
#include "locks/recentactivity.h"
#include "locks/refusedreads.h"

#include <QSet>

#include <optional>

namespace lockkeeper::locks {

/// The state of all locks of one family: observations in, records and events out.
///
/// It has no I/O and no timers, so a test can replay any interleaving. The caller reads the keys
/// that takeDirty() names, hands each reply to observed(), and calls expireDue() at
/// nextExpiryCheck(). The algorithm, and why it is exact, is in docs/architecture.md.
class LockRegistry
{
public:
    LockRegistry(LockFamily family, const Clock &clock);

    // What the feed and the scanner say ------------------------------------------------------

    /// A scan begins, with the feed on: every row is unverified until it is read again.
    void beginScan();
    /// The feed lost track: rows are shown as unverified, nothing is believed of them.
    void distrust();
    /// FLUSHDB, FLUSHALL, a full resync or another process of the server: rows that are gone now,
    /// though their lease has not ended, went with the keyspace. A scan has to follow.
    void noteFlush();
    /// The scanner found the key, or the feed named it. Keys of other families are ignored.
    void found(const QByteArray &key);
    void changed(const QByteArray &key);
    /// The scan is over: rows that were neither found nor named since it began are read once more.
    void endScan();

    // Reading ---------------------------------------------------------------------------------

    /// Up to `limit` keys to read now. A key that becomes dirty while its read is under way is
    /// handed out again after observed().
    [[nodiscard]] QList<LockKey> takeDirty(int limit) { return m_reads.take(limit); }
    [[nodiscard]] bool hasDirty() const { return !m_reads.isEmpty(); }
    [[nodiscard]] bool hasReadsUnderWay() const { return m_reads.hasUnderWay(); }
    /// The reply to a read that takeDirty() asked for; others are ignored. One that took so long
    /// that it tells the deadline badly proves nothing: the key is read once more.
    void observed(const LockKey &key, const LockObservation &observation);
    /// The read came to nothing (connection lost, key changed halfway): it is due again.
    void readFailed(const LockKey &key) { m_reads.fail(key); }

    /// Something about the row has changed that no feed told: it becomes dirty.
    void recheck(const LockKey &key) { m_reads.addDue(key); }
    /// All rows at once.
    void recheckAll();
    /// Whether a read of the key is due or under way.
    [[nodiscard]] bool isToBeRead(const LockKey &key) const { return m_reads.contains(key); }
    /// What the TTL alone says of the row's deadline: taken over where it is off by more than both
    /// may be and `jitter`, as clocks drift apart. Nothing has happened then.
    void correctDeadline(const LockKey &key, const LockObservation &ttl, milliseconds jitter);
    /// How far the row's deadline may be off.
    [[nodiscard]] SteadyTime::duration deadlineDoubt(const LockKey &key) const
    {
        return m_upkeep.value(key).halfWidth;
    }

    // Time ------------------------------------------------------------------------------------

    /// When expireDue() is to be called next: shortly after the earliest lease ends, when the
    /// server cannot hold it alive any more. Timers that count in milliseconds round up.
    [[nodiscard]] std::optional<SteadyTime> nextExpiryCheck() const { return m_checks.next(); }
    /// Rows whose lease has ended become dirty: servers announce expiry late or never.
    void expireDue();

    /// We are about to end or replace this hold ourselves: its end is named after our act. Holds
    /// for a minute.
    void expectEnd(const LockKey &key, const Token &token, HoldEnd end)
    {
        m_expected.expect(key, token, end, m_clock.steady());
    }
    /// The act of expectEnd() did not take place: the hold's end is not ours after all.
    void withdrawExpectation(const LockKey &key, const Token &token)
    {
        m_expected.withdraw(key, token);
    }

    /// We have released or deleted what the key guards: a hold that begins within a minute has
    /// come back.
    void noteOwnAct(const LockKey &key) { m_expected.noteOwnAct(key, m_clock.steady()); }
    /// Others ask for the lock, or do not; ignored when another hold is there by now.
    void noteDemand(const LockDemand &demand);
    /// When the read was sent that last touched the key; nullopt: none did.
    [[nodiscard]] std::optional<SteadyTime> lastReadOf(const LockKey &key) const;

    // Out -------------------------------------------------------------------------------------

    [[nodiscard]] const PackedHash<LockKey, LockRecord> &records() const { return m_records; }
    [[nodiscard]] const LockRecord *find(const LockKey &key) const { return m_records.find(key); }
    /// Whether a scan was completed since the feed was last trusted and all it named was read.
    [[nodiscard]] bool isSynced() const { return m_syncedAt.has_value(); }
    /// The right that is missing to read some of the locks: of those nothing is known, and the list
    /// cannot be relied on. nullopt: none, as far as the newest reads tell.
    [[nodiscard]] std::optional<Error> refusal() const
    {
        return m_refused.error(m_family.lockPrefix);
    }
    /// Whether the newest read of the key was refused.
    [[nodiscard]] bool isRefused(const LockKey &key) const { return m_refused.contains(key); }
    /// Rows that are locks, not foreign keys.
    [[nodiscard]] qsizetype holdCount() const;
    /// What changed since the last call.
    [[nodiscard]] RegistryDelta takeDelta() { return m_delta.take(m_records); }
    [[nodiscard]] const HoldHistory &history() const { return m_history; }
    [[nodiscard]] const LockFamily &family() const { return m_family; }
    [[nodiscard]] const Clock &clock() const { return m_clock; }

private:
    /// What a scan has proved so far.
    enum class Trust { None, Scanning, Scanned };

    /// What we must remember of a row besides its record.
    struct Upkeep
    {
        SteadyTime::duration halfWidth{}; ///< how far the deadline may be off
        SteadyTime seenAt;                ///< the last read that showed this hold was sent then
        PackedOptional<SteadyTime> told;  ///< the deadline as the newest event tells it
        SteadyTime::duration toldDoubt{}; ///< how far that may be off
    };

    void observeRefused(const LockKey &key, const LockObservation &observation, bool isCurrent);
    /// Whether the read before was refused.
    bool settleRefusal(const LockKey &key, const LockObservation &observation);
    void observeMissing(const LockKey &key, const LockObservation &observation,
                        const PushMarks &pushes);
    void observeHeld(const LockKey &key, const LockObservation &observation,
                     const PushMarks &pushes);
    void observeForeign(const LockKey &key, const LockObservation &observation,
                        const PushMarks &pushes);
    [[nodiscard]] LockRecord newRecord(const LockKey &key,
                                       const LockObservation &observation) const;
    void begin(const LockKey &key, const LockObservation &observation, HoldStart start);
    void renewOrKeep(const LockKey &key, const LockObservation &observation,
                     const PushMarks &pushes);
    void noteTold(const LockRecord &record);
    void changeHands(const LockKey &key, const LockObservation &observation,
                     const PushMarks &pushes);
    void endGone(const LockRecord &record, const LockObservation &observation,
                 const PushMarks &pushes);
    void addToHistory(const LockRecord &record, HoldEnd end, SteadyTime endedAt);

    [[nodiscard]] HoldStart startOf(const LockKey &key, const LockObservation &observation,
                                    const PushMarks &pushes) const;
    /// When a hold ended whose end we saw at `seenAt`.
    [[nodiscard]] SteadyTime endOf(const LockRecord &record, HoldEnd end, SteadyTime seenAt) const;
    [[nodiscard]] HoldEnd endOfGone(const LockRecord &record, const LockObservation &observation,
                                    const PushMarks &pushes);
    /// How far off the deadline of the row may be when its hold ends.
    [[nodiscard]] SteadyTime::duration doubtOfEnd(const LockRecord &record) const;
    [[nodiscard]] bool provesDeadline(const LockKey &key, const LockObservation &observation);
    void setDeadline(LockRecord &record, const LockObservation &observation);
    void settle(const LockKey &key, bool isCurrent, bool isProved);
    void distrustRows();
    void checkSynced();
    void forgetOld();
    void store(const LockRecord &record);
    void remove(const LockKey &key);

    LockFamily m_family;
    const Clock &m_clock;
    PackedHash<LockKey, LockRecord> m_records;
    PackedHash<LockKey, Upkeep> m_upkeep;
    DueTimes m_checks; ///< rows to read once their lease has ended
    ReadQueue m_reads;
    RefusedReads m_refused;
    RecentActivity m_recent;
    ExpectedEnds m_expected;
    Trust m_trust = Trust::None;
    QSet<LockKey> m_unverified;
    QSet<LockKey> m_awaited; ///< keys still to be read before we are synced
    std::optional<SteadyTime> m_syncedAt;
    bool m_wasEverSynced = false;
    QSet<LockKey> m_vague;   ///< whose newest read took too long to prove a deadline
    QSet<LockKey> m_flushed; ///< rows whose lease went on when the keyspace was flushed
    SteadyTime m_flushedAt;
    HoldHistory m_history;
    DeltaBuilder m_delta;
};

} // namespace lockkeeper::locks
