// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tunnelspec.h"

#include <QTest>

using namespace lockkeeper;
using app::parseTunnel;
using app::TunnelSpec;

class TestTunnelSpec : public QObject
{
    Q_OBJECT

private slots:
    void reads_data();
    void reads();
    void refuses_data();
    void refuses();
    void neverRepeatsAPassword_data();
    void neverRepeatsAPassword();
};

void TestTunnelSpec::reads_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("destination");
    QTest::addColumn<int>("port"); // 0: none
    QTest::addColumn<QString>("written");
    const auto row = [](const char *text, const char *destination, int port, const char *written) {
        QTest::newRow(text) << QString::fromUtf8(text) << QString::fromUtf8(destination) << port
                            << QString::fromUtf8(written);
    };
    row("bastion", "bastion", 0, "bastion");
    row("Bastion.example.org", "Bastion.example.org", 0, "Bastion.example.org");
    row("my_alias-2", "my_alias-2", 0, "my_alias-2");
    row("ops@bastion", "ops@bastion", 0, "ops@bastion");
    row("ops@corp.example@bastion", "ops@corp.example@bastion", 0, "ops@corp.example@bastion");
    row("CORP\\ops@bastion", "CORP\\ops@bastion", 0, "CORP\\ops@bastion");
    row("::1", "::1", 0, "::1");
    row("ops@fe80::1%eth0", "ops@fe80::1%eth0", 0, "ops@fe80::1%eth0");
    row("ssh://bastion", "bastion", 0, "bastion");
    row("SSH://bastion/", "bastion", 0, "bastion");
    row("ssh://ops@bastion:2222", "ops@bastion", 2222, "ssh://ops@bastion:2222");
    row("ssh://bastion:22/", "bastion", 22, "ssh://bastion:22");
    row("ssh://ops@[::1]:2222", "ops@::1", 2222, "ssh://ops@[::1]:2222");
    row("ssh://ops%40corp@bastion", "ops@corp@bastion", 0, "ops@corp@bastion");
}

void TestTunnelSpec::reads()
{
    QFETCH(QString, text);
    QFETCH(int, port);
    const Result<TunnelSpec> spec = parseTunnel(text);
    QVERIFY2(spec.has_value(), spec ? "" : qPrintable(describe(spec.error())));
    QTEST(spec->destination, "destination");
    QCOMPARE(spec->port.value_or(0), quint16(port));
    QTEST(spec->toString(), "written");
}

void TestTunnelSpec::refuses_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("names"); // in the error
    const auto row = [](const char *text, const char *names) {
        QTest::newRow(text) << QString::fromUtf8(text) << QString::fromUtf8(names);
    };
    row("", "missing");
    row("ops@", "missing");
    row("ssh://", "missing");
    row("ssh://ops@:22", "missing");
    row("-oProxyCommand=id", "-oProxyCommand=id");
    row("ops@-oProxyCommand=id", "-oProxyCommand=id");
    row("-x@bastion", "-x");
    row("ssh://-oProxyCommand=id", "-oProxyCommand=id");
    row("ssh://%2doProxyCommand@bastion", "-oProxyCommand");
    row("@bastion", "user");
    row("two words", "two words");
    row("o ps@bastion", "o ps");
    row("ssh://o%20ps@bastion", "o ps");
    row("ssh://o%0aps@bastion", "o\\x0aps");
    row("bas\ttion", "bas\\x09tion");
    row("bastion\n", "bastion\\x0a");
    row("bas`id`tion", "bas`id`tion");
    row("$(id)", "$(id)");
    row("ops;id@bastion", "ops;id");
    row("bastion|id", "bastion|id");
    row("bastion:22", "ssh:// addresses only");
    row("ops@bastion:22", "ssh:// addresses only");
    row("ssh://bastion:0", "port");
    row("ssh://bastion:65536", "port");
    row("ssh://bastion:ssh", "port");
    row("ssh://bastion:", "port");
    row("ssh://bastion/path", "bastion/path");
    row("ssh://bastion?x=1", "bastion?x=1");
    row("redis://bastion", "ssh:// addresses only");
}

void TestTunnelSpec::refuses()
{
    QFETCH(QString, text);
    QFETCH(QString, names);
    const Result<TunnelSpec> spec = parseTunnel(text);
    QVERIFY(!spec);
    QCOMPARE(spec.error().code, ErrorCode::InvalidInput);
    QVERIFY2(spec.error().what.contains(names), qPrintable(describe(spec.error())));
    QVERIFY(!spec.error().hint.isEmpty());
}

void TestTunnelSpec::neverRepeatsAPassword_data()
{
    QTest::addColumn<QString>("text");
    for (const char *text : {"ssh://ops:hunter2@bastion:22", "ops:hunter2@bastion",
                             "ssh://ops:hunter2@-bastion", "ops:hunter2@two words"})
        QTest::newRow(text) << QString::fromUtf8(text);
}

void TestTunnelSpec::neverRepeatsAPassword()
{
    QFETCH(QString, text);
    const Result<TunnelSpec> spec = parseTunnel(text);
    QVERIFY(!spec);
    QVERIFY(!describe(spec.error()).contains(u"hunter2"));
    QVERIFY(spec.error().what.contains(u"password"));
}

QTEST_GUILESS_MAIN(TestTunnelSpec)
#include "tst_tunnelspec.moc"
