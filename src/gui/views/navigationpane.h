// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/profile.h"

#include <QList>
#include <QWidget>

#include <optional>

class QAction;
class QLabel;
class QVBoxLayout;

namespace lockkeeper::gui {

class PageButton;

/// The left column: the pages with their counts, what we are connected to, and the saved
/// connections, each with the colour of its environment.
class NavigationPane final : public QWidget
{
    Q_OBJECT

public:
    /// @param connectAction triggered by a click on the target
    explicit NavigationPane(QAction *connectAction, QWidget *parent = nullptr);

    void setLockCount(std::optional<int> count);
    /// @param name empty: not connected, or to a profile
    void setTarget(const QString &name, const QString &toolTip);
    void setTrusted(bool isTrusted);
    void setProfiles(const QList<app::Profile> &profiles);
    /// The one that is shown; empty: none.
    void setCurrentProfile(const QString &name);

    /// The pages, in the order of their buttons.
    enum class Page { Locks, Audit };
    void setPage(Page page);

signals:
    void pageChosen(lockkeeper::gui::NavigationPane::Page page);
    void profileChosen(const QString &name);

private:
    PageButton *m_locks;
    PageButton *m_audit;
    QLabel *m_heading;
    PageButton *m_target;
    QLabel *m_profilesHeading;
    QVBoxLayout *m_profiles;
    QList<PageButton *> m_buttons;
    QString m_current;
};

} // namespace lockkeeper::gui
