// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/lockheader.h"

#include "gui/views/lockdelegate.h"
#include "gui/views/look.h"
#include "gui/views/theme.h"

#include <QPainter>

namespace lockkeeper::gui {

namespace {

constexpr qreal kArrowWidth = 7;
constexpr qreal kArrowHeight = 4;
constexpr qreal kArrowGap = 5;

} // namespace

LockHeader::LockHeader(QWidget *parent)
    : QHeaderView(Qt::Horizontal, parent)
{
    setSectionsClickable(true);
    setHighlightSections(false);
    setSortIndicatorShown(true);
    setMinimumSectionSize(48);
}

QSize LockHeader::sizeHint() const
{
    return {QHeaderView::sizeHint().width(), LockDelegate::kRowHeight};
}

void LockHeader::paintSection(QPainter *painter, const QRect &rect, int section) const
{
    const Theme &theme = Theme::of(palette());
    const bool isSorted = sortIndicatorSection() == section;
    const auto alignment =
        model()->headerData(section, Qt::Horizontal, Qt::TextAlignmentRole).value<Qt::Alignment>();
    const QString text = model()->headerData(section, Qt::Horizontal).toString();
    painter->save();
    painter->fillRect(rect, theme.color(Theme::Role::Surface));
    paintBottomLine(*painter, theme.color(Theme::Role::Line), rect);
    QFont font = this->font();
    font.setWeight(QFont::DemiBold);
    font.setPointSizeF(font.pointSizeF() * 0.92);
    painter->setFont(font);
    painter->setPen(theme.color(isSorted ? Theme::Role::Text : Theme::Role::Secondary));
    QRectF area = QRectF(rect).adjusted(LockDelegate::kPadding, 0, -LockDelegate::kPadding, 0);
    painter->drawText(area, static_cast<int>(alignment) | Qt::TextSingleLine, text);
    if (isSorted) {
        const qreal width = painter->fontMetrics().horizontalAdvance(text);
        const qreal left = alignment.testFlag(Qt::AlignRight)
                               ? area.right() - width - kArrowGap - kArrowWidth
                               : area.left() + width + kArrowGap;
        const qreal middle = area.center().y() + 0.5;
        const qreal tip = sortIndicatorOrder() == Qt::AscendingOrder ? -1 : 1;
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(Qt::NoPen);
        painter->setBrush(theme.color(Theme::Role::Secondary));
        painter->drawPolygon(QPolygonF{{left, middle - tip * kArrowHeight / 2},
                                       {left + kArrowWidth, middle - tip * kArrowHeight / 2},
                                       {left + kArrowWidth / 2, middle + tip * kArrowHeight / 2}});
    }
    painter->restore();
}

} // namespace lockkeeper::gui
