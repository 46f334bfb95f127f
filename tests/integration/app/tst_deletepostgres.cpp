// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/await.h"
#include "support/postgresserver.h"
#include "workbench.h"

#include <QTest>

using namespace lockkeeper;
using test::await;
using test::deleteOf;
using test::PostgresServer;

namespace {

/// A database of the platform, and a workbench on it.
struct Platform
{
    PostgresServer postgres;
    test::Workbench bench;

    [[nodiscard]] bool start(PostgresServer::Release release = PostgresServer::Release::Newer)
    {
        const QString name = QStringLiteral("chat");
        if (!postgres.createChatDatabase(name, release))
            return false;
        const auto dsn = sessions::parseDsn(postgres.dsn(name));
        if (!dsn)
            return false;
        bench.target.database = *dsn;
        return bench.start() && bench.addSession("s1", "u1");
    }

    [[nodiscard]] QString count(const char *table)
    {
        return postgres
            .sql(QStringLiteral("chat"),
                 u"select count(*) from \"" + QString::fromLatin1(table) + u'"')
            .trimmed();
    }
};

} // namespace

class TestDeletePostgres : public QObject
{
    Q_OBJECT

private slots:
    void deletesBothCopies_data();
    void deletesBothCopies();
    void anotherUsersSessionIsNotFound();
    void databaseGoneBeforeTheRow();
    void databaseGoneAfterTheRow();
};

void TestDeletePostgres::deletesBothCopies_data()
{
    QTest::addColumn<PostgresServer::Release>("release");
    QTest::newRow("older release") << PostgresServer::Release::Older;
    QTest::newRow("newer release") << PostgresServer::Release::Newer;
}

void TestDeletePostgres::deletesBothCopies()
{
    QFETCH(PostgresServer::Release, release);
    LK_NEED_PROGRAM("redis-server");
    Platform platform;
    LK_START_POSTGRES(platform.postgres);
    QVERIFY2(platform.start(release), qPrintable(platform.bench.reason()));
    QCOMPARE(platform.count("ChatMessage"), QStringLiteral("2"));
    const auto report = await(platform.bench.actions().remove(deleteOf("s1")));
    QVERIFY2(report.isDone(), qPrintable(app::outcomeText(report)));
    QCOMPARE(platform.count("ChatSession"), QStringLiteral("0"));
    QCOMPARE(platform.count("ChatMessage"), QStringLiteral("0"));
    QVERIFY(!platform.bench.isCached("s1"));
}

void TestDeletePostgres::anotherUsersSessionIsNotFound()
{
    LK_NEED_PROGRAM("redis-server");
    Platform platform;
    LK_START_POSTGRES(platform.postgres);
    QVERIFY2(platform.start(), qPrintable(platform.bench.reason()));
    app::DeleteRequest request = deleteOf("s1");
    request.user = UserId("u2");
    const auto report = await(platform.bench.actions().remove(request));
    QVERIFY(report.failure);
    QCOMPARE(report.failure->code, ErrorCode::NotFound);
    QCOMPARE(platform.count("ChatSession"), QStringLiteral("1"));
    QVERIFY(platform.bench.isCached("s1"));
}

void TestDeletePostgres::databaseGoneBeforeTheRow()
{
    LK_NEED_PROGRAM("redis-server");
    Platform platform;
    LK_START_POSTGRES(platform.postgres);
    QVERIFY2(platform.start(), qPrintable(platform.bench.reason()));
    platform.postgres.stop();
    const auto report = await(platform.bench.actions().remove(deleteOf("s1")));
    QVERIFY(report.failure);
    QVERIFY(!report.isPartlyDone);
    QVERIFY(platform.bench.isCached("s1"));
    QVERIFY(platform.bench.tokenOf("s1").isEmpty());

    QVERIFY2(platform.postgres.restart(), qPrintable(platform.postgres.reason()));
    QCOMPARE(platform.count("ChatSession"), QStringLiteral("1"));
    const auto rerun = await(platform.bench.actions().remove(deleteOf("s1")));
    QVERIFY2(rerun.isDone(), qPrintable(app::outcomeText(rerun)));
    QCOMPARE(platform.count("ChatSession"), QStringLiteral("0"));
}

void TestDeletePostgres::databaseGoneAfterTheRow()
{
    LK_NEED_PROGRAM("redis-server");
    Platform platform;
    LK_START_POSTGRES(platform.postgres);
    QVERIFY2(platform.start(), qPrintable(platform.bench.reason()));
    app::Workspace &workspace = platform.bench.workspace();
    sessions::SessionStore::Options options;
    options.beforeStep = [&platform](sessions::RemoveStep step) {
        if (step == sessions::RemoveStep::Cache)
            platform.postgres.stop();
    };
    sessions::SessionStore store(workspace.locks(), workspace.cache(), *workspace.database(),
                                 workspace.clock(), options);
    app::Actions actions({.locks = workspace.locks(),
                          .cache = workspace.cache(),
                          .database = workspace.database(),
                          .store = &store,
                          .audit = workspace.audit(),
                          .window = workspace.window(),
                          .held = workspace.held(),
                          .clock = workspace.clock(),
                          .targetName = platform.bench.target.name});
    const auto report = await(actions.remove(deleteOf("s1")));
    QVERIFY2(report.isDone(), qPrintable(app::outcomeText(report)));
    QVERIFY2(report.warnings.join(u'\n').contains(u"could not be read back"),
             qPrintable(report.warnings.join(u'\n')));
    QVERIFY(!platform.bench.isCached("s1"));
    QVERIFY2(platform.postgres.restart(), qPrintable(platform.postgres.reason()));
    QCOMPARE(platform.count("ChatSession"), QStringLiteral("0"));
}

QTEST_GUILESS_MAIN(TestDeletePostgres)
#include "tst_deletepostgres.moc"
