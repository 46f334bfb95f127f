// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/look.h"

#include <QFontDatabase>
#include <QFontMetricsF>
#include <QLayout>
#include <QPainter>
#include <QWidget>
#include <QWindow>

#include <algorithm>

namespace lockkeeper::gui {

namespace {

constexpr qreal kShapeSize = 10;

qreal digitWidth(const QFontMetricsF &metrics)
{
    qreal widest = 0;
    for (char16_t digit = u'0'; digit <= u'9'; ++digit)
        widest = std::max(widest, metrics.horizontalAdvance(QChar(digit)));
    return widest;
}

} // namespace

StateLook lookOf(app::LockState state)
{
    switch (app::severityOf(state)) {
    case app::Severity::Bad:
        return {Shape::Diamond, Theme::Role::Bad};
    case app::Severity::Warn:
        return {Shape::Triangle, Theme::Role::Warn};
    case app::Severity::Odd:
        return {Shape::Square, Theme::Role::Odd};
    case app::Severity::Ok:
        return {Shape::Dot, Theme::Role::Ok};
    }
    return {};
}

StateLook lookOf(const LockRow &row)
{
    return row.gone ? StateLook{Shape::Ring, Theme::Role::Gone} : lookOf(row.state);
}

void paintShape(QPainter &painter, Shape shape, const QColor &color, const QRectF &area)
{
    const QPointF c = area.center();
    const qreal r = kShapeSize / 2;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    switch (shape) {
    case Shape::Diamond:
        painter.drawPolygon(QPolygonF{{c.x(), c.y() - r - 1},
                                      {c.x() + r + 1, c.y()},
                                      {c.x(), c.y() + r + 1},
                                      {c.x() - r - 1, c.y()}});
        break;
    case Shape::Triangle:
        painter.drawPolygon(QPolygonF{{c.x(), c.y() - r},
                                      {c.x() + r + 0.5, c.y() + r - 0.5},
                                      {c.x() - r - 0.5, c.y() + r - 0.5}});
        break;
    case Shape::Square:
        painter.drawRect(QRectF(c.x() - r + 0.5, c.y() - r + 0.5, 2 * r - 1, 2 * r - 1));
        break;
    case Shape::Dot:
        painter.drawEllipse(c, r - 0.5, r - 0.5);
        break;
    case Shape::Ring:
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(color, 1.4));
        painter.drawEllipse(c, r - 1, r - 1);
        break;
    }
    painter.restore();
}

QPixmap shapePixmap(Shape shape, const QColor &color, qreal pixelRatio)
{
    const QSizeF size(kShapeSize + 4, kShapeSize + 4);
    QPixmap pixmap((size * pixelRatio).toSize());
    pixmap.setDevicePixelRatio(pixelRatio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    paintShape(painter, shape, color, QRectF(QPointF(), size));
    return pixmap;
}

QFont fixedFont(const QFont &base)
{
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    if (base.pixelSize() > 0)
        font.setPixelSize(base.pixelSize());
    else
        font.setPointSizeF(base.pointSizeF());
    return font;
}

QFont headlineFont(const QFont &base)
{
    QFont font = base;
    font.setPointSizeF(base.pointSizeF() * 1.4);
    font.setWeight(QFont::DemiBold);
    return font;
}

QFont headingFont(const QFont &base)
{
    QFont font = base;
    font.setPointSizeF(base.pointSizeF() * 0.9);
    font.setWeight(QFont::DemiBold);
    return font;
}

void paintBottomLine(QPainter &painter, const QColor &color, const QRectF &area)
{
    const qreal pixel = 1 / painter.device()->devicePixelRatioF();
    painter.fillRect(QRectF(area.left(), area.bottom() - pixel, area.width(), pixel), color);
}

void growToFit(QWidget &dialog)
{
    dialog.layout()->activate();
    QRect area = dialog.geometry();
    area.setHeight(dialog.layout()->heightForWidth(dialog.width()));
    if (area.height() <= dialog.height())
        return;
    // Until it is on screen its place is not known, and X11 would take that for the corner.
    const QWindow *handle = dialog.windowHandle();
    const bool isPlaced = handle && handle->isExposed();
    if (dialog.parentWidget() && !isPlaced)
        area.moveCenter(dialog.parentWidget()->window()->geometry().center());
    dialog.setGeometry(area);
}

void paintTabular(QPainter &painter, const QRectF &area, Qt::Alignment alignment,
                  const QString &text)
{
    const QFontMetricsF metrics(painter.font());
    const qreal digit = digitWidth(metrics);
    if (qFuzzyCompare(metrics.horizontalAdvance(QStringLiteral("1")), digit)) {
        painter.drawText(area, static_cast<int>(alignment) | Qt::TextSingleLine, text);
        return;
    }
    qreal width = 0;
    for (const QChar c : text)
        width += c.isDigit() ? digit : metrics.horizontalAdvance(c);
    qreal x = alignment.testFlag(Qt::AlignRight) ? area.right() - width : area.left();
    const qreal baseline = area.top() + (area.height() - metrics.height()) / 2 + metrics.ascent();
    for (const QChar c : text) {
        const qreal advance = metrics.horizontalAdvance(c);
        const qreal room = c.isDigit() ? digit : advance;
        painter.drawText(QPointF(x + (room - advance) / 2, baseline), c);
        x += room;
    }
}

} // namespace lockkeeper::gui
