// SPDX-License-Identifier: GPL-3.0-or-later
#include "peer.h"
#include "support/streamproxy.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using namespace std::chrono_literals;
using test::await;
using test::callsOf;
using test::kKey;
using test::kLock;
using test::kSession;
using test::Peer;
using test::RedisServer;
using Cut = test::StreamProxy::Cut;

namespace {

const Token kToken("t1");

redis::ServerAddress through(const test::StreamProxy &proxy)
{
    redis::ServerAddress address;
    address.endpoint = proxy.endpoint();
    return address;
}

RedisServer::Options overTcp()
{
    RedisServer::Options options;
    options.listen = RedisServer::Listen::Tcp;
    return options;
}

} // namespace

/// The connection goes away between a mutation and its reply: the outcome is found out by reading,
/// and nothing is sent a second time.
class TestLostReplies : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { LK_START_REDIS(m_server); }
    void init()
    {
        m_server.redis({"FLUSHALL"});
        m_server.redis({"CONFIG", "RESETSTAT"});
        m_proxy = std::make_unique<test::StreamProxy>(m_server.address().endpoint);
        m_peer = std::make_unique<Peer>(through(*m_proxy));
        QVERIFY(m_peer->open());
    }
    void cleanup()
    {
        m_peer.reset();
        m_proxy.reset();
    }

    void acquireThatTookEffect();
    void acquireThatDidNot();
    void acquireThatDidNotGoesOnWaiting();
    void acquireGivesBackWhatComesLate_data();
    void acquireGivesBackWhatComesLate();
    void acquireRecognizesWhatCameLate();
    void acquireOnAServerThatFellSilent();
    void releases_data();
    void releases();
    void releaseThatCameLate_data();
    void releaseThatCameLate();
    void renewals_data();
    void renewals();
    void extensionIsUnknown();
    void takeOvers_data();
    void takeOvers();
    void takeOverThatCameLate();
    void takeOverThatRanOut();
    void takeOverOfAnothersLock();
    void aTokenThatIsNotThereIsKnown();
    void noConnectionIsNoUnknownOutcome();
    void aConnectionKilledByTheServer();

private:
    void hold(const QByteArray &token, const QByteArray &ttl = "60000")
    {
        m_server.redis({"SET", kKey, token, "PX", ttl});
    }
    /// The words of the request that never arrived.
    QList<QByteArray> lateRequest()
    {
        const QList<QByteArray> lines = m_proxy->struckAt().split('\n');
        QList<QByteArray> words; // behind the count, a line with its length and a line each
        for (qsizetype i = 2; i < lines.size(); i += 2)
            words += lines[i].trimmed();
        return words;
    }
    void deliverLate() { m_server.redis(lateRequest()); }
    QByteArray token() { return m_server.redis({"GET", kKey}).toByteArray(); }
    /// Makes the server know all scripts, so that the next EVALSHA runs.
    void loadScripts()
    {
        hold("loading");
        (void)await(m_peer->protocol.reacquire(kLock, Token("loading"), 60s));
        (void)await(m_peer->protocol.extend(kLock, Token("loading"), 60s, true));
        (void)await(m_peer->protocol.takeOver(kSession, Token("loading")));
        (void)await(m_peer->protocol.release(kLock, Token(token())));
        m_server.redis({"CONFIG", "RESETSTAT"});
    }

    RedisServer m_server{overTcp()};
    std::unique_ptr<test::StreamProxy> m_proxy;
    std::unique_ptr<Peer> m_peer;
};

void TestLostReplies::acquireThatTookEffect()
{
    m_proxy->cutOn("SET", Cut::AfterRequest);
    const SteadyTime before = m_peer->clock.steady();
    const auto lock = await(m_peer->protocol.acquire(kSession, {}));
    QVERIFY2(lock, lock ? "" : qPrintable(lock.error().what));
    QCOMPARE(token(), lock->token.bytes());
    QVERIFY(lock->deadline >= before + 60s);
    QVERIFY(lock->deadline <=
            m_peer->clock.steady() + milliseconds(m_server.redis({"PTTL", kKey}).toLongLong() + 1));
    QCOMPARE(callsOf(m_server, "set"), 1);
}

void TestLostReplies::acquireThatDidNot()
{
    m_proxy->cutOn("SET", Cut::BeforeRequest);
    const auto lock = await(m_peer->protocol.acquire(kSession, {}));
    QVERIFY(!lock);
    QCOMPARE(lock.error().code, ErrorCode::ConnectionLost);
    QCOMPARE(callsOf(m_server, "set"), 0);
}

void TestLostReplies::acquireThatDidNotGoesOnWaiting()
{
    m_proxy->cutOn("SET", Cut::BeforeRequest);
    LockProtocol::AcquireOptions options;
    options.wait = 30s;
    const auto lock = await(m_peer->protocol.acquire(kSession, options));
    QVERIFY2(lock, lock ? "" : qPrintable(lock.error().what));
    QCOMPARE(token(), lock->token.bytes());
    QCOMPARE(callsOf(m_server, "set"), 1);
}

void TestLostReplies::acquireGivesBackWhatComesLate_data()
{
    QTest::addColumn<bool>("isStopped");
    QTest::newRow("stopped") << true;
    QTest::newRow("gave up") << false;
}

void TestLostReplies::acquireGivesBackWhatComesLate()
{
    QFETCH(const bool, isStopped);
    m_proxy->cutOn("SET", Cut::BeforeRequest);
    std::stop_source stop;
    LockProtocol::AcquireOptions options;
    options.stop = stop.get_token();
    if (isStopped) {
        options.wait = 1h;
        connect(m_proxy.get(), &test::StreamProxy::struck, this, [&stop] { stop.request_stop(); });
    }
    auto flow = m_peer->protocol.acquire(kSession, options);
    // The read that resolves the lost reply finds nothing; only then the server sees the SET.
    QTRY_VERIFY(callsOf(m_server, "get") > 0);
    deliverLate();
    const auto lock = await(std::move(flow));
    QVERIFY(!lock);
    QCOMPARE(lock.error().code, isStopped ? ErrorCode::Cancelled : ErrorCode::ConnectionLost);
    QCOMPARE(callsOf(m_server, "set"), 1);
    QCOMPARE(token(), QByteArray());
}

void TestLostReplies::acquireRecognizesWhatCameLate()
{
    m_proxy->cutOn("SET", Cut::BeforeRequest);
    LockProtocol::AcquireOptions options;
    options.wait = 1h;
    hold("other");
    auto flow = m_peer->protocol.acquire(kSession, options);
    QTRY_VERIFY(callsOf(m_server, "set") >= 2); // it goes on, and another's lock is in the way
    m_server.redis({"SET", kKey, lateRequest().at(2), "PX", "60000"});
    const auto lock = await(std::move(flow));
    QVERIFY2(lock, lock ? "" : qPrintable(lock.error().what));
    QCOMPARE(token(), lock->token.bytes());
}

void TestLostReplies::acquireOnAServerThatFellSilent()
{
    // The server takes the command, but acts on it only after we have given the connection up.
    m_server.pause();
    auto flow = m_peer->protocol.acquire(kSession, {});
    QTRY_VERIFY_WITH_TIMEOUT(!m_peer->client.isReady(), 20'000);
    m_server.resume();
    const auto lock = await(std::move(flow));
    QVERIFY2(lock, lock ? "" : qPrintable(lock.error().what));
    QCOMPARE(token(), lock->token.bytes());
    QCOMPARE(callsOf(m_server, "set"), 1);
}

void TestLostReplies::releases_data()
{
    QTest::addColumn<bool>("hasEffect");
    QTest::addColumn<bool>("isForced");
    QTest::newRow("released") << true << false;
    QTest::newRow("not released") << false << false;
    QTest::newRow("force-released") << true << true;
    QTest::newRow("not force-released") << false << true;
}

void TestLostReplies::releases()
{
    QFETCH(const bool, hasEffect);
    QFETCH(const bool, isForced);
    loadScripts();
    hold(kToken.bytes());
    m_proxy->cutOn("EVALSHA", hasEffect ? Cut::AfterRequest : Cut::BeforeRequest);
    std::optional<Error> error;
    if (isForced) {
        const auto done = await(m_peer->protocol.forceRelease(kLock, kToken));
        if (!done)
            error = done.error();
    } else {
        const auto released = await(m_peer->protocol.release(kLock, kToken));
        if (!released)
            error = released.error();
        else
            QVERIFY(released->isDone && released->isInferred);
    }
    // An operator's act is not called done on the strength of a read: another may have done it.
    QCOMPARE(error.has_value(), !hasEffect || isForced);
    if (error)
        QCOMPARE(error->code, hasEffect ? ErrorCode::OutcomeUnknown : ErrorCode::ConnectionLost);
    QCOMPARE(token(), hasEffect ? QByteArray() : kToken.bytes());
    QCOMPARE(callsOf(m_server, "evalsha"), hasEffect ? 1 : 0);
    QCOMPARE(callsOf(m_server, "eval"), 0);
}

void TestLostReplies::releaseThatCameLate_data()
{
    QTest::addColumn<bool>("isForced");
    QTest::newRow("released") << false;
    QTest::newRow("force-released") << true;
}

void TestLostReplies::releaseThatCameLate()
{
    QFETCH(const bool, isForced);
    loadScripts();
    hold(kToken.bytes());
    m_proxy->cutOn("EVALSHA", Cut::BeforeRequest);
    // The read that resolves the lost reply still finds the token; only then the script runs.
    const auto arrive = [this] {
        QTRY_VERIFY(callsOf(m_server, "get") > 0);
        deliverLate();
    };
    if (isForced) {
        auto flow = m_peer->protocol.forceRelease(kLock, kToken);
        arrive();
        const auto done = await(std::move(flow));
        QVERIFY(!done);
        QCOMPARE(done.error().code, ErrorCode::OutcomeUnknown);
    } else {
        auto flow = m_peer->protocol.release(kLock, kToken);
        arrive();
        const auto released = await(std::move(flow));
        QVERIFY2(released, released ? "" : qPrintable(released.error().what));
        QVERIFY(released->isDone && released->isInferred);
    }
    QCOMPARE(token(), QByteArray());
}

void TestLostReplies::renewals_data()
{
    QTest::addColumn<bool>("hasEffect");
    QTest::addColumn<bool>("isExtend");
    QTest::newRow("reacquired") << true << false;
    QTest::newRow("not reacquired") << false << false;
    QTest::newRow("extended") << true << true;
    QTest::newRow("not extended") << false << true;
}

void TestLostReplies::renewals()
{
    QFETCH(const bool, hasEffect);
    QFETCH(const bool, isExtend);
    loadScripts();
    hold(kToken.bytes(), "20000");
    m_proxy->cutOn("EVALSHA", hasEffect ? Cut::AfterRequest : Cut::BeforeRequest);
    const auto result = isExtend ? await(m_peer->protocol.extend(kLock, kToken, 60s, true))
                                 : await(m_peer->protocol.reacquire(kLock, kToken, 60s));
    if (hasEffect) {
        QVERIFY2(result, result ? "" : qPrintable(result.error().what));
        QVERIFY(result->isDone && result->isInferred);
    } else {
        QVERIFY(!result);
        QCOMPARE(result.error().code, ErrorCode::ConnectionLost);
    }
    QCOMPARE(m_server.redis({"PTTL", kKey}).toLongLong() > 20'000, hasEffect);
    QCOMPARE(callsOf(m_server, "evalsha"), hasEffect ? 1 : 0);
}

void TestLostReplies::extensionIsUnknown()
{
    loadScripts();
    hold(kToken.bytes(), "20000");
    m_proxy->cutOn("EVALSHA", Cut::AfterRequest);
    const auto result = await(m_peer->protocol.extend(kLock, kToken, 60s, false));
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::OutcomeUnknown);
    QCOMPARE(callsOf(m_server, "evalsha"), 1);
}

void TestLostReplies::takeOvers_data()
{
    QTest::addColumn<bool>("hasEffect");
    QTest::newRow("taken over") << true;
    QTest::newRow("not taken over") << false;
}

void TestLostReplies::takeOvers()
{
    QFETCH(const bool, hasEffect);
    loadScripts();
    hold(kToken.bytes());
    m_proxy->cutOn("EVALSHA", hasEffect ? Cut::AfterRequest : Cut::BeforeRequest);
    const auto lock = await(m_peer->protocol.takeOver(kSession, kToken));
    QCOMPARE(bool(lock), hasEffect);
    if (lock) {
        QCOMPARE(token(), lock->token.bytes());
    } else {
        QCOMPARE(lock.error().code, ErrorCode::ConnectionLost);
        QCOMPARE(token(), kToken.bytes());
    }
    QCOMPARE(callsOf(m_server, "evalsha"), hasEffect ? 1 : 0);
}

void TestLostReplies::takeOverThatCameLate()
{
    loadScripts();
    hold(kToken.bytes());
    m_proxy->cutOn("EVALSHA", Cut::BeforeRequest);
    auto flow = m_peer->protocol.takeOver(kSession, kToken);
    QTRY_VERIFY(callsOf(m_server, "get") > 0); // it still finds the owner that was seen
    deliverLate();
    const auto lock = await(std::move(flow));
    QVERIFY2(lock, lock ? "" : qPrintable(lock.error().what));
    QCOMPARE(token(), lock->token.bytes());
}

void TestLostReplies::takeOverThatRanOut()
{
    m_peer = std::make_unique<Peer>(through(*m_proxy), test::familyWithLease(200ms));
    QVERIFY(m_peer->open());
    loadScripts();
    hold(kToken.bytes());
    m_proxy->setListening(false);
    m_proxy->cutOn("EVALSHA", Cut::AfterRequest);
    auto flow = m_peer->protocol.takeOver(kSession, kToken);
    QTRY_COMPARE(token(), QByteArray()); // its owner's lease was longer: the lock was ours
    m_proxy->setListening(true);
    const auto lock = await(std::move(flow));
    QVERIFY(!lock);
    QCOMPARE(lock.error().code, ErrorCode::OutcomeUnknown);
}

void TestLostReplies::takeOverOfAnothersLock()
{
    loadScripts();
    hold("other");
    m_proxy->cutOn("EVALSHA", Cut::AfterRequest);
    const auto lock = await(m_peer->protocol.takeOver(kSession, kToken));
    QVERIFY(!lock);
    QCOMPARE(lock.error().code, ErrorCode::ChangedHands); // ours would still be there
    QCOMPARE(token(), QByteArray("other"));
}

void TestLostReplies::aTokenThatIsNotThereIsKnown()
{
    loadScripts();
    hold("other");
    m_proxy->cutOn("GET", Cut::BeforeRequest); // the read that was to say whose lock it is
    const auto renewed = await(m_peer->protocol.reacquire(kLock, kToken, 60s));
    QVERIFY2(renewed, renewed ? "" : qPrintable(renewed.error().what));
    QVERIFY(!renewed->isDone && !renewed->isInferred);
    const QString text = describe(renewed->current, m_peer->clock);
    QVERIFY2(text.startsWith(u"not readable: "), qPrintable(text));
}

void TestLostReplies::noConnectionIsNoUnknownOutcome()
{
    m_proxy->setListening(false);
    m_proxy->cutAll();
    QTRY_VERIFY(!m_peer->client.isReady());
    const auto lock = await(m_peer->protocol.acquire(kSession, {}));
    QVERIFY(!lock);
    QCOMPARE(lock.error().code, ErrorCode::CannotConnect);
    const auto released = await(m_peer->protocol.release(kLock, kToken));
    QVERIFY(!released);
    QCOMPARE(released.error().code, ErrorCode::CannotConnect);
}

void TestLostReplies::aConnectionKilledByTheServer()
{
    hold("other");
    LockProtocol::AcquireOptions options;
    options.wait = 30s;
    auto flow = m_peer->protocol.acquire(kSession, options);
    QTRY_VERIFY(callsOf(m_server, "set") >= 2);
    m_server.redis({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    m_server.redis({"DEL", kKey});
    const auto lock = await(std::move(flow)); // the wait outlives the connection
    QVERIFY2(lock, lock ? "" : qPrintable(lock.error().what));
    QCOMPARE(token(), lock->token.bytes());
}

QTEST_GUILESS_MAIN(TestLostReplies)
#include "tst_lostreplies.moc"
