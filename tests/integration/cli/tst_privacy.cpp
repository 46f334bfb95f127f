// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"
#include "integration/cli/terminal.h"
#include "support/postgresserver.h"

#include <QDirIterator>
#include <QFileInfo>
#include <QTest>

#include <csignal>

// Secrets are planted wherever there are some, most of the command line is used, and then every
// byte that it has left is looked through.

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

constexpr int kEnd = 60'000;

struct Planted
{
    const char *what;
    QByteArray bytes;
    bool isRevealed = false; ///< printed where --reveal is given
};

const Planted kRedisPassword{"the Redis password", "hush1-Vh7tQz"};
const Planted kWrongPassword{"a wrong password", "hush2-Lw3kXa"};
const Planted kDatabasePassword{"the database password", "hush3-Rf9mBe"};
const Planted kEnvironment{"a secret of the environment", "hush4-Jc2nWo"};
const Planted kBody{"the text of a message", "hush5-Ud8pYs", true};
const Planted kRefusal{"a refusal", "hush6-Ks4vDi", true};
const Planted kToolCall{"the arguments of a tool call", "hush7-Gz6hNu", true};
const Planted kUnknown{"a field that is not known", "hush8-Te1bQl", true};
const Planted kCachedCredential{"a credential in the cache", "hush9-Mo5xCr"};
const Planted kStoredCredential{"a credential in the database", "hush0-Px2gFv"};
const Planted kCorrupt{"the text of a corrupt entry", "hushA-Wy9sKj"};

const QList<Planted> kSecrets{kRedisPassword, kWrongPassword,    kDatabasePassword, kEnvironment,
                              kBody,          kRefusal,          kToolCall,         kUnknown,
                              kCorrupt,       kCachedCredential, kStoredCredential};

/// A session as the back end caches it, with a secret in every place that there is.
QByteArray secretive(const QByteArray &id)
{
    return R"({"session_id":")" + id + R"(","user_id":"u-1","title":"A title","messages":[)" +
           R"({"role":"user","content":")" + kBody.bytes + R"("},)" +
           R"({"role":"assistant","content":null,"refusal":")" + kRefusal.bytes +
           R"(","tool_calls":[{"function":{"name":"look","arguments":")" + kToolCall.bytes +
           R"("}}],"thoughts":")" + kUnknown.bytes + R"("}],"usage":[],"credentials":{"github":)" +
           R"({"token":")" + kCachedCredential.bytes +
           R"("}},"started_at":"2026-01-01T00:00:00.000000Z",)" +
           R"("updated_at":"2026-01-01T00:00:00.000000Z","memo":{"a":")" + kUnknown.bytes +
           R"("}})";
}

/// All that the program has said, call by call.
class Ear
{
public:
    explicit Ear(const CliProgram &cli)
        : m_cli(cli)
    {}

    CliRun run(const QStringList &arguments)
    {
        const CliRun run = m_cli.run(arguments);
        note(arguments, run);
        return run;
    }
    void note(const QStringList &arguments, const CliRun &run)
    {
        const bool isRevealing = arguments.contains(QStringLiteral("--reveal"));
        for (const Planted &secret : kSecrets) {
            const bool mayPrint = isRevealing && secret.isRevealed;
            if (run.out.contains(secret.bytes) && !mayPrint)
                m_leaks.append(leak("standard output", arguments, secret, run.out));
            if (run.err.contains(secret.bytes))
                m_leaks.append(leak("standard error", arguments, secret, run.err));
            if (run.out.contains(secret.bytes))
                m_revealed.append(secret.bytes);
        }
        ++m_calls;
    }
    [[nodiscard]] const QStringList &leaks() const { return m_leaks; }
    [[nodiscard]] const QByteArrayList &revealed() const { return m_revealed; }
    [[nodiscard]] int calls() const { return m_calls; }

private:
    static QString leak(const char *where, const QStringList &arguments, const Planted &secret,
                        const QByteArray &text)
    {
        const qsizetype at = text.indexOf(secret.bytes);
        return QStringLiteral("%1 of \"%2\" has %3: …%4…")
            .arg(QLatin1StringView(where), arguments.join(u' '), QLatin1StringView(secret.what),
                 QString::fromUtf8(text.mid(std::max<qsizetype>(at - 60, 0), 100)));
    }

    const CliProgram &m_cli;
    QStringList m_leaks;
    QByteArrayList m_revealed;
    int m_calls = 0;
};

/// The files below the folder that hold a secret, hidden ones and those without an end too.
QStringList leaksBelow(const QString &folder, int *files)
{
    QStringList leaks;
    QDirIterator below(folder, QDir::Files | QDir::Hidden | QDir::System,
                       QDirIterator::Subdirectories);
    while (below.hasNext()) {
        const QString file = below.next();
        const QByteArray bytes = readFile(file);
        ++*files;
        for (const Planted &secret : kSecrets) {
            if (bytes.contains(secret.bytes))
                leaks.append(file + u" has " + QLatin1StringView(secret.what));
        }
    }
    return leaks;
}

} // namespace

class TestPrivacy final : public QObject
{
    Q_OBJECT

private slots:
    void findsWhatIsPlanted();
    void leaksNothing();

private:
    void furnish();
    void look(Ear &ear);
    void listen(Ear &ear);
    void keepConnections(Ear &ear);
    void useSessions(Ear &ear);
    void act(Ear &ear);
    void mistype(Ear &ear);
    void fail(Ear &ear);
    void revealed(Ear &ear);

    [[nodiscard]] QByteArray plant(const QByteArray &session);
    [[nodiscard]] QString urlWith(const Planted &password) const;
    [[nodiscard]] QString dsn() const;

    RedisServer m_server{
        {.aclUsers = {
             QString(u"ops on >" + QString::fromUtf8(kRedisPassword.bytes) + u" ~* &* +@all")}}};
    PostgresServer m_postgres;
    CliProgram m_cli;
    QByteArray m_session; ///< in cache and database, with secrets
    QByteArray m_corrupt; ///< cached as what is no JSON
};

QString TestPrivacy::urlWith(const Planted &password) const
{
    return u"redis+unix://ops:" + QString::fromUtf8(password.bytes) + u'@' + m_server.socketPath();
}

QString TestPrivacy::dsn() const
{
    return QString(m_postgres.dsn(QStringLiteral("chat")))
        .replace(QStringLiteral("lk@"),
                 QString(u"lk:" + QString::fromUtf8(kDatabasePassword.bytes) + u'@'));
}

QByteArray TestPrivacy::plant(const QByteArray &session)
{
    const QByteArray token = freshToken(std::chrono::minutes(2));
    m_server.redis({"SET", lockKey(session), token});
    return token;
}

void TestPrivacy::furnish()
{
    LK_START_REDIS(m_server);
    LK_START_POSTGRES(m_postgres);
    const QString name = QStringLiteral("chat");
    QVERIFY(m_postgres.createChatDatabase(name, PostgresServer::Release::Newer));
    m_cli.setEnvironment(QStringLiteral("LOCKKEEPER_URL"), urlWith(kRedisPassword));
    m_cli.setEnvironment(QStringLiteral("LOCKKEEPER_DB"), dsn());
    m_cli.setEnvironment(QStringLiteral("OPENAI_API_KEY"), QString::fromUtf8(kEnvironment.bytes));
    // The log is as talkative as it can be.
    m_cli.setEnvironment(QStringLiteral("QT_LOGGING_RULES"), QStringLiteral("lockkeeper.*=true"));
    const auto create = [this] {
        return m_cli.run(words("session create --user u-1 --json"))
            .object()[u"session_id"]
            .toString()
            .toUtf8();
    };
    m_session = create();
    m_corrupt = create();
    QVERIFY(!m_session.isEmpty() && !m_corrupt.isEmpty());
    m_server.redis({"SET", cacheKey(m_session), secretive(m_session), "EX", "3600"});
    m_server.redis({"SET", cacheKey(m_corrupt),
                    R"({"session_id":")" + m_corrupt + R"(","messages":[{"role":"user",)" +
                        R"("content":")" + kCorrupt.bytes + R"("}, ")" + kCorrupt.bytes + '"'});
    const QString sql = QStringLiteral(
        R"(UPDATE "ChatSession" SET "credentials" = '{"github": {"token": "%1"}}' WHERE id = '%2';
           INSERT INTO "ChatMessage" ("id", "sessionId", "role", "content", "sequence")
           VALUES ('m-1', '%2', 'user', '%3', 0), ('m-2', '%2', 'assistant', '%3', 1);)");
    m_postgres.sql(name, sql.arg(QString::fromUtf8(kStoredCredential.bytes),
                                 QString::fromUtf8(m_session), QString::fromUtf8(kBody.bytes)));
}

void TestPrivacy::look(Ear &ear)
{
    const QString session = QString::fromUtf8(m_session);
    const QString corrupt = QString::fromUtf8(m_corrupt);
    const QByteArray token = plant(m_session);
    static_cast<void>(plant(m_corrupt));
    for (const QStringList &call :
         {words("list"), words("list --json"), words("list --state no_expiry --user u-1"),
          words("show") << session, words("show --json") << session, words("show") << corrupt,
          words("show --json") << corrupt, words("doctor"), words("doctor --json"),
          words("watch --for 300ms"), words("history --for 300ms --json"),
          words("release --dry-run --token") << QString::fromLatin1(token) << session,
          words("delete --dry-run --json") << session, words("delete --dry-run") << corrupt,
          words("release --state no_expiry --dry-run --json"),
          words("delete --state no_expiry --take-over-seen --dry-run")})
        ear.run(call);
    m_server.redis({"DEL", lockKey(m_session), lockKey(m_corrupt)});
}

/// Others write while we listen, by commands that have all of it in them.
void TestPrivacy::listen(Ear &ear)
{
    for (const char *verb : {"watch --json", "waiters --yes --for 2s", "history --for 2s"}) {
        const QStringList call = words(verb);
        const auto process = m_cli.start(call);
        const bool isWatch = call.first() == u"watch";
        if (isWatch)
            QVERIFY(!nextEvent(*process, QStringLiteral("synced")).isEmpty());
        const auto keepWriting = [&] {
            m_server.redis({"SET", cacheKey(m_session), secretive(m_session), "EX", "3600"});
            m_server.redis({"SET", lockKey(m_session), freshToken(), "PX", "50"});
            return process->state() == QProcess::NotRunning || isWatch;
        };
        QTRY_VERIFY_WITH_TIMEOUT(keepWriting(), kEnd);
        if (isWatch) {
            QVERIFY(!nextEvent(*process, QStringLiteral("acquired")).isEmpty());
            process->terminate();
        }
        ear.note(call, ended(*process));
    }
    m_server.redis({"DEL", lockKey(m_session)});
}

void TestPrivacy::keepConnections(Ear &ear)
{
    const QString by = m_cli.path(QStringLiteral("exported.json"));
    ear.run(words("profile add prod --environment production --url")
            << urlWith(kRedisPassword) << QStringLiteral("--db") << dsn());
    ear.run(words("profile add prod --replace --json --url") << urlWith(kRedisPassword));
    const CliRun exported = ear.run(words("profile export"));
    writeFile(by, exported.out);
    const QString bad = m_cli.path(QStringLiteral("elsewhere.json"));
    writeFile(
        bad,
        QByteArray(
            R"({"version": 1, "profiles": [{"name": "x", "environment": "development", "rights": "operator", "redis": ")" +
            urlWith(kWrongPassword).toUtf8() + R"("}]})"));
    ear.run(words("profile import") << bad);
    QFile::remove(bad); // which is of the test's own making
    for (const char *call :
         {"profile list", "profile list --json", "profile show prod", "profile show prod --json",
          "--profile prod list", "--profile prod session get x"})
        ear.run(words(call));
    m_cli.setEnvironment(QStringLiteral("LOCKKEEPER_REDIS_PASSWORD"),
                         QString::fromUtf8(kRedisPassword.bytes));
    QCOMPARE(ear.run(words("--profile prod list")).exitCode, 0);
    ear.run(words("profile remove prod --yes"));
    QCOMPARE(ear.run(words("list")).exitCode, 0);
}

void TestPrivacy::useSessions(Ear &ear)
{
    const QString session = QString::fromUtf8(m_session);
    const QString corrupt = QString::fromUtf8(m_corrupt);
    const QString body = QString::fromUtf8(kBody.bytes);
    for (const QStringList &call :
         {words("session get") << session, words("session get --json") << session,
          words("session get --json") << corrupt, words("session list --user u-1"),
          words("session list --user u-1 --json"), words("session create --user u-1 --json"),
          words("session rename --json") << session << QStringLiteral("Another title")})
        QVERIFY2(ear.run(call).exitCode == 0, qPrintable(call.join(u' ')));
    const QStringList append = words("session append --role user --content") << body << session;
    QCOMPARE(ear.run(append).exitCode, 0);
    QCOMPARE(ear.run(append + words("--json")).exitCode, 0);
    // The database names the whole row that it does not take.
    m_postgres.sql(QStringLiteral("chat"),
                   QStringLiteral(R"(ALTER TABLE "ChatMessage" ADD CONSTRAINT few CHECK
                                     ("sequence" < 2) NOT VALID)"));
    const CliRun refused = ear.run(append);
    QVERIFY2(refused.exitCode != 0, refused.err.constData());
    ear.run(append + words("--json"));
    m_postgres.sql(QStringLiteral("chat"),
                   QStringLiteral(R"(ALTER TABLE "ChatMessage" DROP CONSTRAINT few)"));
}

void TestPrivacy::act(Ear &ear)
{
    const auto create = [this] {
        const QByteArray id = m_cli.run(words("session create --user u-1 --json"))
                                  .object()[u"session_id"]
                                  .toString()
                                  .toUtf8();
        m_server.redis({"SET", cacheKey(id), secretive(id), "EX", "3600"});
        return id;
    };
    const QByteArray one = create();
    const QByteArray token = plant(one);
    const QString id = QString::fromUtf8(one);
    ear.run(words("release --yes --verify 100ms --token") << QString::fromLatin1(token) << id);
    ear.run(words("take-over --yes --for 10ms --token") << QString::fromLatin1(plant(one)) << id);
    ear.run(words("with-lock --wait 1s") << id << words("-- true"));
    QCOMPARE(ear.run(words("delete --yes --json") << id).exitCode, 0);
    for (const char *results : {"results.csv", "results.json"}) {
        static_cast<void>(plant(create()));
        static_cast<void>(plant(create()));
        const CliRun run = ear.run(words("delete --state no_expiry --take-over-seen --yes "
                                         "--results")
                                   << m_cli.path(QString::fromUtf8(results)));
        QVERIFY2(run.exitCode == 0, run.err.constData());
    }
    for (const char *call : {"audit list", "audit list --json", "audit export",
                             "audit export --format json", "audit verify"})
        QCOMPARE(ear.run(words(call)).exitCode, 0);
}

/// A password is not repeated by who says that it stands in the wrong place.
void TestPrivacy::mistype(Ear &ear)
{
    const QString url = QString(u"redis://ops:" + QString::fromUtf8(kRedisPassword.bytes) + u"@h");
    for (const QStringList &call :
         {words("list") << url, QStringList{url, QStringLiteral("list")},
          words("list --ulr") << url, words("list") << u"--ulr=" + url,
          words("--url") << url + u":no-port" << words("list"),
          words("--url") << url + u"/no-number" << words("list"),
          words("--url") << url + u"?passwort=" + url << words("list"),
          words("--url") << QString(url).replace(QStringLiteral("redis"), QStringLiteral("reddis"))
                         << words("list"),
          words("--url") << url << words("--db") << u"postgresql:" + url << words("list"),
          words("--db") << dsn().replace(QStringLiteral("?"), QStringLiteral("?password=x&"))
                        << words("list"),
          words("--profile") << url << words("list"), words("profile add") << url,
          words("profile add --url redis://h") << url, words("profile show") << url,
          words("profile export") << url,
          words("session append x --role boss --content") << QString::fromUtf8(kBody.bytes),
          words("session append x --role user --content")
              << QString::fromUtf8(kBody.bytes) << words("--bogus")}) {
        const CliRun run = ear.run(call);
        QVERIFY2(run.exitCode != 0, qPrintable(call.join(u' ')));
    }
}

void TestPrivacy::fail(Ear &ear)
{
    const QString session = QString::fromUtf8(m_session);
    const QStringList wrong{QStringLiteral("--url"), urlWith(kWrongPassword)};
    QCOMPARE(ear.run(wrong + words("list")).exitCode, 6);
    ear.run(wrong + words("doctor"));
    ear.run(wrong + words("doctor --json"));

    Terminal terminal;
    const QStringList list = words("list --url") << u"redis+unix://ops@" + m_server.socketPath();
    CliProgram asked; // without the password in its environment
    const auto process = startOn(terminal, asked, list);
    QTRY_VERIFY_WITH_TIMEOUT(terminal.text().contains("Password:"), kEnd);
    terminal.type(kWrongPassword.bytes + '\n');
    CliRun typed = ended(*process);
    typed.err = terminal.text();
    QCOMPARE(typed.exitCode, 6);
    ear.note(list, typed);

    m_postgres.stop();
    for (const QStringList &call :
         {words("doctor"), words("show") << session, words("session get --json") << session,
          words("delete --yes") << session})
        ear.run(call);
    const auto watch = m_cli.start(words("watch --json"));
    QVERIFY(!nextEvent(*watch, QStringLiteral("synced")).isEmpty());
    m_server.kill();
    QVERIFY(!nextEvent(*watch, QStringLiteral("feed")).isEmpty());
    watch->terminate();
    ear.note(words("watch --json"), ended(*watch));
    for (const QStringList &call : {words("list"), words("doctor"), words("show") << session,
                                    words("release --yes --token x") << session})
        QVERIFY(ear.run(call).exitCode != 0);
}

/// The scan finds things: what is revealed on request is what was planted.
void TestPrivacy::revealed(Ear &ear)
{
    const QString session = QString::fromUtf8(m_session);
    m_server.redis({"SET", cacheKey(m_session), secretive(m_session), "EX", "3600"});
    for (const QStringList &call :
         {words("show --reveal") << session, words("show --reveal --json") << session,
          words("session get --reveal --json") << session})
        QVERIFY2(ear.run(call).exitCode == 0, qPrintable(call.join(u' ')));
    for (const Planted &secret : {kBody, kRefusal, kToolCall, kUnknown})
        QVERIFY2(ear.revealed().contains(secret.bytes), secret.what);
}

/// The test of the test.
void TestPrivacy::findsWhatIsPlanted()
{
    const CliProgram cli;
    QVERIFY(QDir().mkpath(cli.path(QStringLiteral("state/.deep"))));
    writeFile(cli.path(QStringLiteral("state/.deep/core")),
              QByteArray("\0\0x", 3) + kBody.bytes + '\0');
    int files = 0;
    const QStringList leaks = leaksBelow(cli.path(QString()), &files);
    QCOMPARE(leaks.size(), 1);
    QVERIFY2(leaks[0].contains(u"core has the text of a message"), qPrintable(leaks[0]));
    Ear ear(cli);
    ear.note(words("list"), {0, kBody.bytes, kStoredCredential.bytes});
    ear.note(words("show --reveal"), {0, kBody.bytes + kStoredCredential.bytes, {}});
    QCOMPARE(ear.leaks().size(), 3);
}

void TestPrivacy::leaksNothing()
{
    furnish();
    Ear ear(m_cli);
    using Part = void (TestPrivacy::*)(Ear &);
    const std::initializer_list<Part> parts{
        &TestPrivacy::look,     &TestPrivacy::listen, &TestPrivacy::keepConnections,
        &TestPrivacy::revealed, &TestPrivacy::act,    &TestPrivacy::useSessions,
        &TestPrivacy::mistype,  &TestPrivacy::fail};
    for (const Part part : parts) {
        if (!QTest::currentTestFailed())
            (this->*part)(ear);
    }
    QVERIFY(!QTest::currentTestFailed());
    QVERIFY(ear.calls() > 70);
    QVERIFY2(ear.leaks().isEmpty(), qPrintable(ear.leaks().join(u'\n')));

    int files = 0;
    const QStringList leaks = leaksBelow(m_cli.path(QString()), &files);
    QVERIFY2(leaks.isEmpty(), qPrintable(leaks.join(u'\n')));
    // Log, audit log and its chain, profiles and their lock, three files that were asked for.
    QVERIFY2(files >= 7, qPrintable(QString::number(files)));
    QVERIFY(!m_cli.audit().isEmpty());
    QVERIFY(QFileInfo(m_cli.path(QStringLiteral("state/lockkeeper/lockkeeper-cli.log"))).size() >
            0);
}

QTEST_GUILESS_MAIN(TestPrivacy)
#include "tst_privacy.moc"
