// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/profilesdialog.h"

#include "gui/views/look.h"
#include "gui/views/profileform.h"
#include "gui/views/theme.h"

#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QSaveFile>
#include <QVBoxLayout>

#include <utility>

namespace lockkeeper::gui {

namespace {

constexpr QSize kSize{780, 520};
constexpr int kListWidth = 190;

} // namespace

ProfilesDialog::ProfilesDialog(const app::ProfileStore &store, app::SecretStore &secrets,
                               FlowGroup &flows, QWidget *parent)
    : QDialog(parent)
    , m_store(store)
    , m_secrets(secrets)
    , m_flows(flows)
    , m_list(new QListWidget(this))
    , m_form(new ProfileForm(this))
    , m_note(new QLabel(this))
    , m_remove(new QPushButton(tr("Remove"), this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Profiles"));
    resize(kSize);
    build();
    load();
    if (m_profiles.isEmpty())
        begin({});
    else
        m_list->setCurrentRow(0);
}

void ProfilesDialog::build()
{
    auto *headline = new QLabel(tr("Saved connections"), this);
    headline->setFont(headlineFont(font()));
    m_list->setAccessibleName(tr("Profiles"));
    m_list->setFixedWidth(kListWidth);
    m_note->setObjectName(QStringLiteral("note"));
    m_note->setWordWrap(true);
    m_note->setTextInteractionFlags(Qt::TextSelectableByMouse);
    const auto button = [this](const QString &text, const char *name, auto slot) {
        auto *made = new QPushButton(text, this);
        made->setObjectName(QLatin1StringView(name));
        made->setAutoDefault(false);
        connect(made, &QPushButton::clicked, this, slot);
        return made;
    };
    auto *left = new QVBoxLayout;
    left->setSpacing(8);
    left->addWidget(m_list, 1);
    left->addWidget(button(tr("New"), "newButton", [this] { begin({}); }));
    left->addWidget(button(tr("Import…"), "importButton", [this] { importFile(); }));
    left->addWidget(button(tr("Export all…"), "exportButton", [this] { exportFile(); }));
    m_remove->setObjectName(QStringLiteral("removeButton"));
    m_remove->setAutoDefault(false);
    m_remove->setProperty("kind", QStringLiteral("danger"));
    connect(m_remove, &QPushButton::clicked, this, &ProfilesDialog::remove);
    QPushButton *openButton = button(tr("Save and open"), "openButton", [this] { openShown(); });
    openButton->setProperty("kind", QStringLiteral("primary"));
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(m_remove);
    buttons->addStretch();
    buttons->addWidget(button(tr("Close"), "closeButton", [this] { reject(); }));
    buttons->addWidget(button(tr("Save"), "saveButton", [this] { static_cast<void>(save()); }));
    buttons->addWidget(openButton);
    auto *right = new QVBoxLayout;
    right->setSpacing(8);
    right->addWidget(m_form, 1);
    right->addWidget(m_note);
    right->addLayout(buttons);
    auto *body = new QHBoxLayout;
    body->setSpacing(16);
    body->addLayout(left);
    body->addLayout(right, 1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 20, 20, 20);
    layout->setSpacing(12);
    layout->addWidget(headline);
    layout->addLayout(body, 1);
    connect(m_list, &QListWidget::currentRowChanged, this, &ProfilesDialog::showProfile);
    connect(m_form, &ProfileForm::edited, this, [this] { say({}, false); });
}

void ProfilesDialog::load()
{
    const Result<app::ProfileList> list = m_store.load();
    m_list->clear();
    m_profiles = list ? list->profiles : QList<app::Profile>();
    for (const app::Profile &profile : std::as_const(m_profiles))
        m_list->addItem(profile.name);
    if (!list)
        sayError(list.error());
    else if (!list->faults.isEmpty())
        sayError(list->faults.first());
}

void ProfilesDialog::showProfile(int row)
{
    if (row < 0 || row >= m_profiles.size())
        return;
    m_shown = m_profiles[row].name;
    m_toBeRemoved.clear();
    m_form->setProfile(m_profiles[row]);
    m_remove->setEnabled(true);
    say({}, false);
}

void ProfilesDialog::begin(const app::Profile &profile)
{
    m_list->setCurrentRow(-1);
    m_shown.clear();
    m_form->setProfile(profile);
    m_remove->setEnabled(false);
    say({}, false);
}

void ProfilesDialog::choose(const QString &name)
{
    for (int row = 0; row < m_profiles.size(); ++row) {
        if (m_profiles[row].name == name)
            m_list->setCurrentRow(row);
    }
}

bool ProfilesDialog::save()
{
    const Result<app::Profile> profile = m_form->profile();
    if (!profile) {
        sayError(profile.error());
        return false;
    }
    const bool isOthers =
        profile->name != m_shown && m_list->findItems(profile->name, Qt::MatchExactly).size() > 0;
    if (isOthers) {
        sayError({ErrorCode::InvalidInput,
                  tr("there is a profile \"%1\" already").arg(profile->name),
                  tr("give this one another name")});
        return false;
    }
    Result<void> saved = m_store.save(*profile);
    const bool isRenamed = !m_shown.isEmpty() && m_shown != profile->name;
    if (saved && isRenamed)
        saved = m_store.remove(m_shown);
    if (!saved) {
        sayError(saved.error());
        return false;
    }
    const Secret redis = m_form->redisPassword();
    const Secret database = m_form->databasePassword();
    if (isRenamed)
        m_flows.start(forgetFlow(&m_secrets, m_shown)); // they are kept under its name
    load();
    choose(profile->name); // which empties the fields
    if (isRenamed)
        say(tr("▲ Saved under its new name; its passwords are asked for once more"), true);
    else
        say(tr("● Saved in %1").arg(m_store.file()), false);
    keepPasswords(redis, database);
    emit changed();
    return true;
}

void ProfilesDialog::openShown()
{
    if (!save())
        return;
    const Result<app::Profile> profile = m_store.find(m_shown);
    if (!profile) {
        sayError(profile.error());
        return;
    }
    emit openRequested(*profile);
    accept();
}

void ProfilesDialog::remove()
{
    if (m_shown.isEmpty())
        return;
    if (std::exchange(m_toBeRemoved, m_shown) != m_shown) {
        say(tr("▲ Click Remove once more to forget \"%1\", its guardrails and its passwords")
                .arg(m_shown),
            true);
        return;
    }
    m_toBeRemoved.clear();
    const Result<void> removed = m_store.remove(m_shown);
    if (!removed) {
        sayError(removed.error());
        return;
    }
    m_flows.start(forgetFlow(&m_secrets, m_shown));
    const QString name = m_shown;
    load();
    begin({});
    say(tr("● Removed \"%1\" and its passwords").arg(name), false);
    emit changed();
}

QCoro::Task<> ProfilesDialog::forgetFlow(app::SecretStore *secrets, QString profile)
{
    for (const auto part : {app::SecretName::Part::Redis, app::SecretName::Part::Sentinel,
                            app::SecretName::Part::Database}) {
        const app::SecretName name{profile, part};
        static_cast<void>(co_await secrets->forget(name));
    }
}

void ProfilesDialog::keepPasswords(const Secret &redis, const Secret &database)
{
    const auto keep = [this](app::SecretName::Part part, const Secret &password) {
        if (!password.isEmpty())
            m_flows.start(keepFlow(&m_secrets, {m_shown, part}, password, this));
    };
    keep(app::SecretName::Part::Redis, redis);
    keep(app::SecretName::Part::Database, database);
}

QCoro::Task<> ProfilesDialog::keepFlow(app::SecretStore *secrets, app::SecretName name,
                                       Secret password, QPointer<ProfilesDialog> dialog)
{
    const Result<app::Kept> outcome = co_await secrets->keep(name, password);
    if (dialog)
        dialog->kept(outcome);
}

void ProfilesDialog::kept(const Result<app::Kept> &outcome)
{
    if (!outcome)
        sayError(outcome.error());
    else if (*outcome == app::Kept::InMemory)
        say(tr("▲ The password is kept until you quit, and asked for then: %1")
                .arg(m_secrets.whyInMemory().value_or(QString())),
            true);
}

void ProfilesDialog::importFile()
{
    const QString name =
        QFileDialog::getOpenFileName(this, tr("Import profiles"), {}, tr("Profiles (*.json)"));
    if (name.isEmpty())
        return;
    QFile file(name);
    if (!file.open(QIODevice::ReadOnly)) {
        say(tr("◆ Cannot read %1: %2").arg(name, file.errorString()), true);
        return;
    }
    const Result<app::ProfileList> given = app::readProfiles(file.readAll(), name);
    if (!given) {
        sayError(given.error());
        return;
    }
    int added = 0;
    QStringList left;
    for (app::Profile profile : given->profiles) {
        profile.unknownJson.clear();
        const bool isThere = m_list->findItems(profile.name, Qt::MatchExactly).size() > 0;
        if (!isThere && m_store.save(profile))
            ++added;
        else
            left.append(profile.name);
    }
    load();
    if (!given->faults.isEmpty()) {
        emit changed();
        sayError(given->faults.first());
        return;
    }
    say(left.isEmpty() ? tr("● %1 added").arg(added)
                       : tr("▲ %1 added; already there and left as they are: %2")
                             .arg(added)
                             .arg(left.join(u", ")),
        !left.isEmpty());
    emit changed();
}

void ProfilesDialog::exportFile()
{
    const QString name =
        QFileDialog::getSaveFileName(this, tr("Export profiles, without passwords"),
                                     QStringLiteral("profiles.json"), tr("Profiles (*.json)"));
    if (name.isEmpty())
        return;
    QSaveFile file(name);
    const QByteArray json = app::writeProfiles(m_profiles);
    if (file.open(QIODevice::WriteOnly) && file.write(json) == json.size() && file.commit())
        say(tr("● Saved in %1, without passwords").arg(name), false);
    else
        say(tr("◆ Cannot write %1: %2").arg(name, file.errorString()), true);
}

void ProfilesDialog::sayError(const Error &error)
{
    say(u"◆ " + error.what + (error.hint.isEmpty() ? QString() : QString(u" — " + error.hint)),
        true);
}

void ProfilesDialog::say(const QString &text, bool isBad)
{
    QPalette colors = m_note->palette();
    colors.setColor(QPalette::WindowText,
                    Theme::of(palette()).color(isBad ? Theme::Role::Bad : Theme::Role::Ok));
    m_note->setPalette(colors);
    m_note->setText(text);
}

} // namespace lockkeeper::gui
