// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace.h"
#include "gui/views/connectionstrip.h"
#include "gui/views/lockdelegate.h"
#include "windowfixture.h"

#include <QLabel>
#include <QTest>
#include <QToolButton>

using namespace lockkeeper;
using namespace lockkeeper::gui;
using namespace lockkeeper::test;

namespace {

constexpr int kLimitMs = 60'000;

QPushButton *buttonNamed(const QWidget &parent, const QString &text)
{
    for (auto *candidate : parent.findChildren<QPushButton *>()) {
        if (candidate->text().remove(u'&') == text && candidate->isVisible())
            return candidate;
    }
    return nullptr;
}

/// How often the server was sent this command.
qint64 calls(RedisServer &server, const QByteArray &command)
{
    const QByteArray stats = server.redis({"INFO", "commandstats"}).toByteArray();
    const QByteArray name = "cmdstat_" + command + ":calls=";
    const qsizetype at = stats.indexOf(name);
    const qsizetype begin = at + name.size();
    return at < 0 ? 0 : stats.mid(begin, stats.indexOf(',', begin) - begin).toLongLong();
}

} // namespace

/// Many keys, many locks, large sessions.
class WindowScaleTest : public QObject
{
    Q_OBJECT

private slots:
    void aScanCanBeCancelledAndDoneAgain();
    void readsOnlyTheHeadsOfSessionsOnScreen();
};

void WindowScaleTest::aScanCanBeCancelledAndDoneAgain()
{
    RedisServer server({.config = {QStringLiteral("enable-debug-command local")}});
    LK_START_REDIS(server);
    server.redis({"DEBUG", "POPULATE", "1000000", "chat:session", "8"});
    WindowFixture fixture(server);
    fixture.lockMany(300);
    fixture.host.open(Result<app::Target>(fixture.target()));
    auto *cancel = fixture.window.status().findChild<QToolButton *>(QStringLiteral("cancelScan"));
    auto *progress = fixture.window.status().findChild<QLabel *>(QStringLiteral("scan"));
    QTRY_VERIFY_WITH_TIMEOUT(cancel->isVisible(), kLimitMs);
    QTRY_VERIFY2(progress->text().startsWith(u"scanning, ") && progress->text().endsWith(u" %"),
                 qPrintable(progress->text()));
    QTest::mouseClick(cancel, Qt::LeftButton);

    const locks::LockMonitor &monitor = fixture.host.workspace()->monitor();
    QVERIFY(monitor.feed().isPartial && !monitor.feed().isTrusted);
    QTRY_VERIFY(!cancel->isVisible() && progress->text().isEmpty());
    const ConnectionStrip &strip = fixture.window.connection();
    QTRY_VERIFY(strip.isVisible());
    QVERIFY2(strip.text().contains(u"not complete") && strip.text().contains(u"scan again"),
             qPrintable(strip.text()));
    // What changes is shown all the same.
    const SessionId late("taken-afterwards");
    fixture.lock(late, "bbbb");
    QTRY_VERIFY(fixture.model().find(locks::LockFamily().lockKey(late)));
    // Locks that the scan had not reached are no differences, and nobody scans against our wish.
    constexpr int kSeveralAuditsMs = 5000;
    QVERIFY(!QTest::qWaitFor(
        [&] { return monitor.feed().differences > 0 || !monitor.feed().isPartial; },
        kSeveralAuditsMs));
    QVERIFY(!monitor.feed().isTrusted);

    QPushButton *again = buttonNamed(strip, QStringLiteral("Rescan"));
    QVERIFY(again);
    QTest::mouseClick(again, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(monitor.feed().isTrusted, kLimitMs);
    QTRY_COMPARE(fixture.model().heldCount(), 301);
    QTRY_VERIFY(!strip.isVisible());
}

void WindowScaleTest::readsOnlyTheHeadsOfSessionsOnScreen()
{
    RedisServer server;
    LK_START_REDIS(server);
    constexpr int kLocks = 3000;
    server.redis({"EVAL",
                  "local body = string.rep('x', 20000) for i = 1, tonumber(ARGV[1]) do "
                  "redis.call('set', 'chat:session_lock:s-' .. i, 'token', 'px', 600000 + i) "
                  "redis.call('set', 'chat:session:s-' .. i, '{\"session_id\":\"s-' .. i .. "
                  "'\",\"user_id\":\"user\",\"title\":\"Title of ' .. i .. "
                  "'\",\"messages\":[{\"role\":\"user\",\"content\":\"' .. body .. '\"}]}') end",
                  "0", QByteArray::number(kLocks)});
    WindowFixture fixture(server);
    QVERIFY(fixture.open());
    QTRY_COMPARE(fixture.model().heldCount(), kLocks);
    const auto isTitled = [&](int row) {
        const LockRow &shown = fixture.model().rowAt(row);
        const QByteArray number = shown.record.session.bytes().mid(2);
        return shown.glance->title == QString(u"Title of " + QString::fromUtf8(number));
    };
    QTRY_VERIFY(isTitled(0));
    const int onScreen = fixture.table().viewport()->height() / LockDelegate::kRowHeight;
    QVERIFY(calls(server, "getrange") >= onScreen);
    QVERIFY(calls(server, "getrange") < 300);
    fixture.table().scrollToBottom();
    QTRY_VERIFY(isTitled(fixture.model().rowCount() - 1));
    QVERIFY(!isTitled(kLocks / 2));
    QVERIFY(calls(server, "getrange") < 600);
    // Of the bodies, 20 KB each, nothing has come: GET was asked of locks only.
    const QByteArray stats = server.redis({"INFO", "stats"}).toByteArray();
    const qsizetype at = stats.indexOf("total_net_output_bytes:") + 23;
    QVERIFY(stats.mid(at, stats.indexOf('\r', at) - at).toLongLong() < 4'000'000);
}

QTEST_MAIN(WindowScaleTest)
#include "tst_windowscale.moc"
