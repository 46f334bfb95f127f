// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace.h"
#include "gui/views/theme.h"

#include <QPointer>
#include <QTimer>
#include <QWidget>

class QLabel;
class QPushButton;

namespace lockkeeper::gui {

/// Above everything: what kind of place one works in, and whether anything can be changed there.
/// In production it unlocks for a quarter of an hour, and counts down. Hidden when there is nothing
/// to say.
class EnvironmentStrip final : public QWidget
{
    Q_OBJECT

public:
    explicit EnvironmentStrip(QWidget *parent = nullptr);

    /// Null: none.
    void setWorkspace(app::Workspace *workspace, bool isDemo);

signals:
    void unlockRequested();

protected:
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void present();
    void presentWindow(const app::WriteWindow &window, const app::Guardrails &guardrails);
    void paintWords();
    void act();
    [[nodiscard]] Theme::Role role() const;
    [[nodiscard]] app::Environment environment() const;

    QPointer<app::Workspace> m_workspace;
    bool m_isDemo = false;
    QLabel *m_environment;
    QLabel *m_name;
    QLabel *m_state;
    QPushButton *m_way; ///< to unlock, or to lock again
    QTimer m_timer;     ///< counts down
};

} // namespace lockkeeper::gui
