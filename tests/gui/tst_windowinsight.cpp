// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text.h"
#include "gui/models/eventlistmodel.h"
#include "gui/models/words.h"
#include "gui/views/detailspane.h"
#include "gui/views/eventspanel.h"
#include "gui/views/factsview.h"
#include "gui/views/statusstrip.h"
#include "gui/views/waitersview.h"
#include "locks/tokens.h"
#include "windowfixture.h"

#include <QLabel>
#include <QListView>
#include <QTcpSocket>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::gui;
using namespace lockkeeper::test;
using namespace std::chrono_literals;

namespace {

const SessionId kSession("3f2a77c1-0b8e-4d13-9a52-6c0de1f791c4");
const QByteArray kLock("chat:session_lock:" + kSession.bytes());
const QByteArray kCopy("chat:session:" + kSession.bytes());

QString factOf(const WindowFixture &fixture, const char *view, const QString &name)
{
    const auto *facts = fixture.window.findChild<FactsView *>(QString::fromLatin1(view));
    return facts ? facts->valueOf(name) : QString();
}

QPushButton *shownButton(const WindowFixture &fixture, const char *name)
{
    QPushButton *found = button(fixture.window, name);
    return found && found->isVisible() ? found : nullptr;
}

/// Agrees to a sample.
bool agree(const WindowFixture &fixture)
{
    if (!shownButton(fixture, "askWaiters"))
        return false;
    QTest::mouseClick(shownButton(fixture, "askWaiters"), Qt::LeftButton);
    if (!shownButton(fixture, "listenButton") || shownButton(fixture, "askWaiters"))
        return false;
    QTest::mouseClick(shownButton(fixture, "listenButton"), Qt::LeftButton);
    return QTest::qWaitFor([&] { return shownButton(fixture, "askWaiters") != nullptr; }, 20'000);
}

QByteArray commandStats(RedisServer &server)
{
    return server.redis({"INFO", "commandstats"}).toByteArray();
}

/// A token of a node whose clock is off by so much, made now.
QByteArray tokenOf(std::chrono::milliseconds ahead, std::uint64_t node = 0x0242ac110005)
{
    using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;
    constexpr std::int64_t kGregorianTicks = 0x01B21DD213814000;
    const auto calledAt = (SystemClock().wall() + ahead).time_since_epoch();
    return locks::encodeUuid1(std::chrono::duration_cast<Ticks>(calledAt).count() + kGregorianTicks,
                              0x2a51, node)
        .bytes();
}

} // namespace

/// What the window tells of owners, holds, waiters and writes beyond the list.
class WindowInsightTest : public QObject
{
    Q_OBJECT

private slots:
    void tellsOfWritesWithoutTheLock();
    void listsThoseWhoWaitWhenAgreed();
    void listensToNothingUnasked();
    void saysWhichRightIsMissing();
    void listsTheHoldsOfTheLastMinute();
    void tellsHowFarTheNodesClockIsOff();
};

void WindowInsightTest::tellsOfWritesWithoutTheLock()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kSession, QStringLiteral("Refund"), QStringLiteral("mara"));
    QVERIFY(fixture.open());
    server.redis({"SETEX", kCopy, "43200", "{}"});
    const auto *strip = fixture.window.findChild<StatusStrip *>();
    QTRY_COMPARE_WITH_TIMEOUT(strip->writesText(), QStringLiteral("1 unlocked write"), 20'000);
    const auto *events = fixture.window.findChild<EventsPanel *>()->findChild<QListView *>();
    QTRY_VERIFY_WITH_TIMEOUT(events->model()->index(0, 0).data().toString().contains(
                                 QStringLiteral("while nobody held the lock")),
                             20'000);
    fixture.lock(kSession, "aaaa");
    QVERIFY(fixture.select(kSession));
    QTRY_COMPARE_WITH_TIMEOUT(factOf(fixture, "sessionFacts", QStringLiteral("Unlocked")),
                              QStringLiteral("written once while nobody held the lock"), 20'000);
}

void WindowInsightTest::listsThoseWhoWaitWhenAgreed()
{
    RedisServer server({.listen = RedisServer::Listen::Tcp});
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kSession, QStringLiteral("Refund"), QStringLiteral("mara"));
    fixture.lock(kSession, "aaaa");
    QTcpSocket client; // on a unix socket MONITOR tells no client from another
    client.connectToHost(QStringLiteral("127.0.0.1"), server.port());
    QVERIFY(client.waitForConnected());
    client.write("CLIENT SETNAME night-shift\r\n");
    const QByteArray waiter = tokenOf(0ms);
    QTimer asking;
    connect(&asking, &QTimer::timeout, &asking,
            [&] { client.write(QByteArray("SET " + kLock + " " + waiter + " NX PX 60000\r\n")); });
    asking.start(20);
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kSession));
    QVERIFY(agree(fixture));
    auto *list = fixture.window.findChild<FactsView *>(QStringLiteral("waitersList"));
    const QByteArray address = "127.0.0.1:" + QByteArray::number(client.localPort());
    const locks::Owner owner = locks::decodeOwner(Token(waiter), SystemClock().wall(), {});
    const QString who = shortened(splitLabel(owner.label).name, 5, 5);
    QCOMPARE(list->valueOf(who), QString::fromLatin1(address));
    QTRY_COMPARE_WITH_TIMEOUT(fixture.window.details().row()->record.waiters, std::optional(1),
                              20'000);
    // It keeps its token: as the owner it is known.
    server.redis({"DEL", kLock});
    QTRY_COMPARE_WITH_TIMEOUT(factOf(fixture, "lockFacts", QStringLiteral("Client")),
                              QString::fromLatin1(address), 20'000);
    const auto seen = fixture.host.workspace()->sightings().of(Token(waiter));
    QVERIFY(seen && seen->name == u"night-shift");
    QVERIFY(list->valueOf(who).isEmpty()); // another hold: that is over
}

void WindowInsightTest::listensToNothingUnasked()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kSession, QStringLiteral("Refund"), QStringLiteral("mara"));
    fixture.lock(kSession, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kSession));
    shownButton(fixture, "askWaiters")->setFocus();
    QTest::keyClick(shownButton(fixture, "askWaiters"), Qt::Key_Space);
    QVERIFY(shownButton(fixture, "listenButton"));
    QVERIFY(shownButton(fixture, "listenButton")->hasFocus());
    auto *waiters = fixture.window.findChild<WaitersView *>();
    for (QPushButton *each : waiters->findChildren<QPushButton *>()) {
        if (each->text() == u"Cancel")
            QTest::mouseClick(each, Qt::LeftButton);
    }
    QVERIFY(shownButton(fixture, "askWaiters"));
    QVERIFY(!commandStats(server).contains("cmdstat_monitor"));
    QVERIFY(agree(fixture));
    QVERIFY(commandStats(server).contains("cmdstat_monitor"));
    auto *note = fixture.window.findChild<QLabel *>(QStringLiteral("waitersNote"));
    QVERIFY2(note->text().startsWith(u"Nobody asked"), qPrintable(note->text()));
}

void WindowInsightTest::saysWhichRightIsMissing()
{
    RedisServer server(
        {.config = {QStringLiteral("user default on nopass ~* &* +@all -monitor -acl")}});
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kSession, QStringLiteral("Refund"), QStringLiteral("mara"));
    fixture.lock(kSession, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kSession));
    QVERIFY(agree(fixture));
    const QPushButton *link = shownButton(fixture, "askWaiters");
    QVERIFY(!link->isEnabled());
    QVERIFY2(link->text().contains(u"+monitor"), qPrintable(link->text()));
}

void WindowInsightTest::listsTheHoldsOfTheLastMinute()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kSession, QStringLiteral("Refund"), QStringLiteral("mara"));
    QVERIFY(fixture.open());
    locks::LockMonitor &monitor = fixture.host.workspace()->monitor();
    for (const char *token : {"aaaa", "bbbb", "cccc", "dddd", "eeee", "ffff"}) {
        fixture.lock(kSession, token);
        QTRY_VERIFY_WITH_TIMEOUT(monitor.registry().find(LockKey(kLock)), 20'000);
        server.redis({"DEL", kLock});
        QTRY_VERIFY_WITH_TIMEOUT(!monitor.registry().find(LockKey(kLock)), 20'000);
    }
    fixture.lock(kSession, "gggg");
    QVERIFY(fixture.select(kSession));
    auto *holds = fixture.window.findChild<FactsView *>(QStringLiteral("holds"));
    QTRY_VERIFY_WITH_TIMEOUT(holds->isVisible(), 20'000);
    QCOMPARE(holds->valueOf(QString()), QStringLiteral("and 2 more"));
    const auto ended = fixture.host.workspace()->insight().holdsOf(LockKey(kLock), {});
    QCOMPARE(ended.size(), 6);
    QCOMPARE(ended.first().token.bytes(), QByteArray("ffff"));
    const QString last = holds->valueOf(secondOf(ended.first().endedAt));
    QVERIFY2(last.startsWith(u"released after "), qPrintable(last));
}

void WindowInsightTest::tellsHowFarTheNodesClockIsOff()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kSession, QStringLiteral("Refund"), QStringLiteral("mara"));
    QVERIFY(fixture.open());
    fixture.lock(kSession, tokenOf(30s));
    QVERIFY(fixture.select(kSession));
    const auto *facts = fixture.window.findChild<FactsView *>(QStringLiteral("lockFacts"));
    const auto says = [facts](const QString &what) {
        for (const QLabel *label : facts->findChildren<QLabel *>()) {
            if (label->text().contains(what))
                return true;
        }
        return false;
    };
    QTRY_VERIFY_WITH_TIMEOUT(says(QStringLiteral("node clock 30 s ahead")) ||
                                 says(QStringLiteral("node clock 29 s ahead")),
                             20'000);
    QVERIFY(says(QStringLiteral("queued 0\u00a0ms\u00a0±")));
}

QTEST_MAIN(WindowInsightTest)
#include "tst_windowinsight.moc"
