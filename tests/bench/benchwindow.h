// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "gui/views/appearance.h"
#include "gui/views/lockspage.h"
#include "gui/views/mainwindow.h"
#include "gui/views/workspacehost.h"

#include <QTemporaryDir>

namespace lockkeeper::bench {

/// The program's window, closed in the order in which the program does.
class BenchWindow
{
public:
    BenchWindow();
    ~BenchWindow();
    BenchWindow(const BenchWindow &) = delete;
    BenchWindow &operator=(const BenchWindow &) = delete;

    /// Watches the server, until the window lists so many locks. With `wholeList` until it also
    /// knows that this is all.
    void open(const redis::ServerAddress &address, int rows, bool wholeList = false);
    [[nodiscard]] gui::MainWindow &window() { return m_window; }
    [[nodiscard]] gui::LockTableModel &model() { return m_window.locksPage().model(); }
    [[nodiscard]] gui::WorkspaceHost &host() { return m_host; }

private:
    QTemporaryDir m_folder;
    SystemClock m_clock;
    gui::Appearance m_appearance;
    app::SecretStore m_secrets{app::SecretStore::Keychain::None};
    gui::WorkspaceHost m_host;
    gui::MainWindow m_window;
};

} // namespace lockkeeper::bench
