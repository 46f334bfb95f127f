// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "gui/models/lockorder.h"
#include "gui/models/lockrows.h"

#include <QAbstractTableModel>
#include <QHash>
#include <QTimer>

#include <vector>

namespace lockkeeper::gui {

/// The lock list: an order over the rows that the filter lets through.
///
/// Deltas are queued by key, so that the queue is never longer than the list, and taken over at
/// most 30 times a second: the touched rows are sorted, merged in one pass, and announced by one
/// layoutChanged that maps persistent indexes. There is no reset but for another target.
class LockTableModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    static constexpr milliseconds kFlushInterval{33};

    explicit LockTableModel(const Clock &clock, QObject *parent = nullptr);

    /// Empties the list for another target.
    void begin(locks::LockFamily family, locks::NodeNames nodeNames,
               const app::Thresholds &thresholds = {});

    /// Queues what the monitor said.
    void apply(const locks::RegistryDelta &delta);
    /// Takes a session's columns over; sessions that are not in the list are ignored.
    void setGlance(const SessionId &session, const app::SessionGlance &glance);
    /// See LockRows.
    void freeze(SteadyTime lastProof) { m_rows.freeze(lastProof); }
    void thaw() { m_rows.thaw(); }
    [[nodiscard]] std::optional<SteadyTime> frozenAt() const { return m_rows.frozenAt(); }
    [[nodiscard]] SteadyTime timeOf(const LockRow &row) const { return m_rows.timeOf(row); }
    /// Takes over what was queued, now.
    void flush();
    /// Lets time pass: the one that is shown, diagnoses that are due, and rows that have lingered
    /// long enough.
    void advance();

    void setFilter(const LockFilter &filter);
    [[nodiscard]] const LockFilter &filter() const { return m_filter; }
    void sort(int column, Qt::SortOrder direction) override;
    [[nodiscard]] const LockOrder &order() const { return m_order; }

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

    [[nodiscard]] const LockRow &rowAt(int row) const
    {
        return m_rows.row(m_shown[static_cast<std::size_t>(row)]);
    }
    /// Null when there is no such lock, not even a gone one.
    [[nodiscard]] const LockRow *find(const LockKey &key) const;
    /// The row of a lock; -1 when it is not shown.
    [[nodiscard]] int rowOf(const LockKey &key) const;
    /// Sessions of all rows, shown or not.
    [[nodiscard]] QList<SessionId> sessions() const;
    /// Locks held now, shown or not.
    [[nodiscard]] int heldCount() const { return m_rows.heldCount(); }
    /// Of these, the ones that the filter lets through.
    [[nodiscard]] int shownHeldCount() const;
    [[nodiscard]] int totalCount() const { return static_cast<int>(m_rows.slotsByKey().size()); }
    [[nodiscard]] const Clock &clock() const { return m_clock; }

signals:
    /// The shown time went on: timeOf() says another one.
    void stepped();
    /// Around every change of rows and order: a view keeps its place between the two. Who follows
    /// a lock finds it in aboutToUpdate() for the last time, even if its row was never shown gone.
    void aboutToUpdate();
    void updated();

private:
    struct Change
    {
        std::optional<locks::LockRecord> record; ///< nullopt: it is gone
        locks::HoldEnd end = locks::HoldEnd::Released;
    };
    /// What a commit does to the rows, as slots.
    struct Plan
    {
        std::vector<int> entering;
        std::vector<int> leaving;
        std::vector<int> staying; ///< changed, and shown before and after
        std::vector<int> ended;   ///< to be released at the end
    };

    void scheduleFlush();
    void takeOver(qsizetype most);
    [[nodiscard]] QVariant textOf(LockColumn column, const LockRow &row) const;
    [[nodiscard]] bool isBefore(int a, int b) const
    {
        return m_order(m_rows.row(a), m_rows.row(b));
    }
    [[nodiscard]] int &positionOf(int slot) { return m_positions[static_cast<std::size_t>(slot)]; }

    void commit();
    [[nodiscard]] Plan planFor(const std::vector<int> &touched);
    void carryOut(const Plan &plan, bool sortsStaying);
    void append(const std::vector<int> &touched);
    void merge(std::vector<int> moving, const std::vector<int> &leaving);
    void setOrder(std::vector<int> shown);
    void cutTail(std::size_t rows);
    [[nodiscard]] bool areInPlace(const std::vector<int> &touched);
    void announceChanges(const std::vector<int> &touched);

    const Clock &m_clock;
    LockRows m_rows;
    LockOrder m_order;
    LockFilter m_filter;
    std::vector<int> m_shown;     ///< slots in the order of the rows
    std::vector<int> m_positions; ///< row of each slot, or -1
    QHash<LockKey, Change> m_pending;
    SteadyTime m_flushedAt;
    QTimer m_flushTimer;
    QTimer m_timeTimer;
};

} // namespace lockkeeper::gui
