// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/profilestore.h"
#include "gui/views/messagestrip.h"
#include "gui/views/navigationpane.h"
#include "gui/views/pagebutton.h"
#include "gui/views/passworddialog.h"
#include "gui/views/profilesdialog.h"
#include "windowfixture.h"

#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QTest>

#include <memory>

using namespace lockkeeper;
using namespace lockkeeper::gui;
using namespace lockkeeper::test;

namespace {

constexpr int kLimitMs = 20'000;

app::Profile profileOf(const QString &name, const RedisServer &server)
{
    app::Profile profile;
    profile.name = name;
    profile.url = server.address().displayUrl();
    profile.environment = app::Environment::Production;
    return profile;
}

PageButton *profileButton(const WindowFixture &fixture, const QString &name)
{
    for (PageButton *one : fixture.window.findChildren<PageButton *>(QStringLiteral("profile"))) {
        if (one->text() == name)
            return one;
    }
    return nullptr;
}

bool isOpen(const WindowFixture &fixture, const QString &name)
{
    return QTest::qWaitFor(
        [&] {
            return fixture.host.workspace() && fixture.host.workspace()->target().name == name &&
                   fixture.host.state() == WorkspaceHost::State::Open;
        },
        kLimitMs);
}

ProfilesDialog *openProfiles(WindowFixture &fixture)
{
    for (QAction *one : fixture.window.actions()) {
        if (one->text().remove(u'&') == u"Profiles…")
            one->trigger();
    }
    return openDialog<ProfilesDialog>(fixture.window);
}

void type(const QWidget &parent, const char *name, const QString &text)
{
    auto *edit = parent.findChild<QLineEdit *>(QLatin1StringView(name));
    QVERIFY(edit);
    edit->selectAll();
    QTest::keyClicks(edit, text);
}

} // namespace

/// Saved connections in the window.
class WindowProfilesTest : public QObject
{
    Q_OBJECT

private slots:
    void init();

    void aProfileOpensWithAClick();
    void aMissingPasswordIsAskedFor();
    void oneThatDoesNotAnswerLeavesWhatIsShown();
    void aNewOneIsSavedAndOpened();
    void whatIsWrongIsSaidAtOnce();
    void aFileEditedByHandIsTakenOver();
    void aChangeOfTheOpenProfileIsSaid();
    void anotherFamilyOfTheProfileIsChosen();
    void anAddressGivenByHandHasTheGuardrailsOfItsProfile();

private:
    std::unique_ptr<QTemporaryDir> m_config; ///< of each test its own
};

void WindowProfilesTest::init()
{
    m_config = std::make_unique<QTemporaryDir>();
    qputenv("XDG_CONFIG_HOME", QFile::encodeName(m_config->path()));
}

void WindowProfilesTest::aProfileOpensWithAClick()
{
    RedisServer server;
    LK_START_REDIS(server);
    QVERIFY(app::ProfileStore().save(profileOf(QStringLiteral("api-prod"), server)));
    WindowFixture fixture(server);
    PageButton *entry = profileButton(fixture, QStringLiteral("api-prod"));
    QVERIFY(entry);
    QTest::mouseClick(entry, Qt::LeftButton);
    QVERIFY(isOpen(fixture, QStringLiteral("api-prod")));
    QVERIFY(entry->isChecked());
    QVERIFY(!fixture.host.workspace()->window().isOpen());
}

void WindowProfilesTest::aMissingPasswordIsAskedFor()
{
    RedisServer server({.aclUsers = {QStringLiteral("ops on >hunter2 ~* &* +@all")}});
    LK_START_REDIS(server);
    app::Profile profile = profileOf(QStringLiteral("api-prod"), server);
    profile.url = server.addressFor(QStringLiteral("ops"), "x").displayUrl();
    QVERIFY(app::ProfileStore().save(profile));
    WindowFixture fixture(server);
    QTest::mouseClick(profileButton(fixture, profile.name), Qt::LeftButton);
    auto *dialog = openDialog<PasswordDialog>(fixture.window);
    QVERIFY(dialog);
    type(*dialog, "password", QStringLiteral("wrong"));
    QTest::mouseClick(button(*dialog, "connectButton"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(fixture.window.findChildren<PasswordDialog *>().size() == 1 &&
                                 fixture.window.findChild<PasswordDialog *>()->isVisible(),
                             kLimitMs);
    dialog = openDialog<PasswordDialog>(fixture.window);
    QVERIFY(dialog);
    type(*dialog, "password", QStringLiteral("hunter2"));
    QTest::mouseClick(button(*dialog, "connectButton"), Qt::LeftButton);
    QVERIFY(isOpen(fixture, profile.name));
    QFile file(app::ProfileStore::defaultFile());
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(!file.readAll().contains("hunter2"));
}

void WindowProfilesTest::oneThatDoesNotAnswerLeavesWhatIsShown()
{
    RedisServer server;
    LK_START_REDIS(server);
    app::Profile profile;
    profile.name = QStringLiteral("away");
    profile.url = QStringLiteral("redis://127.0.0.1:1/0");
    QVERIFY(app::ProfileStore().save(profile));
    WindowFixture fixture(server);
    QVERIFY(fixture.open());
    QTest::mouseClick(profileButton(fixture, profile.name), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(fixture.window.messages().text().contains(u"127.0.0.1:1"), kLimitMs);
    QCOMPARE(fixture.host.state(), WorkspaceHost::State::Open);
    QCOMPARE(fixture.host.workspace()->target().name, QStringLiteral("test"));
}

void WindowProfilesTest::aNewOneIsSavedAndOpened()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    ProfilesDialog *dialog = openProfiles(fixture);
    QVERIFY(dialog);
    type(*dialog, "name", QStringLiteral("staging"));
    type(*dialog, "url", server.address().displayUrl());
    type(*dialog, "password", QStringLiteral("hunter2"));
    auto *environment = dialog->findChild<QComboBox *>(QStringLiteral("environment"));
    environment->setCurrentIndex(environment->findText(QStringLiteral("staging")));
    QTest::mouseClick(button(*dialog, "saveButton"), Qt::LeftButton);
    const auto *note = dialog->findChild<QLabel *>(QStringLiteral("note"));
    // The fixture has no keychain: that is said, and nothing is written.
    QTRY_VERIFY2_WITH_TIMEOUT(note->text().contains(u"kept until you quit"),
                              qPrintable(note->text()), kLimitMs);
    QFile file(app::ProfileStore::defaultFile());
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(!file.readAll().contains("hunter2"));
    QCOMPARE(file.permissions() & (QFile::ReadGroup | QFile::ReadOther), QFile::Permissions());
    type(*dialog, "ssh", QString());
    QTest::mouseClick(button(*dialog, "removeButton"), Qt::LeftButton);
    QVERIFY2(note->text().contains(u"once more"), qPrintable(note->text()));
    QVERIFY(profileButton(fixture, QStringLiteral("staging")));
    QTest::mouseClick(button(*dialog, "removeButton"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!profileButton(fixture, QStringLiteral("staging")), kLimitMs);

    type(*dialog, "name", QStringLiteral("local"));
    type(*dialog, "url", server.address().displayUrl());
    QTest::mouseClick(button(*dialog, "openButton"), Qt::LeftButton);
    QVERIFY(isOpen(fixture, QStringLiteral("local")));
    QVERIFY(profileButton(fixture, QStringLiteral("local")));
}

void WindowProfilesTest::whatIsWrongIsSaidAtOnce()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    ProfilesDialog *dialog = openProfiles(fixture);
    QVERIFY(dialog);
    const auto *note = dialog->findChild<QLabel *>(QStringLiteral("note"));
    type(*dialog, "name", QStringLiteral("x"));
    type(*dialog, "url", QStringLiteral("redis://ops:hunter2@host"));
    QTest::mouseClick(button(*dialog, "saveButton"), Qt::LeftButton);
    QVERIFY2(note->text().contains(u"holds a password"), qPrintable(note->text()));
    QVERIFY(!note->text().contains(u"hunter2"));
    type(*dialog, "url", QStringLiteral("mysql://host"));
    QVERIFY(note->text().isEmpty()); // it is being mended
    QTest::mouseClick(button(*dialog, "saveButton"), Qt::LeftButton);
    QVERIFY(note->text().contains(u"redis"));
    QVERIFY(!QFile::exists(app::ProfileStore::defaultFile()));
    dialog->reject();
}

void WindowProfilesTest::aFileEditedByHandIsTakenOver()
{
    RedisServer server;
    LK_START_REDIS(server);
    const app::ProfileStore store;
    QVERIFY(store.save(profileOf(QStringLiteral("one"), server)));
    WindowFixture fixture(server);
    QVERIFY(profileButton(fixture, QStringLiteral("one")));
    QVERIFY(store.save(profileOf(QStringLiteral("two"), server)));
    QTRY_VERIFY_WITH_TIMEOUT(profileButton(fixture, QStringLiteral("two")), kLimitMs);
}

/// Guardrails that were tightened do not hold by themselves where one is in already.
void WindowProfilesTest::aChangeOfTheOpenProfileIsSaid()
{
    RedisServer server;
    LK_START_REDIS(server);
    app::Profile profile = profileOf(QStringLiteral("api"), server);
    profile.environment = app::Environment::Staging;
    const app::ProfileStore store;
    QVERIFY(store.save(profile));
    WindowFixture fixture(server);
    QTest::mouseClick(profileButton(fixture, profile.name), Qt::LeftButton);
    QVERIFY(isOpen(fixture, profile.name));
    QVERIFY(fixture.host.workspace()->window().isOpen());
    profile.scope = app::Scope::ReadOnly;
    QVERIFY(store.save(profile));
    QTRY_VERIFY_WITH_TIMEOUT(fixture.window.messages().text().contains(u"was changed"), kLimitMs);
    for (QPushButton *one : fixture.window.messages().findChildren<QPushButton *>()) {
        if (one->text() == u"Reopen")
            QTest::mouseClick(one, Qt::LeftButton);
    }
    QTRY_VERIFY_WITH_TIMEOUT(
        fixture.host.workspace() && !fixture.host.workspace()->window().isOpen(), kLimitMs);
}

void WindowProfilesTest::anotherFamilyOfTheProfileIsChosen()
{
    RedisServer server;
    LK_START_REDIS(server);
    app::Profile profile = profileOf(QStringLiteral("api-prod"), server);
    profile.families = {locks::LockFamily(), *locks::builtInFamily(QStringLiteral("copilot"))};
    QVERIFY(app::ProfileStore().save(profile));
    WindowFixture fixture(server);
    QTest::mouseClick(profileButton(fixture, profile.name), Qt::LeftButton);
    QVERIFY(isOpen(fixture, profile.name));
    QCOMPARE(fixture.host.workspace()->target().family.name, QStringLiteral("chat"));
    fixture.host.changeFamily(QStringLiteral("copilot"));
    QTRY_COMPARE_WITH_TIMEOUT(
        fixture.host.workspace() ? fixture.host.workspace()->target().family.name : QString(),
        QStringLiteral("copilot"), kLimitMs);
}

void WindowProfilesTest::anAddressGivenByHandHasTheGuardrailsOfItsProfile()
{
    RedisServer server;
    LK_START_REDIS(server);
    QVERIFY(app::ProfileStore().save(profileOf(QStringLiteral("api-prod"), server)));
    WindowFixture fixture(server);
    QVERIFY(fixture.open());
    QVERIFY(!fixture.host.workspace()->window().isOpen());
    QCOMPARE(fixture.host.workspace()->target().guardrails.profile, QStringLiteral("api-prod"));
}

QTEST_MAIN(WindowProfilesTest)
#include "tst_windowprofiles.moc"
