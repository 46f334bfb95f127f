// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

namespace lockkeeper::app {
struct Target;
}

namespace lockkeeper::gui {

/// Above everything: what kind of place one works in. Hidden when there is nothing to say.
class EnvironmentStrip final : public QWidget
{
    Q_OBJECT

public:
    explicit EnvironmentStrip(QWidget *parent = nullptr);

    void showTarget(const app::Target &target, bool isDemo);
    void clear();

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    bool m_isDemo = false;
    bool m_isReadOnly = false;
    QString m_name;
};

} // namespace lockkeeper::gui
