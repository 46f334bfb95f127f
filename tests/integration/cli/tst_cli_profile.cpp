// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"
#include "integration/cli/terminal.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

constexpr int kEnd = 60'000;

QStringList namesIn(const QByteArray &document)
{
    QStringList names;
    const QJsonObject json = QJsonDocument::fromJson(document).object();
    for (const QJsonValue &profile : json[u"profiles"].toArray())
        names.append(profile[u"name"].toString());
    return names;
}

/// A file of profiles with these objects in it.
void writeProfiles(const CliProgram &cli, const QByteArray &objects)
{
    QVERIFY(QDir().mkpath(QFileInfo(cli.profilesPath()).path()));
    writeFile(cli.profilesPath(), "{\"version\": 1, \"profiles\": [\n" + objects + "\n]}\n");
}

} // namespace

class TestCliProfile final : public QObject
{
    Q_OBJECT

private slots:
    void keepsAllOfAConnection();
    void listsAndRemoves();
    void refusesWhatIsNoProfile_data();
    void refusesWhatIsNoProfile();
    void keepsNoPassword();
    void movesToAnotherMachine();
    void connectsByName();
    void takesNoOtherAddress_data();
    void takesNoOtherAddress();
    void namesThoseThatThereAre();
    void saysWhereAFileIsBroken_data();
    void saysWhereAFileIsBroken();
    void changesNothingBesideABrokenFile();
    void showsTheOthersBesideABrokenOne();
    void usesItsFamilies();
    void takesPasswordsFromTheEnvironment();
    void asksForThePassword();
    void asksBeforeItForgets();
};

void TestCliProfile::keepsAllOfAConnection()
{
    const CliProgram cli;
    const CliRun added = cli.run(
        words("profile add prod --environment production --rights stale-locks --color #112233 "
              "--at-most 7 --held-long 0.25 --renewing-long 2m --storm 9 --ssh ops@bastion "
              "--node 02:42:AC:11:00:09=api-3 --url rediss://ops@redis.internal:6380/2 "
              "--db postgresql://ops@db.internal/chat --lock-prefix my:lock: "
              "--session-prefix my:session: --lease 30s --json"));
    QVERIFY2(added.exitCode == 0, added.err.constData());
    QVERIFY2(added.err.contains(cli.profilesPath().toUtf8()), added.err.constData());
    const CliRun shown = cli.run(words("profile show prod --json"));
    QCOMPARE(shown.out, added.out);
    QCOMPARE(shown.out.count("\n\n"), 0);
    const QJsonObject profile = shown.object()[u"profiles"][0].toObject();
    QCOMPARE(profile[u"environment"].toString(), QStringLiteral("production"));
    QCOMPARE(profile[u"redis"].toString(), QStringLiteral("rediss://ops@redis.internal:6380/2"));
    QCOMPARE(profile[u"rights"].toString(), QStringLiteral("stale-locks"));
    QCOMPARE(profile[u"cap"].toInt(), 7);
    QCOMPARE(profile[u"nodes"][u"0242ac110009"].toString(), QStringLiteral("api-3"));
    QCOMPARE(profile[u"families"][0][u"lock_prefix"].toString(), QStringLiteral("my:lock:"));
    const CliRun text = cli.run(words("profile show prod"));
    for (const char *part :
         {"production", "stale-locks", "ops@bastion", "7 locks", "my:lock:*", "api-3", "2 min"})
        QVERIFY2(text.out.contains(part), text.out.constData());
    const auto rights = QFileInfo(cli.profilesPath()).permissions();
    QCOMPARE(rights & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteOther),
             QFile::Permissions());
}

void TestCliProfile::listsAndRemoves()
{
    const CliProgram cli;
    const CliRun none = cli.run(words("profile list"));
    QCOMPARE(none.exitCode, 0);
    QCOMPARE(none.out, QByteArray());
    QVERIFY2(none.err.contains(cli.profilesPath().toUtf8()), none.err.constData());
    QCOMPARE(cli.run(words("profile add one --url redis://a")).exitCode, 0);
    QCOMPARE(cli.run(words("profile add two --url redis://b --environment staging")).exitCode, 0);
    const CliRun again = cli.run(words("profile add one --url redis://c"));
    QCOMPARE(again.exitCode, 2);
    QVERIFY2(again.err.contains("--replace"), again.err.constData());
    QCOMPARE(cli.run(words("profile add one --url redis://c --replace")).exitCode, 0);
    // What is not given stays.
    QCOMPARE(cli.run(words("profile add two --url redis://b --at-most 9 --replace")).exitCode, 0);
    const CliRun two = cli.run(words("profile show two"));
    QVERIFY2(two.out.contains("staging") && two.out.contains("9 locks"), two.out.constData());
    const CliRun list = cli.run(words("profile list"));
    QVERIFY2(list.out.contains("redis://c:6379/0") && !list.out.contains("redis://a"),
             list.out.constData());
    QVERIFY(list.out.contains("staging"));

    QCOMPARE(cli.run(words("profile remove one")).exitCode, 7); // not confirmed
    const CliRun removed = cli.run(words("profile remove one --yes"));
    QVERIFY2(removed.exitCode == 0, removed.err.constData());
    QCOMPARE(namesIn(cli.run(words("profile list --json")).out),
             QStringList{QStringLiteral("two")});
    QCOMPARE(cli.run(words("profile remove one --yes")).exitCode, 3);
}

void TestCliProfile::refusesWhatIsNoProfile_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("says");
    const auto row = [](const char *name, const char *arguments, const char *says) {
        QTest::newRow(name) << words(arguments) << QByteArray(says);
    };
    row("no address", "x", "--url");
    row("no name", "--url redis://h", "NAME");
    row("a bad address", "x --url http://h", "redis://");
    row("a bad database", "x --url redis://h --db mysql://h", "postgresql://");
    row("an environment", "x --url redis://h --environment prod", "production");
    row("rights", "x --url redis://h --rights all", "stale-locks");
    row("a color", "x --url redis://h --color red", "#RRGGBB");
    row("a cap", "x --url redis://h --at-most 0", "--at-most");
    row("a share", "x --url redis://h --held-long 2", "held_long");
    row("a node", "x --url redis://h --node api=3", "--node");
    row("a node that is no number", "x --url redis://h --node zzzzzzzzzzzz=3", "--node");
    row("a tunnel to a cluster", "x --url redis+cluster://h --ssh b", "tunnel");
    row("a tunnel that is an option", "x --url redis://h --ssh -oProxyCommand=true", "tunnel");
    row("prefixes", "x --url redis://h --lock-prefix a --session-prefix a", "overlap");
}

void TestCliProfile::refusesWhatIsNoProfile()
{
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, says);
    const CliProgram cli;
    const CliRun run = cli.run(words("profile add") + arguments);
    QCOMPARE(run.exitCode, 2);
    QVERIFY2(run.err.contains(says), run.err.constData());
    QVERIFY(!QFileInfo::exists(cli.profilesPath()));
}

void TestCliProfile::keepsNoPassword()
{
    const CliProgram cli;
    const QStringList add =
        words("profile add prod --url rediss://ops:hush-a@redis.internal:6380/0 "
              "--db postgresql://ops:hush-b@db.internal/chat --json");
    const CliRun run = cli.run(add);
    QVERIFY2(run.exitCode == 0, run.err.constData());
    for (const char *part : {"the Redis password was not saved", "the database password",
                             "no keychain", "asked for each time"})
        QVERIFY2(run.err.contains(part), run.err.constData());
    const CliRun sentinels = cli.run(words(
        "profile add many --url redis+sentinel://u:hush-c@h/mymaster?sentinel_password=hush-d"));
    QVERIFY2(sentinels.exitCode == 0, sentinels.err.constData());
    QVERIFY2(sentinels.err.contains("the Sentinel password"), sentinels.err.constData());
    QByteArray all = run.out + run.err + sentinels.out + sentinels.err;
    for (const char *verb : {"profile list", "profile list --json", "profile show prod",
                             "profile export", "--profile prod list"})
        all += cli.run(words(verb)).out + cli.run(words(verb)).err;
    QVERIFY2(!all.contains("hush"), all.constData());
    const QByteArray file = readFile(cli.profilesPath());
    QVERIFY2(file.contains("rediss://ops@redis.internal:6380/0") && !file.contains("hush"),
             file.constData());
}

void TestCliProfile::movesToAnotherMachine()
{
    const CliProgram here;
    for (const char *add : {"profile add a --url redis://a --at-most 3", "profile add b --url "
                                                                         "redis://b"})
        QCOMPARE(here.run(words(add)).exitCode, 0);
    const QString file = here.path(QStringLiteral("exported.json"));
    QCOMPARE(here.runInto(file, words("profile export")).exitCode, 0);
    QCOMPARE(namesIn(here.run(words("profile export b")).out), QStringList{QStringLiteral("b")});
    QCOMPARE(here.run(words("profile export nobody")).exitCode, 3);

    const CliProgram there;
    QCOMPARE(there.run(words("profile add a --url redis://other")).exitCode, 0);
    const CliRun partly = there.run(words("profile import") << file);
    QVERIFY2(partly.exitCode == 8, partly.err.constData());
    QVERIFY2(partly.err.contains("1 added, 1 left") && partly.err.contains("--replace"),
             partly.err.constData());
    QVERIFY(there.run(words("profile show a")).out.contains("redis://other"));
    const CliRun whole = there.run(words("profile import --replace") << file);
    QVERIFY2(whole.exitCode == 0, whole.err.constData());
    QCOMPARE(there.run(words("profile export")).out, here.run(words("profile export")).out);

    const QString bad = writeFile(
        here.path(QStringLiteral("bad.json")),
        R"({"version": 1, "profiles": [{"name": "p", "environment": "development", "rights": "operator", "redis": "redis://u:hush-e@h"}]})");
    const CliRun leaky = there.run(words("profile import") << bad);
    QCOMPARE(leaky.exitCode, 1);
    QVERIFY2(leaky.err.contains("bad.json") && leaky.err.contains("holds a password") &&
                 !leaky.err.contains("hush"),
             leaky.err.constData());
    QVERIFY(!readFile(there.profilesPath()).contains("hush"));
}

void TestCliProfile::connectsByName()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", lockKey("s"), freshToken(), "PX", "60000"});
    CliProgram cli;
    QCOMPARE(cli.run(words("profile add mine --url") << server.url()).exitCode, 0);
    // The environment is not asked when a profile is named.
    cli.setEnvironment(QStringLiteral("LOCKKEEPER_URL"), QStringLiteral("redis://nowhere:1"));
    const CliRun list = cli.run(words("--profile mine list --json"));
    QVERIFY2(list.exitCode == 0, list.err.constData());
    QVERIFY(!rowOf(list.array(), QStringLiteral("s")).isEmpty());
    const CliRun doctor = cli.run(words("doctor --profile mine"));
    QVERIFY2(doctor.exitCode == 0, doctor.err.constData());
}

void TestCliProfile::takesNoOtherAddress_data()
{
    QTest::addColumn<QStringList>("more");
    for (const char *more : {"--url redis://h", "--db sqlite:///x", "--lock-prefix a",
                             "--session-prefix a", "--lease 5s", "--demo"})
        QTest::newRow(more) << words(more);
}

void TestCliProfile::takesNoOtherAddress()
{
    QFETCH(QStringList, more);
    const CliProgram cli;
    QCOMPARE(cli.run(words("profile add mine --url redis://h")).exitCode, 0);
    const CliRun run = cli.run(words("--profile mine list") + more);
    QCOMPARE(run.exitCode, 2);
    QVERIFY2(run.err.contains("--profile brings its own"), run.err.constData());
}

void TestCliProfile::namesThoseThatThereAre()
{
    const CliProgram cli;
    const CliRun none = cli.run(words("--profile nope list"));
    QCOMPARE(none.exitCode, 3);
    QVERIFY2(none.err.contains("profile add"), none.err.constData());
    for (const char *name : {"alpha", "beta"})
        QCOMPARE(cli.run(words("profile add --url redis://h") << QString::fromUtf8(name)).exitCode,
                 0);
    for (const char *verb : {"--profile nope list", "profile show nope", "profile password nope",
                             "--profile nope delete x --yes"}) {
        const CliRun run = cli.run(words(verb));
        QVERIFY2(run.exitCode == 3, run.err.constData());
        QVERIFY2(run.err.contains("\"nope\"") && run.err.contains("alpha, beta"),
                 run.err.constData());
    }
}

void TestCliProfile::saysWhereAFileIsBroken_data()
{
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QByteArray>("says");
    QTest::newRow("no JSON") << QByteArray("{\n\n\"version\": 1,\n oops") << QByteArray("line 4");
    QTest::newRow("no profiles") << QByteArray("[]") << QByteArray("version 1");
    QTest::newRow("a later version")
        << QByteArray(R"({"version": 2, "profiles": []})") << QByteArray("newer Lockkeeper");
}

void TestCliProfile::saysWhereAFileIsBroken()
{
    QFETCH(QByteArray, file);
    QFETCH(QByteArray, says);
    const CliProgram cli;
    QVERIFY(QDir().mkpath(QFileInfo(cli.profilesPath()).path()));
    writeFile(cli.profilesPath(), file);
    for (const char *verb : {"profile list", "profile show x", "--profile x list",
                             "profile add x --url redis://h", "profile remove x --yes"}) {
        const CliRun run = cli.run(words(verb));
        QVERIFY2(run.exitCode == 1, run.err.constData());
        QVERIFY2(run.err.contains("profiles.json") && run.err.contains(says), run.err.constData());
    }
    QCOMPARE(readFile(cli.profilesPath()), file);
}

/// Where guardrails cannot be read nothing is changed, and all is shown.
void TestCliProfile::changesNothingBesideABrokenFile()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    QVERIFY(QDir().mkpath(QFileInfo(cli.profilesPath()).path()));
    writeFile(cli.profilesPath(), "{oops");
    const CliRun run = cli.run(words("list"));
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QVERIFY2(run.err.contains("profiles.json"), run.err.constData());
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token});
    const CliRun refused = cli.run(words("release s --yes --token") << QString::fromLatin1(token));
    QCOMPARE(refused.exitCode, 7);
    QVERIFY2(refused.err.contains("it is not known what kind of place this is"),
             refused.err.constData());
    QCOMPARE(server.redis({"GET", lockKey("s")}).toByteArray(), token);
}

void TestCliProfile::showsTheOthersBesideABrokenOne()
{
    const CliProgram cli;
    writeProfiles(
        cli,
        R"({"name": "good", "environment": "development", "rights": "operator", "redis": "redis://h"},
                          {"name": "typo", "redis": "redis://h", "rights": "operator", "environment": "prduction"})");
    const CliRun list = cli.run(words("profile list"));
    QCOMPARE(list.exitCode, 0);
    QVERIFY2(list.out.contains("good"), list.out.constData());
    for (const QByteArray &said : {list.err, cli.run(words("--profile typo list")).err})
        QVERIFY2(said.contains("typo") && said.contains("prduction") && said.contains("production"),
                 said.constData());
    QCOMPARE(cli.run(words("--profile typo list")).exitCode, 2);
    // Another is saved beside it, and it stays as it was.
    QCOMPARE(cli.run(words("profile add more --url redis://h")).exitCode, 0);
    QVERIFY(readFile(cli.profilesPath()).contains("prduction"));
}

void TestCliProfile::usesItsFamilies()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SET", "my:lock:a", freshToken(), "PX", "20000"});
    server.redis({"SET", "your:lock:b", freshToken(), "PX", "4000"});
    server.redis({"SET", "copilot:session_lock:c", freshToken(), "PX", "9000"});
    const CliProgram cli;
    writeProfiles(
        cli, R"({"name": "p", "environment": "development", "rights": "operator", "redis": ")" +
                 server.url().toUtf8() + R"(", "families": [
        {"name": "mine", "lock_prefix": "my:lock:", "session_prefix": "my:session:", "lease": "30s"},
        {"name": "yours", "lock_prefix": "your:lock:", "session_prefix": "your:session:", "lease": "5s"}]})");
    const auto lists = [&](const char *family, const char *session) {
        const CliRun run = cli.run(words("--profile p list --json") + words(family));
        const QJsonArray rows = run.array();
        return run.exitCode == 0 && rows.size() == 1 &&
               rows[0][u"session_id"].toString() == QString::fromUtf8(session);
    };
    QVERIFY(lists("", "a"));
    QVERIFY(lists("--family yours", "b"));
    QVERIFY(lists("--family copilot", "c"));
    QCOMPARE(cli.run(words("--profile p list --json")).array()[0][u"lease_ms"].toInt(), 30'000);
    const CliRun none = cli.run(words("--profile p list --family theirs"));
    QCOMPARE(none.exitCode, 2);
    QVERIFY2(none.err.contains("mine, yours"), none.err.constData());
}

void TestCliProfile::takesPasswordsFromTheEnvironment()
{
    RedisServer::Options options;
    options.aclUsers = {QStringLiteral("alice on >hunter2 ~* &* +@all")};
    RedisServer server(options);
    LK_START_REDIS(server);
    CliProgram cli;
    QCOMPARE(
        cli.run(words("profile add mine --url") << u"redis+unix://alice@" + server.socketPath())
            .exitCode,
        0);
    const CliRun without = cli.run(words("--profile mine list --json"));
    QCOMPARE(without.exitCode, 6);
    cli.setEnvironment(QStringLiteral("LOCKKEEPER_REDIS_PASSWORD"), QStringLiteral("hunter2"));
    const CliRun with = cli.run(words("--profile mine list --json"));
    QVERIFY2(with.exitCode == 0, with.err.constData());
}

void TestCliProfile::asksForThePassword()
{
    RedisServer::Options options;
    options.aclUsers = {QStringLiteral("alice on >hunter2 ~* &* +@all")};
    RedisServer server(options);
    LK_START_REDIS(server);
    const CliProgram cli;
    QCOMPARE(
        cli.run(words("profile add mine --url") << u"redis+unix://alice@" + server.socketPath())
            .exitCode,
        0);
    Terminal terminal;
    const auto listing = startOn(terminal, cli, words("--profile mine list --json"));
    QTRY_VERIFY_WITH_TIMEOUT(terminal.text().contains("Password:"), kEnd);
    QVERIFY(!terminal.hasEcho());
    terminal.type("hunter2\n");
    QCOMPARE(ended(*listing).exitCode, 0);

    // Where there is no keychain, one that is given is not kept, and that is said.
    const auto keeping = startOn(terminal, cli, words("profile password mine"));
    QTRY_COMPARE_WITH_TIMEOUT(terminal.text().count("Password:"), 2, kEnd);
    terminal.type("hunter2\n");
    QCOMPARE(ended(*keeping).exitCode, 1);
    QVERIFY2(terminal.text().contains("was not saved"), terminal.text().constData());
    QVERIFY(!terminal.text().contains("hunter2"));
    QVERIFY(!readFile(cli.profilesPath()).contains("hunter2"));
}

void TestCliProfile::asksBeforeItForgets()
{
    const CliProgram cli;
    QCOMPARE(cli.run(words("profile add mine --url redis://h")).exitCode, 0);
    Terminal terminal;
    for (const char *answer : {"n\n", "y\n"}) {
        const qsizetype asked = terminal.text().count("[y/N]");
        const auto process = startOn(terminal, cli, words("profile remove mine"));
        QTRY_COMPARE_WITH_TIMEOUT(terminal.text().count("[y/N]"), asked + 1, kEnd);
        terminal.type(answer);
        QCOMPARE(ended(*process).exitCode, *answer == 'y' ? 0 : 7);
    }
    QCOMPARE(namesIn(cli.run(words("profile list --json")).out), QStringList());
}

QTEST_GUILESS_MAIN(TestCliProfile)
#include "tst_cli_profile.moc"
