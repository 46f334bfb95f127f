// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/navigationpane.h"

#include "gui/views/look.h"
#include "gui/views/pagebutton.h"

#include <QAction>
#include <QLabel>
#include <QVBoxLayout>

#include <utility>

namespace lockkeeper::gui {

namespace {

constexpr int kWidth = 128;

Theme::Role dotOf(app::Environment environment)
{
    switch (environment) {
    case app::Environment::Production:
        return Theme::Role::StripText;
    case app::Environment::Staging:
        return Theme::Role::Warn;
    case app::Environment::Development:
    case app::Environment::None:
        return Theme::Role::Ok;
    }
    Q_UNREACHABLE();
}

} // namespace

NavigationPane::NavigationPane(QAction *connectAction, QWidget *parent)
    : QWidget(parent)
    , m_locks(new PageButton(tr("Locks"), this))
    , m_audit(new PageButton(tr("Audit"), this))
    , m_heading(new QLabel(tr("CONNECTION"), this))
    , m_target(new PageButton(QString(), this))
    , m_profilesHeading(new QLabel(tr("PROFILES"), this))
    , m_profiles(new QVBoxLayout)
{
    setFixedWidth(kWidth);
    for (PageButton *page : {m_locks, m_audit})
        page->setCheckable(true);
    connect(m_locks, &QAbstractButton::clicked, this, [this] { emit pageChosen(Page::Locks); });
    connect(m_audit, &QAbstractButton::clicked, this, [this] { emit pageChosen(Page::Audit); });
    setPage(Page::Locks);
    for (QLabel *heading : {m_heading, m_profilesHeading}) {
        heading->setProperty("kind", QStringLiteral("heading"));
        heading->setFont(headingFont(font()));
        heading->setContentsMargins(10, 12, 0, 0);
    }
    m_profiles->setSpacing(4);
    connect(m_target, &QAbstractButton::clicked, connectAction, &QAction::trigger);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 12, 8, 8);
    layout->setSpacing(4);
    layout->addWidget(m_locks);
    layout->addWidget(m_audit);
    layout->addWidget(m_heading);
    layout->addWidget(m_target);
    layout->addWidget(m_profilesHeading);
    layout->addLayout(m_profiles);
    layout->addStretch();
    setTarget({}, {});
    setProfiles({});
}

void NavigationPane::setPage(Page page)
{
    m_locks->setChecked(page == Page::Locks);
    m_audit->setChecked(page == Page::Audit);
}

void NavigationPane::setLockCount(std::optional<int> count)
{
    m_locks->setCount(count);
}

void NavigationPane::setTarget(const QString &name, const QString &toolTip)
{
    m_heading->setVisible(!name.isEmpty());
    m_target->setVisible(!name.isEmpty());
    m_target->setText(name);
    m_target->setAccessibleName(tr("Connection to %1; change it").arg(name));
    m_target->setToolTip(toolTip);
}

void NavigationPane::setProfiles(const QList<app::Profile> &profiles)
{
    qDeleteAll(std::exchange(m_buttons, {}));
    for (const app::Profile &profile : profiles) {
        auto *button = new PageButton(profile.name, this);
        button->setObjectName(QStringLiteral("profile"));
        button->setDot(dotOf(profile.environment));
        button->setCheckable(true);
        button->setToolTip(profile.url);
        button->setAccessibleName(
            tr("Open %1, %2").arg(profile.name, QString(name(profile.environment))));
        connect(button, &QAbstractButton::clicked, this, [this, chosen = profile.name] {
            setCurrentProfile(m_current); // until it is shown, the one that is stays marked
            emit profileChosen(chosen);
        });
        m_profiles->addWidget(button);
        m_buttons.append(button);
    }
    m_profilesHeading->setVisible(!profiles.isEmpty());
    setCurrentProfile(m_current);
}

void NavigationPane::setCurrentProfile(const QString &name)
{
    m_current = name;
    for (PageButton *button : std::as_const(m_buttons))
        button->setChecked(button->text() == name);
}

void NavigationPane::setTrusted(bool isTrusted)
{
    m_target->setDot(isTrusted ? Theme::Role::Ok : Theme::Role::Bad);
}

} // namespace lockkeeper::gui
