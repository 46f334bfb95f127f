// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/environmentstrip.h"

#include "app/target.h"
#include "gui/views/look.h"
#include "gui/views/theme.h"

#include <QPainter>

namespace lockkeeper::gui {

namespace {

constexpr int kHeight = 34;
constexpr int kEdge = 4;
constexpr int kMargin = 16;
constexpr int kGap = 12;

} // namespace

EnvironmentStrip::EnvironmentStrip(QWidget *parent)
    : QWidget(parent)
{
    setFixedHeight(kHeight);
    hide();
}

void EnvironmentStrip::showTarget(const app::Target &target, bool isDemo)
{
    m_isDemo = isDemo;
    m_isReadOnly = target.isReadOnly;
    m_name = target.name;
    setVisible(m_isDemo || m_isReadOnly);
    setAccessibleName(m_isDemo ? tr("Demo") : tr("Read-only: %1").arg(m_name));
    update();
}

void EnvironmentStrip::clear()
{
    hide();
}

void EnvironmentStrip::paintEvent(QPaintEvent *)
{
    const Theme &theme = Theme::of(palette());
    QPainter painter(this);
    const Theme::Role role = m_isDemo ? Theme::Role::Ok : Theme::Role::Warn;
    painter.fillRect(rect(), theme.color(Theme::Role::Window));
    painter.fillRect(QRect(0, 0, kEdge, height()), theme.color(role));
    paintBottomLine(painter, theme.color(Theme::Role::Line), rect());

    qreal x = kMargin;
    const auto write = [&](const QString &text, const QFont &font, Theme::Role color) {
        painter.setFont(font);
        painter.setPen(theme.color(color));
        const QRectF area(x, 0, width() - x, height());
        painter.drawText(area, Qt::AlignVCenter | Qt::TextSingleLine, text);
        x += painter.fontMetrics().horizontalAdvance(text) + kGap;
    };
    QFont strong = font();
    strong.setWeight(QFont::Bold);
    strong.setPointSizeF(strong.pointSizeF() * 0.92);
    if (m_isDemo) {
        write(tr("DEMO"), strong, role);
        write(tr("simulated workers on a private server; everything is gone when you quit"), font(),
              Theme::Role::Secondary);
    } else {
        write(tr("READ-ONLY"), strong, role);
        write(m_name, font(), Theme::Role::Text);
        write(tr("nothing can be released or deleted"), font(), Theme::Role::Secondary);
    }
}

} // namespace lockkeeper::gui
