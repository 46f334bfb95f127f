// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/await.h"
#include "workbench.h"

#include <QSignalSpy>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;
using test::await;

namespace {

const SessionId kS1("s1");

QByteArray sessionJson(const QByteArray &id)
{
    return "{\"session_id\":\"" + id +
           "\",\"user_id\":\"u1\",\"title\":\"Cached\",\"messages\":[]}";
}

SessionState stateOf(test::Workbench &bench, const SessionId &id)
{
    return bench.workspace().lookup().glance(id).state;
}

} // namespace

class TestSessionLookup : public QObject
{
    Q_OBJECT

private slots:
    void findsWhatIsThere();
    void manyGoTogether();
    void deadDatabaseMakesNoOrphans();
    void deadServerMakesNoOrphans();
    void withoutDatabaseTheCacheDecides();
    void changesAreReadAgain();
    void flushReadsAllAgain();
    void forgottenOnesStayUnknown();
    void fetchesForLists();
};

void TestSessionLookup::findsWhatIsThere()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    for (const char *id : {"both", "row", "copy"})
        QVERIFY2(bench.addSession(id, "u1"), qPrintable(bench.reason()));
    bench.server.redis({"DEL", "chat:session:row"});
    QVERIFY(await(bench.workspace().database()->remove(SessionId("copy"), {})));
    bench.server.redis({"SET", "chat:session:broken", "[1,2", "EX", "600"});

    SessionLookup &lookup = bench.workspace().lookup();
    const QList<SessionId> ids{SessionId("both"), SessionId("row"), SessionId("copy"),
                               SessionId("broken"), SessionId("nowhere")};
    QCOMPARE(lookup.glance(ids.first()).state, SessionState::Unknown);
    QSignalSpy found(&lookup, &SessionLookup::found);
    lookup.want(ids);
    lookup.want(ids);
    QVERIFY(found.wait());
    QCOMPARE(found.size(), 1);
    QCOMPARE(stateOf(bench, SessionId("both")), SessionState::Ok);
    QCOMPARE(stateOf(bench, SessionId("row")), SessionState::DbOnly);
    QCOMPARE(stateOf(bench, SessionId("copy")), SessionState::CacheOnly);
    QCOMPARE(stateOf(bench, SessionId("broken")), SessionState::CacheCorrupt);
    QCOMPARE(stateOf(bench, SessionId("nowhere")), SessionState::None);

    const SessionGlance both = lookup.glance(SessionId("both"));
    QCOMPARE(both.title, std::optional(QStringLiteral("A title")));
    QCOMPARE(both.user, std::optional(UserId("u1")));
    QCOMPARE(both.messages, std::optional(qint64(2)));
    QVERIFY(both.cachedBytes.value_or(0) > 0);
    QVERIFY(both.cacheTtl.value_or(0ms) > 1h);
    const SessionGlance row = lookup.glance(SessionId("row"));
    QVERIFY(!row.cachedBytes);
    QCOMPARE(row.title, std::optional(QStringLiteral("A title")));
}

void TestSessionLookup::manyGoTogether()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QList<SessionId> ids;
    for (int i = 0; i < 600; ++i) {
        ids.append(SessionId("many-" + QByteArray::number(i)));
        bench.server.redis({"SET", "chat:session:" + ids.last().bytes(),
                            sessionJson(ids.last().bytes()), "EX", "600"});
    }
    SessionLookup &lookup = bench.workspace().lookup();
    QSignalSpy found(&lookup, &SessionLookup::found);
    lookup.want(ids);
    QTRY_COMPARE(found.size(), 3); // 250, 250, 100
    for (const SessionId &id : ids)
        QCOMPARE(stateOf(bench, id), SessionState::CacheOnly);
}

void TestSessionLookup::deadDatabaseMakesNoOrphans()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.target.database->path = QStringLiteral("/dev/null/chat.db");
    QVERIFY(bench.reopen());
    bench.server.redis({"SET", "chat:session:s1", sessionJson("s1"), "EX", "600"});
    SessionLookup &lookup = bench.workspace().lookup();
    QSignalSpy found(&lookup, &SessionLookup::found);
    lookup.want({kS1, SessionId("nowhere")});
    QVERIFY(found.wait());
    QCOMPARE(stateOf(bench, SessionId("nowhere")), SessionState::Unknown);
    QCOMPARE(stateOf(bench, kS1), SessionState::Unknown);
    QCOMPARE(lookup.glance(kS1).title, std::optional(QStringLiteral("Cached")));
}

void TestSessionLookup::deadServerMakesNoOrphans()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    bench.server.kill();
    SessionLookup &lookup = bench.workspace().lookup();
    QSignalSpy found(&lookup, &SessionLookup::found);
    lookup.want({kS1, SessionId("nowhere")});
    QVERIFY(found.wait());
    QCOMPARE(stateOf(bench, SessionId("nowhere")), SessionState::Unknown);
    QCOMPARE(lookup.glance(kS1).title, std::optional(QStringLiteral("A title")));
    // Back again: what was unknown is looked up without being asked for.
    QVERIFY(bench.server.restart());
    QTRY_COMPARE_WITH_TIMEOUT(stateOf(bench, SessionId("nowhere")), SessionState::None, 30'000);
    QCOMPARE(stateOf(bench, kS1), SessionState::DbOnly);
}

void TestSessionLookup::withoutDatabaseTheCacheDecides()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.target.database.reset();
    QVERIFY(bench.reopen());
    bench.server.redis({"SET", "chat:session:s1", sessionJson("s1"), "EX", "600"});
    bench.workspace().lookup().want({kS1, SessionId("nowhere")});
    QTRY_COMPARE(stateOf(bench, kS1), SessionState::Ok);
    QCOMPARE(stateOf(bench, SessionId("nowhere")), SessionState::None);
}

void TestSessionLookup::changesAreReadAgain()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    bench.workspace().watch();
    QTRY_VERIFY(bench.workspace().monitor().feed().isTrusted);
    SessionLookup &lookup = bench.workspace().lookup();
    lookup.want({kS1});
    QTRY_COMPARE(stateOf(bench, kS1), SessionState::None);
    bench.server.redis({"SET", "chat:session:s1", sessionJson("s1"), "EX", "600"});
    QTRY_COMPARE(stateOf(bench, kS1), SessionState::CacheOnly);
    bench.server.redis({"DEL", "chat:session:s1"});
    QTRY_COMPARE(stateOf(bench, kS1), SessionState::None);
}

void TestSessionLookup::flushReadsAllAgain()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    bench.workspace().watch();
    QTRY_VERIFY(bench.workspace().monitor().feed().isTrusted);
    bench.workspace().lookup().want({kS1});
    QTRY_COMPARE(stateOf(bench, kS1), SessionState::Ok);
    bench.server.redis({"FLUSHDB"});
    QTRY_COMPARE(stateOf(bench, kS1), SessionState::DbOnly);
}

void TestSessionLookup::forgottenOnesStayUnknown()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    SessionLookup &lookup = bench.workspace().lookup();
    QSignalSpy found(&lookup, &SessionLookup::found);
    lookup.want({kS1, SessionId("s2")});
    lookup.forget({kS1});
    QVERIFY(found.wait());
    QCOMPARE(stateOf(bench, kS1), SessionState::Unknown);
    QCOMPARE(stateOf(bench, SessionId("s2")), SessionState::None);
    lookup.forget({SessionId("s2")});
    lookup.invalidateAll();
    QCOMPARE(stateOf(bench, SessionId("s2")), SessionState::Unknown);
}

void TestSessionLookup::fetchesForLists()
{
    test::Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY(bench.addSession("s1", "u1"));
    QList<SessionId> ids{kS1};
    for (int i = 0; i < 300; ++i)
        ids.append(SessionId("nowhere-" + QByteArray::number(i)));
    const auto glances = await(bench.workspace().lookup().fetch(ids));
    QCOMPARE(glances.size(), 301);
    QCOMPARE(glances[kS1].state, SessionState::Ok);
    QCOMPARE(glances[ids.last()].state, SessionState::None);
}

QTEST_GUILESS_MAIN(TestSessionLookup)
#include "tst_sessionlookup.moc"
