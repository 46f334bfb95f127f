// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/actiondialog.h"
#include "gui/views/connectdialog.h"
#include "gui/views/connectionstrip.h"
#include "gui/views/detailspane.h"
#include "gui/views/emptystate.h"
#include "gui/views/messagestrip.h"
#include "gui/views/statusstrip.h"
#include "support/await.h"
#include "windowfixture.h"

#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTest>

#include <algorithm>
#include <optional>

using namespace lockkeeper;
using namespace lockkeeper::gui;
using namespace lockkeeper::test;

namespace {

const SessionId kFirst("3f2a77c1-0b8e-4d13-9a52-6c0de1f791c4");

/// A variable of the environment, taken back at the end.
class EnvironmentGuard
{
public:
    EnvironmentGuard(const char *name, const char *value)
        : m_name(name)
    {
        qputenv(name, value);
    }
    ~EnvironmentGuard() { qunsetenv(m_name); }
    EnvironmentGuard(const EnvironmentGuard &) = delete;
    EnvironmentGuard &operator=(const EnvironmentGuard &) = delete;

private:
    const char *m_name;
};

} // namespace

/// What the window says of its connection.
class WindowConnectionTest : public QObject
{
    Q_OBJECT

private slots:
    void showsTheEmptyWindow();
    void saysWhenTheFeedIsLost();
    void saysWhyItCannotConnect();
    void offersNoRetryOfNothing();
    void goesOnTryingWhereThatMayHelp();
    void anotherTargetBringsAnEmptySelection();
    void readOnlyOffersNoActs();
    void connectDialogRefusesBadInput();
    void connectDialogTakesNothingUnseen();
    void connectDialogShowsTheEnvironment();
    void editedConnectionsKeepWhatIsTheirs();
    void passwordsKeepTheirEncryption_data();
    void passwordsKeepTheirEncryption();
    void keepsWhatWorksWhenAnotherTargetDoesNot();
    void cancelsATry();
    void saysAtWhichFieldATargetFails_data();
    void saysAtWhichFieldATargetFails();
    void saysAtWhichFieldARefusalBelongs_data();
    void saysAtWhichFieldARefusalBelongs();
    void createsNoDatabase();
    void namesTheServer();

private:
    /// Fills in the dialog and chooses to connect.
    static void connectTo(ConnectDialog &dialog, const QString &url, const QString &database = {});
};

void WindowConnectionTest::showsTheEmptyWindow()
{
    RedisServer server;
    WindowFixture fixture(server);
    QCOMPARE(fixture.window.findChild<EmptyState *>()->headline(), QStringLiteral("Not connected"));
    QCOMPARE(fixture.window.status().feedText(), QStringLiteral("not connected"));
}

void WindowConnectionTest::saysWhenTheFeedIsLost()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QTRY_COMPARE(fixture.model().rowCount(), 1);
    server.kill();
    QTRY_VERIFY(fixture.window.status().feedText().startsWith(QStringLiteral("feed lost")));
    QCOMPARE(fixture.model().rowCount(), 1); // old rows stay
    QVERIFY(server.restart());
    QTRY_COMPARE_WITH_TIMEOUT(fixture.window.status().feedText(), QStringLiteral("push"), 40'000);
    QTRY_COMPARE(fixture.model().heldCount(), 0);
}

void WindowConnectionTest::saysWhyItCannotConnect()
{
    RedisServer server({.password = "right"});
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    app::Target target = fixture.target();
    target.server.node.password = Secret("wrong");
    fixture.host.open(Result<app::Target>(target));
    QTRY_COMPARE(fixture.host.state(), WorkspaceHost::State::Failed);
    QVERIFY(!fixture.window.connection().text().isEmpty());
    QVERIFY(!fixture.window.connection().text().contains(QStringLiteral("wrong\"")));
    QCOMPARE(fixture.window.findChild<EmptyState *>()->headline(), QStringLiteral("No connection"));
    target.server.node.password = Secret("right");
    fixture.host.open(Result<app::Target>(target));
    QTRY_COMPARE(fixture.host.state(), WorkspaceHost::State::Open);
    QCOMPARE(fixture.window.connection().text(), QString());
}

/// An address that cannot be read leaves nothing to try once more; editing it remains.
void WindowConnectionTest::offersNoRetryOfNothing()
{
    RedisServer server;
    WindowFixture fixture(server);
    fixture.host.open(app::resolveTarget({.url = QStringLiteral("http://host")}, {}));
    QCOMPARE(fixture.host.state(), WorkspaceHost::State::Failed);
    QStringList ways;
    for (const QPushButton *one : fixture.window.connection().findChildren<QPushButton *>()) {
        if (one->isVisible())
            ways.append(one->text());
    }
    QCOMPARE(ways, QStringList(QStringLiteral("Edit connection")));
}

void WindowConnectionTest::goesOnTryingWhereThatMayHelp()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.stop();
    WindowFixture fixture(server);
    fixture.host.open(Result<app::Target>(fixture.target()));
    QTRY_COMPARE(fixture.host.state(), WorkspaceHost::State::Failed);
    QVERIFY(!fixture.window.connection().text().isEmpty());
    QVERIFY(server.restart());
    QTRY_COMPARE_WITH_TIMEOUT(fixture.host.state(), WorkspaceHost::State::Open, 40'000);
    QTRY_COMPARE_WITH_TIMEOUT(fixture.window.status().feedText(), QStringLiteral("push"), 40'000);
    QTRY_COMPARE(fixture.window.connection().text(), QString());
}

void WindowConnectionTest::anotherTargetBringsAnEmptySelection()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QVERIFY(fixture.open());
    QTRY_COMPARE(fixture.model().rowCount(), 1);
    QVERIFY(!fixture.table().selectedLock());
    QVERIFY(!fixture.window.details().row());
    QVERIFY(!fixture.table().currentIndex().isValid());
}

void WindowConnectionTest::readOnlyOffersNoActs()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open(true));
    QVERIFY(fixture.select(kFirst));
    QVERIFY(!button(fixture.window, "releaseButton")->isEnabled());
    QVERIFY(!button(fixture.window, "deleteButton")->isEnabled());
    QTest::keyClick(&fixture.window, Qt::Key_R, Qt::ControlModifier);
    QVERIFY(!fixture.window.findChild<ActionDialog *>());
}

void WindowConnectionTest::connectDialogRefusesBadInput()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.window.openConnectDialog();
    auto *dialog = openDialog<ConnectDialog>(fixture.window);
    QVERIFY(dialog);
    auto *url = dialog->findChild<QLineEdit *>(QStringLiteral("url"));
    const auto *error = dialog->findChild<QLabel *>(QStringLiteral("error"));
    url->setText(QStringLiteral("http://host"));
    QTest::mouseClick(button(*dialog, "connectButton"), Qt::LeftButton);
    QVERIFY(error->isVisible());
    QVERIFY(error->text().contains(QStringLiteral("Redis URL")));
    QCOMPARE(fixture.host.state(), WorkspaceHost::State::Idle);
    url->setText(server.url());
    QTest::keyClick(url, Qt::Key_Return);
    QTRY_COMPARE(fixture.host.state(), WorkspaceHost::State::Open);
}

void WindowConnectionTest::connectDialogTakesNothingUnseen()
{
    const EnvironmentGuard url("LOCKKEEPER_URL", "redis://production.example");
    const EnvironmentGuard database("DATABASE_URL", "postgresql://ops@production.example/chat");
    ConnectDialog dialog;
    std::optional<app::Target> chosen;
    connect(&dialog, &ConnectDialog::targetChosen, this,
            [&chosen](const app::Target &target) { chosen = target; });
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    dialog.show();
    QTest::mouseClick(button(dialog, "connectButton"), Qt::LeftButton);
    QVERIFY(!chosen);
    QVERIFY(dialog.findChild<QLabel *>(QStringLiteral("error"))->isVisible());
    dialog.findChild<QLineEdit *>(QStringLiteral("url"))
        ->setText(QStringLiteral("redis://staging.example"));
    QTest::mouseClick(button(dialog, "connectButton"), Qt::LeftButton);
    QVERIFY(chosen);
    QCOMPARE(chosen->server.node.endpoint.host, QStringLiteral("staging.example"));
    QVERIFY(!chosen->database);
}

void WindowConnectionTest::connectDialogShowsTheEnvironment()
{
    const EnvironmentGuard url("LOCKKEEPER_URL", "redis://production.example");
    const EnvironmentGuard database("LOCKKEEPER_DB", "postgresql://ops@production.example/chat");
    RedisServer server;
    WindowFixture fixture(server);
    fixture.window.openConnectDialog();
    const auto *dialog = openDialog<ConnectDialog>(fixture.window);
    QVERIFY(dialog);
    QVERIFY(dialog->findChild<QLineEdit *>(QStringLiteral("url"))
                ->text()
                .contains(QStringLiteral("production.example")));
    QCOMPARE(dialog->findChild<QLineEdit *>(QStringLiteral("database"))->text(),
             QStringLiteral("postgresql://ops@production.example/chat"));
}

void WindowConnectionTest::editedConnectionsKeepWhatIsTheirs()
{
    const auto known = redis::parseServerUrl(
        QStringLiteral("rediss://ops:s3cret@one.example/2?cacert=/etc/ca.pem"));
    QVERIFY(known);
    app::Target target;
    target.server = *known;
    ConnectDialog dialog;
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    std::optional<app::Target> chosen;
    connect(&dialog, &ConnectDialog::targetChosen, this,
            [&chosen](const app::Target &one) { chosen = one; });
    dialog.setTarget(target);
    auto *url = dialog.findChild<QLineEdit *>(QStringLiteral("url"));
    QVERIFY(!url->text().contains(QStringLiteral("s3cret")));
    button(dialog, "connectButton")->click();
    QVERIFY(chosen && chosen->server == *known);
    dialog.refuse({ErrorCode::CannotConnect, QStringLiteral("unknown host"), {}},
                  WorkspaceHost::Part::Server);
    url->setText(QStringLiteral("rediss://ops@two.example"));
    button(dialog, "connectButton")->click();
    QVERIFY(chosen->server.node.password.isEmpty()); // it was given for another host
}

void WindowConnectionTest::passwordsKeepTheirEncryption_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("database");
    QTest::addColumn<bool>("isServersKept");
    QTest::addColumn<bool>("isDatabasesKept");
    const QString url = QStringLiteral("rediss://ops@one.example/2?cacert=/etc/ca.pem");
    const QString database = QStringLiteral("postgresql://ops@one.example/chat?sslmode=");
    QTest::newRow("as before") << url << database + u"verify-full" << true << true;
    QTest::newRow("in clear") << QStringLiteral("redis://ops@one.example:6379/2")
                              << database + u"prefer" << false << false;
    QTest::newRow("not verified") << url + u"&insecure=1" << database + u"require" << false
                                  << false;
}

/// One that was given for a proven peer is not sent in clear, nor to whoever answers.
void WindowConnectionTest::passwordsKeepTheirEncryption()
{
    QFETCH(QString, url);
    QFETCH(QString, database);
    app::Target target;
    target.server = *redis::parseServerUrl(
        QStringLiteral("rediss://ops:s3cret@one.example/2?cacert=/etc/ca.pem"));
    target.database = *sessions::parseDsn(
        QStringLiteral("postgresql://ops:s3cret@one.example/chat?sslmode=verify-full"));
    ConnectDialog dialog;
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    std::optional<app::Target> chosen;
    connect(&dialog, &ConnectDialog::targetChosen, this,
            [&chosen](const app::Target &one) { chosen = one; });
    dialog.setTarget(target);
    dialog.show();
    connectTo(dialog, url, database);
    QVERIFY(chosen && chosen->database);
    QTEST(!chosen->server.node.password.isEmpty(), "isServersKept");
    QTEST(!chosen->database->password.isEmpty(), "isDatabasesKept");
}

void WindowConnectionTest::connectTo(ConnectDialog &dialog, const QString &url,
                                     const QString &database)
{
    dialog.findChild<QLineEdit *>(QStringLiteral("url"))->setText(url);
    dialog.findChild<QLineEdit *>(QStringLiteral("database"))->setText(database);
    QTest::mouseClick(button(dialog, "connectButton"), Qt::LeftButton);
}

void WindowConnectionTest::keepsWhatWorksWhenAnotherTargetDoesNot()
{
    RedisServer server;
    LK_START_REDIS(server);
    RedisServer other;
    LK_START_REDIS(other);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund"), QStringLiteral("ada"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    const app::Workspace *before = fixture.host.workspace();
    fixture.window.openConnectDialog();
    auto *dialog = openDialog<ConnectDialog>(fixture.window);
    QVERIFY(dialog);
    connectTo(*dialog, QStringLiteral("redis+unix:///no/such/socket"));
    const auto *error = dialog->findChild<QLabel *>(QStringLiteral("error"));
    QTRY_VERIFY(error->isVisible());
    QVERIFY(error->text().contains(QStringLiteral("/no/such/socket")));
    QVERIFY(dialog->isVisible());
    QCOMPARE(fixture.host.workspace(), before);
    QVERIFY(before->outage() == std::nullopt);
    QCOMPARE(fixture.window.connection().text(), QString()); // said once, in the dialog
    QCOMPARE(fixture.window.messages().text(), QString());
    QVERIFY(fixture.window.details().row());

    connectTo(*dialog, other.url());
    QTRY_VERIFY(fixture.host.workspace() != before);
    QCOMPARE(fixture.host.workspace()->target().server.node, other.address());
    QCOMPARE(fixture.host.state(), WorkspaceHost::State::Open);
    QTRY_VERIFY(!fixture.window.findChild<ConnectDialog *>());
    QTRY_COMPARE(fixture.window.status().feedText(), QStringLiteral("push"));
}

void WindowConnectionTest::cancelsATry()
{
    RedisServer server;
    LK_START_REDIS(server);
    RedisServer silent;
    LK_START_REDIS(silent);
    WindowFixture fixture(server);
    QVERIFY(fixture.open());
    const app::Workspace *before = fixture.host.workspace();
    fixture.window.openConnectDialog();
    auto *dialog = openDialog<ConnectDialog>(fixture.window);
    QVERIFY(dialog);
    silent.pause();
    connectTo(*dialog, silent.url());
    QVERIFY(!button(*dialog, "connectButton")->isEnabled());
    QVERIFY(!dialog->findChild<QLineEdit *>(QStringLiteral("url"))->isEnabled());
    QVERIFY(dialog->findChild<QLabel *>(QStringLiteral("trying"))->isVisible());
    QTest::mouseClick(button(*dialog, "cancelButton"), Qt::LeftButton);
    silent.resume();
    QTRY_VERIFY(!fixture.window.findChild<ConnectDialog *>());
    QCOMPARE(fixture.host.workspace(), before);
    QVERIFY(fixture.host.workspace()->monitor().feed().isTrusted);
    QCOMPARE(fixture.host.state(), WorkspaceHost::State::Open);
}

void WindowConnectionTest::saysAtWhichFieldATargetFails_data()
{
    QTest::addColumn<QString>("password");
    QTest::addColumn<QString>("database");
    QTest::addColumn<QString>("field");
    QTest::addColumn<QString>("words");
    QTest::newRow("password") << QStringLiteral("wrong") << QString() << QStringLiteral("password")
                              << QStringLiteral("password");
    QTest::newRow("no password") << QString() << QString() << QStringLiteral("password")
                                 << QStringLiteral("asks for a password");
    QTest::newRow("file") << QStringLiteral("right") << QStringLiteral("sqlite:///no/such/chat.db")
                          << QStringLiteral("database") << QStringLiteral("no such file");
    QTest::newRow("scheme") << QStringLiteral("right") << QStringLiteral("mysql://host/chat")
                            << QStringLiteral("database") << QStringLiteral("neither postgresql");
}

void WindowConnectionTest::saysAtWhichFieldATargetFails()
{
    QFETCH(QString, password);
    QFETCH(QString, database);
    QFETCH(QString, field);
    QFETCH(QString, words);
    RedisServer server({.password = "right"});
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.window.openConnectDialog();
    auto *dialog = openDialog<ConnectDialog>(fixture.window);
    QVERIFY(dialog);
    dialog->findChild<QLineEdit *>(QStringLiteral("password"))->setText(password);
    connectTo(*dialog, u"redis+unix://" + server.socketPath(), database);
    const auto *error = dialog->findChild<QLabel *>(QStringLiteral("error"));
    QTRY_VERIFY(error->isVisible());
    QVERIFY2(error->text().contains(words), qPrintable(error->text()));
    const auto *wrong = dialog->findChild<QLineEdit *>(field);
    QVERIFY(wrong->property("isWrong").toBool());
    QTRY_VERIFY(error->y() > wrong->y() && error->y() - wrong->y() < 2 * wrong->height());
    QVERIFY(!fixture.host.workspace());
}

void WindowConnectionTest::saysAtWhichFieldARefusalBelongs_data()
{
    using Part = WorkspaceHost::Part;
    QTest::addColumn<ErrorCode>("code");
    QTest::addColumn<Part>("part");
    QTest::addColumn<QString>("field");
    QTest::newRow("server, none given")
        << ErrorCode::PasswordNeeded << Part::Server << QStringLiteral("password");
    QTest::newRow("server, a wrong one")
        << ErrorCode::WrongPassword << Part::Server << QStringLiteral("password");
    QTest::newRow("server, away") << ErrorCode::CannotConnect << Part::Server
                                  << QStringLiteral("url");
    QTest::newRow("database, none given")
        << ErrorCode::PasswordNeeded << Part::Database << QStringLiteral("databasePassword");
    QTest::newRow("database, a wrong one")
        << ErrorCode::WrongPassword << Part::Database << QStringLiteral("databasePassword");
    QTest::newRow("database, no right on the tables")
        << ErrorCode::NotPermitted << Part::Database << QStringLiteral("database");
}

void WindowConnectionTest::saysAtWhichFieldARefusalBelongs()
{
    QFETCH(ErrorCode, code);
    QFETCH(WorkspaceHost::Part, part);
    QFETCH(QString, field);
    ConnectDialog dialog;
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    dialog.refuse({code, QStringLiteral("no"), {}}, part);
    QStringList wrong;
    for (const QLineEdit *one : dialog.findChildren<QLineEdit *>()) {
        if (one->property("isWrong").toBool())
            wrong.append(one->objectName());
    }
    QCOMPARE(wrong, QStringList(field));
}

void WindowConnectionTest::createsNoDatabase()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.lock(kFirst, "aaaa");
    fixture.host.open(Result<app::Target>(fixture.target()));
    QVERIFY(fixture.select(kFirst));
    QTRY_VERIFY(fixture.host.workspace()->databaseState().has_value());
    const Result<void> &state = *fixture.host.workspace()->databaseState();
    const QString path = fixture.target().database->path;
    QVERIFY(!state);
    QVERIFY2(state.error().what.contains(path), qPrintable(state.error().what));
    const auto report = await(fixture.host.workspace()->actions().remove({.session = kFirst}));
    QVERIFY(!report.isDone());
    QVERIFY(!QFile::exists(path));
}

void WindowConnectionTest::namesTheServer()
{
    RedisServer server({.listen = RedisServer::Listen::Tcp});
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    QVERIFY(fixture.open());
    const auto says = [&](const QString &words) {
        const auto labels = fixture.window.status().findChildren<QLabel *>();
        return std::ranges::any_of(
            labels, [&words](const QLabel *one) { return one->text().contains(words); });
    };
    QTRY_VERIFY(says(server.address().endpoint.toString() + QStringLiteral(" · db 0 · redis")));
}

QTEST_MAIN(WindowConnectionTest)
#include "tst_windowconnection.moc"
