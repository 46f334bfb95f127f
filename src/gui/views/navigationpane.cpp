// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/navigationpane.h"

#include "gui/views/look.h"
#include "gui/views/pagebutton.h"

#include <QAction>
#include <QLabel>
#include <QVBoxLayout>

namespace lockkeeper::gui {

namespace {

constexpr int kWidth = 128;

} // namespace

NavigationPane::NavigationPane(QAction *connectAction, QWidget *parent)
    : QWidget(parent)
    , m_locks(new PageButton(tr("Locks"), this))
    , m_heading(new QLabel(tr("CONNECTION"), this))
    , m_target(new PageButton(QString(), this))
{
    setFixedWidth(kWidth);
    m_locks->setCheckable(true);
    m_locks->setAutoExclusive(true);
    m_locks->setChecked(true);
    m_heading->setProperty("kind", QStringLiteral("heading"));
    m_heading->setFont(headingFont(font()));
    m_heading->setContentsMargins(10, 12, 0, 0);
    connect(m_target, &QAbstractButton::clicked, connectAction, &QAction::trigger);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 12, 8, 8);
    layout->setSpacing(4);
    layout->addWidget(m_locks);
    layout->addWidget(m_heading);
    layout->addWidget(m_target);
    layout->addStretch();
    setTarget({}, {});
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

void NavigationPane::setTrusted(bool isTrusted)
{
    m_target->setDot(isTrusted ? Theme::Role::Ok : Theme::Role::Bad);
}

} // namespace lockkeeper::gui
