// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/lockmonitor.h"

#include <QWidget>

class QAction;
class QLabel;
class QToolButton;

namespace lockkeeper::app {
class Workspace;
}

namespace lockkeeper::locks {
class UnlockedWrites;
} // namespace lockkeeper::locks

namespace lockkeeper::gui {

/// The status bar: what feeds the list, when it last proved that it lives, counts, the server.
class StatusStrip final : public QWidget
{
    Q_OBJECT

public:
    /// @param cancelScan offered while a scan is under way
    explicit StatusStrip(QAction *cancelScan, QWidget *parent = nullptr);

    struct Counts
    {
        int shown = 0; ///< held, and let through by the filter
        int held = 0;
        bool isFiltered = false;
    };

    /// Null: not connected.
    void present(app::Workspace *workspace, const Counts &counts);
    [[nodiscard]] QString feedText() const;
    [[nodiscard]] QString writesText() const;

private:
    void presentWrites(const locks::UnlockedWrites &writes);
    void presentFeed(app::Workspace &workspace);
    void presentServer(app::Workspace &workspace);

    QLabel *m_dot;
    QLabel *m_feed;
    QLabel *m_proof;
    QLabel *m_counts;
    QLabel *m_server;
    QLabel *m_database;
    QLabel *m_scan;
    QLabel *m_unlocked;
    QToolButton *m_cancelScan;
    QLabel *m_roundTrip;
};

} // namespace lockkeeper::gui
