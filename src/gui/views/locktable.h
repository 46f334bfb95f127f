// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/strongtype.h"
#include "gui/models/lockrow.h"

#include <QTableView>

#include <optional>

namespace lockkeeper::gui {

class LockDelegate;
class LockTableModel;

/// The lock list on screen. What is selected are locks, not rows: the selection stays on them
/// wherever they go, and nothing but the user moves it or the scroll position.
class LockTable final : public QTableView
{
    Q_OBJECT

public:
    explicit LockTable(LockTableModel &model, QWidget *parent = nullptr);

    /// How many rows selectAll() selects at the most.
    static constexpr int kMostSelected = 5000;

    /// The lock whose details are shown.
    [[nodiscard]] const std::optional<LockKey> &selectedLock() const { return m_selected; }
    /// Every lock that is selected, in the list's order; those that are no more are left out.
    [[nodiscard]] QList<LockRow> selectedRows() const;
    /// Of those that are held.
    [[nodiscard]] int countSelected() const;
    void selectCurrentOnly();
    void selectAll() override;
    void selectLock(const LockKey &key);
    void clearSelectedLock();
    /// Greys every row while the list cannot be trusted.
    void setTrusted(bool isTrusted);
    /// Sessions of the rows on screen and of a few around them.
    [[nodiscard]] QList<SessionId> sessionsOnScreen() const;

signals:
    /// The user chose another lock, or none.
    void lockSelected(const std::optional<lockkeeper::LockKey> &key);
    void countSelectedChanged(int count);
    /// Other rows are on screen now.
    void screenChanged();

protected:
    void currentChanged(const QModelIndex &current, const QModelIndex &previous) override;
    void selectionChanged(const QItemSelection &selected,
                          const QItemSelection &deselected) override;
    void rowsAboutToBeRemoved(const QModelIndex &parent, int first, int last) override;
    QModelIndex moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers) override;
    void focusInEvent(QFocusEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    struct Anchor
    {
        LockKey key;
        int offset = 0; ///< of the row's top edge from the viewport's
    };

    void layOutColumns();
    void fitTitle();
    void rememberPlace();
    void restorePlace();
    void restoreScroll();
    void repaintClocks();
    [[nodiscard]] int firstRowOnScreen() const;

    LockTableModel &m_model;
    LockDelegate *m_delegate;
    std::optional<LockKey> m_selected;
    QList<Anchor> m_anchors;
    int m_waitersWidth = 0; ///< of the column, where it is shown
    bool m_isUpdating =
        false; ///< rows change: what happens to the selection is not the user's will
};

} // namespace lockkeeper::gui
