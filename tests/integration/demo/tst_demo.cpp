// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clock.h"
#include "demo/demostack.h"
#include "locks/lockmonitor.h"
#include "locks/owner.h"
#include "locks/tokens.h"
#include "redis/client.h"
#include "redis/pushchannel.h"
#include "sessions/sessiondatabase.h"
#include "sessions/sessionjson.h"
#include "support/await.h"
#include "support/need.h"
#include "support/rawredis.h"

#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>
#include <QSet>
#include <QSignalSpy>
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QTest>

#include <csignal>
#include <memory>

using namespace lockkeeper;
using namespace std::chrono_literals;

namespace {

constexpr int kLimitMs = 120'000;
constexpr int kSessions = 200;

} // namespace

/// The demo shows what a chat platform's Redis and database look like, with troubles in them.
class DemoTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();

    void locksComeAndGo();
    void hasEveryKindOfTrouble();
    void fillsDatabase();
    void fillsCacheInBothShapes();
    void hasOneSidedSessions();
    void endsWhileItStarts();
    void tellsEndOfServer();

private:
    /// What the list of locks shows now, by kind of trouble.
    [[nodiscard]] QSet<QString> troublesSeen();
    [[nodiscard]] QString troubleOf(const locks::LockRecord &lock);
    [[nodiscard]] QSet<QByteArray> cachedIds();
    [[nodiscard]] QSet<QByteArray> storedIds();

    SystemClock m_clock;
    locks::LockFamily m_family;
    std::unique_ptr<demo::DemoStack> m_stack;
    std::unique_ptr<redis::Client> m_client;
    std::unique_ptr<redis::PushChannel> m_push;
    std::unique_ptr<locks::LockMonitor> m_monitor;
    std::unique_ptr<test::RawRedis> m_raw;
    QSqlDatabase m_sql;
    QSet<QByteArray> m_busyIds;
    QSet<Token> m_acquired;
    int m_released = 0;
};

void DemoTest::initTestCase()
{
    LK_NEED_PROGRAM("redis-server");
    demo::DemoStack::Options options;
    options.sessions = kSessions;
    options.workerProgram = QCoreApplication::applicationDirPath() + QStringLiteral("/demo_host");
    m_stack = std::make_unique<demo::DemoStack>(options);
    const auto started = test::await(m_stack->start(), 120s);
    QVERIFY2(started, started ? "" : qPrintable(describe(started.error())));

    const redis::ServerAddress server = m_stack->server();
    const QString folder = QFileInfo(server.endpoint.path).path();
    QFile list(folder + QStringLiteral("/sessions.txt"));
    QVERIFY(list.open(QIODevice::ReadOnly));
    while (!list.atEnd())
        m_busyIds.insert(list.readLine().split(' ').first());
    m_raw = std::make_unique<test::RawRedis>(server.endpoint.path);
    QVERIFY(m_raw->isOpen());
    m_sql = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"));
    m_sql.setDatabaseName(m_stack->database().path);
    QVERIFY2(m_sql.open(), qPrintable(m_sql.lastError().text()));

    m_client = std::make_unique<redis::Client>(server, redis::Client::Options{}, m_clock);
    const QList<QByteArray> prefixes{m_family.lockPrefix, m_family.sessionPrefix};
    m_push = std::make_unique<redis::PushChannel>(server, prefixes, m_clock);
    m_monitor = std::make_unique<locks::LockMonitor>(*m_client, *m_push, m_family, m_clock);
    connect(m_monitor.get(), &locks::LockMonitor::changed, this,
            [this](const locks::RegistryDelta &delta) {
                for (const locks::LockEvent &event : delta.events) {
                    if (event.kind == locks::LockEvent::Kind::Acquired)
                        m_acquired.insert(event.token);
                    m_released += event.kind == locks::LockEvent::Kind::Ended &&
                                  event.end == locks::HoldEnd::Released;
                }
            });
    QVERIFY(test::await(m_client->open()).has_value());
    m_monitor->start();
}

void DemoTest::cleanupTestCase()
{
    m_monitor.reset();
    m_push.reset();
    m_client.reset();
    m_sql.close();
    m_sql = {};
    m_stack.reset();
}

void DemoTest::locksComeAndGo()
{
    QTRY_VERIFY_WITH_TIMEOUT(m_acquired.size() >= 20 && m_released >= 10, kLimitMs);
    QSet<QString> owners;
    for (const Token &token : m_acquired)
        owners.insert(locks::decodeOwner(token, m_clock.wall(), m_stack->nodeNames()).label);
    for (const QString &worker : {QStringLiteral("api-1"), QStringLiteral("api-2")})
        QVERIFY2(owners.contains(worker), "a worker holds no locks");
    // Alive for a person: several at a time, and not hundreds.
    QTRY_VERIFY_WITH_TIMEOUT(m_monitor->registry().records().size() >= 8, kLimitMs);
    QVERIFY(m_monitor->registry().records().size() <= 40);
}

QString DemoTest::troubleOf(const locks::LockRecord &lock)
{
    if (lock.isForeign())
        return QStringLiteral("foreign");
    if (!lock.deadline)
        return QStringLiteral("no expiry");
    const QByteArray id = lock.session.bytes();
    if (m_busyIds.contains(id))
        return {};
    if (!cachedIds().contains(id) && !storedIds().contains(id))
        return QStringLiteral("orphan");
    const auto uuid = locks::decodeUuid1(lock.token, m_clock.wall());
    if (!uuid)
        return {};
    const QString owner =
        locks::decodeOwner(lock.token, m_clock.wall(), m_stack->nodeNames()).label;
    if (owner == u"api-9") // the one that crashes
        return QStringLiteral("dead owner");
    const auto age = m_clock.wall() - uuid->time;
    if (age > 30min)
        return QStringLiteral("renewed for long");
    return age > m_family.lease / 2 ? QStringLiteral("held long") : QString();
}

QSet<QString> DemoTest::troublesSeen()
{
    QSet<QString> kinds;
    for (const locks::LockRecord &lock : m_monitor->registry().records())
        kinds.insert(troubleOf(lock));
    kinds.remove({});
    return kinds;
}

void DemoTest::hasEveryKindOfTrouble()
{
    const QSet<QString> all{QStringLiteral("foreign"),   QStringLiteral("no expiry"),
                            QStringLiteral("orphan"),    QStringLiteral("dead owner"),
                            QStringLiteral("held long"), QStringLiteral("renewed for long")};
    QTRY_COMPARE_WITH_TIMEOUT(troublesSeen(), all, kLimitMs);
}

QSet<QByteArray> DemoTest::cachedIds()
{
    QSet<QByteArray> ids;
    const QVariantList keys = m_raw->call({"KEYS", m_family.sessionPrefix + "*"}).toList();
    for (const QVariant &key : keys)
        ids.insert(key.toByteArray().mid(m_family.sessionPrefix.size()));
    return ids;
}

QSet<QByteArray> DemoTest::storedIds()
{
    QSet<QByteArray> ids;
    QSqlQuery query(QStringLiteral(R"(select "id" from "ChatSession")"), m_sql);
    while (query.next())
        ids.insert(query.value(0).toString().toUtf8());
    return ids;
}

void DemoTest::fillsDatabase()
{
    QCOMPARE(storedIds().size(), kSessions - 1);
    QSqlQuery query(QStringLiteral(R"(select count(*), count(distinct "sessionId"),
        count("toolCalls") from "ChatMessage")"),
                    m_sql);
    QVERIFY2(query.next(), qPrintable(query.lastError().text()));
    QVERIFY(query.value(0).toInt() > 5 * kSessions);
    QCOMPARE(query.value(1).toInt(), kSessions - 1);
    QVERIFY(query.value(2).toInt() > kSessions / 4);
    query.exec(QStringLiteral(R"(select count(distinct "userId"), count(distinct "title"),
        min("totalPromptTokens") from "ChatSession")"));
    QVERIFY(query.next());
    QVERIFY(query.value(0).toInt() >= 10);
    QVERIFY(query.value(1).toInt() >= 30);
    QVERIFY(query.value(2).toInt() > 0);
}

void DemoTest::fillsCacheInBothShapes()
{
    int corrupt = 0;
    int newer = 0;
    int base = 0;
    const QSet<QByteArray> ids = cachedIds();
    for (const QByteArray &id : ids) {
        const QByteArray json = m_raw->call({"GET", m_family.sessionPrefix + id}).toByteArray();
        const auto session = sessions::parseSession(json);
        if (!session) {
            QCOMPARE(session.error().code, ErrorCode::Corrupt);
            ++corrupt;
            continue;
        }
        QCOMPARE(session->id.bytes(), id);
        QVERIFY(session->messages.size() >= 2);
        QVERIFY(session->user);
        ++(json.contains("\"chat_status\"") ? newer : base);
        const qlonglong ttl = m_raw->call({"PTTL", m_family.sessionPrefix + id}).toLongLong();
        QVERIFY(ttl > 0 && ttl <= m_family.cacheTtl.count());
    }
    QCOMPARE(corrupt, 3);
    QVERIFY(newer > kSessions / 5);
    QVERIFY(base > kSessions / 5);
}

void DemoTest::hasOneSidedSessions()
{
    QCOMPARE((cachedIds() - storedIds()).size(), 1);
    // A rename drops the cache entry for a moment, so there may be more than the one we made.
    QVERIFY((storedIds() - cachedIds()).size() >= 1);
}

void DemoTest::endsWhileItStarts()
{
    demo::DemoStack::Options options;
    options.workerProgram = QCoreApplication::applicationDirPath() + QStringLiteral("/demo_host");
    demo::DemoStack stack(options);
    auto starting = stack.start();
    stack.stop();
    const auto started = test::await(std::move(starting));
    QVERIFY(!started);
    QCOMPARE(started.error().code, ErrorCode::Cancelled);
}

void DemoTest::tellsEndOfServer()
{
    demo::DemoStack::Options options{.sessions = 10, .workers = 1, .workerProgram = {}};
    options.workerProgram = QCoreApplication::applicationDirPath() + QStringLiteral("/demo_host");
    demo::DemoStack stack(options);
    QSignalSpy ended(&stack, &demo::DemoStack::serverEnded);
    const auto started = test::await(stack.start(), 120s);
    QVERIFY2(started, started ? "" : qPrintable(describe(started.error())));
    test::RawRedis raw(stack.server().endpoint.path);
    const QByteArray info = raw.call({"INFO", "server"}).toByteArray();
    const qsizetype pid = info.indexOf("process_id:") + 11;
    QVERIFY(ended.isEmpty());
    ::kill(info.mid(pid, info.indexOf('\r', pid) - pid).toInt(), SIGKILL);
    QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, kLimitMs);
    const auto error = ended.first().first().value<Error>();
    QCOMPARE(error.what, QStringLiteral("the demo's redis-server ended"));
    QCOMPARE(error.hint, QStringLiteral("start the demo again"));
    stack.stop();
    QCoreApplication::processEvents();
    QCOMPARE(ended.size(), 1);
}

QTEST_GUILESS_MAIN(DemoTest)
#include "tst_demo.moc"
