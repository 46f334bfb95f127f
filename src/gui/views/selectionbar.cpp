// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/selectionbar.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace lockkeeper::gui {

SelectionBar::SelectionBar(const QList<QAction *> &acts, QWidget *parent)
    : QWidget(parent)
    , m_count(new QLabel(this))
{
    setObjectName(QStringLiteral("selectionBar"));
    setAttribute(Qt::WA_StyledBackground);
    QFont strong = font();
    strong.setWeight(QFont::DemiBold);
    m_count->setFont(strong);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 4, 12, 4);
    layout->setSpacing(16);
    layout->addWidget(m_count);
    for (QAction *act : acts) {
        auto *button = new QPushButton(act->text().remove(u'&'), this);
        button->setProperty("kind", QStringLiteral("link"));
        button->setEnabled(act->isEnabled());
        connect(button, &QPushButton::clicked, act, &QAction::trigger);
        connect(act, &QAction::enabledChanged, button, &QPushButton::setEnabled);
        connect(act, &QAction::changed, button,
                [button, act] { button->setToolTip(act->toolTip()); });
        layout->addWidget(button);
    }
    layout->addStretch();
    auto *clear = new QPushButton(tr("Clear selection"), this);
    clear->setProperty("kind", QStringLiteral("link"));
    connect(clear, &QPushButton::clicked, this, &SelectionBar::cleared);
    layout->addWidget(clear);
    hide();
}

void SelectionBar::setCount(int count)
{
    m_count->setText(tr("%1 locks selected").arg(count));
    setVisible(count > 1);
}

} // namespace lockkeeper::gui
