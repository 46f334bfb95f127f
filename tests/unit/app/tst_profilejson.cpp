// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/profilejson.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;

namespace {

const QString kWhere = QStringLiteral("profiles.json");

/// A file with these profiles, each written as in the file, but for the words that none goes
/// without.
QByteArray fileOf(const QByteArrayList &profiles)
{
    QByteArray json = "{\"version\": 1, \"profiles\": [" + profiles.join(",\n") + "]}";
    return json.replace("\"redis\":",
                        R"("environment": "development", "rights": "operator", "redis":)");
}

/// A file with one profile "api" that has a further field.
QByteArray fileWith(const QByteArray &field)
{
    return fileOf({"{\"name\": \"api\", \"redis\": \"redis://h:1\", " + field + "}"});
}

ProfileList listOf(const QByteArray &json)
{
    const Result<ProfileList> list = readProfiles(json, kWhere);
    if (!list)
        QTest::qFail(qPrintable(describe(list.error())), __FILE__, __LINE__);
    return list ? *list : ProfileList();
}

QString faultsOf(const ProfileList &list)
{
    QStringList texts;
    for (const Error &fault : list.faults)
        texts.append(describe(fault));
    return texts.join(u'\n');
}

locks::LockFamily ownFamily()
{
    locks::LockFamily family;
    family.name = QStringLiteral("jobs");
    family.lockPrefix = "jobs:lock:";
    family.sessionPrefix = "jobs:item:";
    family.lease = 90s;
    family.cacheTtl = 1234567ms;
    return family;
}

/// Nothing in it is as it would be by default.
Profile fullProfile()
{
    Profile profile;
    profile.name = QStringLiteral("api prod – Zürich");
    profile.environment = Environment::Production;
    profile.color = QStringLiteral("#B42318");
    profile.url = QStringLiteral("rediss://lk@cache.example:6380/2");
    profile.database = QStringLiteral("postgresql://lk@db.example/chat?schema=platform");
    profile.ssh = QStringLiteral("ssh://ops@bastion.example:2222");
    profile.scope = Scope::StaleLocks;
    profile.families = {ownFamily(), *locks::builtInFamily(QStringLiteral("copilot"))};
    profile.nodeNames = {{QStringLiteral("0242ac110009"), QStringLiteral("api-3")}};
    profile.thresholds = {.renewingLong = 90s, .stormPerMinute = 12, .heldLongShare = 0.75};
    profile.cap = 7;
    return profile;
}

QJsonObject firstOf(const QByteArray &json)
{
    return QJsonDocument::fromJson(json)[u"profiles"].toArray().first().toObject();
}

} // namespace

class TestProfileJson : public QObject
{
    Q_OBJECT

private slots:
    void nothingIsLostOnTheWay();
    void whatIsLeftOutHasItsDefault();
    void anEmptyFileHoldsNone();
    void familiesAreNamedOrDescribed();
    void nodeIdsAreReadAsPeopleWriteThem_data();
    void nodeIdsAreReadAsPeopleWriteThem();
    void spansAreReadAndWritten_data();
    void spansAreReadAndWritten();
    void aBrokenProfileIsNamed_data();
    void aBrokenProfileIsNamed();
    void aFileThatIsNoneIsLeftAlone_data();
    void aFileThatIsNoneIsLeftAlone();
    void twoOfOneNameAreTold();
    void unknownFieldsStay();
    void brokenProfilesStay();
    void aProfileIsReplacedInItsPlace();
    void aProfileIsTakenOut();
    void anExportHoldsWhatIsKnownAlone();
};

void TestProfileJson::nothingIsLostOnTheWay()
{
    const Profile profile = fullProfile();
    const Result<QByteArray> json = withProfile({}, profile, kWhere);
    QVERIFY(json);
    const ProfileList list = listOf(*json);
    QVERIFY2(list.faults.isEmpty(), qPrintable(faultsOf(list)));
    QCOMPARE(list.profiles.size(), 1);
    QCOMPARE(list.profiles.first().families, profile.families);
    QVERIFY(list.profiles.first() == profile);
    QVERIFY(list.find(profile.name));
    QVERIFY(!list.find(QStringLiteral("api")));
    QVERIFY(listOf(writeProfiles({profile})).profiles == QList<Profile>{profile});
}

void TestProfileJson::whatIsLeftOutHasItsDefault()
{
    const ProfileList list = listOf(fileOf({R"({"name": "api", "redis": "redis://h:1"})"}));
    QCOMPARE(list.profiles.size(), 1);
    Profile expected;
    expected.name = QStringLiteral("api");
    expected.url = QStringLiteral("redis://h:1");
    QVERIFY(list.profiles.first() == expected);
    QCOMPARE(expected.environment, Environment::Development);
    QCOMPARE(expected.scope, Scope::Operator);
    QCOMPARE(expected.cap, 50);
    // What is as by default is not written, but the words that guardrails depend on are.
    const QJsonObject written = firstOf(*withProfile({}, expected, kWhere));
    QCOMPARE(written.keys(), QStringList({QStringLiteral("environment"), QStringLiteral("name"),
                                          QStringLiteral("redis"), QStringLiteral("rights")}));
}

void TestProfileJson::anEmptyFileHoldsNone()
{
    QVERIFY(listOf({}).profiles.isEmpty());
    QVERIFY(listOf("\n  \n").profiles.isEmpty());
}

void TestProfileJson::familiesAreNamedOrDescribed()
{
    const ProfileList list = listOf(fileWith(R"("families": ["copilot", {"name": "jobs",
        "lock_prefix": "jobs:lock:", "session_prefix": "jobs:item:", "lease": "2 min"}])"));
    QVERIFY2(list.faults.isEmpty(), qPrintable(faultsOf(list)));
    const QList<locks::LockFamily> families = list.profiles.first().families;
    QCOMPARE(families.size(), 2);
    QCOMPARE(families[0], *locks::builtInFamily(QStringLiteral("copilot")));
    QCOMPARE(families[1].lockPrefix, QByteArray("jobs:lock:"));
    QCOMPARE(families[1].sessionPrefix, QByteArray("jobs:item:"));
    QCOMPARE(families[1].lease, milliseconds(2min));
    QCOMPARE(families[1].cacheTtl, milliseconds(12h));
    // Written again, a family that is built in is a name, and another an object.
    const QByteArray json = writeProfiles(list.profiles);
    const QJsonArray written = firstOf(json)[u"families"].toArray();
    QCOMPARE(written[0].toString(), QStringLiteral("copilot"));
    QVERIFY(written[1].isObject());
}

void TestProfileJson::nodeIdsAreReadAsPeopleWriteThem_data()
{
    QTest::addColumn<QByteArray>("written");
    QTest::addColumn<bool>("isRead");
    QTest::newRow("digits") << QByteArray("0242ac110009") << true;
    QTest::newRow("upper case") << QByteArray("0242AC110009") << true;
    QTest::newRow("colons") << QByteArray("02:42:AC:11:00:09") << true;
    QTest::newRow("dashes") << QByteArray("02-42-ac-11-00-09") << true;
    QTest::newRow("too short") << QByteArray("0242ac1100") << false;
    QTest::newRow("too long") << QByteArray("0242ac11000900") << false;
    QTest::newRow("not hexadecimal") << QByteArray("0242ac11000g") << false;
    QTest::newRow("empty") << QByteArray("") << false;
    // Digits of other scripts are letters to Unicode's isDigit, and none of a node id.
    QTest::newRow("other digits") << QByteArray("٠٢٤٢٠٢٤٢٠٢٤٢") << false;
}

void TestProfileJson::nodeIdsAreReadAsPeopleWriteThem()
{
    QFETCH(QByteArray, written);
    QFETCH(bool, isRead);
    const ProfileList list = listOf(fileWith("\"nodes\": {\"" + written + "\": \"api-3\"}"));
    QCOMPARE(list.profiles.size(), isRead ? 1 : 0);
    if (isRead)
        QCOMPARE(list.profiles.first().nodeNames.value(QStringLiteral("0242ac110009")),
                 QStringLiteral("api-3"));
    else
        QVERIFY2(faultsOf(list).contains(QString::fromUtf8(written)), qPrintable(faultsOf(list)));
}

void TestProfileJson::spansAreReadAndWritten_data()
{
    QTest::addColumn<QByteArray>("written");
    QTest::addColumn<milliseconds>("span");
    QTest::addColumn<QString>("again");
    QTest::newRow("minutes") << QByteArray("5m") << milliseconds(5min) << "5 min";
    QTest::newRow("two units") << QByteArray("2h 14 min") << milliseconds(134min) << "2 h 14 min";
    QTest::newRow("bare seconds") << QByteArray("90") << milliseconds(90s) << "1 min 30 s";
    QTest::newRow("what people's words round")
        << QByteArray("1h 1ms") << milliseconds(3'600'001) << "3600001ms";
    QTest::newRow("milliseconds") << QByteArray("1234ms") << milliseconds(1234) << "1234ms";
}

void TestProfileJson::spansAreReadAndWritten()
{
    QFETCH(QByteArray, written);
    QFETCH(milliseconds, span);
    QFETCH(QString, again);
    const ProfileList list =
        listOf(fileWith("\"thresholds\": {\"renewing_long\": \"" + written + "\"}"));
    QVERIFY2(list.faults.isEmpty(), qPrintable(faultsOf(list)));
    QCOMPARE(list.profiles.first().thresholds.renewingLong, span);
    const QByteArray json = writeProfiles(list.profiles);
    if (span != Thresholds().renewingLong)
        QCOMPARE(firstOf(json)[u"thresholds"][u"renewing_long"].toString(), again);
    QCOMPARE(listOf(json).profiles.first().thresholds.renewingLong, span);
}

void TestProfileJson::aBrokenProfileIsNamed_data()
{
    QTest::addColumn<QByteArray>("field");
    QTest::addColumn<QString>("said");
    QTest::newRow("environment") << QByteArray(R"("environment": "prod")") << "\"prod\"";
    QTest::newRow("rights") << QByteArray(R"("rights": "admin")") << "\"admin\"";
    QTest::newRow("rights of another kind") << QByteArray(R"("rights": true)") << "rights";
    QTest::newRow("color") << QByteArray(R"("color": "red")") << "#RRGGBB";
    QTest::newRow("cap of none") << QByteArray(R"("cap": 0)") << "cap";
    QTest::newRow("cap below none") << QByteArray(R"("cap": -1)") << "cap";
    QTest::newRow("cap in words") << QByteArray(R"("cap": "50")") << "cap";
    QTest::newRow("cap over all") << QByteArray(R"("cap": 99999999999999999999)") << "cap";
    QTest::newRow("family") << QByteArray(R"("families": ["chats"])") << "\"chats\"";
    QTest::newRow("families") << QByteArray(R"("families": "chat")") << "families";
    QTest::newRow("a family of another kind") << QByteArray(R"("families": [1])") << "family";
    QTest::newRow("a family without prefixes")
        << QByteArray(R"("families": [{"name": "jobs"}])") << "jobs";
    QTest::newRow("a lease that is a number")
        << QByteArray(R"("families": [{"name": "jobs", "lease": 60}])") << "lease";
    QTest::newRow("two families of one name")
        << QByteArray(R"("families": ["chat", "chat"])") << "family";
    QTest::newRow("nodes") << QByteArray(R"("nodes": ["0242ac110009"])") << "nodes";
    QTest::newRow("a node's name") << QByteArray(R"("nodes": {"0242ac110009": 3})") << "nodes";
    QTest::newRow("thresholds") << QByteArray(R"("thresholds": "5m")") << "thresholds";
    QTest::newRow("a span") << QByteArray(R"("thresholds": {"renewing_long": "soon"})") << "soon";
    QTest::newRow("a share") << QByteArray(R"("thresholds": {"held_long": 1.5})") << "held_long";
    QTest::newRow("a count") << QByteArray(R"("thresholds": {"storm_per_minute": 0})")
                             << "storm_per_minute";
    QTest::newRow("database") << QByteArray(R"("database": "mysql://h/d")") << "database";
    QTest::newRow("ssh") << QByteArray(R"("ssh": "-oProxyCommand=id")") << "SSH";
    QTest::newRow("redis twice, the later counts")
        << QByteArray(R"("redis": "http://h")") << "redis";
}

void TestProfileJson::aBrokenProfileIsNamed()
{
    QFETCH(QByteArray, field);
    QFETCH(QString, said);
    const ProfileList list =
        listOf(fileOf({R"({"name": "before", "redis": "redis://h:1"})",
                       "{\"name\": \"api\", \"redis\": \"redis://h:2\", " + field + "}",
                       R"({"name": "after", "redis": "redis://h:3"})"}));
    QCOMPARE(list.profiles.size(), 2);
    QVERIFY(list.find(QStringLiteral("before")) && list.find(QStringLiteral("after")));
    QCOMPARE(list.faults.size(), 1);
    const QString text = describe(list.faults.first());
    QVERIFY2(text.startsWith(kWhere), qPrintable(text));
    QVERIFY2(text.contains(u"the profile \"api\""), qPrintable(text));
    QVERIFY2(text.contains(said), qPrintable(text));
    QVERIFY2(!list.faults.first().hint.isEmpty(), qPrintable(text));
}

void TestProfileJson::aFileThatIsNoneIsLeftAlone_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("said");
    QTest::newRow("no JSON") << QByteArray("{\n \"version\": 1,\n oops\n}") << "line 3";
    QTest::newRow("cut off") << QByteArray("{\"version\": 1, \"profiles\": [") << "no JSON";
    QTest::newRow("no text") << QByteArray("\xff\xfe\x00\x01", 4) << "no JSON";
    // A number that no double holds is an error of another kind to the JSON library.
    QTest::newRow("a number too large") << fileWith("\"cap\": 1e999") << "no JSON";
    QTest::newRow("a newer version")
        << QByteArray(R"({"version": 2, "profiles": []})") << "version 1";
    QTest::newRow("no version") << QByteArray(R"({"profiles": []})") << "version 1";
    QTest::newRow("a list") << QByteArray("[]") << "version 1";
    QTest::newRow("no profiles") << QByteArray(R"({"version": 1})") << "version 1";
}

void TestProfileJson::aFileThatIsNoneIsLeftAlone()
{
    QFETCH(QByteArray, json);
    QFETCH(QString, said);
    const Result<ProfileList> list = readProfiles(json, kWhere);
    QVERIFY(!list);
    QCOMPARE(list.error().code, ErrorCode::Corrupt);
    QVERIFY2(list.error().what.startsWith(kWhere), qPrintable(list.error().what));
    QVERIFY2(list.error().what.contains(said), qPrintable(list.error().what));
    QVERIFY(list.error().hint.contains(u"nothing is written"));
    QVERIFY(!withProfile(json, fullProfile(), kWhere));
    QVERIFY(!withoutProfile(json, QStringLiteral("api"), kWhere));
}

void TestProfileJson::twoOfOneNameAreTold()
{
    const ProfileList list =
        listOf(fileOf({R"({"name": "api", "redis": "redis://first:1"})",
                       R"({"name": "api", "redis": "redis://second:1"})", R"("api")"}));
    QCOMPARE(list.profiles.size(), 1);
    QCOMPARE(list.profiles.first().url, QStringLiteral("redis://first:1"));
    QCOMPARE(list.faults.size(), 2);
    QVERIFY2(list.faults[0].what.contains(u"two profiles \"api\""), qPrintable(faultsOf(list)));
    QVERIFY2(list.faults[1].what.contains(u"entry 3"), qPrintable(faultsOf(list)));
}

void TestProfileJson::unknownFieldsStay()
{
    const QByteArray before = R"({"version": 1, "owner": "team a", "profiles": [
        {"name": "api", "redis": "redis://h:1", "note": {"by": "ann"},
         "environment": "development", "rights": "operator",
         "thresholds": {"held_long": 0.6, "grace": "1m"},
         "families": [{"name": "jobs", "lock_prefix": "l:", "session_prefix": "s:", "kind": 3}]}]})";
    Profile profile = listOf(before).profiles.first();
    QVERIFY(profile.unknownJson.contains("ann"));
    profile.url = QStringLiteral("redis://other:1");
    profile.thresholds.stormPerMinute = 9;
    const Result<QByteArray> after = withProfile(before, profile, kWhere);
    QVERIFY(after);
    const QJsonObject document = QJsonDocument::fromJson(*after).object();
    QCOMPARE(document[u"owner"].toString(), QStringLiteral("team a"));
    const QJsonObject written = firstOf(*after);
    QCOMPARE(written[u"redis"].toString(), QStringLiteral("redis://other:1"));
    QCOMPARE(written[u"note"][u"by"].toString(), QStringLiteral("ann"));
    QCOMPARE(written[u"thresholds"][u"storm_per_minute"].toInt(), 9);
    QCOMPARE(written[u"thresholds"][u"grace"].toString(), QStringLiteral("1m"));
    QCOMPARE(written[u"families"][0][u"kind"].toInt(), 3);
}

void TestProfileJson::brokenProfilesStay()
{
    const QByteArray before = fileOf({R"({"name": "broken", "redis": "http://h", "cap": "x"})",
                                      R"(17)", R"({"name": "api", "redis": "redis://h:1"})"});
    Profile profile = *listOf(before).find(QStringLiteral("api"));
    profile.cap = 3;
    const Result<QByteArray> after = withProfile(before, profile, kWhere);
    QVERIFY(after);
    const QJsonArray written = QJsonDocument::fromJson(*after)[u"profiles"].toArray();
    QCOMPARE(written.size(), 3);
    QCOMPARE(written[0][u"cap"].toString(), QStringLiteral("x"));
    QCOMPARE(written[1].toInt(), 17);
    QCOMPARE(written[2][u"cap"].toInt(), 3);
    // A broken one is mended by saving another of its name.
    profile.name = QStringLiteral("broken");
    QCOMPARE(listOf(*withProfile(*after, profile, kWhere)).profiles.size(), 2);
}

void TestProfileJson::aProfileIsReplacedInItsPlace()
{
    const QByteArray before = fileOf({R"({"name": "a", "redis": "redis://h:1", "cap": 9})",
                                      R"({"name": "b", "redis": "redis://h:2"})"});
    Profile profile = *listOf(before).find(QStringLiteral("a"));
    profile.cap = Guardrails::kDefaultCap;
    const QByteArray after = *withProfile(before, profile, kWhere);
    const ProfileList list = listOf(after);
    QCOMPARE(list.profiles[0].name, QStringLiteral("a"));
    QCOMPARE(list.profiles[0].cap, Guardrails::kDefaultCap);
    QCOMPARE(list.profiles[1].name, QStringLiteral("b"));
    profile.name = QStringLiteral("c");
    QCOMPARE(listOf(*withProfile(after, profile, kWhere)).profiles[2].name, QStringLiteral("c"));
}

void TestProfileJson::aProfileIsTakenOut()
{
    const QByteArray before = fileOf(
        {R"({"name": "a", "redis": "redis://h:1"})", R"({"name": "b", "redis": "http://broken"})"});
    const QByteArray left = *withoutProfile(before, QStringLiteral("b"), kWhere);
    QCOMPARE(listOf(left).profiles.size(), 1);
    QVERIFY(listOf(left).faults.isEmpty());
    const Result<QByteArray> missing = withoutProfile(left, QStringLiteral("b"), kWhere);
    QVERIFY(!missing);
    QCOMPARE(missing.error().code, ErrorCode::NotFound);
    QVERIFY(missing.error().what.contains(u"\"b\""));
}

void TestProfileJson::anExportHoldsWhatIsKnownAlone()
{
    const ProfileList list =
        listOf(fileWith(R"("password": "hunter2-s3cret", "note": "call ann", "cap": 4)"));
    QVERIFY2(list.faults.isEmpty(), qPrintable(faultsOf(list)));
    const QByteArray exported = writeProfiles(list.profiles);
    QVERIFY(!exported.contains("hunter2"));
    QVERIFY(!exported.contains("ann"));
    QCOMPARE(listOf(exported).profiles.first().cap, 4);
    QVERIFY(listOf(exported).profiles.first().unknownJson.isEmpty());
}

QTEST_APPLESS_MAIN(TestProfileJson)
#include "tst_profilejson.moc"
