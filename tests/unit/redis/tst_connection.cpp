// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/connection.h"
#include "scriptedtransport.h"

#include <QSignalSpy>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::redis;
using namespace std::chrono_literals;
using test::ScriptedTransport;

class TestConnection : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void cleanup();

    void answersInOrder();
    void keepsErrorsAsValues();
    void endsEverySendWhenThePeerGoes();
    void callsALostMutationUnknown();
    void endsEverySendWhenClosed();
    void endsEverySendWhenDestroyed();
    void oneLateReplyEndsTheConnection();
    void isNotLateBehindALongerDeadline();
    void givesUpOpening();
    void tellsMessagesFromReplies();
    void repeatsTheLastWordOfAPeer();
    void refusesAPeerThatIsNoRedis();
    void survivesAFloodWithoutStarvingTheLoop();
    void mayBeSentToFromAContinuation();

private:
    SystemClock m_clock;
    ScriptedTransport *m_peer = nullptr;
    std::unique_ptr<Connection> m_connection;
};

void TestConnection::init()
{
    auto transport = std::make_unique<ScriptedTransport>();
    m_peer = transport.get();
    m_connection = std::make_unique<Connection>(std::move(transport), m_clock);
    m_connection->open(1s);
    emit m_peer->connected();
}

void TestConnection::cleanup()
{
    m_connection.reset();
}

void TestConnection::answersInOrder()
{
    const auto first = m_connection->send({commands::get("a"), commands::pttl("a")});
    const auto second = m_connection->send({commands::get("b")});
    QCOMPARE(m_connection->repliesAwaited(), 3);
    m_peer->say("$1\r\nx\r\n:5");
    QVERIFY(!first.isFinished());
    m_peer->say("0\r\n$-1\r\n");
    QCOMPARE(first.result().value(), (QList<Reply>{Reply::bulk("x"), Reply::integer(50)}));
    QCOMPARE(second.result().value(), QList<Reply>{Reply()});
    QCOMPARE(m_connection->repliesAwaited(), 0);
}

void TestConnection::keepsErrorsAsValues()
{
    const auto reply = m_connection->send({commands::get("hash")});
    m_peer->say("-WRONGTYPE Operation against a key\r\n");
    QVERIFY(reply.result());
    QCOMPARE(reply.result()->first().errorPrefix(), QByteArray("WRONGTYPE"));
}

void TestConnection::endsEverySendWhenThePeerGoes()
{
    const QSignalSpy ended(m_connection.get(), &Connection::ended);
    const auto half = m_connection->send({commands::get("a"), commands::get("b")});
    const auto none = m_connection->send({commands::get("c")});
    m_peer->say("$1\r\nx\r\n");
    emit m_peer->failed({ErrorCode::ConnectionLost, QStringLiteral("gone"), {}});
    QCOMPARE(half.result().error().code, ErrorCode::ConnectionLost);
    QCOMPARE(none.result().error().code, ErrorCode::ConnectionLost);
    QCOMPARE(ended.count(), 1);
    QVERIFY(m_peer->isAborted);
    const auto late = m_connection->send({commands::get("d")});
    QCOMPARE(late.result().error().code, ErrorCode::ConnectionLost);
}

void TestConnection::callsALostMutationUnknown()
{
    const auto mutation = m_connection->send({commands::del("a")});
    const auto read = m_connection->send({commands::get("a")});
    emit m_peer->failed({ErrorCode::ConnectionLost, QStringLiteral("gone"), {}});
    QCOMPARE(mutation.result().error().code, ErrorCode::OutcomeUnknown);
    QVERIFY(mutation.result().error().what.contains(u"DEL"));
    QCOMPARE(read.result().error().code, ErrorCode::ConnectionLost);
}

void TestConnection::endsEverySendWhenClosed()
{
    const QSignalSpy ended(m_connection.get(), &Connection::ended);
    const auto read = m_connection->send({commands::get("a")});
    const auto mutation = m_connection->send({commands::del("a")});
    m_connection->close();
    QCOMPARE(read.result().error().code, ErrorCode::Cancelled);
    QCOMPARE(mutation.result().error().code, ErrorCode::OutcomeUnknown);
    QCOMPARE(ended.count(), 0);
}

void TestConnection::endsEverySendWhenDestroyed()
{
    const auto read = m_connection->send({commands::get("a")});
    m_connection.reset();
    QCOMPARE(read.result().error().code, ErrorCode::Cancelled);
}

void TestConnection::oneLateReplyEndsTheConnection()
{
    QSignalSpy ended(m_connection.get(), &Connection::ended);
    Command hasty = commands::get("a");
    hasty.deadline = 20ms;
    const auto late = m_connection->send({hasty});
    const auto patient = m_connection->send({commands::get("b")});
    QVERIFY(ended.wait());
    QCOMPARE(late.result().error().code, ErrorCode::TimedOut);
    QVERIFY(late.result().error().what.contains(u"GET"));
    QCOMPARE(patient.result().error().code, ErrorCode::TimedOut);
}

void TestConnection::isNotLateBehindALongerDeadline()
{
    RequestQueue queue;
    const SteadyTime now = m_clock.steady();
    Command large = commands::get("large");
    large.deadline = 30s;
    const auto value = queue.add({large}, now);
    const auto pong = queue.add({commands::ping()}, now + 1s);
    QCOMPARE(queue.earliestDeadline(), std::optional(now + 30s));
    QVERIFY(queue.deliver(Reply::bulk("x")));
    QCOMPARE(queue.earliestDeadline(), std::optional(now + 30s));
    QVERIFY(queue.deliver(Reply::status("PONG")));
    QVERIFY(value.result() && pong.result());
}

void TestConnection::givesUpOpening()
{
    auto transport = std::make_unique<ScriptedTransport>();
    Connection connection(std::move(transport), m_clock);
    QSignalSpy ended(&connection, &Connection::ended);
    connection.open(10ms);
    QVERIFY(ended.wait());
    QCOMPARE(ended.first().first().value<Error>().code, ErrorCode::CannotConnect);
}

void TestConnection::tellsMessagesFromReplies()
{
    QSignalSpy messages(m_connection.get(), &Connection::messageReceived);
    const auto subscribed = m_connection->send({commands::subscribe("c")});
    m_peer->say("*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    QVERIFY(subscribed.isFinished());
    const auto pong = m_connection->send({commands::ping()});
    m_peer->say("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n*1\r\n$1\r\nk\r\n"
                "*2\r\n$4\r\npong\r\n$0\r\n\r\n"
                "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$-1\r\n");
    QVERIFY(pong.isFinished());
    QCOMPARE(messages.count(), 2);
    QCOMPARE(messages[0][1].value<Reply>(), Reply::array({Reply::bulk("k")}));
    QVERIFY(messages[1][1].value<Reply>().isNil());
}

void TestConnection::repeatsTheLastWordOfAPeer()
{
    QSignalSpy ended(m_connection.get(), &Connection::ended);
    m_peer->say("-DENIED Redis is running in protected mode\r\n");
    QCOMPARE(ended.count(), 1);
    QVERIFY(ended.first().first().value<Error>().what.contains(u"protected mode"));
}

void TestConnection::refusesAPeerThatIsNoRedis()
{
    QSignalSpy ended(m_connection.get(), &Connection::ended);
    const auto reply = m_connection->send({commands::ping()});
    m_peer->say("HTTP/1.1 400 Bad Request\r\n");
    QCOMPARE(reply.result().error().code, ErrorCode::Protocol);
    QCOMPARE(ended.count(), 1);
}

void TestConnection::survivesAFloodWithoutStarvingTheLoop()
{
    constexpr int kCommands = 1000;
    constexpr int kPipelines = 100;
    const QList<Command> pipeline(kCommands, commands::get("a"));
    QList<QFuture<Result<QList<Reply>>>> futures;
    for (int i = 0; i < kPipelines; ++i)
        futures.append(m_connection->send(pipeline));
    m_peer->say(QByteArray("$1\r\nx\r\n").repeated(kCommands * kPipelines));
    QVERIFY2(!futures.last().isFinished(), "one turn parsed everything");
    QTRY_VERIFY(futures.last().isFinished());
    QCOMPARE(futures.last().result()->size(), kCommands);
}

void TestConnection::mayBeSentToFromAContinuation()
{
    QFuture<Result<QList<Reply>>> second;
    m_connection->send({commands::get("a")}).then([&](const Result<QList<Reply>> &) {
        second = m_connection->send({commands::get("b")});
    });
    m_peer->say("$1\r\nx\r\n$1\r\ny\r\n");
    QVERIFY(second.isFinished());
    QCOMPARE(second.result()->first(), Reply::bulk("y"));
}

QTEST_GUILESS_MAIN(TestConnection)
#include "tst_connection.moc"
