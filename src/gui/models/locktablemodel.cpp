// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/locktablemodel.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace lockkeeper::gui {

namespace {

constexpr milliseconds kTimeStep{200};
/// Changes that one turn of the event loop takes over; the rest of a large delta follows in turns
/// of their own, kBreath apart, so that the window goes on answering.
constexpr qsizetype kMostPerTurn = 1500;
constexpr milliseconds kBreath{10};
/// One moving row among so many resting ones is few.
constexpr std::size_t kFew = 16;

} // namespace

LockTableModel::LockTableModel(const Clock &clock, QObject *parent)
    : QAbstractTableModel(parent)
    , m_clock(clock)
    , m_rows(clock)
    , m_flushedAt(clock.steady() - kFlushInterval)
{
    m_flushTimer.setSingleShot(true);
    connect(&m_flushTimer, &QTimer::timeout, this, [this] { takeOver(kMostPerTurn); });
    m_timeTimer.setInterval(kTimeStep);
    connect(&m_timeTimer, &QTimer::timeout, this, &LockTableModel::advance);
    m_timeTimer.start();
}

void LockTableModel::begin(locks::LockFamily family, locks::NodeNames nodeNames,
                           const app::Thresholds &thresholds)
{
    emit aboutToUpdate();
    beginResetModel();
    m_rows.begin(std::move(family), std::move(nodeNames), thresholds);
    m_shown.clear();
    m_positions.clear();
    m_pending.clear();
    m_flushTimer.stop();
    endResetModel();
    emit updated();
}

void LockTableModel::apply(const locks::RegistryDelta &delta)
{
    for (const locks::LockRecord &record : delta.upserted)
        m_pending.insert(record.key, Change{record});
    if (!delta.removed.isEmpty()) {
        QHash<LockKey, locks::HoldEnd> ends;
        for (const locks::LockEvent &event : delta.events) {
            if (event.kind == locks::LockEvent::Kind::Ended)
                ends.insert(event.key, event.end);
        }
        for (const LockKey &key : delta.removed)
            m_pending.insert(key, Change{std::nullopt, ends.value(key, locks::HoldEnd::Released)});
    }
    if (!m_pending.isEmpty())
        scheduleFlush();
}

void LockTableModel::scheduleFlush()
{
    if (m_flushTimer.isActive())
        return;
    const auto sinceLast = std::chrono::duration_cast<milliseconds>(m_clock.steady() - m_flushedAt);
    m_flushTimer.start(std::clamp(kFlushInterval - sinceLast, milliseconds(0), kFlushInterval));
}

void LockTableModel::setGlance(const SessionId &session, const app::SessionGlance &glance)
{
    if (m_rows.setGlance(session, glance))
        scheduleFlush();
}

void LockTableModel::flush()
{
    takeOver(m_pending.size());
}

void LockTableModel::takeOver(qsizetype most)
{
    m_flushTimer.stop();
    m_flushedAt = m_clock.steady();
    auto change = m_pending.cbegin();
    for (; most > 0 && change != m_pending.cend(); --most) {
        if (change->record)
            m_rows.upsert(*change->record);
        else
            m_rows.markGone(change.key(), change->end);
        change = m_pending.erase(change);
    }
    if (m_pending.isEmpty())
        m_pending = {}; // what a large delta took is given back
    else
        m_flushTimer.start(kBreath);
    m_rows.retireGone();
    commit();
}

void LockTableModel::advance()
{
    m_rows.step();
    m_rows.diagnoseDue();
    m_rows.retireGone();
    commit();
    emit stepped();
}

void LockTableModel::setFilter(const LockFilter &filter)
{
    if (filter == m_filter)
        return;
    commit();
    m_filter = filter;
    std::vector<int> all;
    for (const int slot : m_rows.slotsByKey())
        all.push_back(slot);
    Plan plan = planFor(all);
    plan.staying.clear(); // they have not changed
    carryOut(plan, false);
}

void LockTableModel::sort(int column, Qt::SortOrder direction)
{
    const LockOrder order(static_cast<LockColumn>(std::clamp(column, 0, kLockColumns - 1)),
                          direction);
    if (order == m_order)
        return;
    commit();
    m_order = order;
    emit aboutToUpdate();
    std::vector<int> shown = m_shown;
    std::ranges::sort(shown, [this](int a, int b) { return isBefore(a, b); });
    emit layoutAboutToBeChanged({}, VerticalSortHint);
    setOrder(std::move(shown));
    emit layoutChanged({}, VerticalSortHint);
    emit updated();
}

void LockTableModel::commit()
{
    const std::vector<int> touched = m_rows.takeTouched();
    if (touched.empty())
        return;
    m_positions.resize(m_rows.slotCount(), -1);
    const Plan plan = planFor(touched);
    carryOut(plan, !areInPlace(plan.staying));
}

LockTableModel::Plan LockTableModel::planFor(const std::vector<int> &touched)
{
    Plan plan;
    for (const int slot : touched) {
        const bool isEnded = m_rows.isEnded(slot);
        const bool isShown = positionOf(slot) >= 0;
        const bool shows = !isEnded && m_filter.matches(m_rows.row(slot));
        if (shows)
            (isShown ? plan.staying : plan.entering).push_back(slot);
        else if (isShown)
            plan.leaving.push_back(slot);
        if (isEnded)
            plan.ended.push_back(slot);
    }
    return plan;
}

/// New rows are appended first and leaving ones cut off the end last: between the two, one change
/// of layout puts every row where it belongs.
void LockTableModel::carryOut(const Plan &plan, bool sortsStaying)
{
    const bool changesRows = !plan.entering.empty() || !plan.leaving.empty() || sortsStaying;
    const bool isUpdate = changesRows || !plan.ended.empty();
    if (isUpdate)
        emit aboutToUpdate();
    if (changesRows) {
        append(plan.entering);
        std::vector<int> moving = plan.entering;
        if (sortsStaying)
            moving.insert(moving.end(), plan.staying.begin(), plan.staying.end());
        merge(std::move(moving), plan.leaving);
        cutTail(plan.leaving.size());
    }
    announceChanges(plan.staying);
    for (const int slot : plan.ended)
        m_rows.release(slot);
    if (isUpdate)
        emit updated();
}

void LockTableModel::append(const std::vector<int> &touched)
{
    if (touched.empty())
        return;
    const int first = rowCount();
    beginInsertRows({}, first, first + static_cast<int>(touched.size()) - 1);
    for (const int slot : touched) {
        positionOf(slot) = static_cast<int>(m_shown.size());
        m_shown.push_back(slot);
    }
    endInsertRows();
}

void LockTableModel::merge(std::vector<int> moving, const std::vector<int> &leaving)
{
    std::vector<bool> isApart(m_rows.slotCount(), false);
    for (const int slot : moving)
        isApart[static_cast<std::size_t>(slot)] = true;
    for (const int slot : leaving)
        isApart[static_cast<std::size_t>(slot)] = true;
    const auto before = [this](int a, int b) { return isBefore(a, b); };
    std::ranges::sort(moving, before);
    std::vector<int> resting;
    resting.reserve(m_shown.size());
    std::ranges::copy_if(m_shown, std::back_inserter(resting),
                         [&isApart](int slot) { return !isApart[static_cast<std::size_t>(slot)]; });
    std::vector<int> shown;
    shown.reserve(m_shown.size());
    // Each comparison fetches two rows from memory: a few find their places by halving.
    auto from = resting.cbegin();
    for (const int slot : moving) {
        const auto to =
            moving.size() * kFew > resting.size()
                ? std::find_if(from, resting.cend(), [&](int other) { return before(slot, other); })
                : std::upper_bound(from, resting.cend(), slot, before);
        shown.insert(shown.end(), from, to);
        shown.push_back(slot);
        from = to;
    }
    shown.insert(shown.end(), from, resting.cend());
    shown.insert(shown.end(), leaving.begin(), leaving.end());
    if (shown == m_shown)
        return;
    emit layoutAboutToBeChanged({}, VerticalSortHint);
    setOrder(std::move(shown));
    emit layoutChanged({}, VerticalSortHint);
}

void LockTableModel::setOrder(std::vector<int> shown)
{
    const std::vector<int> before = std::exchange(m_shown, std::move(shown));
    for (std::size_t i = 0; i < m_shown.size(); ++i)
        positionOf(m_shown[i]) = static_cast<int>(i);
    const QModelIndexList from = persistentIndexList();
    QModelIndexList to;
    to.reserve(from.size());
    for (const QModelIndex &old : from)
        to.append(index(positionOf(before[static_cast<std::size_t>(old.row())]), old.column()));
    changePersistentIndexList(from, to);
}

void LockTableModel::cutTail(std::size_t rows)
{
    if (rows == 0)
        return;
    const std::size_t rest = m_shown.size() - rows;
    beginRemoveRows({}, static_cast<int>(rest), rowCount() - 1);
    for (std::size_t i = rest; i < m_shown.size(); ++i)
        positionOf(m_shown[i]) = -1;
    m_shown.resize(rest);
    endRemoveRows();
}

/// Rows that did not change are in order among themselves; so all are, when each changed row is in
/// order with its two neighbours.
bool LockTableModel::areInPlace(const std::vector<int> &touched)
{
    return std::ranges::all_of(touched, [this](int slot) {
        const auto position = static_cast<std::size_t>(positionOf(slot));
        const bool isAfterPrevious = position == 0 || isBefore(m_shown[position - 1], slot);
        return isAfterPrevious &&
               (position + 1 == m_shown.size() || isBefore(slot, m_shown[position + 1]));
    });
}

void LockTableModel::announceChanges(const std::vector<int> &touched)
{
    std::vector<int> rows;
    rows.reserve(touched.size());
    for (const int slot : touched)
        rows.push_back(positionOf(slot));
    std::ranges::sort(rows);
    for (std::size_t first = 0; first < rows.size();) {
        std::size_t last = first;
        while (last + 1 < rows.size() && rows[last + 1] == rows[last] + 1)
            ++last;
        emit dataChanged(index(rows[first], 0), index(rows[last], kLockColumns - 1));
        first = last + 1;
    }
}

int LockTableModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_shown.size());
}

int LockTableModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : kLockColumns;
}

const LockRow *LockTableModel::find(const LockKey &key) const
{
    const int slot = m_rows.slotOf(key);
    return slot < 0 ? nullptr : &m_rows.row(slot);
}

int LockTableModel::rowOf(const LockKey &key) const
{
    const int slot = m_rows.slotOf(key);
    if (slot < 0 || static_cast<std::size_t>(slot) >= m_positions.size())
        return -1;
    return m_positions[static_cast<std::size_t>(slot)];
}

int LockTableModel::shownHeldCount() const
{
    if (m_filter.isEmpty())
        return heldCount();
    return static_cast<int>(
        std::ranges::count_if(m_shown, [this](int slot) { return !m_rows.row(slot).gone; }));
}

QList<SessionId> LockTableModel::sessions() const
{
    QList<SessionId> all;
    all.reserve(totalCount());
    for (const int slot : m_rows.slotsByKey())
        all.append(m_rows.row(slot).record.session);
    return all;
}

} // namespace lockkeeper::gui
