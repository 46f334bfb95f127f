// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/connectdialog.h"
#include "gui/views/mainwindow.h"
#include "gui/views/messagestrip.h"
#include "gui/views/navigationpane.h"
#include "gui/views/passworddialog.h"
#include "gui/views/profilesdialog.h"

#include <QFileInfo>
#include <QMenu>

#include <utility>

// The saved connections from the window: which there are, and the way into one.
namespace lockkeeper::gui {

/// Somebody may edit the file by hand: it is replaced then, so its folder is watched.
void MainWindow::watchProfiles()
{
    loadProfiles();
    const QString folder = QFileInfo(m_profiles.file()).path();
    if (QFileInfo::exists(folder))
        m_profilesWatcher.addPath(folder);
    connect(&m_profilesWatcher, &QFileSystemWatcher::directoryChanged, this,
            &MainWindow::loadProfiles);
}

void MainWindow::loadProfiles()
{
    const Result<app::ProfileList> list = m_profiles.load();
    m_navigation->setProfiles(list ? list->profiles : QList<app::Profile>());
    const auto &shown = m_host.profile();
    const app::Profile *saved = list && shown ? list->find(shown->name) : nullptr;
    if (saved && !(*saved == *shown))
        m_messages->showFailure(
            {ErrorCode::Refused,
             tr("The profile %1 was changed; what is open has its guardrails as they were")
                 .arg(shown->name),
             tr("open it again for the new ones to hold")},
            {m_commands.reopen});
    if (!list)
        m_messages->showFailure(list.error());
    else if (!list->faults.isEmpty())
        m_messages->showFailure(list->faults.first(), {m_commands.profiles});
}

void MainWindow::openProfile(const QString &name)
{
    const Result<app::Profile> profile = m_profiles.find(name);
    if (!profile) {
        m_messages->showFailure(profile.error(), {m_commands.profiles});
        return;
    }
    tryProfile(*profile, {});
}

void MainWindow::reopenProfile()
{
    if (m_host.profile())
        openProfile(QString(m_host.profile()->name));
}

void MainWindow::tryProfile(const app::Profile &profile, const app::GivenSecrets &given)
{
    m_wanted = profile;
    m_wantedSecrets = given;
    m_messages->showDone(tr("Connecting to %1 …").arg(profile.name), {});
    m_host.tryProfile(profile, given);
}

void MainWindow::profileOpened()
{
    if (m_wanted)
        m_messages->dismiss();
    m_wanted.reset();
    m_wantedSecrets = {};
}

/// A password that is missing or wrong is asked for; of all else the strip tells.
void MainWindow::profileFailed(const Error &error, WorkspaceHost::Part part)
{
    if (!m_wanted)
        return;
    m_messages->dismiss();
    const bool isAsked =
        error.code == ErrorCode::PasswordNeeded || error.code == ErrorCode::WrongPassword;
    if (!isAsked) {
        m_wanted.reset();
        m_messages->showFailure(error, {m_commands.profiles});
        return;
    }
    const app::SecretName name{m_wanted->name, part == WorkspaceHost::Part::Database
                                                   ? app::SecretName::Part::Database
                                                   : app::SecretName::Part::Redis};
    auto *dialog = new PasswordDialog(name, error.what, this);
    connect(dialog, &QDialog::rejected, this, [this] { m_wanted.reset(); });
    connect(dialog, &PasswordDialog::given, this, &MainWindow::passwordGiven);
    dialog->open();
}

void MainWindow::passwordGiven(const app::SecretName &name, const Secret &password, bool isToBeKept)
{
    if (!m_wanted)
        return;
    app::GivenSecrets given = m_wantedSecrets;
    (name.part == app::SecretName::Part::Database ? given.database : given.redis) = password;
    if (isToBeKept)
        m_flows.start(keepPasswordFlow(&m_secrets, name, password, this));
    tryProfile(app::Profile(*m_wanted), given);
}

QCoro::Task<> MainWindow::keepPasswordFlow(app::SecretStore *secrets, app::SecretName name,
                                           Secret password, QPointer<MainWindow> window)
{
    const Result<app::Kept> outcome = co_await secrets->keep(name, password);
    if (!window)
        co_return;
    if (!outcome)
        window->m_messages->showFailure(outcome.error());
    else if (*outcome == app::Kept::InMemory)
        window->m_messages->showFailure(
            {ErrorCode::Io,
             tr("The password is kept until you quit, and asked for then: %1")
                 .arg(secrets->whyInMemory().value_or(QString())),
             {}});
}

void MainWindow::fillFamilyMenu()
{
    m_families->clear();
    const app::Workspace *workspace = m_host.workspace();
    const auto &profile = m_host.profile();
    if (!workspace || !profile) {
        m_families->addAction(tr("Open a profile to choose among its families"))->setEnabled(false);
        return;
    }
    QStringList names;
    for (const locks::LockFamily &family : profile->families)
        names.append(family.name);
    if (names.isEmpty())
        names.append(workspace->target().family.name);
    for (const QString &name : std::as_const(names)) {
        QAction *action = m_families->addAction(name);
        action->setCheckable(true);
        action->setChecked(name == workspace->target().family.name);
        connect(action, &QAction::triggered, this, [this, name] { m_host.changeFamily(name); });
    }
}

void MainWindow::openProfilesDialog()
{
    auto *dialog = new ProfilesDialog(m_profiles, m_secrets, m_flows, this);
    const app::Workspace *workspace = m_host.workspace();
    if (workspace && !workspace->target().guardrails.profile.isEmpty())
        dialog->choose(workspace->target().guardrails.profile);
    connect(dialog, &ProfilesDialog::changed, this, [this] {
        if (m_profilesWatcher.directories().isEmpty())
            m_profilesWatcher.addPath(QFileInfo(m_profiles.file()).path());
        loadProfiles();
    });
    connect(dialog, &ProfilesDialog::openRequested, this,
            [this](const app::Profile &profile) { tryProfile(profile, {}); });
    dialog->open();
}

} // namespace lockkeeper::gui
