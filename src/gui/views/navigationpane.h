// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <optional>

class QAction;
class QLabel;

namespace lockkeeper::gui {

class PageButton;

/// The left column: the pages with their counts, and what we are connected to.
class NavigationPane final : public QWidget
{
    Q_OBJECT

public:
    /// @param connectAction triggered by a click on the target
    explicit NavigationPane(QAction *connectAction, QWidget *parent = nullptr);

    void setLockCount(std::optional<int> count);
    /// @param name empty: not connected
    void setTarget(const QString &name, const QString &toolTip);
    void setTrusted(bool isTrusted);

private:
    PageButton *m_locks;
    QLabel *m_heading;
    PageButton *m_target;
};

} // namespace lockkeeper::gui
