// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/unlockdialog.h"

#include "gui/views/look.h"
#include "gui/views/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace lockkeeper::gui {

namespace {

constexpr int kWidth = 440;

} // namespace

UnlockDialog::UnlockDialog(app::Workspace &workspace, QWidget *parent)
    : QDialog(parent)
    , m_workspace(&workspace)
    , m_name(new QLineEdit(this))
    , m_reason(new QLineEdit(this))
    , m_error(new QLabel(this))
    , m_unlock(new QPushButton(tr("Unlock"), this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Unlock"));
    setMinimumWidth(kWidth);
    const QString phrase = workspace.window().phrase();
    auto *headline = new QLabel(tr("Unlock %1 for 15 minutes?").arg(workspace.target().name), this);
    headline->setFont(headlineFont(font()));
    auto *intro = new QLabel(tr("Locks can be released and sessions deleted there until the time "
                                "is over, or you lock it again. The audit log keeps who unlocked "
                                "it."),
                             this);
    intro->setWordWrap(true);
    auto *nameLabel = new QLabel(tr("Type <b>%1</b> to unlock it").arg(phrase), this);
    nameLabel->setBuddy(m_name);
    m_name->setObjectName(QStringLiteral("environmentName"));
    m_name->setAccessibleName(tr("Type %1 to unlock it").arg(phrase));
    auto *reasonLabel = new QLabel(tr("&Reason or ticket, for the audit log"), this);
    reasonLabel->setBuddy(m_reason);
    m_reason->setAccessibleName(tr("Reason"));
    m_error->setWordWrap(true);
    m_error->setTextFormat(Qt::RichText);
    m_error->hide();
    auto *cancel = new QPushButton(tr("Cancel"), this);
    cancel->setAutoDefault(false);
    m_unlock->setObjectName(QStringLiteral("unlock"));
    m_unlock->setProperty("kind", QStringLiteral("dangerPrimary"));
    m_unlock->setEnabled(false);
    m_unlock->setDefault(true);

    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(m_unlock);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 20, 20, 20);
    layout->setSpacing(8);
    for (QWidget *part : {static_cast<QWidget *>(headline), static_cast<QWidget *>(intro),
                          static_cast<QWidget *>(nameLabel), static_cast<QWidget *>(m_name),
                          static_cast<QWidget *>(reasonLabel), static_cast<QWidget *>(m_reason),
                          static_cast<QWidget *>(m_error)})
        layout->addWidget(part);
    layout->addSpacing(4);
    layout->addLayout(buttons);

    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_unlock, &QPushButton::clicked, this, &UnlockDialog::unlock);
    connect(m_name, &QLineEdit::textChanged, this, [this](const QString &typed) {
        m_unlock->setEnabled(!typed.isEmpty() && !m_isUnlocking);
        m_error->hide();
    });
    m_name->setFocus();
}

void UnlockDialog::unlock()
{
    if (!m_workspace || m_workspace->isClosing() || m_isUnlocking)
        return;
    m_isUnlocking = true;
    m_unlock->setEnabled(false);
    m_workspace->flows().start(
        unlockFlow(m_workspace, m_name->text().trimmed(), m_reason->text().trimmed(), this));
}

QCoro::Task<> UnlockDialog::unlockFlow(app::Workspace *workspace, QString typed, QString reason,
                                       QPointer<UnlockDialog> dialog)
{
    const Result<void> outcome = co_await workspace->actions().unlock(typed, reason);
    if (dialog)
        dialog->unlocked(outcome);
}

void UnlockDialog::unlocked(const Result<void> &outcome)
{
    m_isUnlocking = false;
    if (outcome) {
        accept();
        return;
    }
    m_unlock->setEnabled(true);
    const QString color = Theme::of(palette()).color(Theme::Role::Bad).name();
    m_error->setText(u"<span style=\"color:" + color + u"\">◆ <b>" +
                     outcome.error().what.toHtmlEscaped() + u"</b></span><br>" +
                     outcome.error().hint.toHtmlEscaped());
    m_error->show();
    m_name->selectAll();
    m_name->setFocus();
    growToFit(*this);
}

} // namespace lockkeeper::gui
