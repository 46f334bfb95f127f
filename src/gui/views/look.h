// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/lockrow.h"
#include "gui/views/theme.h"

#include <QFont>
#include <QPixmap>
#include <QRectF>

class QPainter;
class QWidget;

/// How states look: shape, colour and word always together, so that none of them carries it alone.
namespace lockkeeper::gui {

enum class Shape { Diamond, Triangle, Square, Dot, Ring };

struct StateLook
{
    Shape shape = Shape::Dot;
    Theme::Role color = Theme::Role::Ok;
};

[[nodiscard]] StateLook lookOf(app::LockState state);
[[nodiscard]] StateLook lookOf(const LockRow &row);

/// Paints a shape in the middle of `area`, 10 units wide.
void paintShape(QPainter &painter, Shape shape, const QColor &color, const QRectF &area);
/// A shape as an image, for labels.
[[nodiscard]] QPixmap shapePixmap(Shape shape, const QColor &color, qreal pixelRatio);

/// The system's fixed font, at the size of `base`.
[[nodiscard]] QFont fixedFont(const QFont &base);
/// The font of headlines, and the small one of headings over lists.
[[nodiscard]] QFont headlineFont(const QFont &base);
[[nodiscard]] QFont headingFont(const QFont &base);
/// A line that is one physical pixel thin, along the bottom of `area`.
void paintBottomLine(QPainter &painter, const QColor &color, const QRectF &area);
/// Makes a dialog high enough for wrapped text that was set just now; layouts do not by themselves.
void growToFit(QWidget &dialog);
/// Text whose digits all take the same room, in fonts that have no such digits by themselves too.
void paintTabular(QPainter &painter, const QRectF &area, Qt::Alignment alignment,
                  const QString &text);

} // namespace lockkeeper::gui
