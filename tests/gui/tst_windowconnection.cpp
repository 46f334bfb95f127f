// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/actiondialog.h"
#include "gui/views/connectdialog.h"
#include "gui/views/detailspane.h"
#include "gui/views/emptystate.h"
#include "gui/views/messagestrip.h"
#include "gui/views/statusstrip.h"
#include "windowfixture.h"

#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::gui;
using namespace lockkeeper::test;

namespace {

const SessionId kFirst("3f2a77c1-0b8e-4d13-9a52-6c0de1f791c4");

} // namespace

/// What the window says of its connection.
class WindowConnectionTest : public QObject
{
    Q_OBJECT

private slots:
    void showsTheEmptyWindow();
    void saysWhenTheFeedIsLost();
    void saysWhyItCannotConnect();
    void goesOnTryingWhereThatMayHelp();
    void anotherTargetBringsAnEmptySelection();
    void readOnlyOffersNoActs();
    void connectDialogRefusesBadInput();
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
    target.server.password = Secret("wrong");
    fixture.host.open(Result<app::Target>(target));
    QTRY_COMPARE(fixture.host.state(), WorkspaceHost::State::Failed);
    QVERIFY(!fixture.window.messages().text().isEmpty());
    QVERIFY(!fixture.window.messages().text().contains(QStringLiteral("wrong\"")));
    QCOMPARE(fixture.window.findChild<EmptyState *>()->headline(), QStringLiteral("No connection"));
    target.server.password = Secret("right");
    fixture.host.open(Result<app::Target>(target));
    QTRY_COMPARE(fixture.host.state(), WorkspaceHost::State::Open);
    QCOMPARE(fixture.window.messages().text(), QString());
}

void WindowConnectionTest::goesOnTryingWhereThatMayHelp()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.stop();
    WindowFixture fixture(server);
    fixture.host.open(Result<app::Target>(fixture.target()));
    QTRY_COMPARE(fixture.host.state(), WorkspaceHost::State::Failed);
    QVERIFY(!fixture.window.messages().text().isEmpty());
    QVERIFY(server.restart());
    QTRY_COMPARE_WITH_TIMEOUT(fixture.host.state(), WorkspaceHost::State::Open, 40'000);
    QCOMPARE(fixture.window.messages().text(), QString());
    QTRY_COMPARE_WITH_TIMEOUT(fixture.window.status().feedText(), QStringLiteral("push"), 40'000);
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

QTEST_MAIN(WindowConnectionTest)
#include "tst_windowconnection.moc"
