// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/result.h"

#include <QObject>
#include <QTimer>

#include <optional>

namespace lockkeeper::gui {

class MainWindow;

/// Waits until the window shows something worth a picture, selects a lock, and saves the window.
class Screenshot final : public QObject
{
    Q_OBJECT

public:
    Screenshot(MainWindow &window, QString file, const Clock &clock, QObject *parent = nullptr);

signals:
    void taken(const lockkeeper::Result<void> &outcome);

private:
    void look();
    bool selectRow();
    void save();

    MainWindow &m_window;
    QString m_file;
    const Clock &m_clock;
    SteadyTime m_begun;
    std::optional<SteadyTime> m_selectedAt;
    QTimer m_timer;
};

} // namespace lockkeeper::gui
