// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/views/theme.h"

#include <QAbstractButton>

#include <optional>

namespace lockkeeper::gui {

/// A line of the left column: a name, and at its end a count or a coloured dot.
class PageButton final : public QAbstractButton
{
    Q_OBJECT

public:
    explicit PageButton(const QString &text, QWidget *parent = nullptr);

    void setCount(std::optional<int> count);
    void setDot(std::optional<Theme::Role> color);

    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;

private:
    std::optional<int> m_count;
    std::optional<Theme::Role> m_dot;
    bool m_showsFocus = false; ///< it came by keyboard
};

} // namespace lockkeeper::gui
