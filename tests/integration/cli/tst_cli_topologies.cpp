// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"
#include "support/eventually.h"
#include "support/rediscluster.h"
#include "support/sentinelgroup.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

QJsonObject stageOf(const CliRun &run, const char *name)
{
    const QJsonObject document = run.object();
    for (const QJsonValue stage : document[u"stages"].toArray()) {
        if (stage[u"stage"] == QLatin1StringView(name))
            return stage.toObject();
    }
    return {};
}

QString outcomeOf(const CliRun &run, const char *name)
{
    return stageOf(run, name)[u"outcome"].toString();
}

/// Creates a session in database and cache; its id.
QString createSession(const CliProgram &cli)
{
    const CliRun created = cli.run(words("session create --user u --json"));
    return created.object()[u"session_id"].toString();
}

} // namespace

/// The verbs where keys are held by a Sentinels' primary or a cluster.
class TestCliTopologies final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void listsActsAndChecksACluster();
    void takesTheClusterOfBackEnds();
    void watchesAClusterThroughAFailover();
    void namesWhatIsWrongWithACluster();
    void listsActsAndChecksBehindSentinels();
    void takesBothPasswordsOfAProfile();
    void watchesSentinelsThroughAFailover();
};

void TestCliTopologies::initTestCase()
{
    LK_NEED_PROGRAM("redis-server");
}

void TestCliTopologies::listsActsAndChecksACluster()
{
    RedisCluster cluster(RedisCluster::Options{.password = "pw", .hasReplicas = false});
    LK_START(cluster);
    CliProgram cli(cluster.url());
    cli.useSqlite();
    for (int i = 0; i < 12; ++i) {
        const QByteArray key = lockKey("s" + QByteArray::number(i));
        cluster.redis(key, {"SET", key, freshToken(), "PX", "600000"});
    }
    const CliRun list = cli.run(words("list --json"));
    QVERIFY2(list.exitCode == 0, list.err.constData());
    QCOMPARE(list.array().size(), 12);
    QVERIFY(rowOf(list.array(), QStringLiteral("s3"))[u"server"].toString().startsWith(
        u"cluster at 127.0.0.1:"));

    // Row, lock and cached copy: the two keys lie on different primaries for some of these.
    bool isApart = false;
    for (int i = 0; i < 6; ++i) {
        const QString session = createSession(cli);
        const QByteArray lock = lockKey(session.toUtf8());
        const QByteArray copy = cacheKey(session.toUtf8());
        isApart = isApart || cluster.ownerOf(lock) != cluster.ownerOf(copy);
        QCOMPARE(cluster.redis(copy, {"EXISTS", copy}).toInt(), 1);
        const QByteArray token = freshToken();
        cluster.redis(lock, {"SET", lock, token, "PX", "600000"});
        const CliRun refused = cli.run({QStringLiteral("delete"), session, QStringLiteral("--yes"),
                                        QStringLiteral("--wait"), QStringLiteral("0s")});
        QCOMPARE(refused.exitCode, 5);
        const CliRun deleted = cli.run({QStringLiteral("delete"), session, QStringLiteral("--yes"),
                                        QStringLiteral("--take-over"), QString::fromLatin1(token)});
        QVERIFY2(deleted.exitCode == 0,
                 qPrintable(QString::fromUtf8(deleted.out) + QString::fromUtf8(deleted.err)));
        QCOMPARE(cluster.redis(copy, {"EXISTS", copy}).toInt(), 0);
        QCOMPARE(cluster.redis(lock, {"EXISTS", lock}).toInt(), 0);
    }
    QVERIFY(isApart);

    const CliRun doctor = cli.run(words("doctor --json"));
    QVERIFY2(doctor.exitCode == 0, doctor.out.constData());
    for (const char *stage : {"resolve", "connect", "cluster", "auth", "role", "rights to watch",
                              "rights to act", "feed"})
        QVERIFY2(outcomeOf(doctor, stage) == u"ok", doctor.out.constData());
    for (int i = 0; i < 3; ++i)
        QVERIFY(stageOf(doctor, "cluster")[u"detail"].toString().contains(
            QString::number(cluster.node(i).port())));
}

void TestCliTopologies::takesTheClusterOfBackEnds()
{
    RedisCluster cluster(RedisCluster::Options{.hasReplicas = false,
                                               .announcedHost = QStringLiteral("node.invalid")});
    LK_START(cluster);
    const QByteArray key = lockKey("s1");
    cluster.redis(key, {"SET", key, freshToken(), "PX", "600000"});
    CliProgram cli;
    cli.setEnvironment(QStringLiteral("REDIS_CLUSTER_HOST"), QStringLiteral("127.0.0.1"));
    cli.setEnvironment(QStringLiteral("REDIS_CLUSTER_PORT"),
                       QString::number(cluster.node(0).port()));
    const CliRun pinned = cli.run(words("list --json"));
    QVERIFY2(pinned.exitCode == 0, pinned.err.constData());
    QCOMPARE(pinned.array().size(), 1);
    const CliRun doctor = cli.run(words("doctor --json"));
    QVERIFY2(stageOf(doctor, "cluster")[u"detail"].toString().contains(
                 QStringLiteral("node.invalid:%1 (reached at 127.0.0.1:%1)")
                     .arg(cluster.node(0).port())),
             doctor.out.constData());
    cli.setEnvironment(QStringLiteral("REDIS_USE_ANNOUNCED_ADDRESS"), QStringLiteral("true"));
    const CliRun announced = cli.run(words("list --json"));
    QCOMPARE(announced.exitCode, 6);
    QVERIFY2(announced.err.contains("pin=1"), announced.err.constData());
}

void TestCliTopologies::watchesAClusterThroughAFailover()
{
    RedisCluster cluster;
    LK_START(cluster);
    const auto watch = CliProgram(cluster.url()).start(words("watch --json"));
    while (!nextEvent(*watch, QStringLiteral("feed"))[u"trusted"].toBool())
        QVERIFY(watch->state() == QProcess::Running);
    cluster.node(2).kill();
    QJsonObject feed = nextEvent(*watch, QStringLiteral("feed"));
    QCOMPARE(feed[u"trusted"].toBool(true), false);
    QVERIFY(!feed[u"reason"].toString().isEmpty());
    while (!feed[u"trusted"].toBool()) {
        feed = nextEvent(*watch, QStringLiteral("feed"));
        QVERIFY(!feed.isEmpty());
    }
    const QByteArray key = lockKey("after");
    cluster.redis(key, {"SET", key, freshToken(), "PX", "600000"});
    QCOMPARE(nextEvent(*watch, QStringLiteral("acquired"))[u"session_id"].toString(),
             QStringLiteral("after"));
}

void TestCliTopologies::namesWhatIsWrongWithACluster()
{
    RedisServer single({.listen = RedisServer::Listen::Tcp});
    LK_START_REDIS(single);
    const QString at = single.address().endpoint.toString();
    const CliRun noCluster = CliProgram(u"redis+cluster://" + at).run(words("doctor --json"));
    QCOMPARE(noCluster.exitCode, 6);
    QCOMPARE(outcomeOf(noCluster, "connect"), QStringLiteral("ok"));
    QCOMPARE(outcomeOf(noCluster, "cluster"), QStringLiteral("failed"));
    QCOMPARE(outcomeOf(noCluster, "auth"), QStringLiteral("skipped"));

    RedisCluster cluster(RedisCluster::Options{.password = "pw", .hasReplicas = false});
    LK_START(cluster);
    QString wrong = cluster.url();
    wrong.replace(QStringLiteral(":pw@"), QStringLiteral(":no@"));
    const CliRun login = CliProgram(wrong).run(words("doctor --json"));
    QCOMPARE(login.exitCode, 6);
    QCOMPARE(outcomeOf(login, "auth"), QStringLiteral("failed"));
    // One seed that is away is no failure.
    RedisServer gone({.listen = RedisServer::Listen::Tcp});
    QVERIFY(gone.start());
    QString some = cluster.url();
    some.replace(QStringLiteral(":pw@"), u":pw@" + gone.address().endpoint.toString() + u',');
    gone.kill();
    const CliRun partly = CliProgram(some).run(words("doctor --json"));
    QVERIFY2(partly.exitCode == 0, partly.out.constData());
    QCOMPARE(outcomeOf(partly, "connect"), QStringLiteral("warning"));
}

void TestCliTopologies::listsActsAndChecksBehindSentinels()
{
    SentinelGroup group(SentinelGroup::Options{.password = "pw", .sentinelPassword = "spw"});
    LK_START(group);
    CliProgram cli(group.url());
    cli.useSqlite();
    const QString session = createSession(cli);
    const CliRun deleted = cli.run({QStringLiteral("delete"), session, QStringLiteral("--yes")});
    QVERIFY2(deleted.exitCode == 0,
             qPrintable(QString::fromUtf8(deleted.out) + QString::fromUtf8(deleted.err)));
    group.node(0).redis({"SET", lockKey("s1"), freshToken(), "PX", "600000"});
    const CliRun list = cli.run(words("list --json"));
    QVERIFY2(list.exitCode == 0, list.err.constData());
    QCOMPARE(list.array().size(), 1);

    group.sentinel(2).kill();
    const CliRun doctor = cli.run(words("doctor --json"));
    QVERIFY2(doctor.exitCode == 0, doctor.out.constData());
    QCOMPARE(outcomeOf(doctor, "sentinels"), QStringLiteral("warning"));
    const QString detail = stageOf(doctor, "sentinels")[u"detail"].toString();
    QVERIFY2(detail.contains(u"2 of 3 Sentinels answer") &&
                 detail.contains(group.node(0).address().endpoint.toString()),
             qPrintable(detail));
    QCOMPARE(outcomeOf(doctor, "auth"), QStringLiteral("ok"));
    QCOMPARE(outcomeOf(doctor, "feed"), QStringLiteral("ok"));
    QVERIFY(!doctor.out.contains("spw"));

    const QString url = group.url();
    const QString unknown = QString(url).replace(u'/' + QLatin1StringView(SentinelGroup::kService),
                                                 QStringLiteral("/nobody"));
    const CliRun nobody = CliProgram(unknown).run(words("doctor --json"));
    QCOMPARE(nobody.exitCode, 6);
    QVERIFY2(stageOf(nobody, "sentinels")[u"error"][u"what"].toString().contains(u"\"nobody\""),
             nobody.out.constData());
}

/// A saved connection has no password in it: both come from the environment.
void TestCliTopologies::takesBothPasswordsOfAProfile()
{
    SentinelGroup group(SentinelGroup::Options{.password = "pw", .sentinelPassword = "spw"});
    LK_NEED_PROGRAM("redis-server");
    LK_START(group);
    CliProgram cli;
    const QStringList add = words("profile add many --url") << group.url();
    const CliRun added = cli.run(add);
    QVERIFY2(added.exitCode == 0, added.err.constData());
    cli.setEnvironment(QStringLiteral("LOCKKEEPER_REDIS_PASSWORD"), QStringLiteral("pw"));
    const QStringList list = words("--profile many list --json");
    QCOMPARE(cli.run(list).exitCode, 6);
    cli.setEnvironment(QStringLiteral("LOCKKEEPER_SENTINEL_PASSWORD"), QStringLiteral("spw"));
    const CliRun listed = cli.run(list);
    QVERIFY2(listed.exitCode == 0, listed.err.constData());
}

void TestCliTopologies::watchesSentinelsThroughAFailover()
{
    SentinelGroup group;
    LK_START(group);
    const auto watch = CliProgram(group.url()).start(words("watch --json"));
    while (!nextEvent(*watch, QStringLiteral("feed"))[u"trusted"].toBool())
        QVERIFY(watch->state() == QProcess::Running);
    group.node(0).kill();
    QJsonObject feed = nextEvent(*watch, QStringLiteral("feed"));
    QCOMPARE(feed[u"trusted"].toBool(true), false);
    while (!feed[u"trusted"].toBool()) {
        feed = nextEvent(*watch, QStringLiteral("feed"));
        QVERIFY(!feed.isEmpty());
    }
    // A Sentinel that promotes a replica cuts its connections, this one too.
    QVERIFY(eventually([&] {
        return group.node(1).redis({"SET", lockKey("after"), freshToken(), "PX", "600000"}) ==
               QByteArrayLiteral("OK");
    }));
    QCOMPARE(nextEvent(*watch, QStringLiteral("acquired"))[u"session_id"].toString(),
             QStringLiteral("after"));
}

QTEST_GUILESS_MAIN(TestCliTopologies)
#include "tst_cli_topologies.moc"
