// SPDX-License-Identifier: GPL-3.0-or-later
#include "storebench.h"
#include "support/streamproxy.h"
#include "testdatabase.h"

#include <QFile>
#include <QSignalSpy>

using namespace lockkeeper;
using namespace lockkeeper::sessions;
using test::await;
using test::Kind;
using test::sampleSession;

/// What goes wrong with databases, and that each of it is said as what it is.
class TestSqlFailures final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void tellsWhyItCannotConnect_data();
    void tellsWhyItCannotConnect();
    void namesWhatIsMissing_data();
    void namesWhatIsMissing();
    void findsTheSchema();
    void tellsMissingRights();
    void readOnlyChangesNothing();
    void reconnectsAfterLoss();
    void reportsAnUnknownCommit();
    void losesNothingBeforeTheCommit();
    void refusesForeignFiles_data();
    void refusesForeignFiles();
    void createsOneFileFromManySides_data();
    void createsOneFileFromManySides();

private:
    [[nodiscard]] Dsn postgres(const QString &database, const QString &schema = {}) const;

    test::TestDatabases m_databases;
    QTemporaryDir m_folder;
};

void TestSqlFailures::initTestCase()
{
    LK_START_POSTGRES(m_databases);
}

void TestSqlFailures::tellsWhyItCannotConnect_data()
{
    QTest::addColumn<QString>("dsn");
    QTest::addColumn<QString>("hint");
    const QString folder = m_databases.server().socketFolder();
    QTest::newRow("no server") << QStringLiteral("postgresql://u:secret@127.0.0.1:1/d")
                               << "server runs";
    QTest::newRow("no socket") << QStringLiteral("postgresql://u:secret@/d?host=/nonexistent")
                               << "server runs";
    QTest::newRow("no database") << QStringLiteral("postgresql://lk@/nodb?host=") + folder
                                 << "database name";
    QTest::newRow("no user") << QStringLiteral("postgresql://no:secret@/postgres?host=") + folder
                             << "user name";
    QTest::newRow("no host") << QStringLiteral("postgresql://u:secret@no.invalid/d") << "host name";
}

void TestSqlFailures::tellsWhyItCannotConnect()
{
    QFETCH(QString, dsn);
    QFETCH(QString, hint);
    SessionDatabase database(*parseDsn(dsn));
    const auto checked = await(database.check());
    QVERIFY(!checked);
    QCOMPARE(checked.error().code, ErrorCode::CannotConnect);
    QVERIFY2(checked.error().hint.contains(hint), qPrintable(describe(checked.error())));
    QVERIFY(!describe(checked.error()).contains(u"secret"));
}

Dsn TestSqlFailures::postgres(const QString &database, const QString &schema) const
{
    return *parseDsn(const_cast<test::TestDatabases &>(m_databases).server().dsn(database, schema));
}

void TestSqlFailures::namesWhatIsMissing_data()
{
    QTest::addColumn<QString>("change");
    QTest::addColumn<QString>("schema");
    QTest::addColumn<QString>("what");
    QTest::newRow("schema") << "" << "elsewhere"
                            << "no table \"ChatSession\" in schema elsewhere";
    QTest::newRow("sessions") << "DROP TABLE \"ChatSession\" CASCADE" << ""
                              << "no table \"ChatSession\" in schema public or platform";
    QTest::newRow("messages") << "DROP TABLE \"ChatMessage\"" << ""
                              << "no table \"ChatMessage\" in schema public";
    QTest::newRow("session column")
        << "ALTER TABLE \"ChatSession\" DROP COLUMN \"credentials\"" << ""
        << "\"ChatSession\" in schema public has no column \"credentials\"";
    QTest::newRow("message column")
        << "ALTER TABLE \"ChatMessage\" RENAME COLUMN \"sequence\" TO \"Sequence\"" << ""
        << "\"ChatMessage\" in schema public has no column \"sequence\"";
}

void TestSqlFailures::namesWhatIsMissing()
{
    QFETCH(QString, change);
    QFETCH(QString, schema);
    QFETCH(QString, what);
    Dsn dsn = m_databases.make(Kind::PostgresOlder);
    if (!change.isEmpty())
        m_databases.sql(dsn, change);
    dsn.schema = schema;
    SessionDatabase database(dsn);
    const auto checked = await(database.check());
    QVERIFY(!checked);
    QCOMPARE(checked.error().code, ErrorCode::Database);
    QVERIFY2(checked.error().what.contains(what), qPrintable(describe(checked.error())));
    QVERIFY(!checked.error().hint.isEmpty());
}

void TestSqlFailures::findsTheSchema()
{
    Dsn dsn = m_databases.make(Kind::PostgresNewer); // in the schema platform
    LK_VERIFY(await(SessionDatabase(dsn).check()));
    dsn.schema = QStringLiteral("platform");
    LK_VERIFY(await(SessionDatabase(dsn).check()));
    dsn.schema = QStringLiteral("public");
    QVERIFY(!await(SessionDatabase(dsn).check()));
}

void TestSqlFailures::tellsMissingRights()
{
    Dsn dsn = m_databases.make(Kind::PostgresOlder);
    LK_VERIFY(await(SessionDatabase(dsn).save(sampleSession("s1", "u1", 1), 0)));
    m_databases.sql(dsn, QStringLiteral("CREATE ROLE viewer LOGIN; GRANT SELECT ON "
                                        "\"ChatSession\" TO viewer"));
    dsn.user = QStringLiteral("viewer");
    SessionDatabase database(dsn);
    LK_VERIFY(await(database.check())); // the tables are there
    for (const Result<bool> &refused : {await(database.remove(SessionId("s1"), std::nullopt)),
                                        await(database.rename(SessionId("s1"), {}, {}))}) {
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::NotPermitted);
    }
    QCOMPARE(await(database.load(SessionId("s1"))).error().code, ErrorCode::NotPermitted);
}

void TestSqlFailures::readOnlyChangesNothing()
{
    for (const Kind kind : {Kind::Sqlite, Kind::PostgresOlder}) {
        const Dsn dsn = m_databases.make(kind);
        LK_VERIFY(await(SessionDatabase(dsn).save(sampleSession("s1", "u1", 1), 0)));
        SessionDatabase database(dsn, SqlAccess::ReadOnly);
        const auto removed = await(database.remove(SessionId("s1"), std::nullopt));
        QVERIFY(!removed);
        QCOMPARE(removed.error().code, ErrorCode::NotPermitted);
        const auto created = await(database.create(sampleSession("s2", "u1", 0)));
        QVERIFY(!created);
        QCOMPARE(created.error().code, ErrorCode::NotPermitted);
        const auto loaded = await(database.load(SessionId("s1")));
        LK_VERIFY(loaded);
        QVERIFY(loaded->has_value());
    }
}

void TestSqlFailures::reconnectsAfterLoss()
{
    const Dsn dsn = m_databases.make(Kind::PostgresOlder);
    SessionDatabase database(dsn);
    LK_VERIFY(await(database.save(sampleSession("s1", "u1", 1), 0)));
    const QString ended = m_databases.server().sql(
        QStringLiteral("postgres"),
        QStringLiteral("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE "
                       "application_name = 'lockkeeper'"));
    QCOMPARE(ended, QStringLiteral("t"));
    QCOMPARE(*await(database.messageCount(SessionId("s1"))), 1);

    m_databases.server().stop();
    QCOMPARE(await(database.messageCount(SessionId("s1"))).error().code, ErrorCode::CannotConnect);
    QVERIFY(m_databases.server().restart());
    QCOMPARE(*await(database.messageCount(SessionId("s1"))), 1);
}

void TestSqlFailures::reportsAnUnknownCommit()
{
    const Dsn dsn = m_databases.make(Kind::PostgresOlder);
    LK_VERIFY(await(SessionDatabase(dsn).save(sampleSession("s1", "u1", 1), 0)));
    test::StreamProxy proxy(m_databases.socket());
    SessionDatabase database(m_databases.through(proxy, dsn));
    LK_VERIFY(await(database.check()));

    QSignalSpy struck(&proxy, &test::StreamProxy::struck);
    proxy.cutOn("COMMIT", test::StreamProxy::Cut::AfterRequest);
    const auto removed = await(database.remove(SessionId("s1"), std::nullopt));
    QCOMPARE(struck.size(), 1);
    QVERIFY(!removed);
    QCOMPARE(removed.error().code, ErrorCode::OutcomeUnknown);
    // Reading tells: this time it had taken place.
    QTRY_COMPARE(m_databases.sql(dsn, QStringLiteral("SELECT count(*) FROM \"ChatSession\"")),
                 QStringLiteral("0"));
}

void TestSqlFailures::losesNothingBeforeTheCommit()
{
    const Dsn dsn = m_databases.make(Kind::PostgresOlder);
    LK_VERIFY(await(SessionDatabase(dsn).save(sampleSession("s1", "u1", 1), 0)));
    test::StreamProxy proxy(m_databases.socket());
    SessionDatabase database(m_databases.through(proxy, dsn));
    LK_VERIFY(await(database.check()));

    proxy.cutOn("DELETE", test::StreamProxy::Cut::AfterRequest);
    const auto removed = await(database.remove(SessionId("s1"), std::nullopt));
    QVERIFY(!removed);
    QCOMPARE(removed.error().code, ErrorCode::ConnectionLost);
    QCOMPARE(*await(database.messageCount(SessionId("s1"))), 1);
}

void TestSqlFailures::refusesForeignFiles_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<QString>("sql");
    QTest::addColumn<QString>("what");
    QTest::newRow("no database") << QByteArray("hello, this is no database at all\n").repeated(200)
                                 << "" << "not a database";
    QTest::newRow("another program's") << QByteArray() << "CREATE TABLE notes (x)"
                                       << "has no table \"ChatSession\"";
    QTest::newRow("a newer one") << QByteArray() << "PRAGMA user_version = 99"
                                 << "made by a newer Lockkeeper";
    QTest::newRow("a column less")
        << QByteArray() << "CREATE TABLE \"ChatSession\" (\"id\" TEXT)" << "has no column";
}

void TestSqlFailures::refusesForeignFiles()
{
    QFETCH(QByteArray, content);
    QFETCH(QString, sql);
    QFETCH(QString, what);
    Dsn dsn;
    dsn.path = m_folder.filePath(QString::fromLatin1(QTest::currentDataTag()));
    if (!content.isEmpty()) {
        QFile file(dsn.path);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) > 0);
    }
    if (sql.contains(u"user_version"))
        LK_VERIFY(await(SessionDatabase(dsn).check()));
    if (!sql.isEmpty())
        QCOMPARE(m_databases.sql(dsn, sql), QString());
    const auto before = m_databases.sql(dsn, QStringLiteral("SELECT sql FROM sqlite_master"));
    const auto checked = await(SessionDatabase(dsn).check());
    QVERIFY(!checked);
    QCOMPARE(checked.error().code, ErrorCode::Database);
    QVERIFY2(checked.error().what.contains(what), qPrintable(describe(checked.error())));
    QCOMPARE(m_databases.sql(dsn, QStringLiteral("SELECT sql FROM sqlite_master")), before);
    if (!content.isEmpty()) {
        QFile file(dsn.path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), content);
    }
}

void TestSqlFailures::createsOneFileFromManySides_data()
{
    QTest::addColumn<QString>("file");
    for (int i = 0; i < 8; ++i) // a race: one file may go well by chance
        QTest::addRow("%d", i) << QStringLiteral("shared%1.db").arg(i);
}

void TestSqlFailures::createsOneFileFromManySides()
{
    QFETCH(QString, file);
    Dsn dsn;
    dsn.path = m_folder.filePath(file);
    std::vector<std::unique_ptr<SessionDatabase>> sides;
    QList<QFuture<Result<SaveOutcome>>> saves;
    for (int i = 0; i < 8; ++i) {
        sides.push_back(std::make_unique<SessionDatabase>(dsn));
        saves += sides.back()->save(sampleSession("s" + QByteArray::number(i), "u1", 5), 0);
    }
    for (const auto &save : saves)
        LK_VERIFY(await(save));
    QCOMPARE(await(sides.front()->list(UserId("u1"), 100, 0))->size(), 8);
    QCOMPARE(m_databases.sql(dsn, QStringLiteral("PRAGMA journal_mode")), QStringLiteral("wal"));
}

QTEST_GUILESS_MAIN(TestSqlFailures)
#include "tst_sqlfailures.moc"
