// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/detailspane.h"
#include "windowfixture.h"

#include <QLabel>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::gui;
using namespace lockkeeper::test;

namespace {

const SessionId kFirst("3f2a77c1-0b8e-4d13-9a52-6c0de1f791c4");
const QString kMissing = QStringLiteral("missing right: +evalsha on ~chat:session_lock:*");

QLabel *blocked(WindowFixture &fixture)
{
    return fixture.window.details().findChild<QLabel *>(QStringLiteral("blocked"));
}

} // namespace

/// What the server would refuse cannot be clicked, and says which right is missing.
class WindowRightsTest : public QObject
{
    Q_OBJECT

private slots:
    void namesTheMissingRight();
    void aRightThatIsGivenShowsAfterAReconnect();
    void onlyTheDeleteMayBeMissing();
    void whereBothAreMissingAllRightsAreNamed();
    void aReplicaTakesNeither();
    void nobodyIsListenedToInVain();
    void whatIsNotKnownMayBeTried();
};

void WindowRightsTest::namesTheMissingRight()
{
    RedisServer server({.aclUsers = {QStringLiteral("u on >pw ~chat:* &* +@all -evalsha")}});
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.login = server.addressFor(QStringLiteral("u"), "pw");
    fixture.addSession(kFirst, QStringLiteral("Trip"), QStringLiteral("ada"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QTRY_VERIFY(blocked(fixture)->text().contains(kMissing));
    QVERIFY(blocked(fixture)->isVisible());
    for (const char *name : {"releaseButton", "deleteButton"}) {
        QPushButton *one = button(fixture.window, name);
        QVERIFY(!one->isEnabled());
        QVERIFY2(one->toolTip().contains(kMissing), qPrintable(one->toolTip()));
        QVERIFY2(one->toolTip().contains(u"ACL SETUSER u +evalsha"), qPrintable(one->toolTip()));
    }
}

void WindowRightsTest::aRightThatIsGivenShowsAfterAReconnect()
{
    RedisServer server({.aclUsers = {QStringLiteral("u on >pw ~chat:* &* +@all -evalsha")}});
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.login = server.addressFor(QStringLiteral("u"), "pw");
    fixture.addSession(kFirst, QStringLiteral("Trip"), QStringLiteral("ada"));
    fixture.lock(kFirst, "aaaa", 600'000);
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QTRY_VERIFY(blocked(fixture)->text().contains(kMissing));
    server.redis({"ACL", "SETUSER", "u", "+evalsha"});
    server.redis({"CLIENT", "KILL", "USER", "u"});
    QVERIFY(becomesEnabled(button(fixture.window, "releaseButton")));
    QVERIFY(becomesEnabled(button(fixture.window, "deleteButton")));
    QTRY_VERIFY(!blocked(fixture)->isVisible());
}

void WindowRightsTest::onlyTheDeleteMayBeMissing()
{
    RedisServer server(
        {.aclUsers = {QStringLiteral("u on >pw ~chat:session_lock:* %R~chat:session:* &* +@all")}});
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.login = server.addressFor(QStringLiteral("u"), "pw");
    fixture.addSession(kFirst, QStringLiteral("Trip"), QStringLiteral("ada"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QTRY_COMPARE(blocked(fixture)->text(),
                 QStringLiteral("Delete: missing right: +del on ~chat:session:*"));
    QVERIFY(!button(fixture.window, "deleteButton")->isEnabled());
    QVERIFY(becomesEnabled(button(fixture.window, "releaseButton")));
}

void WindowRightsTest::whereBothAreMissingAllRightsAreNamed()
{
    RedisServer server({.aclUsers = {QStringLiteral("u on >pw ~chat:* &* +@all -del -pexpire")}});
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.login = server.addressFor(QStringLiteral("u"), "pw");
    fixture.addSession(kFirst, QStringLiteral("Trip"), QStringLiteral("ada"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QTRY_COMPARE(blocked(fixture)->text(),
                 QStringLiteral("Release and Delete: missing rights: +del +pexpire on "
                                "~chat:session_lock:*, +del on ~chat:session:*"));
}

void WindowRightsTest::aReplicaTakesNeither()
{
    RedisServer primary({.listen = RedisServer::Listen::Tcp,
                         .config = {QStringLiteral("repl-diskless-sync-delay 0")}});
    LK_START_REDIS(primary);
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Trip"), QStringLiteral("ada"));
    fixture.lock(kFirst, "aaaa", 600'000);
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QVERIFY(becomesEnabled(button(fixture.window, "releaseButton")));
    const QByteArray port = QByteArray::number(primary.port());
    const QByteArray key = locks::LockFamily().lockKey(kFirst).bytes();
    primary.redis({"SET", key, fixture.tokenOf(kFirst), "PX", "600000"});
    server.redis({"REPLICAOF", "127.0.0.1", port});
    const QString why = u"this server is a replica of 127.0.0.1:" + QString::fromLatin1(port) +
                        u": it takes no writes";
    for (const char *name : {"releaseButton", "deleteButton"}) {
        QPushButton *one = button(fixture.window, name);
        QTRY_VERIFY_WITH_TIMEOUT(!one->isEnabled() && one->toolTip().contains(why), 30'000);
    }
}

void WindowRightsTest::nobodyIsListenedToInVain()
{
    RedisServer server({.aclUsers = {QStringLiteral("u on >pw ~chat:* &* +@all -monitor")}});
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.login = server.addressFor(QStringLiteral("u"), "pw");
    fixture.addSession(kFirst, QStringLiteral("Trip"), QStringLiteral("ada"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    const QPushButton *link = button(fixture.window, "askWaiters");
    QTRY_VERIFY2(link->text().contains(u"Missing right: +monitor"), qPrintable(link->text()));
    QVERIFY(!link->isEnabled());
    QVERIFY2(link->toolTip().contains(u"ACL SETUSER u +monitor"), qPrintable(link->toolTip()));
    QVERIFY(button(fixture.window, "releaseButton")->isEnabled());
}

void WindowRightsTest::whatIsNotKnownMayBeTried()
{
    RedisServer server({.aclUsers = {QStringLiteral("u on >pw ~chat:* &* +@all -acl -evalsha")}});
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.login = server.addressFor(QStringLiteral("u"), "pw");
    fixture.addSession(kFirst, QStringLiteral("Trip"), QStringLiteral("ada"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QVERIFY(becomesEnabled(button(fixture.window, "releaseButton")));
    QVERIFY(!blocked(fixture)->isVisible());
}

QTEST_MAIN(WindowRightsTest)
#include "tst_windowrights.moc"
