// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/client.h"
#include "support/await.h"
#include "support/redisserver.h"

#include <QLocalServer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <sys/socket.h>

using namespace lockkeeper;
using namespace lockkeeper::redis;
using test::await;
using test::RedisServer;

namespace {

ServerAddress tcpAddress(quint16 port)
{
    ServerAddress address;
    address.endpoint.host = QStringLiteral("127.0.0.1");
    address.endpoint.port = port;
    return address;
}

} // namespace

/// Every way to connect, and every way in which it can go wrong, each with its own words.
class TestConnecting : public QObject
{
    Q_OBJECT

private slots:
    void overUnixSocket();
    void overTcpWithPasswordAndDatabase();
    void asAclUser();
    void overTls();
    void overTlsWithClientCertificate();

    void wrongPassword();
    void missingPassword();
    void loginThatTheServerDoesNotKnow();
    void nothingListens();
    void unknownHost();
    void noSocket();
    void notARedis();
    void plainToTlsPort();
    void tlsToPlainPort();
    void untrustedCertificate();
    void nameThatTheCertificateIsNotFor();
    void missingAuthorityFile();
    void databaseOutOfRange();
    void aPasswordThatNobodyAsksFor();
    void aNodeOfAClusterIsNoSingleServer();
    void aSentinelIsNoServerOfKeys();
    void aPeerThatClosesAfterTheGreeting();

private:
    Result<void> outcomeOf(const ServerAddress &address);

    SystemClock m_clock;
};

Result<void> TestConnecting::outcomeOf(const ServerAddress &address)
{
    Client client(address, {.reconnects = false}, m_clock);
    auto outcome = await(client.open());
    if (outcome)
        outcome = Result<void>();
    return outcome;
}

#define VERIFY_FAILS(address, expectedCode, words)                                                 \
    do {                                                                                           \
        const auto outcome = outcomeOf(address);                                                   \
        QVERIFY(!outcome);                                                                         \
        QVERIFY2(outcome.error().code == (expectedCode), qPrintable(describe(outcome.error())));   \
        QVERIFY2(describe(outcome.error()).contains(QLatin1StringView(words)),                     \
                 qPrintable(describe(outcome.error())));                                           \
    } while (false)

void TestConnecting::overUnixSocket()
{
    RedisServer server;
    LK_START_REDIS(server);
    Client client(server.address(), {}, m_clock);
    QVERIFY(await(client.open()));
    QVERIFY(client.isReady());
    QVERIFY(!client.serverInfo().version.isEmpty());
    QCOMPARE(client.serverInfo().role, QStringLiteral("master"));
    QCOMPARE(await(client.send(commands::ping()))->bytes(), QByteArray("PONG"));
}

void TestConnecting::overTcpWithPasswordAndDatabase()
{
    RedisServer server({.listen = RedisServer::Listen::Tcp, .password = "s3cret"});
    LK_START_REDIS(server);
    auto address = server.address();
    address.database = 3;
    Client client(address, {}, m_clock);
    QVERIFY(await(client.open()));
    const Command set = commands::setIfAbsent("k", "v", std::chrono::seconds(60));
    QVERIFY(await(client.send(set)));
    QCOMPARE(server.redis({"DBSIZE"}).toLongLong(), 0); // database 0
}

void TestConnecting::asAclUser()
{
    RedisServer server({.aclUsers = {QStringLiteral("viewer on >pw ~chat:* +get +pttl +ping")}});
    LK_START_REDIS(server);
    Client client(server.addressFor(QStringLiteral("viewer"), "pw"), {}, m_clock);
    const auto outcome = await(client.open());
    QVERIFY2(outcome.has_value(), outcome ? "" : qPrintable(describe(outcome.error())));
    QVERIFY(client.serverInfo().version.isEmpty()); // no right to ask INFO
    const auto refused = await(client.send(commands::strlen("chat:x")));
    QCOMPARE(value(refused, QStringLiteral("x")).error().code, ErrorCode::NotPermitted);
}

void TestConnecting::overTls()
{
    LK_NEED_PROGRAM("openssl");
    RedisServer server({.listen = RedisServer::Listen::Tls});
    LK_START_REDIS(server);
    QVERIFY(outcomeOf(server.address()));
    auto insecure = server.address();
    insecure.tls.caFile.clear();
    insecure.tls.isInsecure = true;
    QVERIFY(outcomeOf(insecure));
}

void TestConnecting::overTlsWithClientCertificate()
{
    LK_NEED_PROGRAM("openssl");
    RedisServer server({.listen = RedisServer::Listen::Tls, .asksForClientCertificate = true});
    LK_START_REDIS(server);
    auto address = server.address();
    address.tls.certFile = server.certificates().clientCert;
    address.tls.keyFile = server.certificates().clientKey;
    QVERIFY(outcomeOf(address));
    address.tls.certFile.clear();
    address.tls.keyFile.clear();
    const auto outcome = outcomeOf(address);
    QVERIFY(!outcome);
    QVERIFY2(outcome.error().what.contains(u"asks for a TLS client certificate") &&
                 outcome.error().hint.contains(u"?cert="),
             qPrintable(describe(outcome.error())));
}

void TestConnecting::wrongPassword()
{
    RedisServer server({.password = "right"});
    LK_START_REDIS(server);
    auto address = server.address();
    address.password = Secret("wrong");
    VERIFY_FAILS(address, ErrorCode::WrongPassword, "refuses the password");
    const auto outcome = outcomeOf(address);
    QVERIFY(!describe(outcome.error()).contains(u"wrong"));
}

void TestConnecting::missingPassword()
{
    RedisServer server({.password = "right"});
    LK_START_REDIS(server);
    auto address = server.address();
    address.password = Secret();
    VERIFY_FAILS(address, ErrorCode::PasswordNeeded, "asks for a password");
}

/// A server quotes the arguments of a command that it does not know.
void TestConnecting::loginThatTheServerDoesNotKnow()
{
    RedisServer server({.config = {QStringLiteral("rename-command AUTH \"\"")}});
    LK_START_REDIS(server);
    auto address = server.address();
    address.password = Secret("hush");
    VERIFY_FAILS(address, ErrorCode::Refused, "login");
    QVERIFY(!describe(outcomeOf(address).error()).contains(u"hush"));
}

void TestConnecting::nothingListens()
{
    QTcpServer probe;
    QVERIFY(probe.listen(QHostAddress::LocalHost));
    const quint16 port = probe.serverPort();
    probe.close();
    VERIFY_FAILS(tcpAddress(port), ErrorCode::CannotConnect, "nothing listens");
}

void TestConnecting::unknownHost()
{
    auto address = tcpAddress(6379);
    address.endpoint.host = QStringLiteral("no-such-host.invalid");
    VERIFY_FAILS(address, ErrorCode::CannotConnect, "no-such-host.invalid is unknown");
}

void TestConnecting::noSocket()
{
    ServerAddress address;
    address.endpoint.kind = Endpoint::Kind::Unix;
    address.endpoint.path = QStringLiteral("/nonexistent/redis.sock");
    VERIFY_FAILS(address, ErrorCode::CannotConnect, "there is no socket /nonexistent/redis.sock");
}

void TestConnecting::notARedis()
{
    QTcpServer web;
    QVERIFY(web.listen(QHostAddress::LocalHost));
    connect(&web, &QTcpServer::newConnection, &web,
            [&web] { web.nextPendingConnection()->write("HTTP/1.1 400 Bad Request\r\n\r\n"); });
    VERIFY_FAILS(tcpAddress(web.serverPort()), ErrorCode::Protocol, "like a Redis server");
}

void TestConnecting::plainToTlsPort()
{
    LK_NEED_PROGRAM("openssl");
    RedisServer server({.listen = RedisServer::Listen::Tls});
    LK_START_REDIS(server);
    const auto outcome = outcomeOf(tcpAddress(server.port()));
    QVERIFY(!outcome);
    QVERIFY2(outcome.error().hint.contains(u"rediss://"), qPrintable(describe(outcome.error())));
}

void TestConnecting::tlsToPlainPort()
{
    RedisServer server({.listen = RedisServer::Listen::Tcp});
    LK_START_REDIS(server);
    auto address = server.address();
    address.tls.isEnabled = true;
    const auto outcome = outcomeOf(address);
    QVERIFY(!outcome);
    QVERIFY2(outcome.error().hint.startsWith(u"use redis://"),
             qPrintable(describe(outcome.error())));
}

void TestConnecting::untrustedCertificate()
{
    LK_NEED_PROGRAM("openssl");
    RedisServer server({.listen = RedisServer::Listen::Tls});
    LK_START_REDIS(server);
    auto address = server.address();
    address.tls.caFile.clear();
    VERIFY_FAILS(address, ErrorCode::Untrusted, "cacert");
}

void TestConnecting::nameThatTheCertificateIsNotFor()
{
    LK_NEED_PROGRAM("openssl");
    RedisServer server({.listen = RedisServer::Listen::Tls});
    LK_START_REDIS(server);
    auto address = server.address();
    address.endpoint.host = QStringLiteral("127.0.0.2"); // loopback, but not in the certificate
    const auto outcome = outcomeOf(address);
    QVERIFY(!outcome);
    QVERIFY(outcome.error().code == ErrorCode::Untrusted ||
            outcome.error().code == ErrorCode::CannotConnect);
}

void TestConnecting::missingAuthorityFile()
{
    auto address = tcpAddress(6379);
    address.tls.isEnabled = true;
    address.tls.caFile = QStringLiteral("/nonexistent/ca.pem");
    VERIFY_FAILS(address, ErrorCode::Io, "/nonexistent/ca.pem");
}

void TestConnecting::databaseOutOfRange()
{
    RedisServer server;
    LK_START_REDIS(server);
    auto address = server.address();
    address.database = 99;
    VERIFY_FAILS(address, ErrorCode::Refused, "has no database 99");
}

void TestConnecting::aPasswordThatNobodyAsksFor()
{
    RedisServer server;
    LK_START_REDIS(server);
    ServerAddress address = server.address();
    address.password = Secret("hunter2");
    VERIFY_FAILS(address, ErrorCode::Refused, "asks for no password");
}

void TestConnecting::aNodeOfAClusterIsNoSingleServer()
{
    RedisServer node({.listen = RedisServer::Listen::Tcp, .role = RedisServer::Role::ClusterNode});
    LK_START_REDIS(node);
    VERIFY_FAILS(node.address(), ErrorCode::Refused, "is a node of a cluster");
    VERIFY_FAILS(node.address(), ErrorCode::Refused, "redis+cluster://127.0.0.1:");
}

void TestConnecting::aSentinelIsNoServerOfKeys()
{
    RedisServer sentinel({.listen = RedisServer::Listen::Tcp, .role = RedisServer::Role::Sentinel});
    LK_START_REDIS(sentinel);
    VERIFY_FAILS(sentinel.address(), ErrorCode::Refused, "is a Sentinel");
    VERIFY_FAILS(sentinel.address(), ErrorCode::Refused, "redis+sentinel://127.0.0.1:");
}

void TestConnecting::aPeerThatClosesAfterTheGreeting()
{
    // Answers what is asked first, and is gone before the heartbeat is written.
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost));
    connect(&server, &QTcpServer::newConnection, &server, [&server] {
        QTcpSocket *socket = server.nextPendingConnection();
        connect(socket, &QTcpSocket::readyRead, socket, [socket] {
            const qsizetype asked = socket->readAll().count('*');
            QByteArray answers;
            for (qsizetype i = 0; i < asked; ++i)
                answers += "+OK\r\n";
            socket->write(answers);
            socket->flush();
            const linger now{1, 0}; // a reset, not a farewell
            ::setsockopt(int(socket->socketDescriptor()), SOL_SOCKET, SO_LINGER, &now, sizeof now);
            socket->abort();
        });
    });
    for (int i = 0; i < 20; ++i) {
        Client client(tcpAddress(server.serverPort()), {.reconnects = false}, m_clock);
        static_cast<void>(await(client.open()));
        static_cast<void>(await(client.send(commands::ping()))); // an error, not a crash
    }
}

QTEST_GUILESS_MAIN(TestConnecting)
#include "tst_connecting.moc"
