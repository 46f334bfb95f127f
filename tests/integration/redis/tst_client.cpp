// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/client.h"
#include "support/await.h"
#include "support/redisserver.h"
#include "support/streamproxy.h"

#include <QSignalSpy>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::redis;
using namespace std::chrono_literals;
using test::await;
using test::RedisServer;
using test::StreamProxy;

class TestClient : public QObject
{
    Q_OBJECT

private slots:
    void runsScriptsAndLoadsThemAgain();
    void readOnlySendsNoWrite();
    void comesBackAfterTheServerRestarts();
    void noticesAStalledServer();
    void neverRepeatsAMutation();
    void sayWhyThereIsNoConnection();
    void pipelinesManyReplies();
    void readsAnEntryOf50Megabytes();
    void closeEndsWhatIsOpen();

private:
    SystemClock m_clock;
};

void TestClient::runsScriptsAndLoadsThemAgain()
{
    RedisServer server;
    LK_START_REDIS(server);
    Client client(server.address(), {}, m_clock);
    QVERIFY(await(client.open()));
    const Script script("echo", "return {KEYS[1], ARGV[1]}");
    for (int round = 0; round < 2; ++round) {
        const auto reply = await(client.run(script, {"k"}, {"v"}));
        QVERIFY(reply);
        QCOMPARE(*reply, Reply::array({Reply::bulk("k"), Reply::bulk("v")}));
        server.redis({"SCRIPT", "FLUSH"});
    }
}

void TestClient::readOnlySendsNoWrite()
{
    RedisServer server;
    LK_START_REDIS(server);
    Client client(server.address(), {.isReadOnly = true}, m_clock);
    QVERIFY(await(client.open()));
    QCOMPARE(await(client.send(commands::del("k"))).error().code, ErrorCode::NotPermitted);
    const Script script("s", "return 1");
    QCOMPARE(await(client.run(script, {}, {})).error().code, ErrorCode::NotPermitted);
    QVERIFY(await(client.send(commands::get("k"))));
    const QByteArray stats = server.redis({"INFO", "commandstats"}).toByteArray();
    QVERIFY(stats.contains("cmdstat_get"));
    QVERIFY(!stats.contains("cmdstat_del"));
    QVERIFY(!stats.contains("cmdstat_eval"));
}

void TestClient::comesBackAfterTheServerRestarts()
{
    RedisServer server;
    LK_START_REDIS(server);
    Client client(server.address(), {}, m_clock);
    QVERIFY(await(client.open()));
    const QString firstRun = client.serverInfo().runId;
    server.kill();
    QTRY_COMPARE(client.state(), Link::State::Waiting);
    QVERIFY(client.lastError());
    const auto refused = await(client.send(commands::get("k")));
    QCOMPARE(refused.error().code, ErrorCode::CannotConnect);
    QVERIFY(server.restart());
    QTRY_VERIFY_WITH_TIMEOUT(client.isReady(), 20'000);
    QVERIFY(!client.lastError());
    QVERIFY(client.serverInfo().runId != firstRun);
    QVERIFY(await(client.send(commands::get("k"))));
}

void TestClient::noticesAStalledServer()
{
    RedisServer server;
    LK_START_REDIS(server);
    Client client(server.address(), {}, m_clock);
    QVERIFY(await(client.open()));
    server.pause();
    QTRY_VERIFY_WITH_TIMEOUT(!client.isReady(), 20'000);
    QCOMPARE(client.lastError()->code, ErrorCode::TimedOut);
    server.resume();
    QTRY_VERIFY_WITH_TIMEOUT(client.isReady(), 30'000);
}

void TestClient::neverRepeatsAMutation()
{
    RedisServer server;
    LK_START_REDIS(server);
    StreamProxy proxy(server.address().endpoint);
    auto address = server.address();
    address.endpoint = proxy.endpoint();
    Client client(address, {}, m_clock);
    QVERIFY(await(client.open()));
    proxy.cutOn("INCR", StreamProxy::Cut::AfterRequest);
    const Command increment{{"INCR", "n"}, Effect::Mutation};
    const auto lost = await(client.send(increment));
    QCOMPARE(lost.error().code, ErrorCode::OutcomeUnknown);
    QTRY_VERIFY_WITH_TIMEOUT(client.isReady(), 20'000);
    QCOMPARE(await(client.send(commands::get("n")))->bytes(), QByteArray("1"));
}

void TestClient::sayWhyThereIsNoConnection()
{
    ServerAddress address;
    address.endpoint.kind = Endpoint::Kind::Unix;
    address.endpoint.path = QStringLiteral("/nonexistent/redis.sock");
    Client client(address, {}, m_clock);
    QVERIFY(!await(client.open()));
    const auto reply = await(client.send(commands::ping()));
    QCOMPARE(reply.error().code, ErrorCode::CannotConnect);
    QVERIFY(reply.error().what.contains(u"/nonexistent/redis.sock"));
}

void TestClient::pipelinesManyReplies()
{
    RedisServer server;
    LK_START_REDIS(server);
    Client client(server.address(), {}, m_clock);
    QVERIFY(await(client.open()));
    server.redis({"SET", "k", "v"});
    const QList<Command> pipeline(Client::kMaxPipeline, commands::get("k"));
    for (int round = 0; round < 20; ++round) {
        const auto replies = await(client.send(pipeline));
        QVERIFY(replies);
        QCOMPARE(*replies, QList<Reply>(Client::kMaxPipeline, Reply::bulk("v")));
    }
}

void TestClient::readsAnEntryOf50Megabytes()
{
    RedisServer server({.listen = RedisServer::Listen::Tcp});
    LK_START_REDIS(server);
    Client client(server.address(), {}, m_clock);
    QVERIFY(await(client.open()));
    constexpr int kSize = 50 * 1024 * 1024;
    server.redis({"SETRANGE", "big", QByteArray::number(kSize - 1), "x"});
    const auto reply = await(client.send(commands::get("big")));
    QVERIFY(reply);
    QCOMPARE(reply->bytes().size(), kSize);
    QVERIFY(reply->bytes().endsWith('x'));
}

void TestClient::closeEndsWhatIsOpen()
{
    RedisServer server;
    LK_START_REDIS(server);
    auto client = std::make_unique<Client>(server.address(), Client::Options{}, m_clock);
    QVERIFY(await(client->open()));
    server.pause();
    const auto open = client->send(commands::get("k"));
    client->close();
    QCOMPARE(open.result().error().code, ErrorCode::Cancelled);
    QCOMPARE(await(client->send(commands::get("k"))).error().code, ErrorCode::Cancelled);
    client.reset();
    server.resume();
}

QTEST_GUILESS_MAIN(TestClient)
#include "tst_client.moc"
