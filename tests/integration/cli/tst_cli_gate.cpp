// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commandline.h"
#include "integration/cli/cliprogram.h"
#include "support/postgresserver.h"

#include <QSet>
#include <QTest>

#include <algorithm>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

/// What a verb does to the place that it is connected to.
enum class Kind {
    Reads,  ///< works where nothing may be written
    Writes, ///< ends with 7 there
    Local,  ///< is about files of this machine
    Demo,   ///< has a server of its own
};

/// One way to ask for a verb. SESSION, TOKEN, URL and FILE stand for those of the test.
struct Way
{
    QString verb;
    Kind kind;
    QStringList arguments;
};

Way way(const char *verb, Kind kind, const char *arguments = "")
{
    return {QString::fromUtf8(verb), kind, words(arguments)};
}

/// Every verb and sub-verb, at least once.
QList<Way> ways()
{
    return {
        way("list", Kind::Reads),
        way("list", Kind::Reads, "--contention"),
        way("watch", Kind::Reads, "--for 1600ms"), // long enough for a canary
        way("show", Kind::Reads, "SESSION"),
        way("show", Kind::Reads, "SESSION --reveal"),
        way("release", Kind::Writes, "SESSION --token TOKEN --yes"),
        way("release", Kind::Writes, "SESSION --token TOKEN --dry-run"),
        way("release", Kind::Writes, "--state no_expiry --yes"),
        way("release", Kind::Writes, "--state no_expiry --dry-run"),
        way("take-over", Kind::Writes, "SESSION --token TOKEN --yes --for 1s"),
        way("take-over", Kind::Writes, "SESSION --token TOKEN --dry-run"),
        way("delete", Kind::Writes, "SESSION --yes --confirm SESSION --wait 1s"),
        way("delete", Kind::Writes, "SESSION --take-over TOKEN --yes --confirm SESSION"),
        way("delete", Kind::Writes, "SESSION --dry-run"),
        way("delete", Kind::Writes, "--state no_expiry --take-over-seen --yes --confirm 1"),
        way("delete", Kind::Writes, "--state no_expiry --dry-run"),
        way("with-lock", Kind::Writes, "FREE -- true"),
        way("waiters", Kind::Reads, "--yes"),
        way("history", Kind::Reads, "--for 200ms"),
        way("session create", Kind::Writes, "--user u-1"),
        way("session get", Kind::Reads, "SESSION --json"),
        way("session get", Kind::Reads, "FREE"), // which is in the database only
        way("session list", Kind::Reads, "--user u-1"),
        way("session append", Kind::Writes, "FREE --role user --content x"),
        way("session rename", Kind::Writes, "FREE x"),
        way("doctor", Kind::Reads),
        way("audit list", Kind::Local),
        way("audit verify", Kind::Local),
        way("audit export", Kind::Local),
        way("profile add", Kind::Local, "other --url redis://elsewhere"),
        way("profile list", Kind::Local),
        way("profile show", Kind::Local, "other"),
        way("profile export", Kind::Local),
        way("profile import", Kind::Local, "FILE"),
        way("profile password", Kind::Local, "other"), // for which there is no terminal
        way("profile remove", Kind::Local, "other --yes"),
        way("demo", Kind::Demo),
    };
}

/// The commands that the server was sent since its last CONFIG RESETSTAT and that may change
/// something, refused ones too: by its own word on each.
QByteArrayList writeCommands(RedisServer &server)
{
    QByteArrayList found;
    const QByteArray stats = server.redis({"INFO", "commandstats"}).toByteArray();
    for (const QByteArray &line : stats.split('\n')) {
        if (!line.startsWith("cmdstat_"))
            continue;
        const QByteArray name = line.mid(8, line.indexOf(':') - 8);
        const QVariantList about =
            server.redis({"COMMAND", "INFO", name}).toList().value(0).toList();
        const QVariantList flags = about.value(2).toList();
        const bool mayWrite = std::ranges::any_of(flags, [](const QVariant &flag) {
            return flag.toByteArray() == "write" || flag.toByteArray() == "may_replicate";
        });
        const bool isScript = name.startsWith("eval") || name.startsWith("script") ||
                              name.startsWith("fcall") || name.startsWith("function");
        if (mayWrite || isScript || about.isEmpty())
            found.append(name);
    }
    return found;
}

/// All keys with their values and whether they expire.
QVariantList contents(RedisServer &server)
{
    QVariantList keys = server.redis({"KEYS", "*"}).toList();
    std::ranges::sort(keys, {}, &QVariant::toByteArray);
    QVariantList all;
    for (const QVariant &key : std::as_const(keys)) {
        const QByteArray name = key.toByteArray();
        all << name << server.redis({"DUMP", name}) << server.redis({"PEXPIRETIME", name});
    }
    return all;
}

/// Server and database with something to lose, and the program that is to lose none of it.
class Stage
{
public:
    explicit Stage(const RedisServer::Options &options)
        : server(options)
    {}

    /// A session in cache and database whose lock never expires, and one in the database only.
    void furnish()
    {
        cli.setEnvironment(QStringLiteral("LOCKKEEPER_URL"), server.url());
        const auto create = [this] {
            return cli.run(words("session create --user u-1 --json"))
                .object()[u"session_id"]
                .toString();
        };
        session = create();
        free = create();
        token = freshToken(std::chrono::minutes(2));
        server.redis({"SET", lockKey(session.toUtf8()), token});
        server.redis({"DEL", cacheKey(free.toUtf8())});
        writeFile(
            cli.path(QStringLiteral("exported")),
            R"({"version": 1, "profiles": [{"name": "third", "redis": "redis://x", "environment": "development", "rights": "operator"}]})");
    }

    QStringList filled(const Way &way) const
    {
        QStringList all = way.verb.split(u' ') + way.arguments;
        all.replaceInStrings(QStringLiteral("SESSION"), session);
        all.replaceInStrings(QStringLiteral("FREE"), free);
        all.replaceInStrings(QStringLiteral("TOKEN"), QString::fromLatin1(token));
        all.replaceInStrings(QStringLiteral("FILE"), cli.path(QStringLiteral("exported")));
        return all;
    }

    CliProgram cli;
    RedisServer server;
    QString session;
    QString free;
    QByteArray token;
};

/// What stands before the verb, and what is saved before.
struct Mode
{
    const char *name;
    const char *rights; ///< of the saved production profile; null: none is saved
    const char *options;
    const char *localOptions; ///< … of verbs that connect to nothing
};

constexpr Mode kModes[] = {
    {"read-only", nullptr, "--read-only", "--read-only"},
    {"locked profile", "operator", "--profile prod", ""},
    {"locked profile and read-only", "operator", "--profile prod --read-only --unlock production",
     ""},
    {"the wrong name", "operator", "--profile prod --unlock staging", ""},
    {"address of a locked profile", "operator", "", ""},
    {"profile without rights", "read-only", "--profile prod --unlock production", ""},
};

} // namespace

class TestCliGate final : public QObject
{
    Q_OBJECT

private slots:
    void knowsEveryVerb();
    void letsNothingThrough_data();
    void letsNothingThrough();
    void letsNothingThroughToPostgres();
    void askedNicelyItOpens();

private:
    void tour(Stage &stage, const Mode &mode, const std::function<QByteArray()> &database);
};

/// A verb that is new here has to say what it does behind the gate.
void TestCliGate::knowsEveryVerb()
{
    QSet<QString> known;
    for (const Way &way : ways())
        known.insert(way.verb);
    const QStringList declared = cli::CommandLine().verbs();
    QCOMPARE(declared.size(), QSet<QString>(declared.begin(), declared.end()).size());
    for (const QString &verb : declared)
        QVERIFY2(known.remove(verb), qPrintable(verb + u" is not in the table"));
    QVERIFY2(known.isEmpty(), qPrintable(QStringList(known.values()).join(u", ")));
}

void TestCliGate::tour(Stage &stage, const Mode &mode, const std::function<QByteArray()> &database)
{
    QVERIFY(!stage.session.isEmpty() && !stage.free.isEmpty());
    if (mode.rights) {
        const QStringList add = words("profile add prod --environment production --rights")
                                << QString::fromUtf8(mode.rights) << QStringLiteral("--url")
                                << stage.server.url() << QStringLiteral("--db")
                                << stage.cli.environment().value(QStringLiteral("LOCKKEEPER_DB"));
        QCOMPARE(stage.cli.run(add).exitCode, 0);
    }
    const QVariantList before = contents(stage.server);
    const QByteArray stored = database();
    QVERIFY(!stored.isEmpty());
    stage.server.redis({"CONFIG", "RESETSTAT"});
    for (const Way &way : ways()) {
        const bool isSlow = way.arguments.contains(QStringLiteral("--contention"));
        if (way.kind == Kind::Demo || (isSlow && mode.rights))
            continue;
        const bool isRefused =
            way.kind == Kind::Writes || way.verb.endsWith(QStringLiteral(" password"));
        const bool isLocal = way.kind == Kind::Local;
        const QStringList call =
            words(isLocal ? mode.localOptions : mode.options) + stage.filled(way);
        const CliRun run = stage.cli.run(call);
        const QByteArray what =
            call.join(u' ').toUtf8() + ": " + QByteArray::number(run.exitCode) + '\n' + run.err;
        QVERIFY2(run.exitCode == (isRefused ? 7 : 0), what.constData());
        const QByteArrayList written = writeCommands(stage.server);
        QVERIFY2(written.isEmpty(), QByteArray(written.join(' ') + " by " + what).constData());
        QVERIFY2(contents(stage.server) == before, what.constData());
    }
    QCOMPARE(database(), stored);
}

void TestCliGate::letsNothingThrough_data()
{
    QTest::addColumn<int>("mode");
    QTest::addColumn<QStringList>("config");
    for (int i = 0; i < int(std::size(kModes)); ++i)
        QTest::newRow(kModes[i].name) << i << QStringList();
    // It cannot be asked what its user may do: that is tried, but not here.
    const QStringList silent{QStringLiteral("rename-command ACL \"\"")};
    QTest::newRow("read-only, rights not told") << 0 << silent;
    QTest::newRow("locked profile, rights not told") << 1 << silent;
}

void TestCliGate::letsNothingThrough()
{
    QFETCH(int, mode);
    QFETCH(QStringList, config);
    RedisServer::Options options;
    options.config = config;
    Stage stage(options);
    LK_START_REDIS(stage.server);
    stage.cli.useSqlite();
    stage.furnish();
    tour(stage, kModes[mode], [&stage] { return readFile(stage.cli.sqlitePath()); });
}

void TestCliGate::letsNothingThroughToPostgres()
{
    PostgresServer postgres;
    LK_START_POSTGRES(postgres);
    const QString name = QStringLiteral("chat");
    QVERIFY(postgres.createChatDatabase(name, PostgresServer::Release::Newer));
    Stage stage({});
    LK_START_REDIS(stage.server);
    stage.cli.setEnvironment(QStringLiteral("LOCKKEEPER_DB"), postgres.dsn(name));
    stage.furnish();
    const auto rows = [&] {
        // What was written since the tables were made, undone or not.
        return postgres
            .sql(name, QStringLiteral("SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM "
                                      "pg_stat_user_tables ORDER BY 1"))
            .toUtf8();
    };
    // The server's own count comes a moment after the writer has left.
    QTRY_VERIFY_WITH_TIMEOUT(rows().contains("|2|"), 30'000);
    tour(stage, kModes[1], rows);
}

/// The same doors, with the key: the table above does not pass because nothing works.
void TestCliGate::askedNicelyItOpens()
{
    Stage stage({});
    LK_START_REDIS(stage.server);
    stage.cli.useSqlite();
    stage.furnish();
    const QStringList add = words("profile add prod --environment production --url")
                            << stage.server.url() << QStringLiteral("--db")
                            << u"sqlite://" + stage.cli.sqlitePath();
    QCOMPARE(stage.cli.run(add).exitCode, 0);
    const QStringList open = words("--profile prod --unlock production");
    for (const Way &way :
         {way("with-lock", Kind::Writes, "FREE -- true"),
          way("session append", Kind::Writes, "FREE --role user --content x"),
          way("session rename", Kind::Writes, "FREE x"),
          way("take-over", Kind::Writes, "SESSION --token TOKEN --yes --for 100ms")}) {
        const CliRun run = stage.cli.run(open + stage.filled(way));
        QVERIFY2(run.exitCode == 0, run.err.constData());
    }
    QVERIFY(!writeCommands(stage.server).isEmpty());
}

QTEST_GUILESS_MAIN(TestCliGate)
#include "tst_cli_gate.moc"
