// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/eventlistmodel.h"
#include "gui/views/detailspane.h"
#include "gui/views/eventspanel.h"
#include "gui/views/factsview.h"
#include "gui/views/statusstrip.h"
#include "windowfixture.h"

#include <QLabel>
#include <QListView>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::gui;
using namespace lockkeeper::test;

namespace {

const SessionId kSession("3f2a77c1-0b8e-4d13-9a52-6c0de1f791c4");
const QByteArray kCopy("chat:session:" + kSession.bytes());

QString factOf(const WindowFixture &fixture, const char *view, const QString &name)
{
    const auto *facts = fixture.window.findChild<FactsView *>(QString::fromLatin1(view));
    return facts ? facts->valueOf(name) : QString();
}

} // namespace

/// What the window tells of owners, holds, waiters and writes beyond the list.
class WindowInsightTest : public QObject
{
    Q_OBJECT

private slots:
    void tellsOfWritesWithoutTheLock();
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

QTEST_MAIN(WindowInsightTest)
#include "tst_windowinsight.moc"
