// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text.h"
#include "locks/tokens.h"
#include "support/await.h"
#include "workbench.h"

#include <QSignalSpy>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;
using test::await;
using test::deleteOf;

namespace {

const SessionId kSession("s1");

/// How news of changes reach the workspace.
enum class News { Push, Poll, None };

/// A bench over such a feed, with what the aftercare of its workspace has said.
struct CareBench
{
    explicit CareBench(News kind = News::None)
        : news(kind)
        , bench(optionsFor(kind))
    {}

    static test::RedisServer::Options optionsFor(News kind)
    {
        test::RedisServer::Options options;
        if (kind == News::Poll)
            options.aclUsers = {QStringLiteral("u on >pw ~* &* +@all -client|tracking")};
        return options;
    }

    [[nodiscard]] bool start()
    {
        if (!bench.start() || !bench.addSession("s1", "u1"))
            return false;
        if (news == News::Poll)
            bench.target.server = bench.server.addressFor(QStringLiteral("u"), "pw");
        bench.target.nodeNames.insert(QStringLiteral("0242ac110009"), QStringLiteral("api-3"));
        if (!bench.reopen())
            return false;
        Aftercare &care = bench.workspace().aftercare();
        QObject::connect(&care, &Aftercare::found,
                         [this](const Finding &finding) { findings.append(finding); });
        QObject::connect(&care, &Aftercare::ended, [this] { ++ends; });
        if (news == News::None)
            return true;
        bench.workspace().hear();
        return QTest::qWaitFor([this] { return !bench.workspace().outage(); }, 30'000);
    }
    [[nodiscard]] const QString &reason() const { return bench.reason(); }

    [[nodiscard]] ActionReport release(const char *token)
    {
        return await(bench.actions().release({kSession, Token(token)}));
    }
    /// Ends every watch, and waits until that is on record.
    [[nodiscard]] QJsonObject lastLineAfterClosing()
    {
        QSignalSpy closed(&bench.workspace(), &Workspace::closed);
        bench.workspace().close();
        return closed.wait(30'000) ? bench.auditLines().last() : QJsonObject();
    }

    News news;
    test::Workbench bench;
    QList<Finding> findings;
    int ends = 0;
};

/// A token of api-3, worker 7, made now and a few microseconds.
QByteArray tokenOfApi3(const Clock &clock, int microseconds)
{
    constexpr std::int64_t kEpochTicks = 0x01B21DD213814000;
    const std::int64_t ticks =
        (clock.wall().time_since_epoch().count() + microseconds) * 10 + kEpochTicks;
    return locks::encodeUuid1(ticks, 7, 0x0242ac110009).bytes();
}

void addNewsRows()
{
    QTest::addColumn<News>("news");
    QTest::newRow("pushed") << News::Push;
    QTest::newRow("polled") << News::Poll;
    QTest::newRow("nobody tells") << News::None;
}

} // namespace

class TestAftercare : public QObject
{
    Q_OBJECT

private slots:
    void anOwnerThatComesBackIsNamed_data();
    void anOwnerThatComesBackIsNamed();
    void theSameWorkerByAnotherTokenIsTheSame();
    void theNextIsNamedWithoutAlarm();
    void ourOwnActsAreNoneOfIt();
    void aCopyThatIsWrittenAgainIsFound_data();
    void aCopyThatIsWrittenAgainIsFound();
    void aRowThatIsWrittenAgainIsFound_data();
    void aRowThatIsWrittenAgainIsFound();
    void aLockAfterADeleteIsTrouble();
    void whatIsRefusedIsNotWatched();
    void nothingCameBack_data();
    void nothingCameBack();
    void aMomentIsNotWorthTelling();
    void aLaterActEndsTheWatch();
    void aWatchOutlastsALostConnection();
    void whatCannotBeReadProvesNothing();
};

void TestAftercare::anOwnerThatComesBackIsNamed_data()
{
    addNewsRows();
}

void TestAftercare::anOwnerThatComesBackIsNamed()
{
    QFETCH(News, news);
    CareBench care(news);
    LK_START_REDIS(care);
    care.bench.lock("s1", "owner-1");
    QVERIFY(care.release("owner-1").isDone());
    QCOMPARE(care.bench.workspace().aftercare().watching(), 1);
    care.bench.clock.sleepFor(1200ms);
    care.bench.lock("s1", "owner-1");
    QTRY_COMPARE(care.findings.size(), 1);
    const Finding found = care.findings.first();
    QCOMPARE(found.kind, Finding::Kind::Lock);
    QVERIFY(found.isSameOwner);
    QCOMPARE(found.session, kSession);
    QVERIFY(found.after >= 1200ms);
    QCOMPARE(found.text, QString(u"reappeared after " + spanText(found.after) +
                                 u": owner-1, which had lost the lock, holds it again: a back end "
                                 u"is still writing"));
    const QJsonObject line = care.lastLineAfterClosing();
    QCOMPARE(line[u"phase"].toString(), QStringLiteral("finding"));
    QCOMPARE(line[u"action"].toString(), QStringLiteral("release"));
    QCOMPARE(line[u"id"].toString(), care.bench.auditLines().first()[u"id"].toString());
    QCOMPARE(line[u"outcome"].toString(), QStringLiteral("reappeared"));
    QCOMPARE(line[u"steps"][0].toString(), found.text);
    QCOMPARE(care.ends, 1);
    QCOMPARE(care.findings.size(), 1); // told once, though it holds it on
}

void TestAftercare::theSameWorkerByAnotherTokenIsTheSame()
{
    CareBench care(News::Push);
    LK_START_REDIS(care);
    const QByteArray before = tokenOfApi3(care.bench.clock, 0);
    const QByteArray after = tokenOfApi3(care.bench.clock, 7);
    care.bench.lock("s1", before.constData());
    QVERIFY(care.release(before.constData()).isDone());
    care.bench.lock("s1", after.constData());
    QTRY_COMPARE(care.findings.size(), 1);
    QVERIFY(care.findings.first().isSameOwner);
    QVERIFY2(care.findings.first().text.contains(u"api-3"), qPrintable(care.findings.first().text));
}

void TestAftercare::theNextIsNamedWithoutAlarm()
{
    CareBench care(News::Push);
    LK_START_REDIS(care);
    care.bench.lock("s1", "owner-1");
    QVERIFY(care.release("owner-1").isDone());
    care.bench.lock("s1", "owner-2");
    QTRY_COMPARE(care.findings.size(), 1);
    const Finding found = care.findings.first();
    QVERIFY(!found.isSameOwner);
    QCOMPARE(found.text, QString(u"owner-2 has taken the lock, " + spanText(found.after) +
                                 u" later: the next that asked for it"));
    const QJsonObject line = care.lastLineAfterClosing();
    QCOMPARE(line[u"outcome"].toString(), QStringLiteral("taken by the next"));
    QCOMPARE(line[u"steps"][0].toString(), found.text);
}

void TestAftercare::ourOwnActsAreNoneOfIt()
{
    CareBench care(News::Push);
    LK_START_REDIS(care);
    care.bench.lock("s1", "owner-1");
    QVERIFY(care.release("owner-1").isDone());
    care.bench.lock("s1", "owner-2");
    QTRY_COMPARE(care.findings.size(), 1);
    QVERIFY(await(care.bench.actions().takeOver({kSession, Token("owner-2")})).isDone());
    QVERIFY(await(care.bench.actions().giveBack(kSession)).isDone());
    QVERIFY(await(care.bench.actions().remove(deleteOf("s1"))).isDone());
    QTRY_COMPARE(care.ends, 1);
    // One more, to see that what came before it has been looked at.
    care.bench.lock("s1", "owner-3");
    QTRY_VERIFY(care.findings.last().text.contains(u"owner-3"));
    QCOMPARE(care.findings.size(), 2);
}

void TestAftercare::aCopyThatIsWrittenAgainIsFound_data()
{
    addNewsRows();
}

void TestAftercare::aCopyThatIsWrittenAgainIsFound()
{
    QFETCH(News, news);
    CareBench care(news);
    LK_START_REDIS(care);
    QVERIFY(await(care.bench.actions().remove(deleteOf("s1"))).isDone());
    care.bench.server.redis({"SET", "chat:session:s1", "{\"session_id\":\"s1\"}", "EX", "600"});
    QTRY_COMPARE(care.findings.size(), 1);
    QCOMPARE(care.findings.first().kind, Finding::Kind::Cache);
    QVERIFY2(care.findings.first().text.endsWith(
                 u": the cached copy was written again: a back end is still writing"),
             qPrintable(care.findings.first().text));
    const QJsonObject line = care.lastLineAfterClosing();
    QCOMPARE(line[u"action"].toString(), QStringLiteral("delete"));
    QCOMPARE(line[u"outcome"].toString(), QStringLiteral("reappeared"));
    QCOMPARE(line[u"steps"][0].toString(), care.findings.first().text);
}

void TestAftercare::aRowThatIsWrittenAgainIsFound_data()
{
    addNewsRows();
}

/// Of rows no news comes: they are read every few seconds.
void TestAftercare::aRowThatIsWrittenAgainIsFound()
{
    QFETCH(News, news);
    CareBench care(news);
    LK_START_REDIS(care);
    QVERIFY(await(care.bench.actions().remove(deleteOf("s1"))).isDone());
    sessions::ChatSession session;
    session.id = kSession;
    session.user = UserId("u1");
    session.startedAt = session.updatedAt = care.bench.clock.wall();
    sessions::SessionDatabase backEnd(*care.bench.target.database);
    QVERIFY(await(backEnd.create(session)));
    QTRY_COMPARE_WITH_TIMEOUT(care.findings.size(), 1, 30'000);
    QCOMPARE(care.findings.first().kind, Finding::Kind::Stored);
    QVERIFY2(care.findings.first().text.contains(u"the row was written again"),
             qPrintable(care.findings.first().text));
    QCOMPARE(care.lastLineAfterClosing()[u"outcome"].toString(), QStringLiteral("reappeared"));
}

void TestAftercare::aLockAfterADeleteIsTrouble()
{
    CareBench care(News::Push);
    LK_START_REDIS(care);
    QVERIFY(await(care.bench.actions().remove(deleteOf("s1"))).isDone());
    care.bench.lock("s1", "owner-2");
    QTRY_COMPARE(care.findings.size(), 1);
    QCOMPARE(care.findings.first().kind, Finding::Kind::Lock);
    QVERIFY(!care.findings.first().isSameOwner);
    QVERIFY2(care.findings.first().text.endsWith(
                 u"owner-2 has taken the lock: a back end is still writing"),
             qPrintable(care.findings.first().text));
}

void TestAftercare::whatIsRefusedIsNotWatched()
{
    CareBench care;
    LK_START_REDIS(care);
    care.bench.lock("s1", "owner-2");
    QVERIFY(!care.release("owner-1").isDone());
    QVERIFY(await(care.bench.actions().takeOver({kSession, Token("owner-2")})).isDone());
    QCOMPARE(care.bench.workspace().aftercare().watching(), 0);
    QVERIFY(await(care.bench.actions().giveBack(kSession)).isDone());
    QCOMPARE(care.bench.workspace().aftercare().watching(), 0);
}

void TestAftercare::nothingCameBack_data()
{
    QTest::addColumn<milliseconds>("slept");
    QTest::addColumn<bool>("endsByItself");
    QTest::newRow("for a minute") << milliseconds(Aftercare::kSpan) << true;
    QTest::newRow("until it was closed") << milliseconds(2s) << false;
}

void TestAftercare::nothingCameBack()
{
    QFETCH(milliseconds, slept);
    QFETCH(bool, endsByItself);
    CareBench care;
    LK_START_REDIS(care);
    care.bench.lock("s1", "owner-1");
    QVERIFY(care.release("owner-1").isDone());
    care.bench.clock.sleepFor(slept);
    if (endsByItself) {
        QTRY_COMPARE(care.ends, 1);
        QCOMPARE(care.bench.workspace().aftercare().watching(), 0);
        QTRY_COMPARE(care.bench.auditLines().size(), 3);
    }
    const QJsonObject line = care.lastLineAfterClosing();
    QCOMPARE(care.ends, 1);
    QCOMPARE(line[u"phase"].toString(), QStringLiteral("finding"));
    QCOMPARE(line[u"outcome"].toString(), QStringLiteral("nothing came back"));
    QVERIFY(line[u"took_ms"].toInt() >= slept.count());
    QCOMPARE(care.bench.auditLines().size(), 3);
}

void TestAftercare::aMomentIsNotWorthTelling()
{
    CareBench care;
    LK_START_REDIS(care);
    // By a clock that stands still.
    ManualClock still;
    Workspace workspace(care.bench.target, still, care.bench.auditFolder);
    QVERIFY(await(workspace.open()));
    care.bench.lock("s1", "owner-1");
    QVERIFY(await(workspace.actions().release({kSession, Token("owner-1")})).isDone());
    QSignalSpy ends(&workspace.aftercare(), &Aftercare::ended);
    QSignalSpy closed(&workspace, &Workspace::closed);
    workspace.close();
    QVERIFY(closed.wait(30'000));
    QCOMPARE(ends.count(), 1);
    QCOMPARE(await(care.bench.workspace().audit().records(std::nullopt))->size(), 2);
}

void TestAftercare::aLaterActEndsTheWatch()
{
    CareBench care;
    LK_START_REDIS(care);
    for (int i = 0; i < 2; ++i) {
        care.bench.lock("s1", "owner-1");
        QVERIFY(care.release("owner-1").isDone());
        care.bench.clock.sleepFor(2s);
    }
    QCOMPARE(care.ends, 1);
    QCOMPARE(care.bench.workspace().aftercare().watching(), 1);
    QTRY_COMPARE(care.bench.auditLines().size(), 5);
    QStringList ids;
    for (const QJsonObject &line : care.bench.auditLines())
        ids.append(line[u"id"].toString());
    QCOMPARE(care.bench.auditLines().last()[u"phase"].toString(), QStringLiteral("finding"));
    QCOMPARE(ids[4], ids[0]);
}

void TestAftercare::aWatchOutlastsALostConnection()
{
    CareBench care(News::Push);
    LK_START_REDIS(care);
    care.bench.lock("s1", "owner-1");
    QVERIFY(care.release("owner-1").isDone());
    QVERIFY(care.bench.server.restart());
    care.bench.lock("s1", "owner-1");
    QTRY_COMPARE_WITH_TIMEOUT(care.findings.size(), 1, 30'000);
    QVERIFY(care.findings.first().isSameOwner);
}

/// Silence of a server that is gone is not that nothing came back.
void TestAftercare::whatCannotBeReadProvesNothing()
{
    CareBench care(News::Push);
    LK_START_REDIS(care);
    care.bench.lock("s1", "owner-1");
    QVERIFY(care.release("owner-1").isDone());
    QVERIFY(care.bench.workspace().aftercare().isKnown());
    care.bench.server.kill();
    QTRY_VERIFY_WITH_TIMEOUT(!care.bench.workspace().aftercare().isKnown(), 30'000);
    care.bench.clock.sleepFor(Aftercare::kSpan);
    QTRY_COMPARE_WITH_TIMEOUT(care.ends, 1, 30'000);
    QTRY_COMPARE(care.bench.auditLines().size(), 3);
    QVERIFY2(care.bench.auditLines().last()[u"outcome"].toString().startsWith(u"not known"),
             qPrintable(care.bench.auditLines().last()[u"outcome"].toString()));
}

QTEST_GUILESS_MAIN(TestAftercare)
#include "tst_aftercare.moc"
