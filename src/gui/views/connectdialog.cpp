// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/connectdialog.h"

#include "core/text.h"
#include "gui/views/look.h"
#include "gui/views/theme.h"
#include "redis/deploymenturl.h"
#include "ui_connectdialog.h"

#include <QStyle>

namespace lockkeeper::gui {

namespace {

constexpr int kWidth = 560;

} // namespace

ConnectDialog::ConnectDialog(QWidget *parent)
    : QDialog(parent)
    , m_form(std::make_unique<Ui::ConnectForm>())
{
    m_form->setupUi(this);
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Connect"));
    setMinimumWidth(kWidth);
    m_form->headline->setFont(headlineFont(font()));
    m_form->intro->setProperty("kind", QStringLiteral("secondary"));
    m_form->connectButton->setProperty("kind", QStringLiteral("primary"));
    m_form->readOnly->setAccessibleName(tr("Read-only"));
    m_form->error->hide();
    m_form->trying->setProperty("kind", QStringLiteral("secondary"));
    m_form->trying->hide();
    m_form->family->addItem(tr("chat: chat:session_lock:, 60 s"), QStringLiteral("chat"));
    m_form->family->addItem(tr("copilot: copilot:session_lock:, 10 s"), QStringLiteral("copilot"));
    m_form->family->addItem(tr("other prefixes"), QString());
    connect(m_form->family, &QComboBox::currentIndexChanged, this, &ConnectDialog::showFamily);
    connect(m_form->connectButton, &QPushButton::clicked, this, &ConnectDialog::tryTarget);
    connect(m_form->cancelButton, &QPushButton::clicked, this, &ConnectDialog::reject);
    connect(m_form->demoButton, &QPushButton::clicked, this, [this] {
        emit demoChosen();
        accept();
    });
    showFamily();
}

ConnectDialog::~ConnectDialog() = default;

void ConnectDialog::setTarget(const app::Target &target)
{
    m_known = target;
    const QString kept = tr("unchanged for the same host, user and TLS, if left empty");
    m_form->url->setText(redis::editableUrl(target.server));
    if (!target.server.node.password.isEmpty())
        m_form->password->setPlaceholderText(kept);
    if (target.database) {
        m_form->database->setText(app::editableDsn(*target.database));
        if (!target.database->password.isEmpty())
            m_form->databasePassword->setPlaceholderText(kept);
    }
    const Result<locks::LockFamily> builtIn = locks::builtInFamily(target.family.name);
    const bool isBuiltIn = builtIn && *builtIn == target.family;
    m_form->family->setCurrentIndex(isBuiltIn ? m_form->family->findData(target.family.name)
                                              : m_form->family->count() - 1);
    m_form->lockPrefix->setText(printable(target.family.lockPrefix));
    m_form->sessionPrefix->setText(printable(target.family.sessionPrefix));
    m_form->lease->setText(spanText(target.family.lease));
    m_form->readOnly->setChecked(target.isReadOnly);
}

void ConnectDialog::showFamily()
{
    const bool isOther = m_form->family->currentData().toString().isEmpty();
    for (QWidget *part :
         {static_cast<QWidget *>(m_form->lockPrefix),
          static_cast<QWidget *>(m_form->lockPrefixLabel),
          static_cast<QWidget *>(m_form->sessionPrefix),
          static_cast<QWidget *>(m_form->sessionPrefixLabel), static_cast<QWidget *>(m_form->lease),
          static_cast<QWidget *>(m_form->leaseLabel)})
        part->setVisible(isOther);
    if (isOther && m_form->lockPrefix->text().isEmpty()) {
        const locks::LockFamily chat;
        m_form->lockPrefix->setText(printable(chat.lockPrefix));
        m_form->sessionPrefix->setText(printable(chat.sessionPrefix));
        m_form->lease->setText(spanText(chat.lease));
    }
    growToFit(*this);
}

app::TargetInput ConnectDialog::input() const
{
    app::TargetInput input;
    input.url = m_form->url->text().trimmed();
    input.database = m_form->database->text().trimmed();
    input.family = m_form->family->currentData().toString();
    if (input.family.isEmpty()) {
        input.lockPrefix = m_form->lockPrefix->text();
        input.sessionPrefix = m_form->sessionPrefix->text();
        input.lease = m_form->lease->text();
    }
    input.isReadOnly = m_form->readOnly->isChecked();
    return input;
}

void ConnectDialog::tryTarget()
{
    const app::TargetInput given = input();
    clearError();
    if (given.url.isEmpty()) {
        showInputError({ErrorCode::InvalidInput, QStringLiteral("--url") + tr(" is missing"),
                        tr("Write redis://host:6379")});
        return;
    }
    // What is connected is what the fields say: nothing of the environment is added unseen.
    Result<app::Target> target = app::resolveTarget(given, QProcessEnvironment());
    if (!target) {
        showInputError(target.error());
        return;
    }
    fillInPasswords(*target);
    m_form->trying->setText(tr("Connecting to %1 …").arg(target->server.place()));
    setTrying(true);
    emit targetChosen(*target);
}

void ConnectDialog::setTrying(bool isTrying)
{
    for (int i = 0; i < m_form->fields->count(); ++i) {
        if (QWidget *part = m_form->fields->itemAt(i)->widget(); part && part != m_form->error)
            part->setEnabled(!isTrying);
    }
    m_form->demoButton->setEnabled(!isTrying);
    m_form->connectButton->setEnabled(!isTrying);
    m_form->trying->setVisible(isTrying);
    if (isTrying)
        m_form->cancelButton->setFocus();
    growToFit(*this);
}

void ConnectDialog::refuse(const Error &error, WorkspaceHost::Part part)
{
    setTrying(false);
    const bool isPassword =
        error.code == ErrorCode::PasswordNeeded || error.code == ErrorCode::WrongPassword;
    switch (part) {
    case WorkspaceHost::Part::Server:
        showError(error, isPassword ? m_form->password : m_form->url);
        return;
    case WorkspaceHost::Part::Database:
        showError(error, isPassword ? m_form->databasePassword : m_form->database);
        return;
    }
}

/// A password goes only to the host and user that it was given for, and no less protected: not in
/// clear, nor to a peer that proves nothing.
void ConnectDialog::fillInPasswords(app::Target &target) const
{
    redis::Deployment &server = target.server;
    const bool isKnown = m_known && server.hasPeersOf(m_known->server);
    if (!m_form->password->text().isEmpty())
        server.node.password = Secret(m_form->password->text().toUtf8());
    else if (isKnown && server.node.password.isEmpty())
        server.node.password = m_known->server.node.password;
    if (isKnown && server.sentinelPassword.isEmpty())
        server.sentinelPassword = m_known->server.sentinelPassword;
    if (!target.database)
        return;
    sessions::Dsn &database = *target.database;
    if (!m_form->databasePassword->text().isEmpty())
        database.password = Secret(m_form->databasePassword->text().toUtf8());
    else if (m_known && m_known->database && database.password.isEmpty() &&
             database.kind == m_known->database->kind && database.host == m_known->database->host &&
             database.port == m_known->database->port && database.user == m_known->database->user &&
             database.sslMode == m_known->database->sslMode)
        database.password = m_known->database->password;
}

/// The options of the command line are the fields here: what is wrong with one is said of the
/// other.
void ConnectDialog::showInputError(const Error &error)
{
    const QList<std::pair<QString, QLineEdit *>> fields{
        {QStringLiteral("--url"), m_form->url},
        {QStringLiteral("--db"), m_form->database},
        {QStringLiteral("--lock-prefix"), m_form->lockPrefix},
        {QStringLiteral("--session-prefix"), m_form->sessionPrefix},
        {QStringLiteral("--lease"), m_form->lease}};
    for (const auto &[option, field] : fields) {
        if (!error.what.startsWith(option))
            continue;
        Error named = error;
        named.what.replace(0, option.size(), field->accessibleName());
        showError(named, field);
        return;
    }
    showError(error, m_form->url);
}

void ConnectDialog::showError(const Error &error, QLineEdit *field)
{
    m_wrong = field;
    field->setProperty("isWrong", true);
    field->style()->polish(field);
    field->setFocus();
    int row = 0;
    int column = 0;
    int span = 0;
    m_form->fields->getItemPosition(m_form->fields->indexOf(field), &row, &column, &span, &span);
    m_form->fields->addWidget(m_form->error, row + 1, column); // the rows between are for this
    const QString color = Theme::of(palette()).color(Theme::Role::Bad).name();
    m_form->error->setText(u"<span style=\"color:" + color + u"\">◆ <b>" +
                           error.what.toHtmlEscaped() + u"</b></span><br>" +
                           error.hint.toHtmlEscaped());
    m_form->error->show();
    growToFit(*this);
}

void ConnectDialog::clearError()
{
    m_form->error->hide();
    if (!m_wrong)
        return;
    m_wrong->setProperty("isWrong", false);
    m_wrong->style()->polish(m_wrong);
}

} // namespace lockkeeper::gui
