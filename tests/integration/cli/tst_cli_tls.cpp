// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

const QString kJson = QStringLiteral("--json");

RedisServer::Options withClientCertificates()
{
    RedisServer::Options options;
    options.listen = RedisServer::Listen::Tls;
    options.asksForClientCertificate = true;
    return options;
}

} // namespace

/// A server that talks to those only who show a certificate.
class TestCliTls final : public QObject
{
    Q_OBJECT

private slots:
    void watchesListsAndReleases();
    void saysThatTheClientCertificateIsMissing();
    void saysThatTheClientCertificateIsNotAccepted();
};

void TestCliTls::watchesListsAndReleases()
{
    LK_NEED_PROGRAM("openssl");
    RedisServer server(withClientCertificates());
    LK_START_REDIS(server);
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey("s"), token, "PX", "60000"});
    const CliProgram cli(server.url());

    const auto watch = cli.start({QStringLiteral("watch"), kJson});
    QCOMPARE(nextEvent(*watch, QStringLiteral("snapshot"))[u"token"].toString(),
             QString::fromLatin1(token));
    QVERIFY(!nextEvent(*watch, QStringLiteral("synced")).isEmpty());
    const QJsonObject feed = nextEvent(*watch, QStringLiteral("feed"));
    QCOMPARE(feed[u"feed"].toString(), QStringLiteral("push"));
    QCOMPARE(feed[u"trusted"].toBool(), true);

    const CliRun list = cli.run({QStringLiteral("list"), kJson});
    QCOMPARE(list.exitCode, 0);
    QCOMPARE(rowOf(list.array(), QStringLiteral("s"))[u"token"].toString(),
             QString::fromLatin1(token));
    const CliRun release =
        cli.run({QStringLiteral("release"), QStringLiteral("s"), QStringLiteral("--token"),
                 QString::fromLatin1(token), QStringLiteral("--yes")});
    QVERIFY2(release.exitCode == 0, release.err.constData());
    QCOMPARE(nextEvent(*watch, QStringLiteral("released"))[u"session_id"].toString(),
             QStringLiteral("s"));
    QCOMPARE(server.redis({"EXISTS", lockKey("s")}).toInt(), 0);
    watch->terminate();
    QVERIFY(watch->waitForFinished(60'000));
}

void TestCliTls::saysThatTheClientCertificateIsMissing()
{
    LK_NEED_PROGRAM("openssl");
    RedisServer server(withClientCertificates());
    LK_START_REDIS(server);
    const QString url = server.url();
    const CliProgram cli(url.left(url.indexOf(u"&cert=")));
    for (const QString &verb : {QStringLiteral("list"), QStringLiteral("watch")}) {
        const CliRun run = cli.run({verb});
        QCOMPARE(run.exitCode, 6);
        QVERIFY2(run.err.contains("asks for a TLS client certificate") &&
                     run.err.contains("?cert="),
                 run.err.constData());
    }
}

void TestCliTls::saysThatTheClientCertificateIsNotAccepted()
{
    LK_NEED_PROGRAM("openssl");
    RedisServer server(withClientCertificates());
    LK_START_REDIS(server);
    // From another authority than the server's.
    const QTemporaryDir folder;
    TestCertificates others;
    QString reason;
    QVERIFY2(others.make(folder.path(), reason), qPrintable(reason));
    const QString url = server.url();
    const CliRun run = CliProgram(url.left(url.indexOf(u"&cert=")) + u"&cert=" + others.clientCert +
                                  u"&key=" + others.clientKey)
                           .run({QStringLiteral("list")});
    QCOMPARE(run.exitCode, 6);
    QVERIFY2(run.err.contains("does not accept our TLS client certificate"), run.err.constData());
}

QTEST_GUILESS_MAIN(TestCliTls)
#include "tst_cli_tls.moc"
