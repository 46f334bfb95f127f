// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/profilesdialog.h"

#include "app/durablefile.h"
#include "gui/views/fileasking.h"
#include "gui/views/look.h"
#include "gui/views/profileform.h"
#include "gui/views/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>
#include <QtConcurrent>

#include <memory>
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
    QPushButton *openButton = button(tr("Save and open"), "openButton", [this] { save(true); });
    openButton->setProperty("kind", QStringLiteral("primary"));
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(m_remove);
    buttons->addStretch();
    buttons->addWidget(button(tr("Close"), "closeButton", [this] { reject(); }));
    buttons->addWidget(button(tr("Save"), "saveButton", [this] { save(false); }));
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

void ProfilesDialog::change(std::function<Result<void>()> work, std::function<void()> then)
{
    if (std::exchange(m_isChanging, true))
        return;
    m_flows.start(changeFlow(QtConcurrent::run(std::move(work)), std::move(then), this));
}

/// Another program may hold the file for a while.
QCoro::Task<> ProfilesDialog::changeFlow(QFuture<Result<void>> work, std::function<void()> then,
                                         QPointer<ProfilesDialog> dialog)
{
    const Result<void> outcome = co_await work;
    if (!dialog)
        co_return;
    dialog->m_isChanging = false;
    if (outcome)
        then();
    else
        dialog->sayError(outcome.error());
}

void ProfilesDialog::save(bool isToBeOpened)
{
    const Result<app::Profile> profile = m_form->profile();
    const Result<void> valid = profile ? app::check(*profile) : profile.error();
    if (!valid) {
        sayError(valid.error());
        return;
    }
    const bool isOthers =
        profile->name != m_shown && m_list->findItems(profile->name, Qt::MatchExactly).size() > 0;
    if (isOthers) {
        sayError({ErrorCode::InvalidInput,
                  tr("there is a profile \"%1\" already").arg(profile->name),
                  tr("give this one another name")});
        return;
    }
    const QString before = m_shown;
    const auto work = [store = m_store, profile = *profile, before]() -> Result<void> {
        const Result<void> saved = store.save(profile);
        const bool isRenamed = !before.isEmpty() && before != profile.name;
        return saved && isRenamed ? store.remove(before) : saved;
    };
    change(work, [this, profile = *profile, before, isToBeOpened] {
        takeSaved(profile, before);
        if (!isToBeOpened)
            return;
        emit openRequested(profile);
        accept();
    });
}

void ProfilesDialog::takeSaved(const app::Profile &profile, const QString &before)
{
    const bool isRenamed = !before.isEmpty() && before != profile.name;
    const Secret redis = m_form->redisPassword();
    const Secret database = m_form->databasePassword();
    if (isRenamed)
        m_flows.start(forgetFlow(&m_secrets, before)); // they are kept under its name
    load();
    choose(profile.name); // which empties the fields
    if (isRenamed)
        say(tr("▲ Saved under its new name; its passwords are asked for once more"), true);
    else
        say(tr("● Saved in %1").arg(m_store.file()), false);
    keepPasswords(redis, database);
    emit changed();
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
    const QString name = m_shown;
    change([store = m_store, name] { return store.remove(name); },
           [this, name] {
               m_flows.start(forgetFlow(&m_secrets, name));
               load();
               begin({});
               say(tr("● Removed \"%1\" and its passwords").arg(name), false);
               emit changed();
           });
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
    askForFile(*this, {tr("Import profiles"), {}, tr("Profiles (*.json)")},
               [this](const QString &file) { importFrom(file); });
}

void ProfilesDialog::importFrom(const QString &file)
{
    const auto imported = std::make_shared<app::ImportedProfiles>();
    const auto work = [store = m_store, file, imported]() -> Result<void> {
        const Result<app::ImportedProfiles> outcome = store.import(file, false);
        if (!outcome)
            return outcome.error();
        *imported = *outcome;
        return {};
    };
    change(work, [this, imported] {
        load();
        emit changed();
        if (!imported->faults.isEmpty())
            sayError(imported->faults.first());
        else if (imported->known.isEmpty())
            say(tr("● %1 added").arg(imported->added), false);
        else
            say(tr("▲ %1 added; already there and left as they are: %2")
                    .arg(imported->added)
                    .arg(imported->known.join(u", ")),
                true);
    });
}

void ProfilesDialog::exportFile()
{
    const auto save = [this](const QString &file) {
        change([file, json = app::writeProfiles(m_profiles)] { return app::saveAs(file, json); },
               [this, file] { say(tr("● Saved in %1, without passwords").arg(file), false); });
    };
    askWhereToSave(*this,
                   {tr("Export profiles, without passwords"), QStringLiteral("profiles.json"),
                    tr("Profiles (*.json)")},
                   save);
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
