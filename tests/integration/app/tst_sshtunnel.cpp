// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/sshtunnel.h"
#include "core/signalwatcher.h"
#include "support/await.h"
#include "support/childprocess.h"
#include "support/eventually.h"
#include "support/processes.h"
#include "support/redisserver.h"
#include "support/sshserver.h"

#include <QCoreApplication>
#include <QPointer>
#include <QProcess>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <csignal>
#include <cstdio>

using namespace lockkeeper;
using namespace std::chrono_literals;
using app::SshTunnel;
using app::TunnelSpec;
using test::await;

namespace {

const QList<SshTunnel::Forward> kSomewhere{{.host = QStringLiteral("127.0.0.1"), .port = 6379}};

TunnelSpec to(const QString &destination)
{
    return {.destination = destination};
}

/// What a server behind the port answers to one command.
QByteArray answer(quint16 port, const QByteArray &command)
{
    QTcpSocket socket;
    socket.connectToHost(QHostAddress::LocalHost, port);
    socket.write(command + "\r\n");
    QByteArray all;
    while (all.count('\n') < 2 && socket.waitForReadyRead(20'000))
        all += socket.readAll();
    return all;
}

/// Sets a variable of the environment until the end of the scope.
class Environment
{
public:
    Environment(const char *name, const QByteArray &value)
        : m_name(name)
        , m_wasSet(qEnvironmentVariableIsSet(name))
        , m_before(qgetenv(name))
    {
        qputenv(name, value);
    }
    ~Environment()
    {
        if (m_wasSet)
            qputenv(m_name, m_before);
        else
            qunsetenv(m_name);
    }
    Environment(const Environment &) = delete;
    Environment &operator=(const Environment &) = delete;

private:
    const char *m_name;
    bool m_wasSet;
    QByteArray m_before;
};

/// A program of the test's own, a shell script, in a folder of its own; "$real" is the real ssh.
class Script
{
public:
    explicit Script(const QByteArray &text, const QString &name = QStringLiteral("ssh"))
        : m_path(m_folder.filePath(name))
    {
        const QString ssh = QStandardPaths::findExecutable(QStringLiteral("ssh"));
        QFile file(m_path);
        if (file.open(QIODevice::WriteOnly))
            file.write("#!/bin/sh\nreal=" + ssh.toUtf8() + "\nhere=" + m_folder.path().toUtf8() +
                       '\n' + text);
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    }

    [[nodiscard]] QByteArray path() const { return m_path.toUtf8(); }
    [[nodiscard]] QByteArray searchPath() const
    {
        return m_folder.path().toUtf8() + ':' + qgetenv("PATH");
    }
    /// What it wrote into "$here/NAME".
    [[nodiscard]] QList<QByteArray> lines(const char *name) const
    {
        QFile file(m_folder.filePath(QString::fromLatin1(name)));
        return file.open(QIODevice::ReadOnly) ? file.readAll().trimmed().split('\n')
                                              : QList<QByteArray>();
    }

private:
    QTemporaryDir m_folder;
    QString m_path;
};

/// Waits while the event loop runs: the child is reaped by it.
bool ends(qint64 pid)
{
    return QTest::qWaitFor([pid] { return !test::isAlive(pid); }, 60'000);
}

void print(const QByteArray &line)
{
    std::printf("%s\n", line.constData());
    static_cast<void>(std::fflush(stdout));
}

/// A program with a tunnel by the given host to the given port: it says which child is ssh and
/// which port leads into the tunnel, and when Ctrl-C was pressed. Its terminal's end is its own.
int openAndWait(const QStringList &arguments)
{
    const SignalWatcher signals_;
    QObject::connect(&signals_, &SignalWatcher::received, [](int number) {
        if (number == SIGINT)
            print("interrupted");
        else
            QCoreApplication::quit();
    });
    SshTunnel::Options options;
    options.mayAsk = true;
    options.extraArguments = arguments.mid(3);
    SshTunnel tunnel(to(arguments[1]), options);
    const auto ports = await(
        tunnel.open({{.host = QStringLiteral("127.0.0.1"), .port = arguments[2].toUShort()}}));
    if (!ports) {
        print("failed: " + describe(ports.error()).toUtf8());
        return 1;
    }
    print("open " + QByteArray::number(tunnel.pid()) + ' ' + QByteArray::number(ports->first()));
    return QCoreApplication::exec();
}

} // namespace

class TestSshTunnel : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void carriesData();
    void saysWhyNot_data();
    void saysWhyNot();
    void saysThatSshIsMissing();
    void tellsOfAServerThatCannotBeReached();
    void endsSshWhenClosed();
    void endsSshWhenDestroyed();
    void killsSshThatStays();
    void endsSshWhenTheProgramIsKilled();
    void tellsThatItEnded();
    void canBeStopped();
    void hasALimit();
    void takesAnotherPort();
    void blamesAForwardOfTheConfiguration();
    void asksByTheAskpassProgram();
    void asksOnTheTerminalAndSurvivesCtrlC();
    void checksHostKeysAndNeverHangs();
    void refusesForwards();

private:
    [[nodiscard]] QStringList openAndWaitCall(const QString &host, quint16 port) const
    {
        return QStringList{QStringLiteral("--open-and-wait"), host, QString::number(port)} +
               m_server->clientArguments();
    }
    [[nodiscard]] SshTunnel::Options options() const
    {
        SshTunnel::Options options;
        options.extraArguments = m_server->clientArguments();
        return options;
    }

    std::unique_ptr<test::SshServer> m_server;
};

void TestSshTunnel::init()
{
    for (const char *name : {"SSH_ASKPASS", "SSH_ASKPASS_REQUIRE", "DISPLAY", "WAYLAND_DISPLAY"})
        qunsetenv(name);
    LK_NEED_SSHD();
    if (!m_server) {
        m_server = std::make_unique<test::SshServer>();
        LK_START(*m_server);
    }
}

void TestSshTunnel::carriesData()
{
    test::RedisServer first({.listen = test::RedisServer::Listen::Tcp});
    test::RedisServer second({.listen = test::RedisServer::Listen::Tcp});
    LK_START_REDIS(first);
    LK_START_REDIS(second);
    first.redis({"SET", "who", "first"});
    second.redis({"SET", "who", "second"});

    SshTunnel tunnel(to(test::SshServer::alias()), options());
    const QSignalSpy closed(&tunnel, &SshTunnel::closed);
    const auto ports =
        await(tunnel.open({{.host = QStringLiteral("127.0.0.1"), .port = first.port()},
                           {.host = QStringLiteral("localhost"), .port = second.port()}}));
    QVERIFY2(ports.has_value(), ports ? "" : qPrintable(describe(ports.error())));
    QVERIFY(tunnel.isOpen());
    QCOMPARE(ports->size(), 2);
    QCOMPARE(answer(ports->at(0), "GET who"), QByteArray("$5\r\nfirst\r\n"));
    QCOMPARE(answer(ports->at(1), "GET who"), QByteArray("$6\r\nsecond\r\n"));

    const auto again = await(tunnel.open(kSomewhere));
    QVERIFY(!again);
    QCOMPARE(again.error().code, ErrorCode::InvalidInput);
    QCOMPARE(answer(ports->at(0), "GET who"), QByteArray("$5\r\nfirst\r\n"));
    QVERIFY(closed.isEmpty());
}

void TestSshTunnel::saysWhyNot_data()
{
    QTest::addColumn<QString>("destination");
    QTest::addColumn<ErrorCode>("code");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *destination, ErrorCode code, const char *words) {
        QTest::newRow(destination)
            << QString::fromLatin1(destination) << code << QString::fromLatin1(words);
    };
    row("strange", ErrorCode::Untrusted, "REMOTE HOST IDENTIFICATION HAS CHANGED");
    row("unknown", ErrorCode::Untrusted, "Host key verification failed");
    row("keyless", ErrorCode::NotPermitted, "Permission denied (publickey)");
    row("locked", ErrorCode::NotPermitted, "Permission denied (publickey)");
    row("closed", ErrorCode::CannotConnect, "Connection refused");
    row("no-such-host.invalid", ErrorCode::CannotConnect, "Could not resolve hostname");
}

void TestSshTunnel::saysWhyNot()
{
    QFETCH(QString, destination);
    QFETCH(QString, words);
    SshTunnel tunnel(to(destination), options());
    const QSignalSpy closed(&tunnel, &SshTunnel::closed);
    const auto ports = await(tunnel.open(kSomewhere));
    QVERIFY(!ports);
    QVERIFY2(ports.error().what.contains(words), qPrintable(describe(ports.error())));
    QVERIFY(ports.error().what.contains(destination));
    QVERIFY(!ports.error().hint.isEmpty());
    QTEST(ports.error().code, "code");
    QVERIFY(!tunnel.isOpen());
    QCOMPARE(tunnel.pid(), 0);
    QVERIFY(closed.isEmpty());
}

void TestSshTunnel::saysThatSshIsMissing()
{
    const QTemporaryDir empty;
    const Environment path("PATH", empty.path().toUtf8());
    SshTunnel tunnel(to(test::SshServer::alias()), options());
    const auto ports = await(tunnel.open(kSomewhere));
    QVERIFY(!ports);
    QCOMPARE(ports.error().code, ErrorCode::NotFound);
    QVERIFY(ports.error().hint.contains(u"openssh-client"));
}

void TestSshTunnel::tellsOfAServerThatCannotBeReached()
{
    QTcpServer gone;
    QVERIFY(gone.listen(QHostAddress::LocalHost));
    const quint16 port = gone.serverPort();
    gone.close();
    SshTunnel tunnel(to(test::SshServer::alias()), options());
    const auto ports = await(tunnel.open({{.host = QStringLiteral("127.0.0.1"), .port = port}}));
    QVERIFY(ports);
    QCOMPARE(answer(ports->first(), "PING"), QByteArray());
    QTRY_VERIFY_WITH_TIMEOUT(tunnel.lastWords().contains(u"Connection refused"), 60'000);
    QVERIFY(tunnel.isOpen());
}

void TestSshTunnel::endsSshWhenClosed()
{
    SshTunnel tunnel(to(test::SshServer::alias()), options());
    const QSignalSpy closed(&tunnel, &SshTunnel::closed);
    const auto ports = await(tunnel.open(kSomewhere));
    QVERIFY(ports);
    const qint64 pid = tunnel.pid();
    QVERIFY(test::isAlive(pid));
    tunnel.close();
    QVERIFY(!tunnel.isOpen());
    QVERIFY(ends(pid));
    QVERIFY(closed.isEmpty());
    tunnel.close(); // once more is no harm
    QVERIFY(await(tunnel.open(kSomewhere)));
}

void TestSshTunnel::endsSshWhenDestroyed()
{
    qint64 pid = 0;
    {
        SshTunnel tunnel(to(test::SshServer::alias()), options());
        QVERIFY(await(tunnel.open(kSomewhere)));
        pid = tunnel.pid();
    }
    QVERIFY(ends(pid));
}

void TestSshTunnel::killsSshThatStays()
{
    const Script deaf("trap '' TERM\necho 'debug1: Entering interactive session.' >&2\n"
                      "while :; do read -r line || sleep 0.05; done\n");
    const Environment path("PATH", deaf.searchPath());
    SshTunnel tunnel(to(test::SshServer::alias()), options());
    QVERIFY(await(tunnel.open(kSomewhere)));
    const qint64 pid = tunnel.pid();
    tunnel.close();
    QVERIFY(test::isAlive(pid)); // and nothing has waited for it
    QVERIFY(ends(pid));
}

void TestSshTunnel::endsSshWhenTheProgramIsKilled()
{
    QProcess program;
    program.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    test::dieWithParent(program);
    program.start(QCoreApplication::applicationFilePath(),
                  openAndWaitCall(test::SshServer::alias(), kSomewhere.first().port));
    QTRY_VERIFY_WITH_TIMEOUT(program.canReadLine(), 60'000);
    const qint64 ssh = program.readLine().split(' ').value(1).toLongLong();
    QVERIFY(test::isAlive(ssh));
    program.kill();
    QVERIFY(ends(ssh));
    QTRY_COMPARE_WITH_TIMEOUT(program.state(), QProcess::NotRunning, 60'000);
}

void TestSshTunnel::tellsThatItEnded()
{
    SshTunnel tunnel(to(test::SshServer::alias()), options());
    QSignalSpy closed(&tunnel, &SshTunnel::closed);
    QVERIFY(await(tunnel.open(kSomewhere)));
    m_server->killConnections();
    QVERIFY(closed.wait(60'000));
    QCOMPARE(closed.size(), 1);
    const auto error = closed.first().first().value<Error>();
    QCOMPARE(error.code, ErrorCode::ConnectionLost);
    QVERIFY2(error.what.contains(u"bench ended: "), qPrintable(error.what));
    QVERIFY(!tunnel.isOpen());
    QCOMPARE(tunnel.pid(), 0);

    test::RedisServer server({.listen = test::RedisServer::Listen::Tcp});
    LK_START_REDIS(server);
    const auto ports =
        await(tunnel.open({{.host = QStringLiteral("127.0.0.1"), .port = server.port()}}));
    QVERIFY(ports);
    server.redis({"SET", "who", "again"});
    QCOMPARE(answer(ports->first(), "GET who"), QByteArray("$5\r\nagain\r\n"));
}

void TestSshTunnel::canBeStopped()
{
    const Script silent("exec sleep 1000\n");
    const Environment path("PATH", silent.searchPath());
    auto tunnel = std::make_unique<SshTunnel>(to(test::SshServer::alias()), options());
    for (const bool isDestroyed : {false, true}) {
        qint64 pid = 0;
        QTimer::singleShot(0, this, [&] {
            pid = tunnel->pid();
            if (isDestroyed)
                tunnel.reset();
            else
                tunnel->close();
        });
        const auto ports = await(tunnel->open(kSomewhere));
        QVERIFY(!ports);
        QCOMPARE(ports.error().code, ErrorCode::Cancelled);
        QVERIFY(pid > 0);
        QVERIFY(ends(pid));
    }
}

void TestSshTunnel::hasALimit()
{
    const Script silent("echo 'Banner of the server' >&2\nexec sleep 1000\n");
    const Environment path("PATH", silent.searchPath());
    SshTunnel::Options short_ = options();
    short_.limit = 500ms;
    SshTunnel tunnel(to(test::SshServer::alias()), short_);
    qint64 pid = 0;
    QTimer::singleShot(0, this, [&] { pid = tunnel.pid(); });
    const auto ports = await(tunnel.open(kSomewhere));
    QVERIFY(!ports);
    QCOMPARE(ports.error().code, ErrorCode::TimedOut);
    QVERIFY(pid > 0);
    QVERIFY(ends(pid));
}

void TestSshTunnel::takesAnotherPort()
{
    const Script unlucky("for each; do case $each in 127.0.0.1:*)\n"
                         "    port=${each#*:}; port=${port%%:*}; echo $port >>$here/ports;;\n"
                         "esac; done\n"
                         "if [ $(wc -l <$here/ports) -lt 3 ]; then\n"
                         "    echo \"bind [127.0.0.1]:$port: Address already in use\" >&2\n"
                         "    echo \"channel_setup_fwd_listener_tcpip: cannot listen to port: "
                         "$port\" >&2\n"
                         "    echo 'Could not request local forwarding.' >&2\n"
                         "    exit 255\n"
                         "fi\n"
                         "exec $real \"$@\"\n");
    const Environment path("PATH", unlucky.searchPath());
    SshTunnel tunnel(to(test::SshServer::alias()), options());
    const auto ports = await(tunnel.open(kSomewhere));
    QVERIFY2(ports.has_value(), ports ? "" : qPrintable(describe(ports.error())));
    const QList<QByteArray> tried = unlucky.lines("ports");
    QCOMPARE(tried.size(), 3);
    QCOMPARE(tried.last().toUShort(), ports->first());
}

// No other port of ours would help.
void TestSshTunnel::blamesAForwardOfTheConfiguration()
{
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost));
    SshTunnel::Options more = options();
    more.extraArguments
        << QStringLiteral("-o")
        << QStringLiteral("LocalForward=127.0.0.1:%1 127.0.0.1:1").arg(other.serverPort());
    SshTunnel tunnel(to(test::SshServer::alias()), more);
    const auto ports = await(tunnel.open(kSomewhere));
    QVERIFY(!ports);
    QCOMPARE(ports.error().code, ErrorCode::CannotConnect);
    QVERIFY2(ports.error().hint.contains(u"LocalForward"), qPrintable(describe(ports.error())));
}

void TestSshTunnel::asksByTheAskpassProgram()
{
    const Script askpass("echo \"$1\" >>$here/asked\necho " +
                             test::SshServer::passphrase().toUtf8() + '\n',
                         QStringLiteral("askpass"));
    const Environment program("SSH_ASKPASS", askpass.path());
    const Environment display("DISPLAY", ":77"); // nobody connects to it
    SshTunnel tunnel(to(QStringLiteral("locked")), options());
    const auto ports = await(tunnel.open(kSomewhere));
    QVERIFY2(ports.has_value(), ports ? "" : qPrintable(describe(ports.error())));
    QVERIFY(askpass.lines("asked").join().contains("passphrase"));
}

void TestSshTunnel::asksOnTheTerminalAndSurvivesCtrlC()
{
    LK_NEED_PROGRAM("script");
    test::RedisServer server({.listen = test::RedisServer::Listen::Tcp});
    LK_START_REDIS(server);
    server.redis({"SET", "who", "me"});
    QStringList call = openAndWaitCall(QStringLiteral("unknown"), server.port());
    call.prepend(QCoreApplication::applicationFilePath());

    QProcess terminal; // "script" gives the program one
    terminal.setProcessChannelMode(QProcess::MergedChannels);
    test::dieWithParent(terminal);
    terminal.start(
        QStringLiteral("script"),
        {QStringLiteral("-qefc"), u'\'' + call.join(u"' '") + u'\'', QStringLiteral("/dev/null")});
    QByteArray seen;
    const auto shows = [&](const char *words) {
        return QTest::qWaitFor([&] { return (seen += terminal.readAll()).contains(words); },
                               60'000);
    };
    QVERIFY2(shows("(yes/no"), seen.constData()); // whether the host's key is the right one
    terminal.write("yes\n");
    QVERIFY2(shows("open "), seen.constData());
    QVERIFY2(shows("\n"), seen.constData());
    const QList<QByteArray> words = seen.mid(seen.indexOf("open ")).simplified().split(' ');
    const qint64 ssh = words.value(1).toLongLong();
    QVERIFY(test::isAlive(ssh));
    terminal.write("\x03");
    QVERIFY2(shows("interrupted"), seen.constData());
    QCOMPARE(answer(words.value(2).toUShort(), "GET who"), QByteArray("$2\r\nme\r\n"));
    QVERIFY(test::isAlive(ssh));
    terminal.kill();
    QVERIFY(ends(ssh)); // with the program, which the end of its terminal ends
}

void TestSshTunnel::checksHostKeysAndNeverHangs()
{
    const Script recorder("for each; do echo \"$each\" >>$here/arguments; done\n"
                          "echo $SSH_ASKPASS_REQUIRE >>$here/arguments\nexit 255\n");
    const Environment path("PATH", recorder.searchPath());
    SshTunnel tunnel({.destination = QStringLiteral("ops@bastion"), .port = 2222});
    const auto ports = await(tunnel.open({{.host = QStringLiteral("::1"), .port = 5432}}));
    QVERIFY(!ports);
    const QList<QByteArray> given = recorder.lines("arguments");
    QVERIFY(given.contains("BatchMode=yes"));
    QVERIFY(given.contains("ExitOnForwardFailure=yes"));
    const qsizetype forward = given.indexOf("-L") + 1;
    QVERIFY(forward > 0);
    QVERIFY(given[forward].startsWith("127.0.0.1:") && given[forward].endsWith(":[::1]:5432"));
    QCOMPARE(given.mid(given.indexOf("-p"), 2), (QList<QByteArray>{"-p", "2222"}));
    QCOMPARE(given.mid(given.indexOf("--")), (QList<QByteArray>{"--", "ops@bastion"}));
    for (const QByteArray &each : given)
        QVERIFY2(!each.contains("HostKey") && !each.contains("KnownHosts"), each.constData());
}

void TestSshTunnel::refusesForwards()
{
    const auto code = [this](QList<SshTunnel::Forward> forwards) {
        SshTunnel tunnel(to(test::SshServer::alias()), options());
        const auto ports = await(tunnel.open(std::move(forwards)));
        return ports ? std::nullopt : std::optional(ports.error().code);
    };
    const QString host = QStringLiteral("db");
    QCOMPARE(code({}), ErrorCode::InvalidInput);
    QCOMPARE(code({{.host = host, .port = 0}}), ErrorCode::InvalidInput);
    QCOMPARE(code({{.host = QString(), .port = 1}}), ErrorCode::InvalidInput);
    QCOMPARE(code({{.host = QStringLiteral("/run/redis.sock"), .port = 1}}),
             ErrorCode::InvalidInput);
    QCOMPARE(code({{.host = QStringLiteral("db 1"), .port = 1}}), ErrorCode::InvalidInput);
}

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments().mid(1);
    if (!arguments.isEmpty() && arguments.first() == u"--open-and-wait")
        return openAndWait(arguments);
    TestSshTunnel test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_sshtunnel.moc"
