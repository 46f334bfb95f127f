// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/profile.h"
#include "app/profilejson.h"
#include "redis/deploymenturl.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;

namespace {

const QString kSecret = QStringLiteral("hunter2-s3cret");

Profile profileOf(const QString &url)
{
    Profile profile;
    profile.name = QStringLiteral("api-prod");
    profile.url = url;
    return profile;
}

Profile apiProd()
{
    return profileOf(QStringLiteral("redis://cache.example:6380/2"));
}

/// What an address that is given by hand leads to.
Target targetAt(const char *url)
{
    Target target;
    target.server = *redis::parseDeploymentUrl(QString::fromLatin1(url));
    return target;
}

Profile production(const char *url)
{
    Profile profile = profileOf(QString::fromLatin1(url));
    profile.environment = Environment::Production;
    return profile;
}

} // namespace

class TestProfile : public QObject
{
    Q_OBJECT

private slots:
    void namesThatAreNone_data();
    void namesThatAreNone();
    void passwordsAreRefused_data();
    void passwordsAreRefused();
    void tunnelsLeadToOneServer_data();
    void tunnelsLeadToOneServer();
    void becomesATarget();
    void theFamilyIsChosen_data();
    void theFamilyIsChosen();
    void anAddressByHandIsNoWayAround_data();
    void anAddressByHandIsNoWayAround();
    void theStrictestProfileHolds();
    void aProfilesTargetKeepsItsOwn();
    void itsDatabaseIsGuardedBehindAnotherServer();
    void whatCannotBeReadMightBeThisPlace();
    void staleLocksAreReleasedThroughTheProfileOnly();
};

void TestProfile::namesThatAreNone_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("isName");
    QTest::newRow("usual") << "api-prod" << true;
    QTest::newRow("words") << "Chat, Zürich (prod)" << true;
    QTest::newRow("long enough") << QString(100, u'n') << true;
    QTest::newRow("empty") << "" << false;
    QTest::newRow("blank") << " " << false;
    QTest::newRow("blank before") << " api" << false;
    QTest::newRow("blank behind") << "api\t" << false;
    QTest::newRow("line break") << "a\nb" << false;
    QTest::newRow("line separator") << QStringLiteral("a\u2028b") << false;
    QTest::newRow("escape") << "a\x1b[31m" << false;
    QTest::newRow("turned around") << QStringLiteral("dev\u202Edorp") << false;
    QTest::newRow("quote") << "a\"b" << false;
    QTest::newRow("too long") << QString(101, u'n') << false;
}

void TestProfile::namesThatAreNone()
{
    QFETCH(QString, name);
    QFETCH(bool, isName);
    Profile profile = apiProd();
    profile.name = name;
    const Result<void> checked = check(profile);
    QCOMPARE(checked.has_value(), isName);
    if (isName)
        return;
    QCOMPARE(checked.error().code, ErrorCode::InvalidInput);
    QVERIFY(checked.error().what.contains(u"no name"));
    QVERIFY(!checked.error().hint.isEmpty());
}

void TestProfile::passwordsAreRefused_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("database");
    QTest::addColumn<QString>("ssh");
    QTest::addColumn<QString>("field");
    const QString plain = QStringLiteral("redis://cache.example");
    QTest::newRow("redis") << QString(u"redis://:" + kSecret + u"@h") << "" << "" << "redis";
    QTest::newRow("redis with user") << QString(u"rediss://lk:" + kSecret + u"@h") << "" << ""
                                     << "redis";
    QTest::newRow("cluster") << QString(u"redis+cluster://lk:" + kSecret + u"@a:1,b:2") << "" << ""
                             << "redis";
    QTest::newRow("server behind Sentinels")
        << QString(u"redis+sentinel://:" + kSecret + u"@a:1/main") << "" << "" << "redis";
    QTest::newRow("Sentinels") << QString(u"redis+sentinel://a:1/main?sentinel_password=" + kSecret)
                               << "" << ""
                               << "redis";
    QTest::newRow("database") << plain << QString(u"postgresql://lk:" + kSecret + u"@h/d") << ""
                              << "database";
    QTest::newRow("ssh") << plain << "" << QString(u"ops:" + kSecret + u"@bastion") << "ssh";
    QTest::newRow("ssh address") << plain << "" << QString(u"ssh://ops:" + kSecret + u"@bastion")
                                 << "ssh";
}

void TestProfile::passwordsAreRefused()
{
    QFETCH(QString, url);
    QFETCH(QString, database);
    QFETCH(QString, ssh);
    QFETCH(QString, field);
    Profile profile = profileOf(url);
    profile.database = database;
    profile.ssh = ssh;
    const Result<void> checked = check(profile);
    QVERIFY(!checked);
    QCOMPARE(checked.error().code, ErrorCode::InvalidInput);
    const QString text = describe(checked.error());
    QVERIFY2(text.contains(u"the profile \"api-prod\": " + field), qPrintable(text));
    QVERIFY2(text.contains(u"password"), qPrintable(text));
    QVERIFY2(!text.contains(kSecret), qPrintable(text));
    if (field != u"ssh") // of which no password is ever kept
        QVERIFY2(text.contains(u"profile password \"api-prod\""), qPrintable(text));
    QVERIFY(!targetOf(profile));
}

void TestProfile::tunnelsLeadToOneServer_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<bool>("isFine");
    QTest::newRow("one server") << "rediss://h:1" << true;
    QTest::newRow("socket") << "redis+unix:///run/redis.sock" << false;
    QTest::newRow("cluster") << "redis+cluster://a:1,b:2" << false;
    QTest::newRow("Sentinels") << "redis+sentinel://a:1/main" << false;
}

void TestProfile::tunnelsLeadToOneServer()
{
    QFETCH(QString, url);
    QFETCH(bool, isFine);
    Profile profile = profileOf(url);
    QVERIFY(check(profile));
    profile.ssh = QStringLiteral("ops@bastion");
    const Result<void> checked = check(profile);
    QCOMPARE(checked.has_value(), isFine);
    if (!isFine)
        QVERIFY(checked.error().what.contains(u"SSH"));
}

void TestProfile::becomesATarget()
{
    Profile profile = apiProd();
    profile.environment = Environment::Production;
    profile.color = QStringLiteral("#b42318");
    profile.database = QStringLiteral("sqlite:///var/lib/chat.db");
    profile.ssh = QStringLiteral("ops@bastion");
    profile.scope = Scope::StaleLocks;
    profile.nodeNames = {{QStringLiteral("0242ac110009"), QStringLiteral("api-3")}};
    profile.thresholds.stormPerMinute = 9;
    profile.cap = 4;
    const Result<Target> target = targetOf(profile);
    QVERIFY(target);
    QCOMPARE(target->name, profile.name);
    QCOMPARE(target->server.place(), QStringLiteral("cache.example:6380"));
    QCOMPARE(target->server.node.database, 2);
    QCOMPARE(target->database->path, QStringLiteral("/var/lib/chat.db"));
    QCOMPARE(target->ssh, profile.ssh);
    QCOMPARE(target->nodeNames, profile.nodeNames);
    QVERIFY(target->opensReadOnly());
    const Guardrails expected{profile.name,  profile.environment, profile.color,
                              profile.scope, profile.cap,         profile.thresholds};
    QVERIFY(target->guardrails == expected);
}

void TestProfile::theFamilyIsChosen_data()
{
    QTest::addColumn<bool>("hasOwn");
    QTest::addColumn<QString>("asked");
    QTest::addColumn<QString>("chosen"); // empty: none
    QTest::addColumn<QString>("said");
    QTest::newRow("none of its own") << false << "" << "chat" << "";
    QTest::newRow("built in") << false << "copilot" << "copilot" << "";
    QTest::newRow("its first") << true << "" << "jobs" << "";
    QTest::newRow("its own") << true << "mail" << "mail" << "";
    QTest::newRow("built in, besides its own") << true << "chat" << "chat" << "";
    QTest::newRow("unknown") << false << "jobs" << "" << "chat and copilot";
    QTest::newRow("unknown besides its own") << true << "chats" << "" << "jobs, mail";
}

void TestProfile::theFamilyIsChosen()
{
    QFETCH(bool, hasOwn);
    QFETCH(QString, asked);
    QFETCH(QString, chosen);
    QFETCH(QString, said);
    Profile profile = apiProd();
    if (hasOwn) {
        locks::LockFamily jobs;
        jobs.name = QStringLiteral("jobs");
        jobs.lockPrefix = "jobs:lock:";
        jobs.sessionPrefix = "jobs:item:";
        locks::LockFamily mail = jobs;
        mail.name = QStringLiteral("mail");
        profile.families = {jobs, mail};
    }
    const Result<Target> target = targetOf(profile, asked);
    QCOMPARE(target.has_value(), !chosen.isEmpty());
    if (target) {
        QCOMPARE(target->family.name, chosen);
        return;
    }
    QCOMPARE(target.error().code, ErrorCode::InvalidInput);
    const QString text = describe(target.error());
    QVERIFY2(text.contains(u"the profile \"api-prod\""), qPrintable(text));
    QVERIFY2(text.contains(u'"' + asked + u'"'), qPrintable(text));
    QVERIFY2(text.contains(said), qPrintable(text));
}

void TestProfile::anAddressByHandIsNoWayAround_data()
{
    QTest::addColumn<QByteArray>("saved");
    QTest::addColumn<QByteArray>("given");
    QTest::addColumn<bool>("isSame");
    const auto row = [](const char *what, const char *saved, const char *given, bool isSame) {
        QTest::newRow(what) << QByteArray(saved) << QByteArray(given) << isSame;
    };
    row("the same", "redis://h:1", "redis://h:1", true);
    row("another login", "redis://h:1", "redis://root:pw@h:1", true);
    row("TLS", "rediss://h:1", "redis://h:1", true);
    row("the usual port", "redis://h", "redis://h:6379/0", true);
    row("upper case", "redis://cache.example:1", "redis://Cache.Example:1", true);
    row("a final dot", "redis://cache.example:1", "redis://cache.example.:1", true);
    row("this machine", "redis://localhost:1", "redis://127.0.0.1:1", true);
    row("this machine by IPv6", "redis://127.0.0.1:1", "redis://[::1]:1", true);
    row("another host", "redis://h:1", "redis://g:1", false);
    row("another port", "redis://h:1", "redis://h:2", false);
    row("another database", "redis://h:1/0", "redis://h:1/1", false);
    row("a socket", "redis+unix:///run/a", "redis+unix:///run/a", true);
    row("another socket", "redis+unix:///run/a", "redis+unix:///run/b", false);
    row("some nodes", "redis+cluster://a:1,b:1,c:1", "redis+cluster://b:1", true);
    row("nodes in another order", "redis+cluster://a:1,b:1", "redis+cluster://b:1,a:1", true);
    row("another cluster", "redis+cluster://a:1", "redis+cluster://d:1", false);
    row("some Sentinels", "redis+sentinel://a:1,b:1/main", "redis+sentinel://b:1/main", true);
    row("another service", "redis+sentinel://a:1/main", "redis+sentinel://a:1/side", false);
    row("this machine, not the one behind the tunnel", "tunnel redis://localhost:1",
        "redis://localhost:1", false);
    row("a server behind a tunnel", "tunnel redis://h:1", "redis://h:1", true);
    row("a Sentinel is no node", "redis+sentinel://a:1/main", "redis+cluster://a:1", false);
}

void TestProfile::anAddressByHandIsNoWayAround()
{
    QFETCH(QByteArray, saved);
    QFETCH(QByteArray, given);
    QFETCH(bool, isSame);
    const bool isTunnelled = saved.startsWith("tunnel ");
    Profile profile = production(isTunnelled ? saved.mid(7).constData() : saved.constData());
    if (isTunnelled)
        profile.ssh = QStringLiteral("ops@bastion");
    const Guardrails found = guardrailsFor(targetAt(given.constData()), {profile});
    QCOMPARE(found.isProduction(), isSame);
    QCOMPARE(found.profile, isSame ? QStringLiteral("api-prod") : QString());
}

void TestProfile::theStrictestProfileHolds()
{
    Profile development = profileOf(QStringLiteral("redis://h:1"));
    development.name = QStringLiteral("dev");
    Profile staging = development;
    staging.name = QStringLiteral("staging");
    staging.environment = Environment::Staging;
    staging.cap = 5;
    Profile broken = production("redis://h:1");
    broken.url = QStringLiteral("http://h:1");
    const Target target = targetAt("redis://h:1");
    QVERIFY(guardrailsFor(target, {}) == Guardrails());
    QVERIFY(guardrailsFor(target, {broken}) == Guardrails());
    QCOMPARE(guardrailsFor(target, {development}).profile, QStringLiteral("dev"));
    QCOMPARE(guardrailsFor(target, {development, staging}).cap, 5);
    QCOMPARE(guardrailsFor(target, {staging, development}).cap, 5);
    QVERIFY(
        guardrailsFor(target, {development, production("redis://h:1"), staging}).isProduction());
    // Of two of one environment the one counts that gives fewer rights.
    Profile readOnly = staging;
    readOnly.name = QStringLiteral("look");
    readOnly.scope = Scope::ReadOnly;
    QCOMPARE(guardrailsFor(target, {staging, readOnly}).scope, Scope::ReadOnly);
    QCOMPARE(guardrailsFor(target, {readOnly, staging}).scope, Scope::ReadOnly);
}

void TestProfile::aProfilesTargetKeepsItsOwn()
{
    Profile development = profileOf(QStringLiteral("redis://h:1"));
    development.name = QStringLiteral("dev");
    const Result<Target> target = targetOf(development);
    QVERIFY(target);
    QCOMPARE(guardrailsFor(*target, {production("redis://h:1")}).profile, QStringLiteral("dev"));
}

void TestProfile::itsDatabaseIsGuardedBehindAnotherServer()
{
    Profile profile = production("redis://h:1");
    profile.database = QStringLiteral("postgresql://ops@db.internal/chat");
    Target target = targetAt("redis://elsewhere:1");
    target.database = *sessions::parseDsn(QStringLiteral("postgresql://me@DB.internal:5432/chat"));
    QVERIFY(guardrailsFor(target, {profile}).isProduction());
    target.database = *sessions::parseDsn(QStringLiteral("postgresql://me@db.internal/other"));
    QVERIFY(!guardrailsFor(target, {profile}).isProduction());
}

void TestProfile::whatCannotBeReadMightBeThisPlace()
{
    const Target target = targetAt("redis://h:1");
    const Result<ProfileList> broken = Error{ErrorCode::Corrupt, QStringLiteral("no JSON"), {}};
    QVERIFY(guardrailsFor(target, broken).doubt.contains(u"no JSON"));
    const QByteArray mistyped = R"({"version":1,"profiles":[{"name":"api-prod",
        "enviroment":"production","rights":"operator","redis":"redis://h:1"}]})";
    const Result<ProfileList> saved = readProfiles(mistyped, QStringLiteral("profiles.json"));
    QVERIFY(saved && saved->profiles.isEmpty());
    const Guardrails found = guardrailsFor(target, saved);
    QVERIFY2(found.doubt.contains(u"environment is not given"), qPrintable(found.doubt));
    Target doubtful = target;
    doubtful.guardrails = found;
    QVERIFY(doubtful.opensReadOnly());
    QVERIFY(guardrailsFor(target, Result(ProfileList())).doubt.isEmpty());
}

/// What is stale depends on the lease, and that of an address by hand is whatever was typed.
void TestProfile::staleLocksAreReleasedThroughTheProfileOnly()
{
    Profile profile = production("redis://h:1");
    profile.scope = Scope::StaleLocks;
    QVERIFY(guardrailsFor(targetAt("redis://h:1"), {profile}).doubt.contains(u"api-prod"));
    const Result<Target> own = targetOf(profile);
    QVERIFY(own && own->guardrails.doubt.isEmpty());
}

QTEST_APPLESS_MAIN(TestProfile)
#include "tst_profile.moc"
