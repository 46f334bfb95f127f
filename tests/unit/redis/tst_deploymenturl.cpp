// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/deploymenturl.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::redis;

class TestDeploymentUrl : public QObject
{
    Q_OBJECT

private slots:
    void readsSingleServers();
    void readsSentinels();
    void readsClusters();
    void refuses_data();
    void refuses();
    void neverRepeatsAPassword();
    void mapsBeforeItPins();
};

void TestDeploymentUrl::readsSingleServers()
{
    const auto deployment = parseDeploymentUrl(QStringLiteral("rediss://ops:pw@redis.example/3"));
    QVERIFY(deployment);
    QCOMPARE(deployment->kind, Deployment::Kind::Single);
    QCOMPARE(deployment->node, *parseServerUrl(QStringLiteral("rediss://ops:pw@redis.example/3")));
    QVERIFY(deployment->seeds.isEmpty());
    QCOMPARE(deployment->place(), QStringLiteral("redis.example:6379"));
    QCOMPARE(deployment->displayUrl(), QStringLiteral("rediss://ops@redis.example:6379/3"));
}

void TestDeploymentUrl::readsSentinels()
{
    const auto deployment = parseDeploymentUrl(
        QStringLiteral("redis+sentinel://ops:p%40ss@s1,s2:26380,[::1]/chat?db=2&sentinel_user=w"
                       "&sentinel_password=sp%26&tls=1&cacert=/ca.pem"));
    QVERIFY2(deployment, deployment ? "" : qPrintable(describe(deployment.error())));
    QCOMPARE(deployment->kind, Deployment::Kind::Sentinel);
    QCOMPARE(deployment->service, QStringLiteral("chat"));
    QCOMPARE(deployment->seeds.size(), 3);
    QCOMPARE(deployment->seeds[0].toString(), QStringLiteral("s1:26379"));
    QCOMPARE(deployment->seeds[1].toString(), QStringLiteral("s2:26380"));
    QCOMPARE(deployment->seeds[2].toString(), QStringLiteral("[::1]:26379"));
    QCOMPARE(deployment->node.user, QStringLiteral("ops"));
    QCOMPARE(deployment->node.password.reveal(), QByteArray("p@ss"));
    QCOMPARE(deployment->node.database, 2);
    QVERIFY(deployment->node.tls.isEnabled);
    const ServerAddress sentinel = deployment->sentinelAt(deployment->seeds[1]);
    QCOMPARE(sentinel.user, QStringLiteral("w"));
    QCOMPARE(sentinel.password.reveal(), QByteArray("sp&"));
    QCOMPARE(sentinel.database, 0);
    QCOMPARE(sentinel.tls.caFile, QStringLiteral("/ca.pem"));
    QCOMPARE(deployment->place(), QStringLiteral("chat at s1:26379,s2:26380,[::1]:26379"));
    QCOMPARE(deployment->displayUrl(),
             QStringLiteral("redis+sentinel://ops@s1:26379,s2:26380,[::1]:26379/chat?db=2"));
}

void TestDeploymentUrl::readsClusters()
{
    const auto deployment =
        parseDeploymentUrl(QStringLiteral("redis+cluster://:pw@c1:7000,c2/?pin=1"));
    QVERIFY2(deployment, deployment ? "" : qPrintable(describe(deployment.error())));
    QCOMPARE(deployment->kind, Deployment::Kind::Cluster);
    QCOMPARE(deployment->seeds.size(), 2);
    QCOMPARE(deployment->seeds[1].port, quint16(6379));
    QVERIFY(deployment->pinsHost);
    QCOMPARE(deployment->node.password.reveal(), QByteArray("pw"));
    QCOMPARE(deployment->place(), QStringLiteral("cluster at c1:7000,c2:6379"));
    QCOMPARE(deployment->displayUrl(), QStringLiteral("redis+cluster://c1:7000,c2:6379"));
}

void TestDeploymentUrl::refuses_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("names");
    const auto row = [](const char *tag, const char *url, const char *names) {
        QTest::newRow(tag) << QString::fromLatin1(url) << QString::fromLatin1(names);
    };
    row("no service", "redis+sentinel://a:1,b:2", "no service");
    row("no service but a slash", "redis+sentinel://a:1,b:2/", "no service");
    row("two parts", "redis+sentinel://a:1/chat/2", "\"chat/2\"");
    row("no host", "redis+cluster:///", "no host");
    row("empty host", "redis+cluster://a:1,,b:2", "\"\"");
    row("port", "redis+sentinel://a:1,b:70000/m", "\"b:70000\"");
    row("port zero", "redis+cluster://a:0", "\"a:0\"");
    row("database of a cluster", "redis+cluster://a:1/2", "\"2\"");
    row("database option of a cluster", "redis+cluster://a:1?db=2", "\"db\"");
    row("database", "redis+sentinel://a:1/m?db=x", "\"x\"");
    row("pin of Sentinels", "redis+sentinel://a:1/m?pin=1", "\"pin\"");
    row("Sentinel's user of a cluster", "redis+cluster://a:1?sentinel_user=x", "sentinel_user");
    row("unknown option", "redis+cluster://a:1?timeout=3", "\"timeout\"");
    row("password without @", "redis+cluster://:hunter2", "names a host, which");
    row("password with a comma", "redis+cluster://:hunter2,ss", "names a host, which");
    row("password with an ampersand", "redis+sentinel://a:1/m?sentinel_password=x&hunter2",
        "unknown option without a value");
    row("switch", "redis+cluster://a:1?pin=perhaps", "pin=perhaps");
    row("half a mapping", "redis+cluster://a:1?map=b:1", "\"b:1\"");
    row("a mapping without a host", "redis+cluster://a:1?map=b:1=:7", "\"b:1=:7\"");
    row("TLS option without TLS", "redis+cluster://a:1?cacert=/ca", "cacert");
    row("half a certificate", "redis+cluster://a:1?tls=1&cert=/c", "cert");
    row("single", "redis://h/main", "\"main\"");
    row("scheme", "redis+ring://h", "redis+ring://");
}

void TestDeploymentUrl::refuses()
{
    QFETCH(QString, url);
    QFETCH(QString, names);
    const auto deployment = parseDeploymentUrl(url);
    QVERIFY(!deployment);
    QCOMPARE(deployment.error().code, ErrorCode::InvalidInput);
    QVERIFY2(deployment.error().what.contains(names), qPrintable(deployment.error().what));
    QVERIFY(!deployment.error().hint.isEmpty());
    QVERIFY(!describe(deployment.error()).contains(u"hunter2"));
}

void TestDeploymentUrl::neverRepeatsAPassword()
{
    for (const char *url : {"redis+sentinel://u:s3cret@a:99999/m", "redis+sentinel://u:s3cret@a:1",
                            "redis+cluster://u:s3cret@a:1/9", "redis+cluster://u:s3cret@a:1?x=1",
                            "redis+cluster://u:x/s3cret@a:1", "redis+cluster://u:x?s3cret@a:1",
                            "redis+cluster://u:x#s3cret@a:1", "redis+cluster://u:s3cret,x@a:0",
                            "redis+sentinel://a:1/m?sentinel_password=s3cret&db=x"}) {
        const auto deployment = parseDeploymentUrl(QString::fromLatin1(url));
        QVERIFY2(!deployment, url);
        QVERIFY2(!describe(deployment.error()).contains(u"s3cret"), url);
    }
    const auto good = parseDeploymentUrl(
        QStringLiteral("redis+sentinel://u:s3cret@a/m?sentinel_password=s3cret"));
    QVERIFY(good);
    for (const QString &text : {good->displayUrl(), good->place(), editableUrl(*good)})
        QVERIFY2(!text.contains(u"s3cret"), qPrintable(text));
}

void TestDeploymentUrl::mapsBeforeItPins()
{
    const auto deployment = parseDeploymentUrl(
        QStringLiteral("redis+cluster://localhost:7000?pin=1&map=10.0.0.1:6379=localhost:7100,"
                       "10.0.0.2:6379=127.0.0.1:7101"));
    QVERIFY2(deployment, deployment ? "" : qPrintable(describe(deployment.error())));
    const auto reached = [&](const char *host, quint16 port) {
        Endpoint announced;
        announced.host = QString::fromLatin1(host);
        announced.port = port;
        return deployment->reachable(announced).toString();
    };
    QCOMPARE(reached("10.0.0.1", 6379), QStringLiteral("localhost:7100"));
    QCOMPARE(reached("10.0.0.2", 6379), QStringLiteral("127.0.0.1:7101"));
    QCOMPARE(reached("10.0.0.3", 6380), QStringLiteral("localhost:6380"));
}

QTEST_APPLESS_MAIN(TestDeploymentUrl)
#include "tst_deploymenturl.moc"
