// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/lockdelegate.h"

#include "gui/models/locktablemodel.h"
#include "gui/models/words.h"
#include "gui/views/look.h"

#include <QPainter>
#include <QWidget>

#include <algorithm>

namespace lockkeeper::gui {

namespace {

constexpr qreal kBarHeight = 6;
constexpr qreal kShapeRoom = 18;

/// Rather "9 min" than a piece of "9 min 58 s".
QString fittedSpan(const QString &span, const QPainter &painter, const QRectF &area)
{
    return painter.fontMetrics().horizontalAdvance(span) > area.width() ? span.section(u' ', 0, -3)
                                                                        : span;
}

} // namespace

LockDelegate::LockDelegate(const LockTableModel &model, QObject *parent)
    : QStyledItemDelegate(parent)
    , m_model(model)
{}

void LockDelegate::setFont(const QFont &font)
{
    m_fixedFont = fixedFont(font);
}

QSize LockDelegate::sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const
{
    return {0, kRowHeight};
}

void LockDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option,
                         const QModelIndex &index) const
{
    const Theme &theme = Theme::of(option.palette);
    const LockRow &row = m_model.rowAt(index.row());
    paintBackground(*painter, option, index, theme);
    const Cell cell{row, theme, QRectF(option.rect).adjusted(kPadding, 0, -kPadding, 0),
                    row.gone || !m_isTrusted || !row.record.isVerified};
    painter->setFont(option.font);
    const auto column = static_cast<LockColumn>(index.column());
    switch (column) {
    case LockColumn::State:
        paintState(*painter, cell);
        break;
    case LockColumn::Ttl:
        paintTtl(*painter, cell);
        break;
    case LockColumn::HeldFor:
        paintText(*painter, cell, column, fittedSpan(index.data().toString(), *painter, cell.area));
        break;
    case LockColumn::Session:
        painter->setFont(m_fixedFont);
        paintText(*painter, cell, column, index.data().toString());
        break;
    case LockColumn::Title:
    case LockColumn::User:
    case LockColumn::Owner:
    case LockColumn::Waiters:
    case LockColumn::Cached:
        paintText(*painter, cell, column, index.data().toString());
        break;
    }
}

void LockDelegate::paintBackground(QPainter &painter, const QStyleOptionViewItem &option,
                                   const QModelIndex &index, const Theme &theme) const
{
    const bool isSelected = option.state.testFlag(QStyle::State_Selected);
    if (isSelected)
        painter.fillRect(option.rect, theme.color(Theme::Role::Selection));
    paintBottomLine(painter, theme.color(Theme::Role::Line), option.rect);
    // The focus shows where the keyboard acts; a frame around each cell would be noise.
    if (isSelected && index.column() == 0 && option.state.testFlag(QStyle::State_Active) &&
        option.widget && option.widget->hasFocus())
        painter.fillRect(QRect(option.rect.left(), option.rect.top(), 3, option.rect.height()),
                         theme.color(Theme::Role::Accent));
}

void LockDelegate::paintState(QPainter &painter, const Cell &cell) const
{
    const StateLook look = lookOf(cell.row);
    const QColor color = cell.theme.color(cell.isFaded ? Theme::Role::Gone : look.color);
    paintShape(painter, look.shape, color,
               QRectF(cell.area.left() - 1, cell.area.top(), kShapeRoom - 4, cell.area.height()));
    paintText(painter,
              {cell.row, cell.theme, cell.area.adjusted(kShapeRoom - 2, 0, 0, 0), cell.isFaded},
              LockColumn::State, stateWord(cell.row));
}

void LockDelegate::paintTtl(QPainter &painter, const Cell &cell) const
{
    const SteadyTime now = m_model.timeOf(cell.row);
    const locks::LockRecord &lock = cell.row.record;
    const auto ttl = lock.ttl(now);
    if (!cell.row.gone && !lock.isForeign() && ttl && lock.lease.count() > 0) {
        const QRectF track(cell.area.left(), cell.area.center().y() - kBarHeight / 2, kBarWidth,
                           kBarHeight);
        const double share = std::clamp(
            static_cast<double>(ttl->count()) / static_cast<double>(lock.lease.count()), 0.0, 1.0);
        const bool isCalm = cell.isFaded || cell.row.state == app::LockState::Healthy;
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(cell.theme.color(Theme::Role::Line));
        painter.drawRoundedRect(track, kBarHeight / 2, kBarHeight / 2);
        painter.setBrush(cell.theme.color(isCalm ? Theme::Role::Calm : lookOf(cell.row).color));
        painter.setClipRect(QRectF(track.topLeft(), QSizeF(track.width() * share, kBarHeight)));
        painter.drawRoundedRect(track, kBarHeight / 2, kBarHeight / 2);
        painter.restore();
    }
    const int left = cell.row.gone ? 0 : kBarWidth + kPadding;
    const QRectF area = cell.area.adjusted(left, 0, 0, 0);
    QString text = ttlText(cell.row, now);
    if (!cell.row.gone)
        text = fittedSpan(text, painter, area);
    paintText(painter, {cell.row, cell.theme, area, cell.isFaded}, LockColumn::Ttl, text);
}

void LockDelegate::paintText(QPainter &painter, const Cell &cell, LockColumn column,
                             const QString &text) const
{
    painter.setPen(textColor(cell, column));
    if (column == LockColumn::Ttl) {
        paintTabular(painter, cell.area, Qt::AlignLeft | Qt::AlignVCenter, text);
    } else if (column == LockColumn::HeldFor || column == LockColumn::Waiters ||
               column == LockColumn::Cached) {
        paintTabular(painter, cell.area, Qt::AlignRight | Qt::AlignVCenter, text);
    } else {
        const auto mode = column == LockColumn::Owner ? Qt::ElideMiddle : Qt::ElideRight;
        const QString elided =
            painter.fontMetrics().elidedText(text, mode, static_cast<int>(cell.area.width()));
        painter.drawText(cell.area, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, elided);
    }
}

QColor LockDelegate::textColor(const Cell &cell, LockColumn column) const
{
    if (cell.isFaded)
        return cell.theme.color(Theme::Role::Gone);
    const bool isAside = column == LockColumn::Session ||
                         (column == LockColumn::Waiters && !cell.row.record.isContended) ||
                         (column == LockColumn::Cached && !cell.row.glance->cachedBytes) ||
                         (column == LockColumn::Title &&
                          (!cell.row.glance->title || cell.row.glance->title->isEmpty()));
    return cell.theme.color(isAside ? Theme::Role::Secondary : Theme::Role::Text);
}

} // namespace lockkeeper::gui
