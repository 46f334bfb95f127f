// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/views/actiondialog.h"
#include "gui/views/bulkdialog.h"
#include "gui/views/navigationpane.h"
#include "gui/views/workspacehost.h"

#include <QFileSystemWatcher>
#include <QMainWindow>
#include <QPointer>
#include <QTimer>

#include <optional>

class QSplitter;
class QStackedWidget;

namespace lockkeeper::gui {

class Appearance;
class AuditPage;
class ConnectionStrip;
class DetailsPane;
class EnvironmentStrip;
class LocksPage;
class MessageStrip;
class StatusStrip;

/// The window: pages at the left, the list in the middle, details at the right, and what is
/// connected on top and at the bottom.
class MainWindow final : public QMainWindow
{
    Q_OBJECT

public:
    /// `secrets` must outlive the window's flows.
    MainWindow(WorkspaceHost &host, app::SecretStore &secrets, Appearance &appearance,
               const Clock &clock, QWidget *parent = nullptr);
    ~MainWindow() override;

    [[nodiscard]] LocksPage &locksPage() { return *m_locks; }
    [[nodiscard]] DetailsPane &details() { return *m_details; }
    [[nodiscard]] AuditPage &auditPage() { return *m_audit; }
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
        QAction *takeOver;
        QAction *giveBack;
        QAction *remove;
        QAction *finish;
        QAction *unlock;
        QAction *profiles;
        QAction *reopen;
        QAction *copyId;
        QAction *locksPage;
        QAction *auditPage;
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
    void showPage(NavigationPane::Page page);
    void showLocks() { showPage(NavigationPane::Page::Locks); }
    void showAudit() { showPage(NavigationPane::Page::Audit); }
    void showFeed();
    void showStatus();
    void updateActions();
    void chooseLock(const std::optional<LockKey> &key);

    // In mainwindowacts.cpp.
    /// On what is selected: one lock, or several.
    void act(ActionDialog::Kind kind);
    /// On the lock whose details are shown.
    void actOnShown(ActionDialog::Kind kind);
    void openActionDialog(ActionDialog::Kind kind, const LockRow &row);
    void openBulkDialog(app::BulkDeed deed);
    /// Both kinds of dialog: what the window does while one is open, and afterwards.
    template<typename Dialog>
    void begin(Dialog *dialog);
    /// @return whether an act is under way that the window has to wait for.
    [[nodiscard]] bool endActsEarly();
    void releaseLock() { act(ActionDialog::Kind::Release); }
    void takeLockOver() { act(ActionDialog::Kind::TakeOver); }
    void deleteSession() { act(ActionDialog::Kind::Delete); }
    void giveLockBack();
    static QCoro::Task<> giveBackFlow(app::Workspace *workspace, SessionId session,
                                      QPointer<MainWindow> window);
    void unlock();
    void followActs(app::Workspace &workspace);
    void lookForCutShortActs();
    static QCoro::Task<> cutShortFlow(app::Workspace *workspace, QPointer<MainWindow> window);
    void tellOfCutShortActs(app::Workspace *workspace, const Result<QList<app::CutShortAct>> &acts);
    void finishCutShortAct();
    void tellCopied(const QString &name);
    void tellFinding(const app::Finding &finding);

    // In mainwindowprofiles.cpp.
    void watchProfiles();
    void loadProfiles();
    void openProfile(const QString &name);
    void reopenProfile();
    void tryProfile(const app::Profile &profile, const app::GivenSecrets &given);
    void profileOpened();
    void profileFailed(const Error &error, WorkspaceHost::Part part);
    void passwordGiven(const app::SecretName &name, const Secret &password, bool isToBeKept);
    static QCoro::Task<> keepPasswordFlow(app::SecretStore *secrets, app::SecretName name,
                                          Secret password, QPointer<MainWindow> window);
    void openProfilesDialog();
    void fillFamilyMenu();

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
    app::SecretStore &m_secrets;
    app::ProfileStore m_profiles;
    QFileSystemWatcher m_profilesWatcher;
    QMenu *m_families = nullptr;          ///< of the profile that is shown
    std::optional<app::Profile> m_wanted; ///< that is being tried
    app::GivenSecrets m_wantedSecrets;    ///< that were typed for it
    FlowGroup m_flows;
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
    QStackedWidget *m_pages = nullptr;
    AuditPage *m_audit = nullptr;
    StatusStrip *m_status = nullptr;
    QTimer m_statusTimer;
    QPointer<ActionDialog> m_actionDialog;
    QPointer<BulkDialog> m_bulkDialog;
    QPointer<QDialog> m_unlockDialog;
    QPointer<app::Workspace> m_lookedBack; ///< whose earlier acts were looked into
    QList<app::CutShortAct> m_cutShort;    ///< of earlier runs, that are offered to be finished
    bool m_isCloseWanted = false;          ///< once what runs has ended
    bool m_isLeaving = false;
    bool m_isClosing = false;
};

} // namespace lockkeeper::gui
