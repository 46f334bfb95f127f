// SPDX-License-Identifier: GPL-3.0-or-later
// What the cells and headings of the lock list say.
#include "core/text.h"
#include "gui/models/locktablemodel.h"
#include "gui/models/words.h"

namespace lockkeeper::gui {

QVariant LockTableModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const auto column = static_cast<LockColumn>(index.column());
    const LockRow &row = rowAt(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return textOf(column, row);
    case Qt::AccessibleTextRole:
        return QString(headerData(index.column(), Qt::Horizontal, Qt::DisplayRole).toString() +
                       u": " + textOf(column, row).toString());
    case Qt::ToolTipRole:
        if (column == LockColumn::State)
            return row.gone ? QString()
                            : app::diagnose(row.record, row.glance->state, timeOf(row),
                                            m_rows.thresholds())
                                  .reason;
        if (column == LockColumn::Session)
            return printable(row.record.session.bytes());
        return {};
    case Qt::TextAlignmentRole:
        return headerData(index.column(), Qt::Horizontal, role);
    default:
        return {};
    }
}

QVariant LockTableModel::textOf(LockColumn column, const LockRow &row) const
{
    switch (column) {
    case LockColumn::State:
        return stateWord(row);
    case LockColumn::Session:
        return shortened(printable(row.record.session.bytes()));
    case LockColumn::Title:
        return titleText(row);
    case LockColumn::User:
        return userText(row);
    case LockColumn::Ttl:
        return ttlText(row, timeOf(row));
    case LockColumn::HeldFor:
        return heldText(row, timeOf(row));
    case LockColumn::Owner:
        return ownerText(row);
    case LockColumn::Waiters:
        return waitersText(row);
    case LockColumn::Cached:
        return cachedText(row);
    }
    return {};
}

QVariant LockTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    const auto column = static_cast<LockColumn>(section);
    if (role == Qt::TextAlignmentRole) {
        const bool isNumber = column == LockColumn::HeldFor || column == LockColumn::Waiters ||
                              column == LockColumn::Cached;
        return QVariant::fromValue(isNumber ? Qt::AlignRight | Qt::AlignVCenter
                                            : Qt::AlignLeft | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (column) {
    case LockColumn::State:
        return tr("State");
    case LockColumn::Session:
        return tr("Session");
    case LockColumn::Title:
        return tr("Title");
    case LockColumn::User:
        return tr("User");
    case LockColumn::Ttl:
        return tr("TTL");
    case LockColumn::HeldFor:
        return tr("Held for");
    case LockColumn::Owner:
        return tr("Owner");
    case LockColumn::Waiters:
        return tr("Waiters");
    case LockColumn::Cached:
        return tr("Cached");
    }
    return {};
}

} // namespace lockkeeper::gui
