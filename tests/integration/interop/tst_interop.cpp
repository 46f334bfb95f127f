// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clock.h"
#include "locks/lockprotocol.h"
#include "locks/owner.h"
#include "locks/tokens.h"
#include "redis/client.h"
#include "support/await.h"
#include "support/childprocess.h"
#include "support/pythonworker.h"
#include "support/redisserver.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTest>

#include <memory>

using namespace lockkeeper;
using namespace std::chrono_literals;

namespace {

constexpr int kWorkersOfEachKind = 3;
constexpr int kTimes = 100;
const SessionId kSession("3f2a77c1-5f0e-4c39-9b52-0d1c6c1f91c4");

QByteArray scriptText(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

double unixSeconds(WallTime time)
{
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

} // namespace

/// Lockkeeper and redis-py keep each other out, and each treats the other's locks as its own kind.
class InteropTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void cleanup();

    void excludeEachOther();
    void readsTokensOfPython();
    void pythonReadsOurTokens();
    void pythonRespectsOurLock();
    void weRespectPythonsLock();
    void weWaitForPython();
    void pythonWaitsForUs();
    void pythonExtendsAndReacquires();
    void forceReleaseIsNoticedByPython();
    void takeOverIsNoticedByPython();
    void actsOnPythonsToken();

private:
    QJsonValue ask(const QString &command, const QJsonArray &arguments = {});
    QJsonValue answer();
    void tell(const QString &command, const QJsonArray &arguments = {});
    [[nodiscard]] static QString errorOf(const QJsonValue &answer);
    /// Python takes the lock; its token.
    [[nodiscard]] Token pythonAcquires();
    [[nodiscard]] Token currentToken();
    [[nodiscard]] qlonglong pttl();

    SystemClock m_clock;
    locks::LockFamily m_family;
    LockKey m_key = m_family.lockKey(kSession);
    std::unique_ptr<test::RedisServer> m_server;
    std::unique_ptr<redis::Client> m_client;
    std::unique_ptr<locks::LockProtocol> m_locks;
    std::unique_ptr<test::PythonWorker> m_python;
};

void InteropTest::initTestCase()
{
    LK_NEED_REDIS_PY();
}

void InteropTest::init()
{
    m_server = std::make_unique<test::RedisServer>();
    LK_START_REDIS(*m_server);
    m_client =
        std::make_unique<redis::Client>(m_server->address(), redis::Client::Options{}, m_clock);
    QVERIFY(test::await(m_client->open()).has_value());
    m_locks = std::make_unique<locks::LockProtocol>(*m_client, m_family, m_clock);
    m_python = std::make_unique<test::PythonWorker>(scriptText(QFINDTESTDATA("lock_peer.py")),
                                                    QStringList{m_server->socketPath(),
                                                                QString::fromUtf8(m_key.bytes()),
                                                                QStringLiteral("60")});
    m_python->start();
}

void InteropTest::cleanup()
{
    m_python.reset();
    m_locks.reset();
    m_client.reset();
    m_server.reset();
}

void InteropTest::tell(const QString &command, const QJsonArray &arguments)
{
    QJsonArray words{command};
    for (const QJsonValue &argument : arguments)
        words.append(argument);
    m_python->writeLine(QJsonDocument(words).toJson(QJsonDocument::Compact));
}

QJsonValue InteropTest::answer()
{
    const QByteArray line = m_python->readLine();
    if (line.isEmpty())
        qWarning("the Python peer failed: %s", qPrintable(m_python->reason()));
    return QJsonDocument::fromJson(line).object().value(QLatin1StringView("answer"));
}

QJsonValue InteropTest::ask(const QString &command, const QJsonArray &arguments)
{
    tell(command, arguments);
    return answer();
}

QString InteropTest::errorOf(const QJsonValue &answer)
{
    return answer.toObject().value(QLatin1StringView("error")).toString();
}

Token InteropTest::pythonAcquires()
{
    const QJsonObject result = ask(QStringLiteral("acquire")).toObject();
    return Token(result.value(QLatin1StringView("token")).toString().toUtf8());
}

Token InteropTest::currentToken()
{
    return Token(m_server->redis({"GET", m_key.bytes()}).toByteArray());
}

qlonglong InteropTest::pttl()
{
    return m_server->redis({"PTTL", m_key.bytes()}).toLongLong();
}

void InteropTest::excludeEachOther()
{
    const QByteArray counter = "interop:counter";
    const QByteArray source = scriptText(QFINDTESTDATA("counter_worker.py"));
    const QString program =
        QCoreApplication::applicationDirPath() + QStringLiteral("/interop_worker");
    // redis-py's own pace first, then faster ones, so that the lock never rests.
    const QStringList pythonSleeps{QStringLiteral("0.1"), QStringLiteral("0.01"),
                                   QStringLiteral("0.005")};

    std::vector<std::unique_ptr<test::PythonWorker>> pythons;
    std::vector<std::unique_ptr<QProcess>> ours;
    for (int i = 0; i < kWorkersOfEachKind; ++i) {
        pythons.push_back(std::make_unique<test::PythonWorker>(
            source,
            QStringList{m_server->socketPath(), QString::fromUtf8(m_key.bytes()),
                        QString::fromUtf8(counter), QString::number(kTimes), pythonSleeps.at(i)}));
        pythons.back()->start();
        ours.push_back(std::make_unique<QProcess>());
        test::dieWithParent(*ours.back());
        ours.back()->start(program, {m_server->socketPath(), QString::fromUtf8(kSession.bytes()),
                                     QString::fromUtf8(counter), QString::number(kTimes)});
    }
    for (const auto &worker : ours) {
        QVERIFY(QTest::qWaitFor([&] { return worker->state() == QProcess::NotRunning; }, 240'000));
        QVERIFY2(worker->exitStatus() == QProcess::NormalExit && worker->exitCode() == 0,
                 worker->readAllStandardError().constData());
    }
    for (const auto &worker : pythons)
        QVERIFY2(worker->finish(), qPrintable(worker->reason()));

    QCOMPARE(m_server->redis({"GET", counter}).toInt(), 2 * kWorkersOfEachKind * kTimes);
    QCOMPARE(m_server->redis({"EXISTS", m_key.bytes()}).toLongLong(), 0);
}

void InteropTest::readsTokensOfPython()
{
    const WallTime before = m_clock.wall();
    const Token token = pythonAcquires();
    const WallTime later = m_clock.wall();

    const auto read = test::await(m_locks->read(m_key));
    QVERIFY(read);
    QCOMPARE(read->kind, locks::LockObservation::Kind::Held);
    QCOMPARE(read->token, token);
    QVERIFY(read->ttl && *read->ttl <= m_family.lease && *read->ttl > 0ms);

    const auto uuid = locks::decodeUuid1(token, later);
    QVERIFY(uuid);
    QVERIFY(uuid->time >= before - 1s && uuid->time <= later + 1s);
    const locks::Owner owner = locks::decodeOwner(token, later);
    QCOMPARE(owner.kind, locks::TokenKind::Uuid1);
    QCOMPARE(owner.nodeId, ask(QStringLiteral("node")).toString());
    QCOMPARE(owner.calledAt, std::optional(uuid->time));
}

void InteropTest::pythonReadsOurTokens()
{
    const auto held = test::await(m_locks->acquire(kSession, {}));
    QVERIFY(held);
    const QString text = QString::fromUtf8(held->token.bytes());
    const QJsonObject seen = ask(QStringLiteral("read_token"), {text}).toObject();
    QCOMPARE(seen.value(QLatin1StringView("version")).toInt(), 1);
    QCOMPARE(seen.value(QLatin1StringView("hex")).toString(), text);
    const double off =
        seen.value(QLatin1StringView("time")).toDouble() - unixSeconds(m_clock.wall());
    QVERIFY(qAbs(off) < 60);
    QCOMPARE(seen.value(QLatin1StringView("node")).toString(),
             locks::decodeOwner(held->token, m_clock.wall()).nodeId);
}

void InteropTest::pythonRespectsOurLock()
{
    const auto held = test::await(m_locks->acquire(kSession, {}));
    QVERIFY(held);
    QVERIFY(ask(QStringLiteral("locked")).toBool());
    QVERIFY(!ask(QStringLiteral("owned")).toBool());
    const QJsonObject tried = ask(QStringLiteral("acquire")).toObject();
    QVERIFY(!tried.value(QLatin1StringView("taken")).toBool(true));
    QVERIFY(!errorOf(ask(QStringLiteral("release"))).isEmpty());
    QCOMPARE(currentToken(), held->token);
}

void InteropTest::weRespectPythonsLock()
{
    const Token theirs = pythonAcquires();
    const auto tried = test::await(m_locks->acquire(kSession, {.wait = 50ms}));
    QVERIFY(!tried);
    QCOMPARE(tried.error().code, ErrorCode::LockTimeout);

    const Token other = locks::TokenMaker(m_clock).make();
    const auto released = test::await(m_locks->release(m_key, other));
    QVERIFY(released && !released->isDone);
    QCOMPARE(released->current.token, theirs);
    const auto extended = test::await(m_locks->extend(m_key, other, 10s, false));
    QVERIFY(extended && !extended->isDone);
    const auto again = test::await(m_locks->reacquire(m_key, other, 60s));
    QVERIFY(again && !again->isDone);
    const auto forced = test::await(m_locks->forceRelease(m_key, other));
    QVERIFY(!forced);
    QCOMPARE(forced.error().code, ErrorCode::ChangedHands);
    const auto taken = test::await(m_locks->takeOver(kSession, other));
    QVERIFY(!taken);
    QCOMPARE(taken.error().code, ErrorCode::ChangedHands);

    QCOMPARE(currentToken(), theirs);
    QVERIFY(pttl() <= 60'000);
    QVERIFY(ask(QStringLiteral("owned")).toBool());
    QCOMPARE(errorOf(ask(QStringLiteral("release"))), QString());
    QVERIFY(!ask(QStringLiteral("locked")).toBool());
}

void InteropTest::weWaitForPython()
{
    (void)pythonAcquires();
    auto waiting = m_locks->acquire(kSession, {.wait = 60s});
    QCOMPARE(errorOf(ask(QStringLiteral("release"))), QString());
    const auto held = test::await(std::move(waiting));
    QVERIFY(held);
    QCOMPARE(currentToken(), held->token);
    QVERIFY(!ask(QStringLiteral("owned")).toBool());
}

void InteropTest::pythonWaitsForUs()
{
    const auto held = test::await(m_locks->acquire(kSession, {}));
    QVERIFY(held);
    tell(QStringLiteral("acquire"), {60});
    const auto released = test::await(m_locks->release(m_key, held->token));
    QVERIFY(released && released->isDone);
    const QJsonObject taken = answer().toObject();
    QVERIFY(taken.value(QLatin1StringView("taken")).toBool());
    QCOMPARE(QString::fromUtf8(currentToken().bytes()),
             taken.value(QLatin1StringView("token")).toString());
}

void InteropTest::pythonExtendsAndReacquires()
{
    const Token theirs = pythonAcquires();
    QVERIFY(ask(QStringLiteral("extend"), {30}).toBool());
    auto read = test::await(m_locks->read(m_key));
    QVERIFY(read && read->token == theirs);
    QVERIFY(*read->ttl > 60s && *read->ttl <= 90s);
    QVERIFY(ask(QStringLiteral("reacquire")).toBool());
    read = test::await(m_locks->read(m_key));
    QVERIFY(read && *read->ttl <= 60s);
}

void InteropTest::forceReleaseIsNoticedByPython()
{
    const Token theirs = pythonAcquires();
    QVERIFY(test::await(m_locks->forceRelease(m_key, theirs)));
    QVERIFY(!ask(QStringLiteral("locked")).toBool());
    const auto held = test::await(m_locks->acquire(kSession, {}));
    QVERIFY(held);

    const QString notOwned = QStringLiteral("LockNotOwnedError");
    QVERIFY(!ask(QStringLiteral("owned")).toBool());
    QCOMPARE(errorOf(ask(QStringLiteral("extend"), {30})), notOwned);
    QCOMPARE(errorOf(ask(QStringLiteral("reacquire"))), notOwned);
    QCOMPARE(errorOf(ask(QStringLiteral("release"))), notOwned);
    QCOMPARE(currentToken(), held->token);
    QVERIFY(pttl() <= 60'000);
}

void InteropTest::takeOverIsNoticedByPython()
{
    const Token theirs = pythonAcquires();
    m_server->redis({"PEXPIRE", m_key.bytes(), "20000"});
    const auto taken = test::await(m_locks->takeOver(kSession, theirs));
    QVERIFY(taken);
    QVERIFY(taken->token != theirs);
    QVERIFY(pttl() > 20'000); // a fresh lease
    QVERIFY(ask(QStringLiteral("locked")).toBool());
    QVERIFY(!ask(QStringLiteral("owned")).toBool());
    QCOMPARE(errorOf(ask(QStringLiteral("release"))), QStringLiteral("LockNotOwnedError"));
    QCOMPARE(currentToken(), taken->token);
    const auto released = test::await(m_locks->release(m_key, taken->token));
    QVERIFY(released && released->isDone);
    QVERIFY(!ask(QStringLiteral("locked")).toBool());
}

void InteropTest::actsOnPythonsToken()
{
    const Token theirs = pythonAcquires();
    const auto extended = test::await(m_locks->extend(m_key, theirs, 30s, false));
    QVERIFY(extended && extended->isDone);
    QVERIFY(pttl() > 60'000 && pttl() <= 90'000);
    const auto replaced = test::await(m_locks->extend(m_key, theirs, 40s, true));
    QVERIFY(replaced && replaced->isDone);
    QVERIFY(pttl() <= 40'000);
    const auto again = test::await(m_locks->reacquire(m_key, theirs, 60s));
    QVERIFY(again && again->isDone);
    QVERIFY(pttl() > 40'000 && pttl() <= 60'000);
    QVERIFY(ask(QStringLiteral("owned")).toBool());
    const auto released = test::await(m_locks->release(m_key, theirs));
    QVERIFY(released && released->isDone);
    QVERIFY(!ask(QStringLiteral("owned")).toBool());
    QVERIFY(!ask(QStringLiteral("locked")).toBool());
}

QTEST_GUILESS_MAIN(InteropTest)
#include "tst_interop.moc"
