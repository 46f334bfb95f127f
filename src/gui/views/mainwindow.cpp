// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/mainwindow.h"

#include "core/text.h"
#include "gui/views/appearance.h"
#include "gui/views/auditpage.h"
#include "gui/views/connectdialog.h"
#include "gui/views/connectionstrip.h"
#include "gui/views/detailspane.h"
#include "gui/views/environmentstrip.h"
#include "gui/views/eventspanel.h"
#include "gui/views/hairline.h"
#include "gui/views/lockspage.h"
#include "gui/views/locktable.h"
#include "gui/views/messagestrip.h"
#include "gui/views/statusstrip.h"

#include <QApplication>
#include <QHBoxLayout>
#include <QScreen>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <utility>

namespace lockkeeper::gui {

namespace {

constexpr milliseconds kStatusInterval{250};
constexpr QSize kSize{1440, 880};
constexpr int kDetailsWidth = 328;

} // namespace

MainWindow::MainWindow(WorkspaceHost &host, app::SecretStore &secrets, Appearance &appearance,
                       const Clock &clock, QWidget *parent)
    : QMainWindow(parent)
    , m_host(host)
    , m_secrets(secrets)
    , m_appearance(appearance)
    , m_clock(clock)
{
    setWindowTitle(tr("Lockkeeper"));
    resize(kSize.boundedTo(screen()->availableSize()));
    makeActions();
    makeLayout();
    makeMenus();
    connectParts();
    m_locks->table().setFocus();
    showWorkspace();
    showHostState();
    watchProfiles();
}

MainWindow::~MainWindow() = default;

void MainWindow::makeLayout()
{
    auto *central = new QWidget(this);
    m_environment = new EnvironmentStrip(central);
    m_connection =
        new ConnectionStrip({m_commands.retry, m_commands.edit, m_commands.rescan}, central);
    m_navigation = new NavigationPane(m_commands.connect, central);
    m_locks =
        new LocksPage(m_host, m_clock,
                      {.connect = m_commands.connect,
                       .demo = m_commands.demo,
                       .clearFilter = m_commands.clearFilter,
                       .actsOnMany = {m_commands.release, m_commands.takeOver, m_commands.remove}},
                      central);
    m_messages = &m_locks->events().messages();
    m_details = new DetailsPane(m_locks->model(), central);
    m_details->setMinimumWidth(kDetailsWidth);
    m_status = new StatusStrip(m_commands.cancelScan, central);
    m_splitter = new QSplitter(Qt::Horizontal, central);
    m_splitter->setHandleWidth(1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_locks);
    m_splitter->addWidget(m_details);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setSizes({QWIDGETSIZE_MAX, kDetailsWidth});

    auto *body = new QHBoxLayout;
    body->setSpacing(0);
    body->addWidget(m_navigation);
    body->addWidget(new Hairline(Qt::Vertical, central));
    m_pages = new QStackedWidget(central);
    m_pages->addWidget(m_splitter);
    m_audit = new AuditPage(m_host.auditFolder(), m_clock, m_pages);
    m_pages->addWidget(m_audit);
    body->addWidget(m_pages, 1);
    auto *layout = new QVBoxLayout(central);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_environment);
    layout->addWidget(m_connection);
    layout->addLayout(body, 1);
    layout->addWidget(new Hairline(Qt::Horizontal, central));
    layout->addWidget(m_status);
    setCentralWidget(central);
}

void MainWindow::connectParts()
{
    connect(&m_host, &WorkspaceHost::workspaceChanged, this, &MainWindow::showWorkspace);
    connect(&m_host, &WorkspaceHost::stateChanged, this, &MainWindow::showHostState);
    connect(&m_host, &WorkspaceHost::trySucceeded, this, &MainWindow::profileOpened);
    connect(&m_host, &WorkspaceHost::tryFailed, this, &MainWindow::profileFailed);
    connect(m_navigation, &NavigationPane::pageChosen, this, &MainWindow::showPage);
    connect(m_navigation, &NavigationPane::profileChosen, this, &MainWindow::openProfile);
    connect(&m_host, &WorkspaceHost::demoFailed, this,
            [this](const Error &error) { m_messages->showFailure(error); });
    connect(&m_locks->table(), &LockTable::lockSelected, this, &MainWindow::chooseLock);
    connect(&m_locks->model(), &LockTableModel::updated, this, &MainWindow::updateActions);
    connect(&m_locks->events(), &EventsPanel::folded, this,
            [this](bool isFolded) { m_commands.foldEvents->setChecked(!isFolded); });
    connect(m_details, &DetailsPane::shownChanged, this, &MainWindow::updateActions);
    connect(m_details, &DetailsPane::possibilitiesChanged, this, &MainWindow::updateActions);
    connect(m_details, &DetailsPane::releaseRequested, this,
            [this] { actOnShown(ActionDialog::Kind::Release); });
    connect(m_details, &DetailsPane::takeOverRequested, this,
            [this] { actOnShown(ActionDialog::Kind::TakeOver); });
    connect(m_details, &DetailsPane::giveBackRequested, this, &MainWindow::giveLockBack);
    connect(m_details, &DetailsPane::deleteRequested, this,
            [this] { actOnShown(ActionDialog::Kind::Delete); });
    connect(m_details, &DetailsPane::copyRequested, this, &MainWindow::copyId);
    connect(m_details, &DetailsPane::copied, this, &MainWindow::tellCopied);
    connect(m_environment, &EnvironmentStrip::unlockRequested, this, &MainWindow::unlock);
    connect(&m_locks->table(), &LockTable::countSelectedChanged, this, &MainWindow::updateActions);
    connect(m_details, &DetailsPane::failed, this,
            [this](const Error &error) { m_messages->showFailure(error); });
    connect(&m_appearance, &Appearance::changed, this, &MainWindow::showStatus);
    m_statusTimer.setInterval(kStatusInterval);
    connect(&m_statusTimer, &QTimer::timeout, this, &MainWindow::showStatus);
    m_statusTimer.start();
}

void MainWindow::showWorkspace()
{
    app::Workspace *workspace = m_host.workspace();
    if (m_actionDialog)
        m_actionDialog->close();
    if (m_bulkDialog)
        m_bulkDialog->close();
    if (m_unlockDialog)
        m_unlockDialog->close();
    m_cutShort.clear();
    m_messages->dismiss();
    m_locks->setWorkspace(workspace);
    m_details->setWorkspace(workspace);
    if (workspace) {
        const app::Target &target = workspace->target();
        m_environment->setWorkspace(workspace, m_host.isDemo());
        const QString url = target.server.displayUrl();
        const QString &profile = target.guardrails.profile;
        const bool isProfile = !profile.isEmpty() && target.name == profile;
        m_navigation->setCurrentProfile(isProfile ? profile : QString());
        m_navigation->setTarget(isProfile            ? QString()
                                : target.name == url ? target.server.place()
                                                     : target.name,
                                url);
        setWindowTitle(tr("%1 — Lockkeeper").arg(target.name));
        connect(&workspace->monitor(), &locks::LockMonitor::feedChanged, this,
                &MainWindow::showFeed);
        connect(&workspace->client(), &redis::Client::stateChanged, this,
                [this](redis::Link::State state) {
                    if (state == redis::Link::State::Ready &&
                        m_host.state() == WorkspaceHost::State::Failed)
                        m_host.noteConnected();
                });
        connect(workspace, &app::Workspace::databaseChecked, this, &MainWindow::showStatus);
        followActs(*workspace);
    } else {
        m_environment->setWorkspace(nullptr, false);
        m_navigation->setTarget({}, {});
        m_navigation->setCurrentProfile({});
        setWindowTitle(tr("Lockkeeper"));
    }
    updateActions();
    showStatus();
}

void MainWindow::showHostState()
{
    m_commands.retry->setText(m_host.isDemo() ? tr("Start the demo &again") : tr("Re&try"));
    m_locks->updateEmptyState();
    updateActions();
    showStatus();
    lookForCutShortActs();
}

void MainWindow::showPage(NavigationPane::Page page)
{
    m_navigation->setPage(page);
    m_pages->setCurrentIndex(static_cast<int>(page));
}

void MainWindow::showFeed()
{
    m_details->present();
    updateActions();
    showStatus();
}

void MainWindow::showStatus()
{
    app::Workspace *workspace = m_host.workspace();
    m_connection->present(m_host);
    m_locks->showAge();
    m_status->present(workspace, m_locks->counts());
    const bool isTrusted = workspace && workspace->monitor().feed().isTrusted;
    m_navigation->setTrusted(isTrusted);
    const int held = m_locks->model().heldCount();
    m_navigation->setLockCount(held > 0 || isTrusted ? std::optional(held) : std::nullopt);
}

/// Of several locks each act says by itself which of them it would refuse.
void MainWindow::updateActions()
{
    app::Workspace *workspace = m_host.workspace();
    const bool isShown = workspace && m_details->row();
    const bool hasFailed = m_host.state() == WorkspaceHost::State::Failed;
    m_commands.retry->setEnabled((hasFailed && m_host.canRetry()) ||
                                 (workspace && workspace->outage()));
    m_commands.rescan->setEnabled(workspace != nullptr);
    m_commands.cancelScan->setEnabled(workspace && workspace->monitor().feed().scan);
    m_commands.copyId->setEnabled(isShown);
    const bool areSeveral = m_locks->table().countSelected() > 1;
    const bool mayWrite = workspace && workspace->window().isOpen();
    const bool isFrozen = m_locks->model().frozenAt().has_value();
    const bool many = areSeveral && mayWrite && !isFrozen;
    const bool manyMore = many && workspace->target().guardrails.scope != app::Scope::StaleLocks;
    m_commands.release->setEnabled(areSeveral ? many : isShown && m_details->canRelease());
    m_commands.takeOver->setEnabled(areSeveral ? manyMore : isShown && m_details->canTakeOver());
    m_commands.giveBack->setEnabled(isShown && m_details->canGiveBack());
    m_commands.remove->setEnabled(areSeveral ? manyMore && workspace->store()
                                             : isShown && m_details->canDelete());
    m_commands.unlock->setEnabled(workspace &&
                                  workspace->window().state() == app::WriteWindow::State::Closed);
}

void MainWindow::chooseLock(const std::optional<LockKey> &key)
{
    m_details->showLock(key);
}

void MainWindow::openConnectDialog()
{
    auto *dialog = new ConnectDialog(this);
    if (m_host.workspace() && !m_host.isDemo()) {
        dialog->setTarget(m_host.workspace()->target());
    } else {
        const auto target = app::resolveTarget({}, QProcessEnvironment::systemEnvironment());
        if (target)
            dialog->setTarget(*target);
    }
    connect(dialog, &ConnectDialog::targetChosen, &m_host, &WorkspaceHost::tryTarget);
    connect(dialog, &QDialog::rejected, &m_host, &WorkspaceHost::cancelTry);
    connect(&m_host, &WorkspaceHost::trySucceeded, dialog, &QDialog::accept);
    connect(&m_host, &WorkspaceHost::tryFailed, dialog, &ConnectDialog::refuse);
    connect(dialog, &ConnectDialog::demoChosen, this, &MainWindow::openDemo);
    dialog->open();
}

void MainWindow::openDemo()
{
    if (m_host.state() == WorkspaceHost::State::Open)
        m_messages->showDone(tr("The demo is being started"), {});
    m_host.openDemo();
}

void MainWindow::retry()
{
    if (m_host.state() == WorkspaceHost::State::Open)
        m_host.workspace()->reconnectNow();
    else
        m_host.retry();
    showStatus();
}

void MainWindow::rescan()
{
    if (app::Workspace *workspace = m_host.workspace())
        workspace->monitor().rescan();
}

void MainWindow::cancelScan()
{
    if (app::Workspace *workspace = m_host.workspace())
        workspace->monitor().cancelScan();
}

void MainWindow::focusFilter()
{
    m_locks->focusFilter();
}

void MainWindow::clearFilter()
{
    m_locks->clearFilter();
}

void MainWindow::foldEvents()
{
    m_locks->events().setFolded(!m_commands.foldEvents->isChecked());
}

} // namespace lockkeeper::gui
