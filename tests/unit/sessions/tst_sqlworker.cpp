// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sqlerrors.h"
#include "sessions/sqlworker.h"
#include "support/await.h"

#include <QFile>
#include <QSemaphore>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

using namespace lockkeeper;
using namespace lockkeeper::sessions;
using test::await;

class TestSqlWorker final : public QObject
{
    Q_OBJECT

private slots:
    void runsJobsInTheirOrderOnOneThread();
    void tellsWhyThereIsNoConnection();
    void cancelsWhatHasNotBegun();
    void interruptsOnlyWhatHasNotEnded();
    void failsWhatPrepareRefuses();
    void refusesZeroCharacters();
    void readOnlyWritesNothing();
    void classifies_data();
    void classifies();

private:
    [[nodiscard]] Dsn dsn(const QString &name) const;

    QTemporaryDir m_folder;
};

namespace {

Result<void> nothing(SqlConnection &)
{
    return {};
}

/// Runs `onWork` as its work, and `onFail` when it is failed.
class ScriptedJob final : public SqlJob
{
public:
    void fail(const Error &) override
    {
        if (onFail)
            onFail();
    }
    [[nodiscard]] bool isAnswered() const override { return false; }

    std::function<void()> onWork;
    std::function<void()> onFail;

protected:
    void work(SqlConnection &) override
    {
        if (onWork)
            onWork();
    }
};

} // namespace

Dsn TestSqlWorker::dsn(const QString &name) const
{
    Dsn result;
    result.path = m_folder.filePath(name);
    return result;
}

void TestSqlWorker::runsJobsInTheirOrderOnOneThread()
{
    SqlWorker worker(dsn(QStringLiteral("order.db")), SqlAccess::ReadWrite, nothing);
    QThread *const here = QThread::currentThread();
    auto threads = std::make_shared<QList<QThread *>>();
    auto order = std::make_shared<QList<int>>();
    QList<QFuture<Result<int>>> futures;
    for (int i = 0; i < 50; ++i) {
        futures += worker.run<int>([threads, order, i](SqlConnection &) -> Result<int> {
            threads->append(QThread::currentThread());
            order->append(i);
            return i;
        });
    }
    for (int i = 0; i < futures.size(); ++i)
        QCOMPARE(*await(futures[i]), i);
    for (int i = 0; i < order->size(); ++i) {
        QCOMPARE(order->at(i), i);
        QCOMPARE(threads->at(i), threads->at(0));
    }
    QVERIFY(threads->at(0) != here);
}

void TestSqlWorker::tellsWhyThereIsNoConnection()
{
    SqlWorker worker(dsn(QStringLiteral("no/such/folder.db")), SqlAccess::ReadWrite, nothing);
    bool isCalled = false;
    const auto result = await(worker.run<int>([&](SqlConnection &) -> Result<int> {
        isCalled = true;
        return 1;
    }));
    QVERIFY(!isCalled);
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::CannotConnect);
    QVERIFY(result.error().what.contains(u"there is no such folder"));
}

void TestSqlWorker::cancelsWhatHasNotBegun()
{
    auto worker = std::make_unique<SqlWorker>(dsn(QStringLiteral("cancel.db")),
                                              SqlAccess::ReadWrite, nothing);
    auto begun = std::make_shared<QSemaphore>();
    auto mayEnd = std::make_shared<QSemaphore>();
    const auto running = worker->run<int>([begun, mayEnd](SqlConnection &) -> Result<int> {
        begun->release();
        mayEnd->acquire();
        return 1;
    });
    begun->acquire();
    const auto waiting = worker->run<int>([](SqlConnection &) -> Result<int> { return 2; });
    QThread *const ender = QThread::create([&] { worker.reset(); });
    ender->start();
    QVERIFY(!await(waiting));
    QCOMPARE(waiting.result().error().code, ErrorCode::Cancelled);
    mayEnd->release();
    QCOMPARE(*await(running), 1);
    QVERIFY(ender->wait());
    delete ender;
}

void TestSqlWorker::interruptsOnlyWhatHasNotEnded()
{
    SqlThread thread(dsn(QStringLiteral("interrupt.db")), SqlAccess::ReadWrite, nothing);
    QSemaphore begun;
    QSemaphore mayEnd;
    const auto running = std::make_shared<ScriptedJob>();
    running->onWork = [&] {
        begun.release();
        mayEnd.acquire();
    };
    const auto waiting = std::make_shared<ScriptedJob>();
    bool wasInterruptedInTime = false;
    waiting->onFail = [&] { // the running one ends while the thread is being stopped
        mayEnd.release();
        thread.wait();
        wasInterruptedInTime = running->isInterrupted();
    };
    thread.start();
    thread.add(running);
    begun.acquire();
    thread.add(waiting);
    QVERIFY(thread.stop() == running);
    QVERIFY(wasInterruptedInTime);
}

void TestSqlWorker::failsWhatPrepareRefuses()
{
    int tries = 0;
    SqlWorker worker(dsn(QStringLiteral("prepare.db")), SqlAccess::ReadWrite,
                     [&](SqlConnection &) -> Result<void> {
                         if (++tries == 1)
                             return Error{ErrorCode::Database, QStringLiteral("not yet"), {}};
                         return {};
                     });
    const auto job = [](SqlConnection &) -> Result<int> { return 7; };
    const auto first = await(worker.run<int>(job));
    QVERIFY(!first);
    QCOMPARE(first.error().what, QStringLiteral("not yet"));
    QCOMPARE(*await(worker.run<int>(job)), 7);
    QCOMPARE(*await(worker.run<int>(job)), 7);
    QCOMPARE(tries, 2);
}

void TestSqlWorker::refusesZeroCharacters()
{
    SqlWorker worker(dsn(QStringLiteral("zero.db")), SqlAccess::ReadWrite, nothing);
    const auto result = await(worker.run<int>([](SqlConnection &connection) -> Result<int> {
        const auto done = connection.execute(QStringLiteral("SELECT ?"),
                                             {QString(QStringLiteral("a") + QChar(u'\0'))},
                                             QStringLiteral("testing"));
        return done ? Result<int>(1) : done.error();
    }));
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::InvalidInput);
}

void TestSqlWorker::readOnlyWritesNothing()
{
    const auto create = [](SqlConnection &connection) -> Result<int> {
        const auto done = connection.execute(QStringLiteral("CREATE TABLE t (x)"), {},
                                             QStringLiteral("creating a table"));
        return done ? Result<int>(1) : done.error();
    };
    const Dsn missing = dsn(QStringLiteral("readonly.db"));
    {
        SqlWorker worker(missing, SqlAccess::ReadOnly, nothing);
        const auto result = await(worker.run<int>(create));
        QVERIFY(!result);
        QCOMPARE(result.error().code, ErrorCode::CannotConnect);
        QVERIFY(!QFile::exists(missing.path));
    }
    {
        SqlWorker worker(missing, SqlAccess::Existing, nothing);
        const auto result = await(worker.run<int>(create));
        QVERIFY(!result);
        QCOMPARE(result.error().code, ErrorCode::CannotConnect);
        QVERIFY(result.error().what.contains(missing.path));
        QVERIFY(!QFile::exists(missing.path));
    }
    {
        SqlWorker worker(missing, SqlAccess::ReadWrite, nothing);
        QVERIFY(await(worker.run<int>(create)));
    }
    {
        SqlWorker worker(missing, SqlAccess::Existing, nothing);
        QVERIFY(await(worker.run<int>([](SqlConnection &connection) -> Result<int> {
            const auto done = connection.execute(QStringLiteral("INSERT INTO t VALUES (0)"), {},
                                                 QStringLiteral("writing"));
            return done ? Result<int>(1) : done.error();
        })));
    }
    SqlWorker worker(missing, SqlAccess::ReadOnly, nothing);
    const auto result = await(worker.run<int>([](SqlConnection &connection) -> Result<int> {
        const auto done = connection.execute(QStringLiteral("INSERT INTO t VALUES (1)"), {},
                                             QStringLiteral("writing"));
        return done ? Result<int>(1) : done.error();
    }));
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::NotPermitted);
}

void TestSqlWorker::classifies_data()
{
    QTest::addColumn<QString>("sqlState");
    QTest::addColumn<int>("sqlite");
    QTest::addColumn<ErrorCode>("code");
    QTest::addColumn<bool>("isLost");
    const auto lost = ErrorCode::ConnectionLost;
    QTest::newRow("connection failure") << "08006" << 0 << lost << true;
    QTest::newRow("backend killed") << "57P01" << 0 << lost << true;
    QTest::newRow("statement time-out") << "57014" << 0 << ErrorCode::TimedOut << false;
    QTest::newRow("deadlock") << "40P01" << 0 << ErrorCode::TimedOut << false;
    QTest::newRow("no rights") << "42501" << 0 << ErrorCode::NotPermitted << false;
    QTest::newRow("read-only") << "25006" << 0 << ErrorCode::NotPermitted << false;
    QTest::newRow("unique") << "23505" << 0 << ErrorCode::Database << false;
    QTest::newRow("syntax") << "42601" << 0 << ErrorCode::Database << false;
    QTest::newRow("SQLite busy") << "" << 5 << ErrorCode::TimedOut << false;
    QTest::newRow("SQLite busy snapshot") << "" << 517 << ErrorCode::TimedOut << false;
    QTest::newRow("SQLite read-only") << "" << 8 << ErrorCode::NotPermitted << false;
    QTest::newRow("SQLite cannot open") << "" << 14 << ErrorCode::CannotConnect << false;
    QTest::newRow("SQLite no database") << "" << 26 << ErrorCode::Database << false;
}

void TestSqlWorker::classifies()
{
    QFETCH(QString, sqlState);
    QFETCH(int, sqlite);
    const SqlFailure failure =
        sqlState.isEmpty() ? sqliteFailure(sqlite) : postgreSqlFailure(sqlState);
    QTEST(failure.code, "code");
    QTEST(failure.isLost, "isLost");
}

QTEST_GUILESS_MAIN(TestSqlWorker)
#include "tst_sqlworker.moc"
