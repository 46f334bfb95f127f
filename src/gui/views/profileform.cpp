// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/profileform.h"

#include "core/text.h"

#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QRegularExpression>
#include <QSpinBox>
#include <QTabWidget>
#include <QVBoxLayout>

namespace lockkeeper::gui {

namespace {

QLineEdit *makeEdit(QWidget *parent, const char *name, const QString &example = {})
{
    auto *edit = new QLineEdit(parent);
    edit->setObjectName(QLatin1StringView(name));
    edit->setPlaceholderText(example);
    return edit;
}

QSpinBox *makeNumber(QWidget *parent, const char *name, int most)
{
    auto *number = new QSpinBox(parent);
    number->setObjectName(QLatin1StringView(name));
    number->setRange(1, most);
    return number;
}

QPlainTextEdit *makeLines(QWidget *parent, const char *name, const QString &example)
{
    auto *lines = new QPlainTextEdit(parent);
    lines->setObjectName(QLatin1StringView(name));
    lines->setPlaceholderText(example);
    lines->setTabChangesFocus(true);
    lines->setMaximumHeight(92);
    return lines;
}

Error unreadable(const QString &field, const QString &line, const QString &hint)
{
    return {ErrorCode::InvalidInput, field + u": \"" + line + u"\" cannot be read", hint};
}

QStringList wordsOf(const QString &line)
{
    static const QRegularExpression kGap(QStringLiteral("\\s+"));
    return line.split(kGap, Qt::SkipEmptyParts);
}

/// "chat", or "billing billing:lock: billing: 30s 12h".
QString lineOf(const locks::LockFamily &family)
{
    const auto builtIn = locks::builtInFamily(family.name);
    if (builtIn && *builtIn == family)
        return family.name;
    QString lease = spanText(family.lease);
    QString ttl = spanText(family.cacheTtl);
    return QStringList{family.name, printable(family.lockPrefix), printable(family.sessionPrefix),
                       lease.remove(u' '), ttl.remove(u' ')}
        .join(u' ');
}

Result<locks::LockFamily> familyOf(const QString &line)
{
    const QStringList words = wordsOf(line);
    if (words.size() == 1)
        return locks::builtInFamily(words[0]);
    const QString hint = ProfileForm::tr(
        "write chat, copilot, or a name, its lock prefix, its session prefix, its lease and how "
        "long its sessions are cached: billing billing:lock: billing: 30s 12h");
    if (words.size() != 5)
        return unreadable(ProfileForm::tr("Families"), line, hint);
    const Result<milliseconds> lease = parseSpan(words[3]);
    const Result<milliseconds> ttl = parseSpan(words[4]);
    if (!lease || !ttl)
        return unreadable(ProfileForm::tr("Families"), line, hint);
    return locks::LockFamily{words[0], words[1].toUtf8(), words[2].toUtf8(), *lease, *ttl};
}

} // namespace

ProfileForm::ProfileForm(QWidget *parent)
    : QWidget(parent)
    , m_name(makeEdit(this, "name", QStringLiteral("api-prod")))
    , m_environment(new QComboBox(this))
    , m_color(makeEdit(this, "color", tr("the environment's own, or #B42318")))
    , m_url(makeEdit(this, "url", QStringLiteral("redis://user@host:6379/0")))
    , m_password(makeEdit(this, "password", tr("kept in the system's keychain")))
    , m_database(makeEdit(this, "database", QStringLiteral("postgresql://user@host/chat")))
    , m_databasePassword(makeEdit(this, "databasePassword", tr("kept in the system's keychain")))
    , m_ssh(makeEdit(this, "ssh", tr("directly, or through user@host")))
    , m_rights(new QComboBox(this))
    , m_cap(makeNumber(this, "cap", 1'000'000))
    , m_heldLong(makeEdit(this, "heldLong"))
    , m_renewingLong(makeEdit(this, "renewingLong"))
    , m_storm(makeNumber(this, "storm", 1'000'000))
    , m_families(makeLines(this, "families", QStringLiteral("chat")))
    , m_nodes(makeLines(this, "nodes", QStringLiteral("0242ac110009 api-3")))
{
    for (QLineEdit *password : {m_password, m_databasePassword})
        password->setEchoMode(QLineEdit::Password);
    m_environment->setObjectName(QStringLiteral("environment"));
    for (const auto environment :
         {app::Environment::Development, app::Environment::Staging, app::Environment::Production})
        m_environment->addItem(QString(name(environment)), static_cast<int>(environment));
    m_rights->setObjectName(QStringLiteral("rights"));
    m_rights->addItem(tr("operator: everything"), static_cast<int>(app::Scope::Operator));
    m_rights->addItem(tr("release stale locks only"), static_cast<int>(app::Scope::StaleLocks));
    m_rights->addItem(tr("read-only"), static_cast<int>(app::Scope::ReadOnly));
    build();
    for (QLineEdit *edit : findChildren<QLineEdit *>())
        connect(edit, &QLineEdit::textEdited, this, &ProfileForm::edited);
    for (QComboBox *box : {m_environment, m_rights})
        connect(box, &QComboBox::activated, this, &ProfileForm::edited);
    for (QPlainTextEdit *lines : {m_families, m_nodes})
        connect(lines, &QPlainTextEdit::textChanged, this, &ProfileForm::edited);
    for (QSpinBox *number : {m_cap, m_storm})
        connect(number, &QSpinBox::valueChanged, this, &ProfileForm::edited);
}

void ProfileForm::addField(QGridLayout &grid, const QString &label, QWidget *field)
{
    const int row = grid.rowCount();
    auto *text = new QLabel(label, this);
    text->setBuddy(field);
    field->setAccessibleName(QString(label).remove(u'&'));
    const bool isTall = qobject_cast<QPlainTextEdit *>(field) != nullptr;
    grid.addWidget(text, row, 0, isTall ? Qt::AlignTop : Qt::AlignVCenter);
    grid.addWidget(field, row, 1);
}

void ProfileForm::build()
{
    auto *tabs = new QTabWidget(this);
    const auto page = [&](const QString &title) {
        auto *contents = new QWidget(tabs);
        auto *grid = new QGridLayout;
        grid->setHorizontalSpacing(12);
        grid->setVerticalSpacing(8);
        grid->setColumnStretch(1, 1);
        auto *layout = new QVBoxLayout(contents);
        layout->setContentsMargins(0, 12, 0, 0);
        layout->addLayout(grid);
        layout->addStretch();
        tabs->addTab(contents, title);
        return grid;
    };
    QGridLayout *connection = page(tr("Connection"));
    addField(*connection, tr("&Name"), m_name);
    addField(*connection, tr("&Environment"), m_environment);
    addField(*connection, tr("&Redis"), m_url);
    addField(*connection, tr("Pass&word"), m_password);
    addField(*connection, tr("&Database"), m_database);
    addField(*connection, tr("Pa&ssword"), m_databasePassword);
    addField(*connection, tr("SSH &tunnel"), m_ssh);
    QGridLayout *guardrails = page(tr("Guardrails"));
    addField(*guardrails, tr("R&ights"), m_rights);
    addField(*guardrails, tr("Locks at &once"), m_cap);
    addField(*guardrails, tr("Held long from, of the lease"), m_heldLong);
    addField(*guardrails, tr("Renewing long from"), m_renewingLong);
    addField(*guardrails, tr("Storm from, a minute"), m_storm);
    addField(*guardrails, tr("&Color"), m_color);
    QGridLayout *families = page(tr("Families and nodes"));
    addField(*families, tr("&Families"), m_families);
    addField(*families, tr("N&ode names"), m_nodes);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(tabs);
}

void ProfileForm::setProfile(const app::Profile &profile)
{
    m_profile = profile;
    m_name->setText(profile.name);
    m_environment->setCurrentIndex(
        std::max(0, m_environment->findData(static_cast<int>(profile.environment))));
    m_color->setText(profile.color);
    m_url->setText(profile.url);
    m_database->setText(profile.database);
    m_ssh->setText(profile.ssh);
    m_rights->setCurrentIndex(m_rights->findData(static_cast<int>(profile.scope)));
    m_cap->setValue(profile.cap);
    m_heldLong->setText(QString::number(profile.thresholds.heldLongShare));
    m_renewingLong->setText(spanText(profile.thresholds.renewingLong));
    m_storm->setValue(profile.thresholds.stormPerMinute);
    QStringList lines;
    for (const locks::LockFamily &family : profile.families)
        lines.append(lineOf(family));
    m_families->setPlainText(lines.join(u'\n'));
    lines.clear();
    for (auto node = profile.nodeNames.cbegin(); node != profile.nodeNames.cend(); ++node)
        lines.append(node.key() + u' ' + node.value());
    lines.sort();
    m_nodes->setPlainText(lines.join(u'\n'));
    clearPasswords();
}

Result<QList<locks::LockFamily>> ProfileForm::families() const
{
    QList<locks::LockFamily> families;
    for (const QString &line : m_families->toPlainText().split(u'\n', Qt::SkipEmptyParts)) {
        const Result<locks::LockFamily> family = familyOf(line.trimmed());
        if (!family)
            return family.error();
        families.append(*family);
    }
    return families;
}

Result<locks::NodeNames> ProfileForm::nodes() const
{
    locks::NodeNames nodes;
    for (const QString &line : m_nodes->toPlainText().split(u'\n', Qt::SkipEmptyParts)) {
        const auto id = locks::nodeIdFromText(line.trimmed().section(u' ', 0, 0));
        const QString label = line.trimmed().section(u' ', 1).trimmed();
        if (!id || label.isEmpty())
            return unreadable(tr("Node names"), line,
                              tr("write 12 hexadecimal digits and a name: 0242ac110009 api-3"));
        nodes.insert(*id, label);
    }
    return nodes;
}

Result<app::Profile> ProfileForm::profile() const
{
    app::Profile profile = m_profile;
    profile.name = m_name->text().trimmed();
    profile.environment = static_cast<app::Environment>(m_environment->currentData().toInt());
    profile.color = m_color->text().trimmed();
    profile.url = m_url->text().trimmed();
    profile.database = m_database->text().trimmed();
    profile.ssh = m_ssh->text().trimmed();
    profile.scope = static_cast<app::Scope>(m_rights->currentData().toInt());
    profile.cap = m_cap->value();
    bool isNumber = false;
    profile.thresholds.heldLongShare = m_heldLong->text().trimmed().toDouble(&isNumber);
    if (!isNumber)
        return unreadable(tr("Held long from"), m_heldLong->text(), tr("write 0.5 for the half"));
    const Result<milliseconds> renewingLong = parseSpan(m_renewingLong->text());
    if (!renewingLong)
        return unreadable(tr("Renewing long from"), m_renewingLong->text(),
                          renewingLong.error().hint);
    profile.thresholds.renewingLong = *renewingLong;
    profile.thresholds.stormPerMinute = m_storm->value();
    const auto someFamilies = families();
    if (!someFamilies)
        return someFamilies.error();
    profile.families = *someFamilies;
    const auto someNodes = nodes();
    if (!someNodes)
        return someNodes.error();
    profile.nodeNames = *someNodes;
    return profile;
}

Secret ProfileForm::redisPassword() const
{
    return Secret(m_password->text().toUtf8());
}

Secret ProfileForm::databasePassword() const
{
    return Secret(m_databasePassword->text().toUtf8());
}

void ProfileForm::clearPasswords()
{
    m_password->clear();
    m_databasePassword->clear();
}

} // namespace lockkeeper::gui
