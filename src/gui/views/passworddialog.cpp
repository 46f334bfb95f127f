// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/passworddialog.h"

#include "gui/views/look.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace lockkeeper::gui {

namespace {

constexpr int kWidth = 420;

} // namespace

PasswordDialog::PasswordDialog(const app::SecretName &name, const QString &why, QWidget *parent)
    : QDialog(parent)
    , m_name(name)
    , m_password(new QLineEdit(this))
    , m_keep(new QCheckBox(tr("Keep it in the system's keychain"), this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Password"));
    setMinimumWidth(kWidth);
    const bool isOfDatabase = name.part == app::SecretName::Part::Database;
    auto *headline = new QLabel(isOfDatabase ? tr("Password of %1's database").arg(name.profile)
                                             : tr("Password of %1's Redis").arg(name.profile),
                                this);
    headline->setFont(headlineFont(font()));
    auto *reason = new QLabel(why, this);
    reason->setWordWrap(true);
    m_password->setObjectName(QStringLiteral("password"));
    m_password->setEchoMode(QLineEdit::Password);
    m_password->setAccessibleName(headline->text());
    m_keep->setObjectName(QStringLiteral("keep"));
    auto *cancel = new QPushButton(tr("Cancel"), this);
    cancel->setAutoDefault(false);
    auto *connectButton = new QPushButton(tr("Connect"), this);
    connectButton->setObjectName(QStringLiteral("connectButton"));
    connectButton->setProperty("kind", QStringLiteral("primary"));
    connectButton->setDefault(true);
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(connectButton);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 20, 20, 20);
    layout->setSpacing(8);
    layout->addWidget(headline);
    layout->addWidget(reason);
    layout->addWidget(m_password);
    layout->addWidget(m_keep);
    layout->addSpacing(4);
    layout->addLayout(buttons);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(connectButton, &QPushButton::clicked, this, &PasswordDialog::give);
    m_password->setFocus();
}

void PasswordDialog::give()
{
    const Secret password(m_password->text().toUtf8());
    m_password->clear();
    emit given(m_name, password, m_keep->isChecked());
    accept();
}

} // namespace lockkeeper::gui
