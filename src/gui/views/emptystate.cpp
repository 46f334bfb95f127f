// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/emptystate.h"

#include "gui/views/look.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace lockkeeper::gui {

namespace {

constexpr int kTextWidth = 420;

} // namespace

EmptyState::EmptyState(QWidget *parent)
    : QWidget(parent)
    , m_headline(new QLabel(this))
    , m_detail(new QLabel(this))
    , m_buttons(new QWidget(this))
{
    m_headline->setFont(headlineFont(font()));
    m_headline->setAlignment(Qt::AlignCenter);
    m_detail->setProperty("kind", QStringLiteral("secondary"));
    m_detail->setAlignment(Qt::AlignCenter);
    m_detail->setWordWrap(true);
    m_detail->setFixedWidth(kTextWidth);
    auto *buttons = new QHBoxLayout(m_buttons);
    buttons->setContentsMargins(0, 8, 0, 0);
    buttons->setSpacing(12);
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(8);
    layout->addStretch(2);
    layout->addWidget(m_headline, 0, Qt::AlignHCenter);
    layout->addWidget(m_detail, 0, Qt::AlignHCenter);
    layout->addWidget(m_buttons, 0, Qt::AlignHCenter);
    layout->addStretch(3);
}

void EmptyState::present(const QString &headline, const QString &detail,
                         const QList<QAction *> &actions)
{
    m_headline->setText(headline);
    m_detail->setText(detail);
    m_detail->setMinimumHeight(m_detail->heightForWidth(kTextWidth)); // the layout does not ask
    if (actions == m_actions)
        return;
    m_actions = actions;
    qDeleteAll(m_buttons->findChildren<QPushButton *>());
    for (QAction *action : actions) {
        auto *button = new QPushButton(action->text().remove(u'&'), m_buttons);
        button->setAccessibleName(button->text());
        if (action == actions.first())
            button->setProperty("kind", QStringLiteral("primary"));
        connect(button, &QPushButton::clicked, action, &QAction::trigger);
        m_buttons->layout()->addWidget(button);
    }
}

void EmptyState::focusAction()
{
    if (auto *button = m_buttons->findChild<QPushButton *>())
        button->setFocus();
}

QString EmptyState::headline() const
{
    return m_headline->text();
}

} // namespace lockkeeper::gui
