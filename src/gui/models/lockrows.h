// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/packedhash.h"
#include "gui/models/lockrow.h"
#include "locks/lockfamily.h"

#include <QHash>

#include <deque>
#include <vector>

namespace lockkeeper::gui {

/// The rows behind the lock list, each in a slot that it keeps while it lives. Every change marks
/// its slot as touched; the model takes the touched ones and brings its order up to date.
class LockRows final
{
public:
    static constexpr milliseconds kLinger{5000};
    static constexpr std::size_t kMostGone = 200; ///< that linger at one time

    explicit LockRows(const Clock &clock)
        : m_clock(clock)
        , m_shownTime(clock.steady())
    {}

    void begin(locks::LockFamily family, locks::NodeNames nodeNames,
               const app::Thresholds &thresholds = {});
    /// By which diagnoses are made.
    [[nodiscard]] const app::Thresholds &thresholds() const { return m_thresholds; }

    /// Nothing proves the rows any more, since `lastProof`: their clocks stand still there.
    void freeze(SteadyTime lastProof);
    /// The server is heard again; rows that it has not confirmed stay frozen until it does.
    void thaw() { m_isFrozen = false; }
    /// Since when nothing proves the rows; nullopt while something does.
    [[nodiscard]] std::optional<SteadyTime> frozenAt() const
    {
        return m_isFrozen ? std::optional(m_lastProof) : std::nullopt;
    }
    /// Lets the shown time go on. Between two steps whatever shows a time shows the same one.
    void step() { m_shownTime = m_clock.steady(); }
    /// The moment for which a row's clocks are to be shown.
    [[nodiscard]] SteadyTime timeOf(const LockRow &row) const;

    void upsert(const locks::LockRecord &record);
    /// The lock is no more; its row lingers, greyed.
    void markGone(const LockKey &key, locks::HoldEnd end);
    /// @return false: no row shows this session.
    bool setGlance(const SessionId &session, const app::SessionGlance &glance);
    /// Ends the rows that have lingered long enough.
    void retireGone();
    /// Looks again at those whose diagnosis changes by the passing of time.
    void diagnoseDue();

    /// The slots that were touched since the last call; ended ones among them are to be released.
    [[nodiscard]] std::vector<int> takeTouched();
    /// Gives the slot of an ended row back.
    void release(int slot);

    [[nodiscard]] std::size_t slotCount() const { return m_slots.size(); }
    [[nodiscard]] const LockRow &row(int slot) const { return at(slot).row; }
    [[nodiscard]] bool isEnded(int slot) const { return at(slot).isEnded; }
    [[nodiscard]] const PackedHash<LockKey, int> &slotsByKey() const { return m_slotOf; }
    /// The slot of a lock's row; -1 when there is none.
    [[nodiscard]] int slotOf(const LockKey &key) const { return m_slotOf.value(key, -1); }
    [[nodiscard]] int heldCount() const { return m_heldCount; }

private:
    struct Slot
    {
        [[no_unique_address]] LockRow row; // the flags lie in its padding
        bool isDiagnosed = false;
        bool isEnded = false;
        bool isTouched = false;
    };
    static constexpr qsizetype kFewOwners = 1000;

    struct GoneRow
    {
        LockKey key;
        SteadyTime at;
    };

    [[nodiscard]] Slot &at(int slot) { return m_slots[static_cast<std::size_t>(slot)]; }
    [[nodiscard]] const Slot &at(int slot) const { return m_slots[static_cast<std::size_t>(slot)]; }
    int obtain(const LockKey &key);
    void touch(int slot);
    void diagnose(int slot);
    void setOwner(LockRow &row);
    [[nodiscard]] Shared<locks::Owner> pooled(locks::Owner owner);

    const Clock &m_clock;
    SteadyTime m_shownTime;
    locks::LockFamily m_family;
    locks::NodeNames m_nodeNames;
    app::Thresholds m_thresholds;
    std::deque<Slot> m_slots; ///< in blocks: a vector would hold twice the memory while it grows
    /// When the diagnosis of each slot changes by itself: apart, since all are looked at often.
    std::vector<SteadyTime> m_due;
    std::vector<int> m_freeSlots;
    std::vector<int> m_touched;
    PackedHash<LockKey, int> m_slotOf;
    /// Owners that write many tokens, by node id and worker, so that their rows share one.
    QHash<QString, Shared<locks::Owner>> m_owners;
    qsizetype m_ownersLimit = kFewOwners;
    std::deque<GoneRow> m_gone; ///< oldest first
    int m_heldCount = 0;
    SteadyTime m_lastProof; ///< as of the last freeze
    bool m_isFrozen = false;
};

} // namespace lockkeeper::gui
