// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QPalette>
#include <QString>

#include <array>

namespace lockkeeper::gui {

/// The colours of the window, light or dark. A value: whoever paints asks Theme::of() with the
/// palette at hand, so that there is no second place that knows which one is in use.
class Theme final
{
public:
    enum class Role {
        Window,  ///< panes around the work
        Surface, ///< the work itself: table, fields
        Raised,  ///< cards, hovered rows
        Text,
        Secondary, ///< labels, ids, times
        Line,
        Accent,
        OnAccent, ///< text on an accent-coloured button
        Selection,
        Ok,
        Warn,
        Bad,
        Gone,
        Odd,
        Calm,      ///< the bar of a lock with nothing to say about
        StripText, ///< of the production strip, and of messages of failure
        StripSurface,
    };
    static constexpr std::size_t kRoles = static_cast<std::size_t>(Role::StripSurface) + 1;

    [[nodiscard]] static const Theme &light();
    [[nodiscard]] static const Theme &dark();
    /// The theme that a palette made by palette() belongs to.
    [[nodiscard]] static const Theme &of(const QPalette &palette);

    [[nodiscard]] bool isDark() const { return m_isDark; }
    [[nodiscard]] QColor color(Role role) const { return m_colors[static_cast<std::size_t>(role)]; }
    [[nodiscard]] QPalette palette() const;
    /// The style sheet of resources/style with this theme's colours.
    [[nodiscard]] QString styleSheet() const;

private:
    Theme(bool isDark, std::array<QColor, kRoles> colors)
        : m_isDark(isDark)
        , m_colors(colors)
    {}

    bool m_isDark;
    std::array<QColor, kRoles> m_colors;
};

/// The WCAG contrast ratio of two colours, 1 to 21.
[[nodiscard]] double contrastRatio(const QColor &a, const QColor &b);

} // namespace lockkeeper::gui
