// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/theme.h"

#include <QFile>

#include <algorithm>
#include <cmath>

namespace lockkeeper::gui {

namespace {

// In the order of Theme::Role.
constexpr std::array<const char *, Theme::kRoles> kRoleNames{
    "window", "surface",  "raised",    "text",      "secondary",   "line",
    "accent", "onAccent", "selection", "ok",        "warn",        "bad",
    "gone",   "odd",      "calm",      "stripText", "stripSurface"};

double luminance(const QColor &color)
{
    const auto linear = [](double channel) {
        return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) +
           0.0722 * linear(color.blueF());
}

} // namespace

const Theme &Theme::light()
{
    static const Theme theme(false, {QColor(0xF6F7F9), QColor(0xFFFFFF), QColor(0xFAFBFC),
                                     QColor(0x1B1F24), QColor(0x5B6470), QColor(0xE2E6EB),
                                     QColor(0x2563EB), QColor(0xFFFFFF), QColor(0xE8F0FE),
                                     QColor(0x19774E), QColor(0x946000), QColor(0xC53030),
                                     QColor(0x616B79), QColor(0x7C4DCC), QColor(0xCBD5E1),
                                     QColor(0xB42318), QColor(0xFEF1F0)});
    return theme;
}

const Theme &Theme::dark()
{
    static const Theme theme(true, {QColor(0x14171C), QColor(0x1B1F26), QColor(0x1F242C),
                                    QColor(0xE6E9EE), QColor(0x9AA4B2), QColor(0x2C333D),
                                    QColor(0x7AA7FF), QColor(0x10151D), QColor(0x233450),
                                    QColor(0x5CC797), QColor(0xE0AE4F), QColor(0xF08A85),
                                    QColor(0x98A3B2), QColor(0xB794F6), QColor(0x414C5B),
                                    QColor(0xF29B94), QColor(0x3A1F1E)});
    return theme;
}

const Theme &Theme::of(const QPalette &palette)
{
    return palette.color(QPalette::Window).lightness() < 128 ? dark() : light();
}

QPalette Theme::palette() const
{
    QPalette palette;
    palette.setColor(QPalette::Window, color(Role::Window));
    palette.setColor(QPalette::WindowText, color(Role::Text));
    palette.setColor(QPalette::Base, color(Role::Surface));
    palette.setColor(QPalette::AlternateBase, color(Role::Raised));
    palette.setColor(QPalette::Text, color(Role::Text));
    palette.setColor(QPalette::PlaceholderText, color(Role::Secondary));
    palette.setColor(QPalette::Button, color(Role::Surface));
    palette.setColor(QPalette::ButtonText, color(Role::Text));
    palette.setColor(QPalette::BrightText, color(Role::Bad));
    palette.setColor(QPalette::ToolTipBase, color(Role::Raised));
    palette.setColor(QPalette::ToolTipText, color(Role::Text));
    palette.setColor(QPalette::Highlight, color(Role::Selection));
    palette.setColor(QPalette::HighlightedText, color(Role::Text));
    palette.setColor(QPalette::Link, color(Role::Accent));
    palette.setColor(QPalette::LinkVisited, color(Role::Odd));
    palette.setColor(QPalette::Light, color(Role::Raised));
    palette.setColor(QPalette::Midlight, color(Role::Line));
    palette.setColor(QPalette::Mid, color(Role::Line));
    palette.setColor(QPalette::Dark, color(Role::Line).darker(115));
    palette.setColor(QPalette::Shadow, QColor(0, 0, 0));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, color(Role::Gone));
    return palette;
}

QString Theme::styleSheet() const
{
    QFile file(QStringLiteral(":/style/window.qss"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QString sheet = QString::fromUtf8(file.readAll());
    for (std::size_t i = 0; i < kRoles; ++i)
        sheet.replace(u'@' + QLatin1StringView(kRoleNames[i]) + u'@', m_colors[i].name());
    sheet.replace(QStringLiteral("@theme@"),
                  m_isDark ? QStringLiteral("dark") : QStringLiteral("light"));
    return sheet;
}

double contrastRatio(const QColor &a, const QColor &b)
{
    const double first = luminance(a);
    const double second = luminance(b);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

} // namespace lockkeeper::gui
