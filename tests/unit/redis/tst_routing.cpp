// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/routing.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::redis;

class TestRouting : public QObject
{
    Q_OBJECT

private slots:
    void knowsTheSlotsOfTheSpecification();
    void hashesTheTagOnly();
    void findsTheKey_data();
    void findsTheKey();
    void readsRedirections();
    void takesOtherErrorsForNone();
};

void TestRouting::knowsTheSlotsOfTheSpecification()
{
    QCOMPARE(slotOf("123456789"), 0x31C3); // the check value of this CRC
    // As CLUSTER KEYSLOT of redis-server 7.0.15 says.
    QCOMPARE(slotOf("foo"), 12182);
    QCOMPARE(slotOf(""), 0);
    QCOMPARE(slotOf("\xff\x80"), slotOf(QByteArray("\xff\x80")));
}

void TestRouting::hashesTheTagOnly()
{
    QCOMPARE(slotOf("{user1000}.following"), slotOf("user1000"));
    QCOMPARE(slotOf("a{b}{c}"), slotOf("b"));
    QCOMPARE(slotOf("a{{b}}c"), slotOf("{b"));
    QVERIFY(slotOf("foo{}{bar}") != slotOf("bar"));
    QVERIFY(slotOf("foo{bar") != slotOf("bar"));
}

void TestRouting::findsTheKey_data()
{
    QTest::addColumn<QList<QByteArray>>("words");
    QTest::addColumn<QByteArray>("key");
    const auto row = [](const char *tag, const QList<QByteArray> &words, const char *key) {
        QTest::newRow(tag) << words << QByteArray(key);
    };
    row("GET", {"GET", "k"}, "k");
    row("lower case", {"get", "k"}, "k");
    row("SET", {"SET", "k", "v", "NX", "PX", "1"}, "k");
    row("PTTL", {"PTTL", "k"}, "k");
    row("GETRANGE", {"GETRANGE", "k", "0", "1"}, "k");
    row("DEL", {"DEL", "k"}, "k");
    row("PEXPIRE", {"PEXPIRE", "k", "1"}, "k");
    row("TYPE", {"TYPE", "k"}, "k");
    row("OBJECT", {"OBJECT", "IDLETIME", "k"}, "k");
    row("EVALSHA", {"EVALSHA", "sha", "1", "k", "a"}, "k");
    row("EVAL", {"EVAL", "return 1", "1", "k"}, "k");
    row("EVAL without keys", {"EVAL", "return 1", "0", "a"}, "");
    row("SCAN", {"SCAN", "0", "MATCH", "x*"}, "");
    row("INFO", {"INFO", "server"}, "");
    row("CLIENT LIST", {"CLIENT", "LIST"}, "");
    row("PING", {"PING"}, "");
}

void TestRouting::findsTheKey()
{
    QFETCH(QList<QByteArray>, words);
    QFETCH(QByteArray, key);
    const auto found = routingKey(Command{words});
    QCOMPARE(found.value_or(QByteArray()), key);
    QCOMPARE(found.has_value(), !key.isEmpty());
}

void TestRouting::readsRedirections()
{
    const auto moved = redirectionOf(Reply::error("MOVED 3999 127.0.0.1:6381"));
    QVERIFY(moved);
    QCOMPARE(moved->kind, Redirection::Kind::Moved);
    QCOMPARE(moved->slot, 3999);
    QCOMPARE(moved->to.toString(), QStringLiteral("127.0.0.1:6381"));
    const auto ask = redirectionOf(Reply::error("ASK 1 2001:db8::1:6381"));
    QVERIFY(ask);
    QCOMPARE(ask->kind, Redirection::Kind::Ask);
    QCOMPARE(ask->to.toString(), QStringLiteral("[2001:db8::1]:6381"));
    for (const char *text : {"MOVED 3999 :6381", "MOVED 3999 ?:6381"}) {
        const auto hostless = redirectionOf(Reply::error(text));
        QVERIFY(hostless);
        QVERIFY(hostless->to.host.isEmpty());
        QCOMPARE(hostless->to.port, quint16(6381));
    }
}

void TestRouting::takesOtherErrorsForNone()
{
    for (const char *text : {"ERR MOVED", "MOVED", "MOVED x 127.0.0.1:1", "MOVED 1 host",
                             "MOVED 99999 h:1", "CLUSTERDOWN The cluster is down"})
        QVERIFY2(!redirectionOf(Reply::error(text)), text);
    QVERIFY(!redirectionOf(Reply::bulk("MOVED 1 h:1")));
    QVERIFY(!redirectionOf(Reply()));
}

QTEST_APPLESS_MAIN(TestRouting)
#include "tst_routing.moc"
