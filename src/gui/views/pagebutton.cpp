// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/pagebutton.h"

#include "gui/views/look.h"

#include <QFocusEvent>
#include <QLocale>
#include <QPainter>

namespace lockkeeper::gui {

namespace {

constexpr int kHeight = 30;
constexpr int kPadding = 10;
constexpr qreal kCorner = 6;
constexpr qreal kDotRoom = 14;

} // namespace

PageButton::PageButton(const QString &text, QWidget *parent)
    : QAbstractButton(parent)
{
    setText(text);
    setAccessibleName(text);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void PageButton::setCount(std::optional<int> count)
{
    if (count == m_count)
        return;
    m_count = count;
    setAccessibleDescription(count ? QString::number(*count) : QString());
    update();
}

void PageButton::setDot(std::optional<Theme::Role> color)
{
    m_dot = color;
    update();
}

QSize PageButton::sizeHint() const
{
    return {fontMetrics().horizontalAdvance(text()) + 2 * kPadding + 40, kHeight};
}

void PageButton::focusInEvent(QFocusEvent *event)
{
    m_showsFocus = event->reason() == Qt::TabFocusReason ||
                   event->reason() == Qt::BacktabFocusReason ||
                   event->reason() == Qt::ShortcutFocusReason;
    QAbstractButton::focusInEvent(event);
}

void PageButton::paintEvent(QPaintEvent *)
{
    const Theme &theme = Theme::of(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF frame = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    if (isChecked() || isDown() || underMouse()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme.color(isChecked() ? Theme::Role::Selection : Theme::Role::Line));
        painter.drawRoundedRect(frame, kCorner, kCorner);
    }
    if (hasFocus() && m_showsFocus) {
        painter.setPen(QPen(theme.color(Theme::Role::Accent), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(frame, kCorner, kCorner);
    }
    QRectF area = QRectF(rect()).adjusted(kPadding, 0, -kPadding, 0);
    if (m_dot) {
        paintShape(painter, Shape::Dot, theme.color(*m_dot),
                   QRectF(area.right() - kDotRoom + 2, area.top(), kDotRoom, area.height()));
        area.setRight(area.right() - kDotRoom);
    }
    if (m_count) {
        painter.setPen(theme.color(Theme::Role::Secondary));
        const QString count = locale().toString(*m_count);
        paintTabular(painter, area, Qt::AlignRight | Qt::AlignVCenter, count);
        area.setRight(area.right() - painter.fontMetrics().horizontalAdvance(count) - 8);
    }
    QFont font = this->font();
    if (isChecked())
        font.setWeight(QFont::DemiBold);
    painter.setFont(font);
    painter.setPen(theme.color(Theme::Role::Text));
    painter.drawText(
        area, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
        painter.fontMetrics().elidedText(text(), Qt::ElideMiddle, static_cast<int>(area.width())));
}

} // namespace lockkeeper::gui
