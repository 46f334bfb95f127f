// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/holdhistory.h"
#include "locks/lockfamily.h"
#include "locks/lockrecord.h"

#include <QHash>
#include <QSet>

#include <map>
#include <optional>

namespace lockkeeper::locks {

/// The state of all locks of one family: observations in, records and events out.
///
/// It has no I/O and no timers, so a test can replay any interleaving. The caller reads the keys
/// that takeDirty() names, hands each reply to observed(), and calls expireDue() at
/// nextDeadline(). The algorithm, and why it is exact, is in docs/architecture.md.
class LockRegistry
{
public:
    LockRegistry(LockFamily family, const Clock &clock);

    // What the feed and the scanner say ------------------------------------------------------

    /// A scan begins: every row is unverified until it is read again.
    void beginScan();
    /// The feed lost track: rows are shown as unverified, nothing is believed of them.
    void distrust();
    /// FLUSHDB, FLUSHALL or a full resync: rows that are gone now went with the keyspace.
    void noteFlush();
    /// The scanner found the key, or the feed named it. Keys of other families are ignored.
    void found(const QByteArray &key);
    void changed(const QByteArray &key);
    /// The scan is over: rows that it did not find are read once more.
    void endScan();

    // Reading ---------------------------------------------------------------------------------

    /// Up to `limit` keys to read now. A key that becomes dirty while its read is under way is
    /// handed out again after observed().
    [[nodiscard]] QList<LockKey> takeDirty(int limit);
    [[nodiscard]] bool hasDirty() const { return !m_dirty.isEmpty(); }
    [[nodiscard]] bool hasReadsUnderWay() const { return !m_inFlight.isEmpty(); }
    /// The reply to a read.
    void observed(const LockKey &key, const LockObservation &observation);
    /// The read came to nothing (connection lost): it is due again.
    void readFailed(const LockKey &key);

    // Time ------------------------------------------------------------------------------------

    /// When the earliest lease ends.
    [[nodiscard]] std::optional<SteadyTime> nextDeadline() const;
    /// Rows whose lease has ended become dirty: servers announce expiry late or never.
    void expireDue();

    /// We are about to end or replace this hold ourselves: its end is named after our act.
    void expectEnd(const LockKey &key, const Token &token, HoldEnd end);
    /// The act of expectEnd() did not take place: the hold's end is not ours after all.
    void withdrawExpectation(const LockKey &key, const Token &token);

    // Out -------------------------------------------------------------------------------------

    [[nodiscard]] const QHash<LockKey, LockRecord> &records() const { return m_records; }
    [[nodiscard]] const LockRecord *find(const LockKey &key) const;
    /// Whether a scan was completed since the feed was last trusted and all it named was read.
    [[nodiscard]] bool isSynced() const { return m_isSynced; }
    /// What changed since the last call.
    [[nodiscard]] RegistryDelta takeDelta();
    [[nodiscard]] const HoldHistory &history() const { return m_history; }
    [[nodiscard]] const LockFamily &family() const { return m_family; }
    [[nodiscard]] const Clock &clock() const { return m_clock; }

private:
    struct Expectation
    {
        Token token;
        HoldEnd end;
    };

    void markDirty(const LockKey &key);
    void begin(const LockKey &key, const LockObservation &observation, bool isTakenFromOther);
    void update(LockRecord &record, const LockObservation &observation);
    void end(const LockRecord &record, HoldEnd end, const Token *successor);
    [[nodiscard]] HoldEnd endOf(const LockRecord &record, const LockObservation &observation,
                                bool isReplaced);
    void setDeadline(LockRecord &record, std::optional<SteadyTime> deadline);
    void countAcquisition(LockRecord &record);
    void emitEvent(LockEvent event);
    void checkSynced();

    LockFamily m_family;
    const Clock &m_clock;
    QHash<LockKey, LockRecord> m_records;
    std::multimap<SteadyTime, LockKey> m_deadlines;
    QHash<LockKey, SteadyTime> m_dirty;    ///< since when
    QHash<LockKey, SteadyTime> m_inFlight; ///< dirty since, as of the read under way
    QHash<LockKey, Expectation> m_expected;
    QHash<LockKey, QList<SteadyTime>> m_recentAcquisitions;
    QSet<LockKey> m_unverified;
    bool m_isScanning = false;
    bool m_hasScanned = false;
    bool m_isSynced = false;
    bool m_isFlushed = false;
    HoldHistory m_history;
    QSet<LockKey> m_upserted;
    QSet<LockKey> m_removed;
    QList<LockEvent> m_events;
};

} // namespace lockkeeper::locks
