// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/serveraddress.h"

#include <QTest>

using namespace lockkeeper;
using redis::parseServerUrl;

class TestServerAddress : public QObject
{
    Q_OBJECT

private slots:
    void readsEveryPart();
    void readsUnixSockets();
    void takesDefaults();
    void refuses_data();
    void refuses();
    void neverShowsThePassword();
};

void TestServerAddress::readsEveryPart()
{
    const auto address = parseServerUrl(QStringLiteral(
        "rediss://ops:p%40ss%23@redis.example:7000/3?cacert=/ca.pem&cert=/c.pem&key=/k.pem"));
    QVERIFY(address);
    QCOMPARE(address->endpoint.host, QStringLiteral("redis.example"));
    QCOMPARE(address->endpoint.port, quint16(7000));
    QCOMPARE(address->user, QStringLiteral("ops"));
    QCOMPARE(address->password.reveal(), QByteArray("p@ss#"));
    QCOMPARE(address->database, 3);
    QVERIFY(address->tls.isEnabled);
    QVERIFY(!address->tls.isInsecure);
    QCOMPARE(address->tls.caFile, QStringLiteral("/ca.pem"));
    QCOMPARE(address->displayUrl(), QStringLiteral("rediss://ops@redis.example:7000/3"));
}

void TestServerAddress::readsUnixSockets()
{
    const auto address = parseServerUrl(QStringLiteral("redis+unix://:pw@/run/redis.sock?db=2"));
    QVERIFY(address);
    QCOMPARE(address->endpoint.kind, Endpoint::Kind::Unix);
    QCOMPARE(address->endpoint.path, QStringLiteral("/run/redis.sock"));
    QCOMPARE(address->database, 2);
    QCOMPARE(address->displayUrl(), QStringLiteral("redis+unix:///run/redis.sock?db=2"));
}

void TestServerAddress::takesDefaults()
{
    const auto address = parseServerUrl(QStringLiteral("redis://[::1]"));
    QVERIFY(address);
    QCOMPARE(address->endpoint.port, quint16(6379));
    QCOMPARE(address->database, 0);
    QVERIFY(address->password.isEmpty());
    QCOMPARE(address->displayUrl(), QStringLiteral("redis://[::1]:6379/0"));
}

void TestServerAddress::refuses_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("names");
    const auto row = [](const char *tag, const char *url, const char *names) {
        QTest::newRow(tag) << QString::fromLatin1(url) << QString::fromLatin1(names);
    };
    row("empty", "  ", "empty");
    row("no scheme", "localhost", "no scheme");
    row("no scheme but a port", "localhost:6379", "no scheme");
    row("no scheme but an address", "10.0.0.5:6379", "no scheme");
    row("no scheme but a path", "/run/redis/redis.sock", "no scheme");
    row("other scheme", "http://localhost", "http://");
    row("no host", "redis:///0", "no host");
    row("port too large", "redis://h:70000", "malformed");
    row("port zero", "redis://h:0", "port 0");
    row("database", "redis://h/main", "\"main\"");
    row("negative database", "redis://h/-1", "\"-1\"");
    row("unknown option", "redis://h?timeout=3", "timeout");
    row("TLS option without TLS", "redis://h?cacert=/ca", "cacert");
    row("half a certificate", "rediss://h?cert=/c", "cert");
    row("switch", "rediss://h?insecure=perhaps", "insecure");
    row("fragment", "redis://:a#b@h", "");
    row("relative socket", "redis+unix://run/redis.sock", "socket path");
    row("sentinel", "redis+sentinel://h:1/name", "redis+sentinel://");
    row("cluster", "redis+cluster://h:1", "redis+cluster://");
}

void TestServerAddress::refuses()
{
    QFETCH(QString, url);
    QFETCH(QString, names);
    const auto address = parseServerUrl(url);
    QVERIFY(!address);
    QCOMPARE(address.error().code, ErrorCode::InvalidInput);
    QVERIFY2(address.error().what.contains(names), qPrintable(address.error().what));
    QVERIFY(!address.error().hint.isEmpty());
}

void TestServerAddress::neverShowsThePassword()
{
    for (const char *url : {"redis://u:s3cret@h:99999", "redis://u:s3cret@h/x", "foo://u:s3cret@h",
                            "redis://u:s3cret@h?x=1", "redis://u:s3cret#x@h", "u:s3cret@h:6379"}) {
        const auto address = parseServerUrl(QString::fromLatin1(url));
        QVERIFY(!address);
        QVERIFY(!describe(address.error()).contains(u"s3cret"));
    }
    const auto good = parseServerUrl(QStringLiteral("redis://u:s3cret@h"));
    QVERIFY(good);
    QVERIFY(!good->displayUrl().contains(u"s3cret"));
}

QTEST_APPLESS_MAIN(TestServerAddress)
#include "tst_serveraddress.moc"
