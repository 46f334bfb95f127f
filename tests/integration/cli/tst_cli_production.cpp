// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"
#include "integration/cli/terminal.h"
#include "support/sshserver.h"

#include <QFile>
#include <QStandardPaths>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

constexpr int kEnd = 60'000;

/// A profile "prod" over the server, and the database of LOCKKEEPER_DB where there is one.
void addProfile(const CliProgram &cli, const QString &url, const char *more = "",
                const char *environment = "production")
{
    QStringList add = words("profile add prod --environment")
                      << QString::fromUtf8(environment) << QStringLiteral("--url") << url;
    const QString database = cli.environment().value(QStringLiteral("LOCKKEEPER_DB"));
    if (!database.isEmpty())
        add << QStringLiteral("--db") << database;
    const CliRun run = cli.run(add + words(more));
    QVERIFY2(run.exitCode == 0, run.err.constData());
}

QByteArray plant(RedisServer &server, const QByteArray &session)
{
    const QByteArray token = freshToken(std::chrono::minutes(2));
    server.redis({"SET", lockKey(session), token});
    return token;
}

QString createSession(const CliProgram &cli, const QString &url)
{
    return cli.run(words("session create --user u-1 --json --url") << url)
        .object()[u"session_id"]
        .toString();
}

QStringList release(const QByteArray &token, const char *more = "")
{
    return words("--profile prod release s --yes --token")
           << QString::fromLatin1(token) << words(more);
}

QStringList actions(const CliProgram &cli)
{
    QStringList all;
    for (const QJsonObject &line : cli.audit())
        all.append(line[u"action"].toString() + u' ' + line[u"outcome"].toString());
    return all;
}

} // namespace

class TestCliProduction final : public QObject
{
    Q_OBJECT

private slots:
    void opensByItsName();
    void recordsThatItWasUnlocked();
    void asksForItsNameOnATerminal();
    void confirmsADeleteByItsId();
    void asksForTheIdOnATerminal();
    void confirmsADeleteOfManyByTheirNumber();
    void letsOnlyStaleLocksBeReleased();
    void guardsTheAddressToo();
    void hasACapOfItsOwn();
    void usesItsThresholds();
    void goesThroughATunnel();
    void saysThatTheTunnelEnded();
};

void TestCliProduction::opensByItsName()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = plant(server, "s");
    const CliProgram cli;
    addProfile(cli, server.url());
    const CliRun locked = cli.run(release(token));
    QCOMPARE(locked.exitCode, 7);
    QVERIFY2(locked.err.contains("--unlock production"), locked.err.constData());
    const CliRun wrong = cli.run(release(token, "--unlock staging"));
    QCOMPARE(wrong.exitCode, 7);
    QVERIFY2(wrong.err.contains("\"staging\" is not the name"), wrong.err.constData());
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 1);
    QCOMPARE(cli.audit().size(), 0);
    const CliRun dry = cli.run(release(token, "--dry-run"));
    QCOMPARE(dry.exitCode, 7);
    QVERIFY2(dry.out.contains("deletes the lock"), dry.out.constData());
    const CliRun right = cli.run(release(token, "--unlock production"));
    QVERIFY2(right.exitCode == 0, right.err.constData());
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 0);
}

void TestCliProduction::recordsThatItWasUnlocked()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = plant(server, "s");
    const CliProgram cli;
    addProfile(cli, server.url());
    QCOMPARE(cli.run(release(token, "--unlock production --reason T-1")).exitCode, 0);
    QCOMPARE(actions(cli), (QStringList{QStringLiteral("unlock done"), QStringLiteral("release "),
                                        QStringLiteral("release done")}));
    for (const QJsonObject &line : cli.audit()) {
        QCOMPARE(line[u"environment"].toString(), QStringLiteral("production"));
        QCOMPARE(line[u"target"].toString(), QStringLiteral("prod"));
        QCOMPARE(line[u"reason"].toString(), QStringLiteral("T-1"));
    }
    const QJsonArray acts = cli.run(words("audit list --json --action unlock")).array();
    QCOMPARE(acts.size(), 1);
    QCOMPARE(acts[0][u"environment"].toString(), QStringLiteral("production"));
    QVERIFY(cli.run(words("audit export")).out.contains("\"production\""));
}

void TestCliProduction::asksForItsNameOnATerminal()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = plant(server, "s");
    const CliProgram cli;
    addProfile(cli, server.url());
    const QStringList call = words("--profile prod release s --verify 0 --token")
                             << QString::fromLatin1(token);
    Terminal terminal;
    const auto wrong = startOn(terminal, cli, call);
    QTRY_VERIFY_WITH_TIMEOUT(terminal.text().contains("Type production to unlock it:"), kEnd);
    terminal.type("yes\n");
    QCOMPARE(ended(*wrong).exitCode, 7);
    QVERIFY2(terminal.text().contains("stays locked"), terminal.text().constData());
    const auto right = startOn(terminal, cli, call);
    QTRY_COMPARE_WITH_TIMEOUT(terminal.text().count("to unlock it:"), 2, kEnd);
    terminal.type("production\n");
    QTRY_VERIFY_WITH_TIMEOUT(terminal.text().contains("[y/N]"), kEnd);
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 1);
    terminal.type("y\n");
    QCOMPARE(ended(*right).exitCode, 0);
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 0);
    // Ctrl+D is no name.
    const auto none = startOn(terminal, cli, call);
    QTRY_COMPARE_WITH_TIMEOUT(terminal.text().count("to unlock it:"), 3, kEnd);
    terminal.type("\x04");
    QCOMPARE(ended(*none).exitCode, 7);
}

void TestCliProduction::confirmsADeleteByItsId()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli;
    cli.useSqlite();
    const QString id = createSession(cli, server.url());
    addProfile(cli, server.url());
    const QStringList remove = words("--profile prod --unlock production delete --yes") << id;
    const CliRun without = cli.run(remove);
    QCOMPARE(without.exitCode, 7);
    QVERIFY2(without.err.contains(QByteArray("--confirm " + id.toUtf8())), without.err.constData());
    const CliRun wrong = cli.run(remove + words("--confirm yes"));
    QCOMPARE(wrong.exitCode, 7);
    QVERIFY2(wrong.err.contains("\"yes\" is not the id"), wrong.err.constData());
    QCOMPARE(server.redis({"EXISTS", cacheKey(id.toUtf8())}).toInt(), 1);
    const CliRun dry =
        cli.run(words("--profile prod --unlock production delete --dry-run --json") << id);
    QVERIFY2(dry.exitCode == 7, dry.err.constData());
    QCOMPARE(dry.object()[u"to_be_typed"].toString(), id);
    const CliRun right = cli.run(remove + QStringList{QStringLiteral("--confirm"), id});
    QVERIFY2(right.exitCode == 0, right.err.constData());
    QCOMPARE(server.redis({"EXISTS", cacheKey(id.toUtf8())}).toInt(), 0);
}

void TestCliProduction::asksForTheIdOnATerminal()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli;
    cli.useSqlite();
    const QString id = createSession(cli, server.url());
    addProfile(cli, server.url());
    const QStringList remove = words("--profile prod --unlock production delete --verify 0") << id;
    Terminal terminal;
    for (const QByteArray &typed : {QByteArray("y"), id.toUtf8()}) {
        const qsizetype asked = terminal.text().count("to do it:");
        const auto process = startOn(terminal, cli, remove);
        QTRY_COMPARE_WITH_TIMEOUT(terminal.text().count("to do it:"), asked + 1, kEnd);
        QVERIFY(terminal.text().contains(QByteArray("Type " + id.toUtf8() + " to do it:")));
        terminal.type(typed + '\n');
        QCOMPARE(ended(*process).exitCode, typed == "y" ? 7 : 0);
    }
    QCOMPARE(server.redis({"EXISTS", cacheKey(id.toUtf8())}).toInt(), 0);
}

void TestCliProduction::confirmsADeleteOfManyByTheirNumber()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli;
    cli.useSqlite();
    for (int i = 0; i < 2; ++i)
        plant(server, createSession(cli, server.url()).toUtf8());
    addProfile(cli, server.url());
    const QStringList remove = words("--profile prod --unlock production delete --state no_expiry "
                                     "--take-over-seen --yes");
    const CliRun without = cli.run(remove);
    QCOMPARE(without.exitCode, 7);
    QVERIFY2(without.err.contains("--confirm 2"), without.err.constData());
    QCOMPARE(cli.run(remove + words("--confirm 3")).exitCode, 7);
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 4);
    const CliRun right = cli.run(remove + words("--confirm 2"));
    QVERIFY2(right.exitCode == 0, right.err.constData());
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 0);
}

void TestCliProduction::letsOnlyStaleLocksBeReleased()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli;
    cli.useSqlite();
    const QString id = createSession(cli, server.url());
    addProfile(cli, server.url(), "--rights stale-locks", "staging");
    const QByteArray healthy = freshToken();
    server.redis({"SET", lockKey("s"), healthy, "PX", "60000"});
    const CliRun alive = cli.run(release(healthy));
    QCOMPARE(alive.exitCode, 7);
    QVERIFY2(alive.err.contains("is not stale"), alive.err.constData());
    QCOMPARE(cli.run(release(healthy, "--dry-run")).exitCode, 7);
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 1);
    const QByteArray stale = plant(server, "s");
    for (const QStringList &act :
         {words("delete --yes") << id, words("session append --role user --content x") << id,
          words("session rename x") << id, words("session create --user u"),
          words("with-lock") << id << words("-- true"),
          words("take-over s --yes --token") << QString::fromLatin1(stale)}) {
        const CliRun run = cli.run(words("--profile prod") + act);
        QVERIFY2(run.exitCode == 7, run.err.constData());
        QVERIFY2(run.err.contains("only lets you release stale locks"), run.err.constData());
    }
    QCOMPARE(server.redis({"GET", lockKey("s")}).toByteArray(), stale);
    const CliRun run = cli.run(release(stale));
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 0);
}

/// The address of a production profile, given by hand, is no way around its guardrails.
void TestCliProduction::guardsTheAddressToo()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray token = plant(server, "s");
    CliProgram cli(server.url());
    addProfile(cli, server.url());
    const QStringList call = words("release s --yes --token") << QString::fromLatin1(token);
    const CliRun refused = cli.run(call);
    QCOMPARE(refused.exitCode, 7);
    QVERIFY2(refused.err.contains("the profile \"prod\" (production): its guardrails hold"),
             refused.err.constData());
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 1);
    QCOMPARE(cli.run(call + words("--unlock production")).exitCode, 0);
    QCOMPARE(cli.audit().last()[u"environment"].toString(), QStringLiteral("production"));
    // Another database of the same server is another place.
    const QString other = u"redis+unix://" + server.socketPath() + u"?db=1";
    const CliRun elsewhere = cli.run(call + QStringList{QStringLiteral("--url"), other});
    QCOMPARE(elsewhere.exitCode, 4);
}

void TestCliProduction::hasACapOfItsOwn()
{
    RedisServer server;
    LK_START_REDIS(server);
    for (const char *session : {"a", "b", "c"})
        plant(server, session);
    const CliProgram cli;
    addProfile(cli, server.url(), "--at-most 2");
    const QStringList all = words("--profile prod --unlock production release --state no_expiry "
                                  "--yes");
    const CliRun refused = cli.run(all);
    QCOMPARE(refused.exitCode, 7);
    QVERIFY2(refused.err.contains("the cap of 2") && refused.err.contains("--cap 3"),
             refused.err.constData());
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 3);
    QCOMPARE(cli.audit().size(), 0); // not even that it was unlocked
    QCOMPARE(cli.run(all + words("--cap 3")).exitCode, 0);
    QCOMPARE(server.redis({"DBSIZE"}).toInt(), 0);
}

void TestCliProduction::usesItsThresholds()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id = createSession(cli, server.url());
    server.redis(
        {"SET", lockKey(id.toUtf8()), freshToken(std::chrono::seconds(15)), "PX", "45000"});
    const auto state = [&](const char *options) {
        return rowOf(cli.run(words("list --json") + words(options)).array(), id)[u"state"]
            .toString();
    };
    QCOMPARE(state(""), QStringLiteral("healthy"));
    addProfile(cli, server.url(), "--held-long 0.1");
    QCOMPARE(state("--profile prod"), QStringLiteral("held_long"));
}

/// The system's ssh, with the configuration of the test's own server instead of the user's.
class OwnSsh
{
public:
    explicit OwnSsh(const SshServer &server)
    {
        const QString real = QStandardPaths::findExecutable(QStringLiteral("ssh"));
        const QString path =
            writeFile(m_folder.filePath(QStringLiteral("ssh")),
                      "#!/bin/sh\nexec " + real.toUtf8() + ' ' +
                          server.clientArguments().join(u' ').toUtf8() + " \"$@\"\n");
        QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    }
    void useIn(CliProgram &cli) const
    {
        cli.setEnvironment(QStringLiteral("PATH"),
                           m_folder.path() + u':' + qEnvironmentVariable("PATH"));
    }

private:
    QTemporaryDir m_folder;
};

void TestCliProduction::goesThroughATunnel()
{
    LK_NEED_SSHD();
    SshServer sshd;
    LK_START(sshd);
    RedisServer::Options options;
    options.listen = RedisServer::Listen::Tcp;
    RedisServer server(options);
    LK_START_REDIS(server);
    const QByteArray token = plant(server, "s");
    CliProgram cli;
    const OwnSsh ssh(sshd);
    ssh.useIn(cli);
    addProfile(cli, server.url(), "--ssh bench");
    const CliRun list = cli.run(words("--profile prod list --json"));
    QVERIFY2(list.exitCode == 0, list.err.constData());
    const QJsonObject row = rowOf(list.array(), QStringLiteral("s"));
    QCOMPARE(row[u"token"].toString().toLatin1(), token);
    // It is called by its own address, not by the tunnel's end here.
    QCOMPARE(row[u"server"].toString(), QStringLiteral("127.0.0.1:%1").arg(server.port()));
    const CliRun run = cli.run(release(token, "--unlock production"));
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 0);
    const CliRun doctor = cli.run(words("--profile prod doctor"));
    QVERIFY2(doctor.exitCode == 0, QByteArray(doctor.out + doctor.err).constData());

    addProfile(cli, server.url(), "--ssh strange --replace");
    const CliRun stranger = cli.run(words("--profile prod list"));
    QCOMPARE(stranger.exitCode, 6);
    QVERIFY2(stranger.err.contains("strange"), stranger.err.constData());
}

void TestCliProduction::saysThatTheTunnelEnded()
{
    LK_NEED_SSHD();
    SshServer sshd;
    LK_START(sshd);
    RedisServer::Options options;
    options.listen = RedisServer::Listen::Tcp;
    RedisServer server(options);
    LK_START_REDIS(server);
    CliProgram cli;
    const OwnSsh ssh(sshd);
    ssh.useIn(cli);
    addProfile(cli, server.url(), "--ssh bench");
    const auto watch = cli.start(words("--profile prod watch --json"));
    QVERIFY(!nextEvent(*watch, QStringLiteral("synced")).isEmpty());
    sshd.killConnections();
    const CliRun run = ended(*watch);
    QVERIFY2(run.exitCode == 6, run.err.constData());
    QVERIFY2(run.err.contains("bench"), run.err.constData());
}

QTEST_GUILESS_MAIN(TestCliProduction)
#include "tst_cli_production.moc"
