// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/sshwords.h"

#include <QTest>

using namespace lockkeeper;
using app::SshWords;

namespace {

/// As it begins by -v.
const QByteArray kBegin = "OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.17 1 Jul 2025\r\n"
                          "debug1: Reading configuration data /etc/ssh/ssh_config\r\n"
                          "debug1: Connecting to bastion [192.0.2.1] port 22.\r\n";

Error failureAfter(const QByteArray &words)
{
    SshWords heard;
    heard.take(kBegin + words);
    return app::tunnelFailure(QStringLiteral("ops@bastion"), heard.said());
}

} // namespace

class TestSshWords : public QObject
{
    Q_OBJECT

private slots:
    void knowsWhenForwardsAreOpen();
    void knowsWhoseTheFaultIs_data();
    void knowsWhoseTheFaultIs();
    void knowsAPortThatIsTaken();
    void keepsTheLastWordsOnly();
};

void TestSshWords::knowsWhenForwardsAreOpen()
{
    const QByteArray whole =
        kBegin + "Authenticated to bastion ([192.0.2.1]:22) using \"publickey\".\r\n"
                 "debug1: Local connections to 127.0.0.1:40001 forwarded to remote address "
                 "redis:6379\r\n"
                 "debug1: Local forwarding listening on 127.0.0.1 port 40001.\r\n"
                 "debug1: channel 0: new port-listener [port listener] (inactive timeout: 0)\r\n"
                 "debug1: Entering interactive session.\r\n";
    SshWords heard;
    for (qsizetype i = 0; i < whole.size(); ++i) { // however the pipe cuts it
        QVERIFY(!heard.areForwardsOpen());
        heard.take(whole.mid(i, 1));
    }
    QVERIFY(heard.areForwardsOpen());
    QVERIFY(heard.said().isEmpty());

    SshWords pretended; // a server's banner cannot say it
    pretended.take("Welcome! debug1: Entering interactive session.\n");
    QVERIFY(!pretended.areForwardsOpen());
}

void TestSshWords::knowsWhoseTheFaultIs_data()
{
    QTest::addColumn<QByteArray>("words");
    QTest::addColumn<ErrorCode>("code");
    QTest::addColumn<QString>("what");
    QTest::addColumn<QString>("hint");
    const auto row = [](const char *name, const char *words, ErrorCode code, const char *what,
                        const char *hint) {
        QTest::newRow(name) << QByteArray(words) << code << QString::fromUtf8(what)
                            << QString::fromUtf8(hint);
    };
    row("unknown key", "Host key verification failed.\r\n", ErrorCode::Untrusted,
        "no SSH tunnel by ops@bastion: Host key verification failed", "\"ssh ops@bastion\"");
    row("another key",
        "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\n"
        "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n"
        "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\n"
        "IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\r\n"
        "Host key verification failed.\r\n",
        ErrorCode::Untrusted,
        "no SSH tunnel by ops@bastion: WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!",
        "listening in");
    row("login", "ops@bastion: Permission denied (publickey,password).\r\n",
        ErrorCode::NotPermitted,
        "no SSH tunnel by ops@bastion: ops@bastion: Permission denied (publickey,password)",
        "ssh-add");
    row("name", "ssh: Could not resolve hostname bastion: Name or service not known\r\n",
        ErrorCode::CannotConnect,
        "no SSH tunnel by ops@bastion: ssh: Could not resolve hostname bastion: Name or service "
        "not known",
        "alias");
    row("refused", "ssh: connect to host bastion port 22: Connection refused\r\n",
        ErrorCode::CannotConnect,
        "no SSH tunnel by ops@bastion: ssh: connect to host bastion port 22: Connection refused",
        "port");
    row("silent", "ssh: connect to host bastion port 22: Connection timed out\r\n",
        ErrorCode::CannotConnect,
        "no SSH tunnel by ops@bastion: ssh: connect to host bastion port 22: Connection timed out",
        "VPN");
    row("configuration", "/etc/ssh/ssh_config: line 3: Bad configuration option: prot\r\n",
        ErrorCode::InvalidInput,
        "no SSH tunnel by ops@bastion: /etc/ssh/ssh_config: line 3: Bad configuration option: prot",
        "config");
    row("anything else", "kex_exchange_identification: Connection closed by remote host\r\n",
        ErrorCode::CannotConnect,
        "no SSH tunnel by ops@bastion: kex_exchange_identification: Connection closed by remote "
        "host",
        "terminal");
    row("nothing", "", ErrorCode::CannotConnect,
        "no SSH tunnel by ops@bastion: ssh ended without a word", "terminal");
}

void TestSshWords::knowsWhoseTheFaultIs()
{
    QFETCH(QByteArray, words);
    QFETCH(QString, hint);
    const Error error = failureAfter(words);
    QTEST(error.what, "what");
    QTEST(error.code, "code");
    QVERIFY2(error.hint.contains(hint), qPrintable(error.hint));
    QVERIFY2(!error.hint.contains(u'%'), qPrintable(error.hint));
}

void TestSshWords::knowsAPortThatIsTaken()
{
    SshWords heard;
    heard.take(kBegin + "bind [127.0.0.1]:40001: Address already in use\r\n"
                        "channel_setup_fwd_listener_tcpip: cannot listen to port: 40001\r\n"
                        "Could not request local forwarding.\r\n");
    QVERIFY(heard.isTaken({40000, 40001}));
    QVERIFY(!heard.isTaken({40000, 1}));
    QVERIFY(!heard.isTaken({}));
}

void TestSshWords::keepsTheLastWordsOnly()
{
    SshWords heard;
    for (int i = 0; i < 10'000; ++i)
        heard.take("line " + QByteArray::number(i) + '\n');
    QCOMPARE(heard.said().size(), 20);
    QCOMPARE(heard.said().last(), QStringLiteral("line 9999"));
    for (int i = 0; i < 100; ++i)
        heard.take(QByteArray(1000, 'x')); // a line that never ends
    heard.take("\nand on\n");
    QCOMPARE(heard.said().last(), QStringLiteral("and on"));
    heard.take("a bell \x07\n");
    QCOMPARE(heard.said().last(), QStringLiteral("a bell \\x07"));
}

QTEST_GUILESS_MAIN(TestSshWords)
#include "tst_sshwords.moc"
