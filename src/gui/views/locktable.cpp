// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/locktable.h"

#include "gui/models/locktablemodel.h"
#include "gui/views/lockdelegate.h"
#include "gui/views/lockheader.h"
#include "gui/views/look.h"

#include <QEvent>
#include <QScopedValueRollback>
#include <QScrollBar>

#include <algorithm>
#include <utility>

namespace lockkeeper::gui {

namespace {

constexpr int kRowsAround = 20;
constexpr int kLeastTitle = 120;

} // namespace

LockTable::LockTable(LockTableModel &model, QWidget *parent)
    : QTableView(parent)
    , m_model(model)
    , m_delegate(new LockDelegate(model, this))
{
    setAccessibleName(tr("Locks"));
    setHorizontalHeader(new LockHeader(this));
    setModel(&model);
    setItemDelegate(m_delegate);
    m_delegate->setFont(font());
    setSelectionBehavior(SelectRows);
    setSelectionMode(ExtendedSelection);
    setShowGrid(false);
    setFrameShape(NoFrame);
    setWordWrap(false);
    setTabKeyNavigation(false);
    setCornerButtonEnabled(false);
    setEditTriggers(NoEditTriggers);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollMode(ScrollPerPixel);
    verticalHeader()->hide();
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    verticalHeader()->setMinimumSectionSize(LockDelegate::kRowHeight);
    verticalHeader()->setDefaultSectionSize(LockDelegate::kRowHeight);
    layOutColumns();
    sortByColumn(static_cast<int>(model.order().column()), model.order().direction());
    setSortingEnabled(true);

    connect(&model, &LockTableModel::aboutToUpdate, this, &LockTable::rememberPlace);
    connect(&model, &LockTableModel::updated, this, &LockTable::restorePlace);
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, &LockTable::screenChanged);
    connect(&model, &LockTableModel::stepped, this, &LockTable::repaintClocks);
}

void LockTable::layOutColumns()
{
    // Wide enough for its usual values and for its own name with the arrow of the order.
    const auto width = [this](LockColumn column, const QString &widest, int extra) {
        constexpr int kArrow = 14;
        const int section = static_cast<int>(column);
        const QString name =
            m_model.headerData(section, Qt::Horizontal, Qt::DisplayRole).toString();
        const int text = std::max(fontMetrics().horizontalAdvance(widest) + extra,
                                  fontMetrics().horizontalAdvance(name) + kArrow);
        horizontalHeader()->resizeSection(section, text + 2 * LockDelegate::kPadding);
    };
    width(LockColumn::State, tr("renewing long"), 18);
    width(LockColumn::User, QStringLiteral("quentin.moreau"), 0);
    width(LockColumn::Ttl, QStringLiteral("59 min"),
          LockDelegate::kBarWidth + LockDelegate::kPadding);
    width(LockColumn::HeldFor, QStringLiteral("≥ 22 min"), 0);
    width(LockColumn::Owner, QStringLiteral("02:42:…00:05"), 0);
    width(LockColumn::Waiters, QStringLiteral("yes"), 0);
    width(LockColumn::Cached, QStringLiteral("169 KB"), 0);
    horizontalHeader()->resizeSection(
        static_cast<int>(LockColumn::Session),
        QFontMetrics(fixedFont(font())).horizontalAdvance(QStringLiteral("3f2a77c1…91c4")) +
            2 * LockDelegate::kPadding + 4);
    m_waitersWidth = columnWidth(static_cast<int>(LockColumn::Waiters));
    connect(horizontalHeader(), &QHeaderView::sectionResized, this, [this](int section) {
        if (section != static_cast<int>(LockColumn::Title))
            fitTitle();
    });
}

/// The title has what the others leave. The scroll bar has its room whether it is there or not. In
/// a narrow list the waiters give way: the state tells of them, and the details do.
void LockTable::fitTitle()
{
    const int title = static_cast<int>(LockColumn::Title);
    const int waiters = static_cast<int>(LockColumn::Waiters);
    const int lasting = horizontalHeader()->length() - columnWidth(title) - columnWidth(waiters);
    const int least =
        lasting + m_waitersWidth + kLeastTitle + verticalScrollBar()->sizeHint().width();
    if (isColumnHidden(waiters) != (width() < least))
        setColumnHidden(waiters, width() < least);
    const int others = horizontalHeader()->length() - columnWidth(title);
    const int bar = verticalScrollBar()->sizeHint().width();
    horizontalHeader()->resizeSection(title, std::max(kLeastTitle, width() - bar - others));
}

void LockTable::selectLock(const LockKey &key)
{
    if (const int row = m_model.rowOf(key); row >= 0)
        setCurrentIndex(m_model.index(row, 0));
}

void LockTable::clearSelectedLock()
{
    m_selected.reset();
    clearSelection();
    setCurrentIndex({});
    emit lockSelected(m_selected);
}

void LockTable::setTrusted(bool isTrusted)
{
    m_delegate->setTrusted(isTrusted);
    viewport()->update();
}

QList<SessionId> LockTable::sessionsOnScreen() const
{
    QList<SessionId> sessions;
    const int first = std::max(firstRowOnScreen() - kRowsAround, 0);
    const int rows = viewport()->height() / LockDelegate::kRowHeight + 2 * kRowsAround + 2;
    const int end = std::min(first + rows, m_model.rowCount());
    for (int row = first; row < end; ++row)
        sessions.append(m_model.rowAt(row).record.session);
    return sessions;
}

void LockTable::currentChanged(const QModelIndex &current, const QModelIndex &previous)
{
    QTableView::currentChanged(current, previous);
    if (m_isUpdating)
        return;
    std::optional<LockKey> selected;
    if (current.isValid())
        selected = m_model.rowAt(current.row()).record.key;
    if (selected == m_selected)
        return;
    m_selected = std::move(selected);
    emit lockSelected(m_selected);
}

void LockTable::selectionChanged(const QItemSelection &selected, const QItemSelection &deselected)
{
    QTableView::selectionChanged(selected, deselected);
    emit countSelectedChanged(countSelected());
}

QList<LockRow> LockTable::selectedRows() const
{
    QList<int> places;
    for (const QItemSelectionRange &range : selectionModel()->selection()) {
        for (int row = range.top(); row <= range.bottom(); ++row)
            places.append(row);
    }
    std::ranges::sort(places);
    QList<LockRow> rows;
    for (const int place : places) {
        const LockRow &row = m_model.rowAt(place);
        if (!row.gone && (rows.isEmpty() || rows.last().record.key != row.record.key))
            rows.append(row);
    }
    return rows;
}

int LockTable::countSelected() const
{
    int count = 0;
    for (const QItemSelectionRange &range : selectionModel()->selection()) {
        for (int row = range.top(); row <= range.bottom(); ++row)
            count += m_model.rowAt(row).gone ? 0 : 1;
    }
    return count;
}

void LockTable::selectCurrentOnly()
{
    if (currentIndex().isValid())
        selectRow(currentIndex().row());
    else
        clearSelection();
    setFocus();
}

/// A selection of a whole large list would have to be moved with each change of it.
void LockTable::selectAll()
{
    if (m_model.rowCount() <= kMostSelected)
        QTableView::selectAll();
}

void LockTable::rowsAboutToBeRemoved(const QModelIndex &parent, int first, int last)
{
    // The base class would select the row next to one that goes.
    const QModelIndex current = currentIndex();
    if (current.isValid() && current.row() >= first && current.row() <= last)
        selectionModel()->clear();
    QTableView::rowsAboutToBeRemoved(parent, first, last);
}

/// Whole rows are selected: Home and End lead to the first and the last one.
QModelIndex LockTable::moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers)
{
    if (action == MoveEnd && !currentIndex().isValid())
        return m_model.index(m_model.rowCount() - 1, 0); // the base class begins at the top
    if (action == MoveHome || action == MoveEnd)
        modifiers |= Qt::ControlModifier;
    return QTableView::moveCursor(action, modifiers);
}

void LockTable::focusInEvent(QFocusEvent *event)
{
    // The base class would choose the first row where none is chosen.
    const bool hadNone = !currentIndex().isValid();
    const QScopedValueRollback guard(m_isUpdating, true);
    QTableView::focusInEvent(event);
    if (hadNone)
        setCurrentIndex({});
}

void LockTable::resizeEvent(QResizeEvent *event)
{
    QTableView::resizeEvent(event);
    fitTitle();
    emit screenChanged();
}

void LockTable::changeEvent(QEvent *event)
{
    QTableView::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        m_delegate->setFont(font());
}

int LockTable::firstRowOnScreen() const
{
    return verticalScrollBar()->value() / LockDelegate::kRowHeight;
}

void LockTable::rememberPlace()
{
    m_isUpdating = true;
    setAutoScroll(false);
    m_anchors.clear();
    const int scroll = verticalScrollBar()->value();
    // At the top of the list one wants to see what comes in at the top.
    if (scroll == 0)
        return;
    const int end = std::min((scroll + viewport()->height()) / LockDelegate::kRowHeight + 1,
                             m_model.rowCount());
    for (int row = firstRowOnScreen(); row < end; ++row)
        m_anchors.append({m_model.rowAt(row).record.key, row * LockDelegate::kRowHeight - scroll});
}

void LockTable::restorePlace()
{
    const int selected = m_selected ? m_model.rowOf(*m_selected) : -1;
    if (selected >= 0 && currentIndex().row() != selected)
        selectionModel()->setCurrentIndex(m_model.index(selected, 0),
                                          QItemSelectionModel::ClearAndSelect |
                                              QItemSelectionModel::Rows);
    restoreScroll();
    setAutoScroll(true);
    m_isUpdating = false;
    emit countSelectedChanged(countSelected()); // some may have ended
    emit screenChanged();
}

/// Each row that was on screen would have its own place back; single ones may have gone far, so
/// the one in the middle of these wishes is granted.
void LockTable::restoreScroll()
{
    QList<int> wishes;
    for (const Anchor &anchor : std::exchange(m_anchors, {})) {
        if (const int row = m_model.rowOf(anchor.key); row >= 0)
            wishes.append(row * LockDelegate::kRowHeight - anchor.offset);
    }
    if (wishes.isEmpty())
        return;
    const auto middle = wishes.begin() + wishes.size() / 2;
    std::nth_element(wishes.begin(), middle, wishes.end());
    executeDelayedItemsLayout();
    updateGeometries();
    verticalScrollBar()->setValue(*middle);
}

void LockTable::repaintClocks()
{
    if (!isVisible())
        return;
    for (const LockColumn column : {LockColumn::Ttl, LockColumn::HeldFor}) {
        const int section = static_cast<int>(column);
        const int bottom =
            std::min(viewport()->height(),
                     m_model.rowCount() * LockDelegate::kRowHeight - verticalScrollBar()->value());
        viewport()->update(columnViewportPosition(section), 0, columnWidth(section), bottom);
    }
}

} // namespace lockkeeper::gui
