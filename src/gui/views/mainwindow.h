// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/views/actiondialog.h"
#include "gui/views/workspacehost.h"

#include <QMainWindow>
#include <QPointer>
#include <QTimer>

class QSplitter;

namespace lockkeeper::gui {

class Appearance;
class ConnectionStrip;
class DetailsPane;
class EnvironmentStrip;
class LocksPage;
class MessageStrip;
class NavigationPane;
class StatusStrip;

/// The window: pages at the left, the list in the middle, details at the right, and what is
/// connected on top and at the bottom.
class MainWindow final : public QMainWindow
{
    Q_OBJECT

public:
    MainWindow(WorkspaceHost &host, Appearance &appearance, const Clock &clock,
               QWidget *parent = nullptr);
    ~MainWindow() override;

    [[nodiscard]] LocksPage &locksPage() { return *m_locks; }
    [[nodiscard]] DetailsPane &details() { return *m_details; }
    [[nodiscard]] StatusStrip &status() { return *m_status; }
    [[nodiscard]] MessageStrip &messages() { return *m_messages; }
    [[nodiscard]] ConnectionStrip &connection() { return *m_connection; }

    void openConnectDialog();
    /// Closes the window though nobody may be there to read a report: the program is to end.
    void leave();

signals:
    /// The user closed the window; it waits for the last flows to end.
    void closeRequested();

protected:
    void closeEvent(QCloseEvent *event) override;

private:
    struct Commands
    {
        QAction *connect;
        QAction *edit;
        QAction *demo;
        QAction *retry;
        QAction *rescan;
        QAction *cancelScan;
        QAction *quit;
        QAction *release;
        QAction *remove;
        QAction *copyId;
        QAction *filter;
        QAction *clearFilter;
        QAction *foldEvents;
    };

    QAction *makeAction(const QString &text, const QKeySequence &shortcut,
                        void (MainWindow::*slot)());
    void makeActions();
    void makeMenus();
    void makeAppearanceMenu(QMenu *parent);
    void makeLayout();
    void connectParts();

    void showWorkspace();
    void showHostState();
    void showFeed();
    void showStatus();
    void updateActions();
    void chooseLock(const std::optional<LockKey> &key);
    void openActionDialog(ActionDialog::Kind kind);
    void releaseLock() { openActionDialog(ActionDialog::Kind::Release); }
    void deleteSession() { openActionDialog(ActionDialog::Kind::Delete); }
    void openDemo();
    void retry();
    void rescan();
    void cancelScan();
    void copyId();
    void focusFilter();
    void clearFilter();
    void foldEvents();
    void closeAfterRun(bool isReported);

    WorkspaceHost &m_host;
    Appearance &m_appearance;
    const Clock &m_clock;
    Commands m_commands{};
    EnvironmentStrip *m_environment = nullptr;
    ConnectionStrip *m_connection = nullptr;
    MessageStrip *m_messages = nullptr;
    NavigationPane *m_navigation = nullptr;
    LocksPage *m_locks = nullptr;
    DetailsPane *m_details = nullptr;
    QSplitter *m_splitter = nullptr;
    StatusStrip *m_status = nullptr;
    QTimer m_statusTimer;
    QPointer<ActionDialog> m_actionDialog;
    bool m_isCloseWanted = false; ///< once what runs has ended
    bool m_isLeaving = false;
    bool m_isClosing = false;
};

} // namespace lockkeeper::gui
