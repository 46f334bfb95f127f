// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/hairline.h"

#include "gui/views/theme.h"

#include <QPainter>

namespace lockkeeper::gui {

Hairline::Hairline(Qt::Orientation orientation, QWidget *parent)
    : QWidget(parent)
    , m_orientation(orientation)
{
    if (orientation == Qt::Horizontal)
        setFixedHeight(1);
    else
        setFixedWidth(1);
}

void Hairline::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const qreal pixel = 1 / devicePixelRatioF();
    const QRectF line = m_orientation == Qt::Horizontal ? QRectF(0, 1 - pixel, width(), pixel)
                                                        : QRectF(1 - pixel, 0, pixel, height());
    painter.fillRect(line, Theme::of(palette()).color(Theme::Role::Line));
}

} // namespace lockkeeper::gui
