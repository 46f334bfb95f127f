// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/lockrow.h"
#include "gui/views/theme.h"

#include <QFont>
#include <QStyledItemDelegate>

namespace lockkeeper::gui {

class LockTableModel;

/// Paints the cells of the lock list. It reads the clock itself: a countdown needs a repaint, not
/// a change of the model.
class LockDelegate final : public QStyledItemDelegate
{
    Q_OBJECT

public:
    static constexpr int kRowHeight = 30;
    static constexpr int kPadding = 8;
    static constexpr int kBarWidth = 62; ///< of the time left

    explicit LockDelegate(const LockTableModel &model, QObject *parent = nullptr);

    /// Whether what is shown can be trusted; else every row is greyed.
    void setTrusted(bool isTrusted) { m_isTrusted = isTrusted; }
    void setFont(const QFont &font);

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem &option,
                                 const QModelIndex &index) const override;

private:
    struct Cell
    {
        const LockRow &row;
        const Theme &theme;
        QRectF area; ///< without the padding
        bool isFaded;
    };

    void paintBackground(QPainter &painter, const QStyleOptionViewItem &option,
                         const QModelIndex &index, const Theme &theme) const;
    void paintState(QPainter &painter, const Cell &cell) const;
    void paintTtl(QPainter &painter, const Cell &cell) const;
    void paintText(QPainter &painter, const Cell &cell, LockColumn column,
                   const QString &text) const;
    [[nodiscard]] QColor textColor(const Cell &cell, LockColumn column) const;

    const LockTableModel &m_model;
    QFont m_fixedFont;
    bool m_isTrusted = true;
};

} // namespace lockkeeper::gui
