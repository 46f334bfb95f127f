// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/target.h"
#include "redis/deploymenturl.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;

/// Environment variables, written as literals.
struct Variables : QMap<QString, QString>
{
    Variables() = default;
    Variables(std::initializer_list<std::pair<const char *, const char *>> list)
    {
        for (const auto &[name, value] : list)
            insert(QString::fromLatin1(name), QString::fromLatin1(value));
    }
};

Q_DECLARE_METATYPE(TargetInput)
Q_DECLARE_METATYPE(Variables)

namespace {

QProcessEnvironment environmentOf(const Variables &variables)
{
    QProcessEnvironment environment;
    for (auto variable = variables.cbegin(); variable != variables.cend(); ++variable)
        environment.insert(variable.key(), variable.value());
    return environment;
}

Result<Target> resolve(const TargetInput &input, const Variables &variables = {})
{
    return resolveTarget(input, environmentOf(variables));
}

TargetInput withUrl(const QString &url)
{
    TargetInput input;
    input.url = url;
    return input;
}

TargetInput withUrl(const char *url)
{
    return withUrl(QString::fromLatin1(url));
}

const QString kUrl = QStringLiteral("redis://cache.example:6380/2");
const char kSecretText[] = "hunter2-s3cret";
const QString kSecret = QString::fromLatin1(kSecretText);

} // namespace

class TestTarget : public QObject
{
    Q_OBJECT

private slots:
    void serverComesFromTheFirstThatIsGiven_data();
    void serverComesFromTheFirstThatIsGiven();
    void passwordBelongsToItsServer_data();
    void passwordBelongsToItsServer();
    void clustersOfBackEndsArePinned();
    void sentinelsHaveAPasswordOfTheirOwn();
    void databaseComesFromTheFirstThatIsGiven_data();
    void databaseComesFromTheFirstThatIsGiven();
    void families();
    void refusalsNameTheirOrigin_data();
    void refusalsNameTheirOrigin();
    void refusalsTellNoSecret_data();
    void refusalsTellNoSecret();
    void nameTellsNoSecret();
    void editableAddressesSayAllButTheSecret_data();
    void editableAddressesSayAllButTheSecret();
};

void TestTarget::serverComesFromTheFirstThatIsGiven_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<Variables>("variables");
    QTest::addColumn<QString>("endpoint");
    const Variables all{
        {"LOCKKEEPER_URL", "redis://own:7000"}, {"REDIS_HOST", "backend"}, {"REDIS_PORT", "7001"}};
    QTest::newRow("option") << kUrl << all << "cache.example:6380";
    QTest::newRow("LOCKKEEPER_URL") << QString() << all << "own:7000";
    QTest::newRow("REDIS_HOST and REDIS_PORT")
        << QString() << Variables{{"REDIS_HOST", "backend"}, {"REDIS_PORT", "7001"}}
        << "backend:7001";
    QTest::newRow("REDIS_HOST alone")
        << QString() << Variables{{"REDIS_HOST", "backend"}} << "backend:6379";
    QTest::newRow("REDIS_PORT alone")
        << QString() << Variables{{"REDIS_PORT", "7001"}} << "localhost:7001";
    QTest::newRow("empty variables count as none")
        << QString() << Variables{{"LOCKKEEPER_URL", ""}, {"REDIS_HOST", "backend"}}
        << "backend:6379";
    const Variables cluster{{"REDIS_CLUSTER_HOST", "shards"}, {"REDIS_HOST", "backend"}};
    QTest::newRow("REDIS_CLUSTER_HOST before REDIS_HOST")
        << QString() << cluster << "cluster at shards:6379";
    QTest::newRow("REDIS_CLUSTER_HOST and REDIS_CLUSTER_PORT")
        << QString() << Variables{{"REDIS_CLUSTER_HOST", "shards"}, {"REDIS_CLUSTER_PORT", "7000"}}
        << "cluster at shards:7000";
}

void TestTarget::serverComesFromTheFirstThatIsGiven()
{
    QFETCH(QString, url);
    QFETCH(Variables, variables);
    const auto target = resolve(withUrl(url), variables);
    QVERIFY2(target.has_value(), qPrintable(target ? QString() : target.error().what));
    QTEST(target->server.place(), "endpoint");
}

void TestTarget::passwordBelongsToItsServer_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<Variables>("variables");
    QTest::addColumn<QByteArray>("password");
    const Variables both{{"LOCKKEEPER_REDIS_PASSWORD", "own"}, {"REDIS_PASSWORD", "backend"}};
    QTest::newRow("of the URL") << "redis://:inside@h" << both << QByteArray("inside");
    QTest::newRow("own variable for a URL without one") << "redis://h" << both << QByteArray("own");
    QTest::newRow("the back end's is not sent to another server")
        << "redis://h" << Variables{{"REDIS_PASSWORD", "backend"}} << QByteArray();
    QTest::newRow("the back end's for its server")
        << QString() << Variables{{"REDIS_HOST", "h"}, {"REDIS_PASSWORD", "backend"}}
        << QByteArray("backend");
    QTest::newRow("own before the back end's") << QString()
                                               << Variables{{"REDIS_HOST", "h"},
                                                            {"REDIS_PASSWORD", "backend"},
                                                            {"LOCKKEEPER_REDIS_PASSWORD", "own"}}
                                               << QByteArray("own");
}

void TestTarget::passwordBelongsToItsServer()
{
    QFETCH(QString, url);
    QFETCH(Variables, variables);
    const auto target = resolve(withUrl(url), variables);
    QVERIFY(target);
    QTEST(target->server.node.password.reveal(), "password");
}

void TestTarget::clustersOfBackEndsArePinned()
{
    const QString pinned = QStringLiteral("REDIS_USE_ANNOUNCED_ADDRESS");
    Variables variables{{"REDIS_CLUSTER_HOST", "shards"}, {"REDIS_PASSWORD", "backend"}};
    const auto unset = resolve({}, variables);
    QVERIFY(unset);
    QVERIFY(unset->server.pinsHost);
    QCOMPARE(unset->server.node.password.reveal(), QByteArray("backend"));
    variables.insert(pinned, QStringLiteral("true"));
    QVERIFY(!resolve({}, variables)->server.pinsHost);
    variables.insert(pinned, QStringLiteral("false"));
    QVERIFY(resolve({}, variables)->server.pinsHost);
}

void TestTarget::sentinelsHaveAPasswordOfTheirOwn()
{
    const Variables variables{{"LOCKKEEPER_SENTINEL_PASSWORD", "watch"},
                              {"LOCKKEEPER_REDIS_PASSWORD", "data"}};
    const auto target = resolve(withUrl("redis+sentinel://a/chat"), variables);
    QVERIFY(target);
    QCOMPARE(target->server.sentinelPassword.reveal(), QByteArray("watch"));
    QCOMPARE(target->server.node.password.reveal(), QByteArray("data"));
    const auto own =
        resolve(withUrl("redis+sentinel://a/chat?sentinel_password=inside"), variables);
    QVERIFY(own);
    QCOMPARE(own->server.sentinelPassword.reveal(), QByteArray("inside"));
}

void TestTarget::databaseComesFromTheFirstThatIsGiven_data()
{
    QTest::addColumn<QString>("option");
    QTest::addColumn<Variables>("variables");
    QTest::addColumn<QString>("path");
    const Variables both{{"LOCKKEEPER_DB", "sqlite:///own.db"},
                         {"DATABASE_URL", "sqlite:///backend.db"}};
    QTest::newRow("option") << "sqlite:///given.db" << both << "/given.db";
    QTest::newRow("LOCKKEEPER_DB") << QString() << both << "/own.db";
    QTest::newRow("DATABASE_URL") << QString()
                                  << Variables{{"DATABASE_URL", "sqlite:///backend.db"}}
                                  << "/backend.db";
    QTest::newRow("none") << QString() << Variables{} << QString();
}

void TestTarget::databaseComesFromTheFirstThatIsGiven()
{
    QFETCH(QString, option);
    QFETCH(Variables, variables);
    QFETCH(QString, path);
    TargetInput input = withUrl(kUrl);
    input.database = option;
    const auto target = resolve(input, variables);
    QVERIFY(target);
    QCOMPARE(target->database.has_value(), !path.isEmpty());
    if (target->database)
        QCOMPARE(target->database->path, path);
}

void TestTarget::families()
{
    const auto chat = resolve(withUrl(kUrl));
    QVERIFY(chat);
    QCOMPARE(chat->family, locks::LockFamily());

    TargetInput input = withUrl(kUrl);
    input.family = QStringLiteral("copilot");
    const auto copilot = resolve(input);
    QVERIFY(copilot);
    QCOMPARE(copilot->family.lockPrefix, QByteArray("copilot:session_lock:"));
    QCOMPARE(copilot->family.lease, milliseconds(10s));

    input.lease = QStringLiteral("25s");
    QCOMPARE(resolve(input)->family.lease, milliseconds(25s));
    QCOMPARE(resolve(input)->family.name, QStringLiteral("copilot"));

    input = withUrl(kUrl);
    input.lockPrefix = QStringLiteral("kb:lock:");
    input.sessionPrefix = QStringLiteral("kb:session:");
    input.lease = QStringLiteral("2m");
    const auto custom = resolve(input);
    QVERIFY(custom);
    QCOMPARE(custom->family.name, QStringLiteral("custom"));
    QCOMPARE(custom->family.lockPrefix, QByteArray("kb:lock:"));
    QCOMPARE(custom->family.sessionPrefix, QByteArray("kb:session:"));
    QCOMPARE(custom->family.lease, milliseconds(2min));
}

void TestTarget::refusalsNameTheirOrigin_data()
{
    QTest::addColumn<TargetInput>("input");
    QTest::addColumn<Variables>("variables");
    QTest::addColumn<QString>("origin");
    QTest::newRow("no server") << TargetInput() << Variables{} << "no Redis server";
    QTest::newRow("--url") << withUrl("http://h") << Variables{} << "--url";
    QTest::newRow("Sentinel") << withUrl("redis+sentinel://a:1,b:2") << Variables{} << "--url";
    QTest::newRow("Cluster") << withUrl("redis+cluster://a:1,b:2/3") << Variables{} << "--url";
    QTest::newRow("LOCKKEEPER_URL")
        << TargetInput() << Variables{{"LOCKKEEPER_URL", "nonsense"}} << "LOCKKEEPER_URL";
    QTest::newRow("REDIS_PORT") << TargetInput()
                                << Variables{{"REDIS_HOST", "h"}, {"REDIS_PORT", "70000"}}
                                << "REDIS_PORT";
    QTest::newRow("REDIS_CLUSTER_PORT")
        << TargetInput() << Variables{{"REDIS_CLUSTER_HOST", "h"}, {"REDIS_CLUSTER_PORT", "x"}}
        << "REDIS_CLUSTER_PORT";
    QTest::newRow("LOCKKEEPER_DB")
        << withUrl(kUrl) << Variables{{"LOCKKEEPER_DB", "mysql://h/d"}} << "LOCKKEEPER_DB";
    QTest::newRow("DATABASE_URL") << withUrl(kUrl) << Variables{{"DATABASE_URL", "nonsense"}}
                                  << "DATABASE_URL";
    TargetInput input = withUrl(kUrl);
    input.database = QStringLiteral("nonsense");
    QTest::newRow("--db") << input << Variables{} << "--db";
    input = withUrl(kUrl);
    input.family = QStringLiteral("cats");
    QTest::newRow("--family") << input << Variables{} << "--family";
    input = withUrl(kUrl);
    input.lockPrefix = QString();
    QTest::newRow("empty --lock-prefix") << input << Variables{} << "--lock-prefix";
    input = withUrl(kUrl);
    input.sessionPrefix = QString();
    QTest::newRow("empty --session-prefix") << input << Variables{} << "--session-prefix";
    input.sessionPrefix = QStringLiteral("chat:");
    QTest::newRow("overlapping --session-prefix") << input << Variables{} << "--session-prefix";
    input = withUrl(kUrl);
    input.lockPrefix = input.sessionPrefix = QStringLiteral("x:");
    QTest::newRow("the same prefix") << input << Variables{} << "--lock-prefix";
    for (const char *lease : {"", "soon", "0", "-5s"}) {
        input = withUrl(kUrl);
        input.lease = QString::fromLatin1(lease);
        QTest::addRow("--lease \"%s\"", lease) << input << Variables{} << "--lease";
    }
}

void TestTarget::refusalsNameTheirOrigin()
{
    QFETCH(TargetInput, input);
    QFETCH(Variables, variables);
    QFETCH(QString, origin);
    const auto target = resolve(input, variables);
    QVERIFY(!target);
    QCOMPARE(target.error().code, ErrorCode::InvalidInput);
    QVERIFY2(target.error().what.contains(origin), qPrintable(target.error().what));
    QVERIFY2(!target.error().hint.isEmpty(), qPrintable(target.error().what));
}

void TestTarget::refusalsTellNoSecret_data()
{
    QTest::addColumn<TargetInput>("input");
    QTest::addColumn<Variables>("variables");
    for (const char *form :
         {"redis://user:%1@host:notaport", "http://user:%1@host", "redis+sentinel://:%1@a:1/main",
          "redis://:%1@host:6379/notadb", "redis+sentinel://:%1@a:1",
          "redis+sentinel://a:1/m?sentinel_password=%1", "redis+cluster://:%1@a:b",
          "redis+cluster://:%1@a:1/4", "redis+cluster://:%1/x@a:1", "redis+cluster://:%1?x@a:1",
          "redis+sentinel://a:1/m?sentinel_password=%1&x=1", "redis://:%1@",
          "rediss://:%1@host?cacert=", "redis://:%1@host?x=y", "redis+unix://:%1@relative",
          ":%1@host", "redis:/:%1@host"}) {
        const QString url = QString::fromLatin1(form).arg(kSecret);
        QTest::addRow("option %s", form) << withUrl(url) << Variables{};
        QTest::addRow("variable %s", form)
            << TargetInput() << Variables{{"LOCKKEEPER_URL", qPrintable(url)}};
    }
    for (const char *form :
         {"mysql://user:%1@host/db", "postgresql://user:%1@host:port/db",
          "postgresql://user:%1@host", "postgres://user:%1@/", "postgresql:user:%1@host/db"}) {
        TargetInput input = withUrl(kUrl);
        input.database = QString::fromLatin1(form).arg(kSecret);
        QTest::addRow("option %s", form) << input << Variables{};
        QTest::addRow("variable %s", form)
            << withUrl(kUrl) << Variables{{"DATABASE_URL", qPrintable(input.database)}};
    }
    QTest::newRow("REDIS_PORT beside REDIS_PASSWORD")
        << TargetInput()
        << Variables{{"REDIS_HOST", "h"}, {"REDIS_PORT", "x"}, {"REDIS_PASSWORD", kSecretText}};
}

void TestTarget::refusalsTellNoSecret()
{
    QFETCH(TargetInput, input);
    QFETCH(Variables, variables);
    const auto target = resolve(input, variables);
    if (target) // a form that one of the parsers takes shows nothing either
        QVERIFY(!target->name.contains(kSecret));
    else
        QVERIFY2(!describe(target.error()).contains(kSecret), qPrintable(describe(target.error())));
}

void TestTarget::nameTellsNoSecret()
{
    const auto target = resolve(withUrl(u"redis://user:" + kSecret + u"@host:6379/3"));
    QVERIFY(target);
    QVERIFY(target->name.contains(u"host"));
    QVERIFY(!target->name.contains(kSecret));
}

void TestTarget::editableAddressesSayAllButTheSecret_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("database");
    const auto add = [](const char *name, const char *url, const char *database) {
        QTest::newRow(name) << QString::fromLatin1(url) << QString::fromLatin1(database);
    };
    add("plain", "redis://cache.example", "sqlite:///srv/chat.db");
    add("user", "redis://o%40ps:hunter2-s3cret@cache.example:6380/2",
        "postgresql://ops:hunter2-s3cret@db.example:5433/chat?schema=platform&connect_timeout=9");
    add("TLS",
        "rediss://:hunter2-s3cret@cache.example/1?cacert=/etc/a%26b%20c.pem&cert=/c.pem&key=/k.pem"
        "&insecure=1",
        "postgresql://ops:hunter2-s3cret@db.example/chat?connect_timeout=9");
    add("address", "redis://[::1]:6390/0", "sqlite:///srv/a%20b.db");
    add("Sentinels",
        "redis+sentinel://ops:hunter2-s3cret@a.example,b.example:26380/chat?db=2&tls=1&cacert=/ca"
        "&sentinel_user=watcher&sentinel_password=hunter2-s3cret&map=10.0.0.1:6379=a.example:7000",
        "sqlite:///srv/chat.db");
    add("cluster",
        "redis+cluster://o%40ps:hunter2-s3cret@a.example:7000,[::1]:7001?pin=1"
        "&map=[::2]:6379=localhost:7000,10.0.0.2:6379=localhost:7001",
        "sqlite:///srv/chat.db");
    add("socket", "redis+unix://ops:hunter2-s3cret@/run/re%20dis.sock?db=3",
        "postgresql:///chat?host=/run/postgresql");
}

void TestTarget::editableAddressesSayAllButTheSecret()
{
    QFETCH(const QString, url);
    QFETCH(const QString, database);
    TargetInput input = withUrl(url);
    input.database = database;
    Result<Target> target = resolve(input);
    QVERIFY2(target, target ? "" : qPrintable(target.error().what));
    TargetInput edited;
    edited.url = redis::editableUrl(target->server);
    edited.database = editableDsn(*target->database);
    QVERIFY(!edited.url.contains(kSecret) && !edited.database.contains(kSecret));
    const Result<Target> again = resolve(edited);
    QVERIFY2(again, qPrintable(edited.url + u' ' + edited.database));
    target->server.node.password = target->database->password = Secret();
    target->server.sentinelPassword = Secret();
    QVERIFY2(again->server == target->server, qPrintable(edited.url));
    QVERIFY2(*again->database == *target->database, qPrintable(edited.database));
}

QTEST_GUILESS_MAIN(TestTarget)
#include "tst_target.moc"
