// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text.h"
#include "locks/lockfamily.h"
#include "locks/lockrecord.h"
#include "locks/owner.h"
#include "locks/tokens.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using namespace std::chrono_literals;

namespace {

Token uuid1Of(const Clock &clock, std::uint64_t node)
{
    constexpr std::int64_t epochTicks = 0x01B21DD213814000;
    return encodeUuid1(clock.wall().time_since_epoch().count() * 10 + epochTicks, 7, node);
}

} // namespace

class TestOwner : public QObject
{
    Q_OBJECT

private slots:
    void readsTheNodeOfAUuid1_data()
    {
        QTest::addColumn<quint64>("node");
        QTest::addColumn<QString>("nodeId");
        QTest::addColumn<QString>("label");
        QTest::newRow("a network card") << quint64(0x00163e0a0b0c) << "00163e0a0b0c"
                                        << "00:16:3e:0a:0b:0c";
        QTest::newRow("docker") << quint64(0x0242ac110005) << "0242ac110005"
                                << "02:42:ac:11:00:05 (Docker 172.17.0.5)";
        QTest::newRow("random") << quint64(0x9f6bdeced846) << "9f6bdeced846"
                                << "9f:6b:de:ce:d8:46 (random node)";
    }
    void readsTheNodeOfAUuid1()
    {
        QFETCH(const quint64, node);
        ManualClock clock;
        const Owner owner = decodeOwner(uuid1Of(clock, node), clock.wall() + 5s);
        QCOMPARE(owner.kind, TokenKind::Uuid1);
        QTEST(owner.nodeId, "nodeId");
        QTEST(owner.label, "label");
        QCOMPARE(owner.confidence, Confidence::Likely);
        QVERIFY(owner.calledAt == clock.wall());
    }

    void namesAreSure()
    {
        ManualClock clock;
        const NodeNames names{{QStringLiteral("0242ac110005"), QStringLiteral("api-3")},
                              {QStringLiteral("00163e0a0b0c"), QStringLiteral("  ")}};
        const Owner named = decodeOwner(uuid1Of(clock, 0x0242ac110005), clock.wall(), names);
        QCOMPARE(named.label, QStringLiteral("api-3"));
        QCOMPARE(named.confidence, Confidence::Sure);
        const Owner blank = decodeOwner(uuid1Of(clock, 0x00163e0a0b0c), clock.wall(), names);
        QCOMPARE(blank.label, QStringLiteral("00:16:3e:0a:0b:0c"));
        QCOMPARE(blank.confidence, Confidence::Likely);
    }

    void showsOtherTokens_data()
    {
        QTest::addColumn<QByteArray>("token");
        QTest::addColumn<TokenKind>("kind");
        QTest::addColumn<QString>("label");
        QTest::newRow("uuid4 in hex") << QByteArray("3f2a77c10b7d4e5fa9c8112233445566")
                                      << TokenKind::Uuid4 << "3f2a77c1…5566";
        QTest::newRow("uuid4 with dashes") << QByteArray("3f2a77c1-0b7d-4e5f-a9c8-112233445566")
                                           << TokenKind::Uuid4 << "3f2a77c1…5566";
        QTest::newRow("random hex") << QByteArray("3f2a77c10b7d9e5f19c8112233445566")
                                    << TokenKind::Text << "3f2a77c10b7d9e5f19c8112233445566";
        QTest::newRow("some dashes") << QByteArray("3f2a77c1-0b7d4e5fa9c8112233445566")
                                     << TokenKind::Text << "3f2a77c1-0b7d4e5fa9c8112233445566";
        QTest::newRow("readable") << QByteArray("worker-7@host-a:1234") << TokenKind::Text
                                  << "worker-7@host-a:1234";
        QTest::newRow("nearly shedlock")
            << QByteArray("ADDED:2026-01-01@host") << TokenKind::Text << "ADDED:2026-01-01@host";
        QTest::newRow("other scripts")
            << QByteArray("работник-7") << TokenKind::Text << "работник-7";
        QTest::newRow("long text") << QByteArray(500, 'a') << TokenKind::Text
                                   << QString(QString(100, u'a') + u'…' + QString(20, u'a'));
        QTest::newRow("empty") << QByteArray() << TokenKind::Text << "(empty)";
        QTest::newRow("blank") << QByteArray("  ") << TokenKind::Text << "(blank)";
        QTest::newRow("24 raw bytes") << QByteArray::fromHex("00ff10ab") + QByteArray(18, '\x01') +
                                             QByteArray::fromHex("beef")
                                      << TokenKind::Binary << "00ff10ab…beef";
        QTest::newRow("one zero byte") << QByteArray(1, '\0') << TokenKind::Binary << "00";
        QTest::newRow("control characters") << QByteArray("a\nb") << TokenKind::Binary << "610a62";
        QTest::newRow("cut utf-8") << QByteArray("\xd1") << TokenKind::Binary << "d1";
    }
    void showsOtherTokens()
    {
        QFETCH(const QByteArray, token);
        ManualClock clock;
        const Owner owner = decodeOwner(Token(token), clock.wall());
        QTEST(owner.kind, "kind");
        QTEST(owner.label, "label");
        QCOMPARE(owner.confidence, Confidence::Opaque);
        QVERIFY(owner.nodeId.isEmpty());
        QVERIFY(!owner.calledAt);
    }

    void tellsTheWorkersOfANodeApart()
    {
        ManualClock clock;
        const Owner owner = decodeOwner(uuid1Of(clock, 0x0242ac110005), clock.wall());
        QCOMPARE(owner.worker, QStringLiteral("0007"));
        QVERIFY(decodeOwner(Token("worker-7"), clock.wall()).worker.isEmpty());
    }

    void shedLockNamesItsHost()
    {
        ManualClock clock;
        const Owner owner =
            decodeOwner(Token("ADDED:2026-01-01T00:00:00.123Z@api-7.local"), clock.wall());
        QCOMPARE(owner.kind, TokenKind::Text);
        QCOMPARE(owner.label, QStringLiteral("api-7.local (ShedLock)"));
        QCOMPARE(owner.confidence, Confidence::Likely);
    }

    void anOldUuid1IsNoUuid1()
    {
        ManualClock clock;
        const Owner owner = decodeOwner(uuid1Of(clock, 0x0242ac110005), clock.wall() + 48h);
        QCOMPARE(owner.kind, TokenKind::Text);
        QCOMPARE(owner.confidence, Confidence::Opaque);
    }

    void wordsAreStable()
    {
        QCOMPARE(name(TokenKind::Uuid1), QLatin1StringView("uuid1"));
        QCOMPARE(name(TokenKind::Uuid4), QLatin1StringView("uuid4"));
        QCOMPARE(name(TokenKind::Text), QLatin1StringView("text"));
        QCOMPARE(name(TokenKind::Binary), QLatin1StringView("binary"));
        QCOMPARE(name(Confidence::Sure), QLatin1StringView("sure"));
        QCOMPARE(name(Confidence::Likely), QLatin1StringView("likely"));
        QCOMPARE(name(Confidence::Opaque), QLatin1StringView("opaque"));
        QCOMPARE(name(HoldEnd::Released), QLatin1StringView("released"));
        QCOMPARE(name(HoldEnd::Expired), QLatin1StringView("expired"));
        QCOMPARE(name(HoldEnd::Replaced), QLatin1StringView("replaced"));
        QCOMPARE(name(HoldEnd::ForceReleased), QLatin1StringView("force_released"));
        QCOMPARE(name(HoldEnd::TakenOver), QLatin1StringView("taken_over"));
        QCOMPARE(name(HoldEnd::Flushed), QLatin1StringView("flushed"));
    }

    void familiesNameTheirKeys()
    {
        const LockFamily chat;
        QCOMPARE(chat.lockKey(SessionId("a:b")).bytes(), QByteArray("chat:session_lock:a:b"));
        QCOMPARE(chat.cacheKey(SessionId("a:b")).bytes(), QByteArray("chat:session:a:b"));
        QCOMPARE(chat.sessionOfLock("chat:session_lock:a:b"), SessionId("a:b"));
        QCOMPARE(chat.sessionOfCache("chat:session:a"), SessionId("a"));
        QVERIFY(!chat.sessionOfLock("chat:session:a"));
        QVERIFY(!chat.sessionOfCache("chat:session_lock:a"));
        QVERIFY(!chat.sessionOfLock("chat:session_lock:"));
        QVERIFY(!chat.sessionOfLock("chat:session_lock"));
        QVERIFY(!chat.sessionOfLock("kb:chat:session_lock:a"));
    }

    void familiesThatAreBuiltIn()
    {
        const auto chat = builtInFamily(QStringLiteral("chat"));
        QVERIFY(chat);
        QVERIFY(*chat == LockFamily{});
        QVERIFY(chat->check());
        const auto copilot = builtInFamily(QStringLiteral("copilot"));
        QVERIFY(copilot);
        QVERIFY(copilot->check());
        QCOMPARE(copilot->lockPrefix, QByteArray("copilot:session_lock:"));
        QCOMPARE(copilot->sessionPrefix, QByteArray("chat:session:"));
        QCOMPARE(copilot->lease, milliseconds(10s));
        const auto none = builtInFamily(QStringLiteral("Chat"));
        QVERIFY(!none);
        QCOMPARE(none.error().code, ErrorCode::InvalidInput);
    }

    void familiesAreChecked_data()
    {
        QTest::addColumn<QByteArray>("lockPrefix");
        QTest::addColumn<QByteArray>("sessionPrefix");
        QTest::addColumn<int>("leaseMs");
        QTest::addColumn<QString>("mentions");
        QTest::newRow("no lock prefix") << QByteArray() << QByteArray("s:") << 1 << "lock prefix";
        QTest::newRow("no session prefix")
            << QByteArray("l:") << QByteArray() << 1 << "session prefix";
        QTest::newRow("same") << QByteArray("a:") << QByteArray("a:") << 1 << "overlap";
        QTest::newRow("lock inside session")
            << QByteArray("a:lock:") << QByteArray("a:") << 1 << "overlap";
        QTest::newRow("session inside lock")
            << QByteArray("a:") << QByteArray("a:s:") << 1 << "overlap";
        QTest::newRow("no lease") << QByteArray("l:") << QByteArray("s:") << 0 << "lease";
        QTest::newRow("negative lease") << QByteArray("l:") << QByteArray("s:") << -5 << "lease";
    }
    void familiesAreChecked()
    {
        QFETCH(const QByteArray, lockPrefix);
        QFETCH(const QByteArray, sessionPrefix);
        QFETCH(const int, leaseMs);
        QFETCH(const QString, mentions);
        const LockFamily family{QStringLiteral("mine"), lockPrefix, sessionPrefix,
                                milliseconds(leaseMs), 12h};
        const auto checked = family.check();
        QVERIFY(!checked);
        QCOMPARE(checked.error().code, ErrorCode::InvalidInput);
        QVERIFY2(checked.error().what.contains(mentions), qPrintable(checked.error().what));
        QVERIFY(!checked.error().hint.isEmpty());
    }
};

QTEST_APPLESS_MAIN(TestOwner)
#include "tst_owner.moc"
