// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/clock.h"
#include "core/flows.h"
#include "support/await.h"
#include "support/pythonworker.h"
#include "support/redisserver.h"
#include "support/streamproxy.h"

#include <QSignalSpy>
#include <QSslSocket>
#include <QTcpSocket>
#include <QTest>

#include <csignal>

using namespace lockkeeper;
using namespace std::chrono_literals;

namespace {

Task<int> countAfter(milliseconds delay, QObject *context)
{
    const Result<void> waited = co_await after(delay, context);
    if (!waited)
        co_return waited.error();
    co_return 7;
}

} // namespace

/// The tools of the tests do what the tests believe of them.
class SupportTest : public QObject
{
    Q_OBJECT

private slots:
    void awaitsTasksAndFutures();
    void serverAnswersAndEnds();
    void serverOnTcpWithPassword();
    void serverKeepsItsPlaceOverRestart();
    void pausedServerIsSilent();
    void serverWithAclUsers();
    void serverSpeaksTls();
    void proxyCutsAndStalls();
    void pythonWorkerTalks();
};

void SupportTest::awaitsTasksAndFutures()
{
    QCOMPARE(*test::await(countAfter(1ms, this)), 7);
    QVERIFY(test::await(after(1ms, this)).has_value());
    QCOMPARE(*test::await(finished(Result<int>(3))), 3);
}

void SupportTest::serverAnswersAndEnds()
{
    qint64 pid = 0;
    {
        test::RedisServer server;
        LK_START_REDIS(server);
        pid = server.pid();
        QCOMPARE(server.redis({"SET", "a", "1"}), QVariant(QByteArray("OK")));
        QCOMPARE(server.redis({"GET", "a"}), QVariant(QByteArray("1")));
        QCOMPARE(server.redis({"DBSIZE"}), QVariant(qlonglong(1)));
        QVERIFY(!server.redis({"GET", "b"}).isValid());
        QVERIFY(server.redis({"LPUSH", "a", "x"}).toByteArray().startsWith("-WRONGTYPE"));
        QCOMPARE(server.redis({"MGET", "a", "b"}).toList().size(), 2);
    }
    QCOMPARE(::kill(static_cast<pid_t>(pid), 0), -1);
}

void SupportTest::serverOnTcpWithPassword()
{
    test::RedisServer server({.listen = test::RedisServer::Listen::Tcp, .password = "s3cret"});
    LK_START_REDIS(server);
    QCOMPARE(server.redis({"PING"}), QVariant(QByteArray("PONG")));
    QTcpSocket socket;
    socket.connectToHost(server.address().endpoint.host, server.address().endpoint.port);
    QVERIFY(socket.waitForConnected(5000));
    socket.write("PING\r\n");
    QVERIFY(socket.waitForReadyRead(5000));
    QVERIFY(socket.readAll().startsWith("-NOAUTH"));
    QCOMPARE(server.url(), QStringLiteral("redis://:s3cret@127.0.0.1:%1").arg(server.port()));
}

void SupportTest::serverKeepsItsPlaceOverRestart()
{
    test::RedisServer server({.listen = test::RedisServer::Listen::Tcp});
    LK_START_REDIS(server);
    const redis::ServerAddress before = server.address();
    const qint64 firstPid = server.pid();
    QVERIFY2(server.restart(), qPrintable(server.reason()));
    QCOMPARE(server.address(), before);
    QVERIFY(server.pid() != firstPid);
    QCOMPARE(server.redis({"PING"}), QVariant(QByteArray("PONG")));
}

void SupportTest::pausedServerIsSilent()
{
    test::RedisServer server;
    LK_START_REDIS(server);
    test::RawRedis raw(server.socketPath());
    server.pause();
    raw.send({"PING"});
    QCOMPARE(raw.next(100ms), QVariant(QByteArray("-LOST")));
    server.resume();
    QCOMPARE(raw.next(), QVariant(QByteArray("PONG")));
}

void SupportTest::serverWithAclUsers()
{
    const QStringList users{QStringLiteral("viewer on >look ~chat:* +get +ping")};
    test::RedisServer server({.aclUsers = users});
    LK_START_REDIS(server);
    test::RawRedis raw(server.socketPath());
    QCOMPARE(raw.call({"AUTH", "viewer", "look"}), QVariant(QByteArray("OK")));
    QVERIFY(raw.call({"SET", "chat:a", "1"}).toByteArray().startsWith("-NOPERM"));
}

void SupportTest::serverSpeaksTls()
{
    LK_NEED_PROGRAM("openssl");
    test::RedisServer server({.listen = test::RedisServer::Listen::Tls});
    LK_START_REDIS(server);
    QSslSocket socket;
    auto configuration = socket.sslConfiguration();
    configuration.setCaCertificates(
        QSslCertificate::fromPath(server.address().tls.caFile, QSsl::Pem));
    socket.setSslConfiguration(configuration);
    socket.connectToHostEncrypted(QStringLiteral("localhost"), server.port());
    QVERIFY2(socket.waitForEncrypted(10'000), qPrintable(socket.errorString()));
    socket.write("PING\r\n");
    QVERIFY(socket.waitForReadyRead(5000));
    QCOMPARE(socket.readAll(), QByteArray("+PONG\r\n"));
}

void SupportTest::proxyCutsAndStalls()
{
    test::RedisServer server;
    LK_START_REDIS(server);
    test::StreamProxy proxy(server.address().endpoint);
    QTcpSocket socket;
    const auto dial = [&] {
        socket.abort();
        socket.connectToHost(proxy.endpoint().host, proxy.endpoint().port);
    };
    const auto ask = [&](const QByteArray &line) {
        socket.write(line + "\r\n");
        return QTest::qWaitFor([&] { return socket.bytesAvailable() > 0; }, 20'000)
                   ? socket.readAll()
                   : QByteArray();
    };
    dial();
    QCOMPARE(ask("PING"), QByteArray("+PONG\r\n"));

    proxy.setStalled(true);
    QSignalSpy silence(&socket, &QTcpSocket::readyRead);
    socket.write("PING\r\n");
    QVERIFY(!silence.wait(50));
    proxy.setStalled(false);
    QVERIFY(silence.count() == 1 || silence.wait());
    QCOMPARE(socket.readAll(), QByteArray("+PONG\r\n"));

    QSignalSpy cut(&socket, &QTcpSocket::disconnected);
    proxy.cutOn("INCR", test::StreamProxy::Cut::AfterRequest);
    socket.write("INCR a\r\n");
    QVERIFY(cut.wait());
    QCOMPARE(server.redis({"GET", "a"}), QVariant(QByteArray("1")));

    dial();
    proxy.cutOn("INCR", test::StreamProxy::Cut::BeforeRequest);
    QVERIFY(QTest::qWaitFor([&] { return socket.state() == QTcpSocket::ConnectedState; }));
    socket.write("INCR a\r\n");
    QVERIFY(cut.wait());
    QCOMPARE(server.redis({"GET", "a"}), QVariant(QByteArray("1")));
    QCOMPARE(proxy.connections(), 0);
    QCOMPARE(proxy.accepted(), 2);
}

void SupportTest::pythonWorkerTalks()
{
    LK_NEED_REDIS_PY();
    test::PythonWorker worker("import sys\nfor line in sys.stdin: print(line.strip().upper())");
    worker.start();
    QCOMPARE(worker.ask("hello"), QByteArray("HELLO"));
    QVERIFY2(worker.finish(), qPrintable(worker.reason()));
}

QTEST_GUILESS_MAIN(SupportTest)
#include "tst_support.moc"
