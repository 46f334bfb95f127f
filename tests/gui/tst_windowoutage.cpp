// SPDX-License-Identifier: GPL-3.0-or-later
#include "demo/demostack.h"
#include "gui/views/actiondialog.h"
#include "gui/views/connectionstrip.h"
#include "gui/views/detailspane.h"
#include "gui/views/factsview.h"
#include "gui/views/messagestrip.h"
#include "gui/views/statusstrip.h"
#include "gui/views/theme.h"
#include "windowfixture.h"

#include <QApplication>
#include <QLabel>
#include <QListView>
#include <QPushButton>
#include <QScrollBar>
#include <QTest>

#include <algorithm>
#include <csignal>

using namespace lockkeeper;
using namespace lockkeeper::gui;
using namespace lockkeeper::test;

namespace {

const SessionId kFirst("3f2a77c1-0b8e-4d13-9a52-6c0de1f791c4");
constexpr int kLimitMs = 40'000;

/// What survives a SIGKILL.
RedisServer::Options lasting()
{
    RedisServer::Options options;
    options.config = {QStringLiteral("appendonly yes"), QStringLiteral("appendfsync always")};
    return options;
}

QLabel *label(const QWidget &parent, const char *name)
{
    return parent.findChild<QLabel *>(QString::fromLatin1(name));
}

/// The button of the strip with this text; null when there is none.
QPushButton *way(MainWindow &window, const QString &text)
{
    for (QPushButton *one : window.connection().findChildren<QPushButton *>()) {
        if (one->isVisible() && one->text() == text)
            return one;
    }
    return nullptr;
}

QString cell(WindowFixture &fixture, const SessionId &id, LockColumn column)
{
    const int row = fixture.model().rowOf(locks::LockFamily().lockKey(id));
    return fixture.model().index(row, static_cast<int>(column)).data().toString();
}

} // namespace

/// What the window shows while nothing proves it, and how it comes back.
class WindowOutageTest : public QObject
{
    Q_OBJECT

private slots:
    void theIconOfAMessageFollowsTheTheme();
    void saysWhatIsLostAndTriesAgain();
    void standsStillAtTheLastProof();
    void comesBackWithSelectionAndScroll();
    void tellsWhatTheServerHasLost();
    void theFeedAloneMayBeLost();
    void aLesserFeedIsNamed();
    void theDatabaseMayComeLater();
    void theDemosServerMayEnd();
    void aStartingDemoCutsNoAct();
};

void WindowOutageTest::theIconOfAMessageFollowsTheTheme()
{
    MessageStrip strip;
    strip.setPalette(Theme::light().palette());
    strip.showFailure({ErrorCode::Io, QStringLiteral("It failed."), {}});
    const auto *icon = strip.findChild<QLabel *>(QStringLiteral("icon"));
    QVERIFY(icon);
    const auto middle = [icon] {
        const QImage image = icon->pixmap().toImage();
        return QColor(image.pixel(image.rect().center()));
    };
    QCOMPARE(middle(), Theme::light().color(Theme::Role::StripText));
    strip.setPalette(Theme::dark().palette());
    QCOMPARE(middle(), Theme::dark().color(Theme::Role::StripText));
}

void WindowOutageTest::saysWhatIsLostAndTriesAgain()
{
    RedisServer server(lasting());
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.lock(kFirst, "aaaa", 600'000);
    QVERIFY(fixture.open());
    ConnectionStrip &strip = fixture.window.connection();
    QCOMPARE(strip.text(), QString());
    server.kill();
    QTRY_VERIFY(strip.text().contains(QStringLiteral("The connection is lost")));
    QVERIFY2(strip.text().contains(server.socketPath()), qPrintable(strip.text()));
    QCOMPARE(fixture.window.status().feedText(), QStringLiteral("feed lost"));
    // Later tries are further apart: one is announced then.
    QTRY_VERIFY_WITH_TIMEOUT(strip.text().contains(QStringLiteral("reconnecting in")), kLimitMs);
    QTRY_VERIFY(way(fixture.window, QStringLiteral("Retry")));
    QPushButton *retry = way(fixture.window, QStringLiteral("Retry"));
    retry->setFocus();
    QVERIFY(server.restart());
    if (fixture.host.workspace()->outage() && way(fixture.window, QStringLiteral("Retry")))
        QTest::mouseClick(retry, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(strip.text(), QString(), kLimitMs);
    QTRY_COMPARE_WITH_TIMEOUT(fixture.window.status().feedText(), QStringLiteral("push"), kLimitMs);
}

void WindowOutageTest::standsStillAtTheLastProof()
{
    RedisServer server(lasting());
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund"), QStringLiteral("ada"));
    fixture.lock(kFirst, "aaaa", 600'000);
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QVERIFY(becomesEnabled(button(fixture.window, "releaseButton")));
    server.kill();
    QTRY_VERIFY(fixture.model().frozenAt().has_value());
    const QString ttl = cell(fixture, kFirst, LockColumn::Ttl);
    const QString held = cell(fixture, kFirst, LockColumn::HeldFor);
    auto *facts = fixture.window.details().findChild<FactsView *>(QStringLiteral("lockFacts"));
    QTRY_VERIFY(label(fixture.window, "asOf")->isVisible());
    const QString expires = facts->valueOf(QStringLiteral("Expires"));
    const QLabel *age = label(fixture.window, "age");
    QTRY_VERIFY(fixture.clock.steady() - *fixture.model().frozenAt() > std::chrono::seconds(3));
    QVERIFY2(age->text().startsWith(QStringLiteral("as of ")), qPrintable(age->text()));
    QCOMPARE(cell(fixture, kFirst, LockColumn::Ttl), ttl);
    QCOMPARE(cell(fixture, kFirst, LockColumn::HeldFor), held);
    QCOMPARE(facts->valueOf(QStringLiteral("Expires")), expires);
    QVERIFY(age->isVisible());
    const QLabel *reason = label(fixture.window, "reason");
    const QColor gone = Theme::of(fixture.window.palette()).color(Theme::Role::Gone);
    QCOMPARE(reason->palette().color(QPalette::WindowText), gone);

    for (const char *name : {"releaseButton", "deleteButton"}) {
        QVERIFY(!button(fixture.window, name)->isEnabled());
        QVERIFY(!button(fixture.window, name)->toolTip().isEmpty());
    }
    QVERIFY(label(fixture.window, "blocked")->isVisible());
    QVERIFY(server.restart());
    QTRY_VERIFY_WITH_TIMEOUT(button(fixture.window, "releaseButton")->isEnabled(), kLimitMs);
    QTRY_VERIFY(cell(fixture, kFirst, LockColumn::Ttl) != ttl);
    QTRY_VERIFY(!label(fixture.window, "asOf")->isVisible());
    QVERIFY(reason->palette().color(QPalette::WindowText) != gone);
    QVERIFY(button(fixture.window, "deleteButton")->isEnabled());
    QVERIFY(!age->isVisible());
}

void WindowOutageTest::comesBackWithSelectionAndScroll()
{
    RedisServer server(lasting());
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    constexpr int kLocks = 120;
    for (int i = 0; i < kLocks; ++i)
        fixture.lock(SessionId("session-" + QByteArray::number(1000 + i)), "aaaa", 600'000);
    QVERIFY(fixture.open());
    QTRY_COMPARE(fixture.model().rowCount(), kLocks);
    fixture.table().sortByColumn(static_cast<int>(LockColumn::Session), Qt::AscendingOrder);
    const SessionId chosen("session-1070");
    QVERIFY(fixture.select(chosen));
    QScrollBar *bar = fixture.table().verticalScrollBar();
    bar->setValue(bar->maximum() / 2);
    const int scroll = bar->value();
    QVERIFY(scroll > 0);
    server.kill();
    QTRY_VERIFY(fixture.model().frozenAt().has_value());
    QVERIFY(server.restart());
    QTRY_VERIFY_WITH_TIMEOUT(fixture.host.workspace()->monitor().feed().isTrusted, kLimitMs);
    QTRY_COMPARE(fixture.model().heldCount(), kLocks);
    QTRY_VERIFY(!fixture.window.connection().isVisible());
    QCOMPARE(bar->value(), scroll);
    QCOMPARE(fixture.table().selectedLock(), locks::LockFamily().lockKey(chosen));
    QVERIFY(fixture.window.details().row());
    // Loss and return stand once each among the events.
    QAbstractItemModel *events =
        fixture.window.findChild<QListView *>(QStringLiteral("events"))->model();
    const auto told = [events](const QString &words) {
        return events->match(events->index(0, 0), Qt::DisplayRole, words, -1, Qt::MatchContains)
            .size();
    };
    QTRY_COMPARE(told(QStringLiteral("the list equals the server")), 2);
    QCOMPARE(told(QStringLiteral("feed lost")), 1);
}

void WindowOutageTest::tellsWhatTheServerHasLost()
{
    RedisServer server; // what it knows ends with it
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.lock(kFirst, "aaaa", 600'000);
    fixture.lockMany(3000);
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QVERIFY(becomesEnabled(button(fixture.window, "releaseButton")));
    server.kill();
    QTRY_VERIFY(fixture.model().frozenAt().has_value());
    QVERIFY(server.restart());
    QTRY_VERIFY_WITH_TIMEOUT(fixture.host.workspace()->monitor().feed().isTrusted, kLimitMs);
    QTRY_COMPARE(fixture.model().heldCount(), 0);
    const QLabel *state = label(fixture.window, "stateWord");
    QTRY_VERIFY2(state->text().contains(QStringLiteral("Flushed")), qPrintable(state->text()));
    QTRY_VERIFY(!label(fixture.window, "asOf")->isVisible());
    for (const char *name : {"releaseButton", "deleteButton"})
        QVERIFY(!button(fixture.window, name)->isEnabled());
}

void WindowOutageTest::theFeedAloneMayBeLost()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.lock(kFirst, "aaaa", 600'000);
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    // The connections that are there stay, and no other one is taken.
    QCOMPARE(server.redis({"CONFIG", "SET", "maxclients", "1"}), QVariant(QByteArray("OK")));
    QVERIFY(server.redis({"CLIENT", "KILL", "TYPE", "pubsub"}).toInt() > 0);
    ConnectionStrip &strip = fixture.window.connection();
    QTRY_VERIFY(strip.text().contains(QStringLiteral("does not tell of changes")));
    // Not just cut off: it was tried again, and turned away.
    QTRY_VERIFY_WITH_TIMEOUT(strip.text().contains(QStringLiteral("reconnecting in")), kLimitMs);
    QVERIFY(fixture.host.workspace()->client().isReady());
    QTRY_VERIFY(!button(fixture.window, "releaseButton")->isEnabled());
    QVERIFY(fixture.model().frozenAt());
    QCOMPARE(server.redis({"CONFIG", "SET", "maxclients", "1000"}), QVariant(QByteArray("OK")));
    QTRY_VERIFY(way(fixture.window, QStringLiteral("Retry")));
    QTRY_VERIFY_WITH_TIMEOUT(
        [&] {
            // The strip may be there while a try of its own is under way, and be refused.
            if (QPushButton *retry = way(fixture.window, QStringLiteral("Retry")))
                retry->click();
            return strip.text().isEmpty();
        }(),
        kLimitMs);
    QTRY_VERIFY_WITH_TIMEOUT(button(fixture.window, "releaseButton")->isEnabled(), kLimitMs);
}

void WindowOutageTest::aLesserFeedIsNamed()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.lock(kFirst, "aaaa", 600'000);
    QVERIFY(fixture.open());
    QCOMPARE(server.redis({"ACL", "SETUSER", "default", "-client|tracking"}),
             QVariant(QByteArray("OK")));
    QVERIFY(server.redis({"CLIENT", "KILL", "TYPE", "pubsub"}).toInt() > 0);
    const StatusStrip &status = fixture.window.status();
    QTRY_COMPARE_WITH_TIMEOUT(status.feedText(), QStringLiteral("poll"), kLimitMs);
    QTRY_COMPARE(fixture.window.connection().text(), QString());
    QVERIFY(label(fixture.window, "feed")->toolTip().contains(QStringLiteral("NOPERM")));
    QVERIFY(fixture.select(kFirst));
    QTRY_VERIFY(button(fixture.window, "releaseButton")->isEnabled());
    fixture.lock(SessionId("second"), "bbbb", 600'000);
    QTRY_COMPARE_WITH_TIMEOUT(fixture.model().heldCount(), 2, kLimitMs);
    QCOMPARE(server.redis({"ACL", "SETUSER", "default", "+client|tracking"}),
             QVariant(QByteArray("OK")));
    fixture.host.workspace()->reconnectNow();
    QTRY_COMPARE_WITH_TIMEOUT(status.feedText(), QStringLiteral("push"), kLimitMs);
}

void WindowOutageTest::theDatabaseMayComeLater()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.lock(kFirst, "aaaa", 600'000);
    fixture.host.open(Result<app::Target>(fixture.target()));
    QVERIFY(fixture.select(kFirst));
    const auto isSaid = [&] {
        return std::ranges::any_of(
            fixture.window.status().findChildren<QLabel *>(),
            [](const QLabel *one) { return one->text().startsWith(u"database: "); });
    };
    QTRY_VERIFY(isSaid());
    fixture.addSession(kFirst, QStringLiteral("Refund"), QStringLiteral("ada"));
    QTRY_VERIFY_WITH_TIMEOUT(!isSaid(), kLimitMs);
    QTRY_COMPARE_WITH_TIMEOUT(label(fixture.window.details(), "title")->text(),
                              QStringLiteral("Refund"), kLimitMs);
}

void WindowOutageTest::theDemosServerMayEnd()
{
    LK_NEED_PROGRAM("redis-server");
    RedisServer unused;
    WindowFixture fixture(unused);
    fixture.host.openDemo();
    QTRY_VERIFY_WITH_TIMEOUT(fixture.model().heldCount() > 0, kLimitMs);
    const auto first = fixture.host.workspace()->target().server.node;
    RawRedis raw(first.endpoint.path);
    const QByteArray info = raw.call({"INFO", "server"}).toByteArray();
    const qsizetype pid = info.indexOf("process_id:") + 11;
    ::kill(info.mid(pid, info.indexOf('\r', pid) - pid).toInt(), SIGKILL);
    ConnectionStrip &strip = fixture.window.connection();
    QTRY_VERIFY(strip.text().contains(QStringLiteral("demo's redis-server ended")));
    QVERIFY(!strip.text().contains(QStringLiteral("reconnecting")));
    QVERIFY(fixture.model().rowCount() > 0); // what was seen last stays
    QPushButton *again = way(fixture.window, QStringLiteral("Start the demo again"));
    QVERIFY(again);
    QTest::mouseClick(again, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(fixture.host.state() == WorkspaceHost::State::Open, kLimitMs);
    QVERIFY(fixture.host.workspace()->target().server.node.endpoint != first.endpoint);
    QCOMPARE(strip.text(), QString());
    QTRY_VERIFY_WITH_TIMEOUT(fixture.model().heldCount() > 0, kLimitMs);
}

/// It takes the place of what is shown when the act is through.
void WindowOutageTest::aStartingDemoCutsNoAct()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund"), QStringLiteral("ada"));
    fixture.lock(kFirst, "aaaa", 5000); // longer than a demo takes to start
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    fixture.host.openDemo();
    QTest::mouseClick(button(fixture.window, "deleteButton"), Qt::LeftButton);
    auto *dialog = openDialog<ActionDialog>(fixture.window);
    QVERIFY(dialog && becomesEnabled(button(*dialog, "confirmButton")));
    QTest::mouseClick(button(*dialog, "confirmButton"), Qt::LeftButton);
    QVERIFY(dialog->isRunning()); // it waits for the lock
    QTRY_VERIFY_WITH_TIMEOUT(fixture.host.isDemo(), kLimitMs);
    QVERIFY(!fixture.isStored(kFirst));
    QCOMPARE(fixture.tokenOf(kFirst), QByteArray());
    QCOMPARE(fixture.auditLines().size(), 2);
    QVERIFY(fixture.auditLines().constLast().contains("\"outcome\":\"done\""));
    QTRY_VERIFY_WITH_TIMEOUT(fixture.model().heldCount() > 0, kLimitMs);
}

/// The demo starts its workers as this program.
int main(int argc, char **argv)
{
    if (demo::isWorkerCall(argc, argv))
        return demo::runWorker(argc, argv);
    QApplication application(argc, argv);
    WindowOutageTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_windowoutage.moc"
