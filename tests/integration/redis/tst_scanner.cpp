// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/scanner.h"
#include "support/await.h"
#include "support/redisserver.h"

#include <QSignalSpy>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::redis;
using test::await;
using test::RedisServer;

class TestScanner : public QObject
{
    Q_OBJECT

private slots:
    void findsEveryKeyOfThePrefix();
    void takesGlobCharactersLiterally();
    void startingAgainDropsTheFirstWalk();
    void stopsQuietly();
    void saysWhyItFailed();

private:
    SystemClock m_clock;
};

void TestScanner::findsEveryKeyOfThePrefix()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"EVAL",
                  "for i = 1, 20000 do redis.call('set', 'other:' .. i, 'x') end "
                  "for i = 1, 500 do redis.call('set', 'lock:' .. i, 'x') end",
                  "0"});
    Client client(server.address(), {}, m_clock);
    QVERIFY(await(client.open()));
    Scanner scanner(client, m_clock);
    QSet<QByteArray> found;
    connect(&scanner, &Scanner::found, this, [&](const QList<QByteArray> &keys) {
        found.unite(QSet<QByteArray>(keys.begin(), keys.end()));
    });
    for (const auto pace : {Scanner::Pace::Full, Scanner::Pace::Gentle}) {
        found.clear();
        QSignalSpy finished(&scanner, &Scanner::finished);
        QSignalSpy progressed(&scanner, &Scanner::progressed);
        scanner.start("lock:", pace);
        QVERIFY(finished.wait(30'000));
        QCOMPARE(found.size(), 500);
        QVERIFY(progressed.count() > 3);
        QCOMPARE(scanner.progress().keysInAll, std::optional<qint64>(20'500));
        QVERIFY(!scanner.isRunning());
    }
}

void TestScanner::takesGlobCharactersLiterally()
{
    RedisServer server;
    LK_START_REDIS(server);
    for (const char *key : {"a*[b]?:1", "a*[b]?:2", "axb?:3", "a*[b]x:4", "ab:5"})
        server.redis({"SET", key, "x"});
    Client client(server.address(), {}, m_clock);
    QVERIFY(await(client.open()));
    Scanner scanner(client, m_clock);
    QSet<QByteArray> found;
    connect(&scanner, &Scanner::found, this, [&](const QList<QByteArray> &keys) {
        found.unite(QSet<QByteArray>(keys.begin(), keys.end()));
    });
    QSignalSpy finished(&scanner, &Scanner::finished);
    scanner.start("a*[b]?:", Scanner::Pace::Full);
    QVERIFY(finished.wait(20'000));
    QCOMPARE(found, (QSet<QByteArray>{"a*[b]?:1", "a*[b]?:2"}));
}

void TestScanner::startingAgainDropsTheFirstWalk()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", "lock:1", "x"});
    server.redis({"SET", "other:1", "x"});
    Client client(server.address(), {}, m_clock);
    QVERIFY(await(client.open()));
    Scanner scanner(client, m_clock);
    QSignalSpy finished(&scanner, &Scanner::finished);
    QSignalSpy found(&scanner, &Scanner::found);
    scanner.start("lock:", Scanner::Pace::Full);
    scanner.start("other:", Scanner::Pace::Full);
    QVERIFY(finished.wait(20'000));
    QVERIFY(await(client.send(commands::ping())));
    QCOMPARE(finished.count(), 1);
    QCOMPARE(found.count(), 1);
    QCOMPARE(found[0][0].value<QList<QByteArray>>(), QList<QByteArray>{"other:1"});
}

void TestScanner::stopsQuietly()
{
    RedisServer server;
    LK_START_REDIS(server);
    Client client(server.address(), {}, m_clock);
    QVERIFY(await(client.open()));
    auto scanner = std::make_unique<Scanner>(client, m_clock);
    QSignalSpy finished(scanner.get(), &Scanner::finished);
    scanner->start("lock:", Scanner::Pace::Full);
    scanner->stop();
    QVERIFY(await(client.send(commands::ping())));
    QCOMPARE(finished.count(), 0);
    scanner->start("lock:", Scanner::Pace::Full);
    scanner.reset(); // its walk ends by itself
    QVERIFY(await(client.send(commands::ping())));
}

void TestScanner::saysWhyItFailed()
{
    RedisServer server({.aclUsers = {QStringLiteral("u on >pw ~* +get +ping")}});
    LK_START_REDIS(server);
    Client client(server.addressFor(QStringLiteral("u"), "pw"), {}, m_clock);
    QVERIFY(await(client.open()));
    Scanner scanner(client, m_clock);
    QSignalSpy failed(&scanner, &Scanner::failed);
    scanner.start("lock:", Scanner::Pace::Full);
    QVERIFY(failed.wait(20'000));
    QCOMPARE(failed[0][0].value<Error>().code, ErrorCode::NotPermitted);
}

QTEST_GUILESS_MAIN(TestScanner)
#include "tst_scanner.moc"
