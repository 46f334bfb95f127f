// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"

#include <QDir>
#include <QFile>
#include <QTest>

using namespace lockkeeper::test;

namespace {

const QString kSession = QStringLiteral("3f2a77c1-0b8e-4d13-9a52-6c0de1f791c4");

/// Releases a lock of the session, so that there is something to read.
void actOnce(const CliProgram &cli, RedisServer &server, const QString &reason)
{
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey(kSession.toLatin1()), token, "PX", "60000"});
    const CliRun run = cli.run({QStringLiteral("release"), kSession, QStringLiteral("--token"),
                                QString::fromLatin1(token), QStringLiteral("--reason"), reason,
                                QStringLiteral("--yes")});
    QCOMPARE(run.exitCode, 0);
}

} // namespace

/// The record of what was done, as those see it who ask for it afterwards.
class CliAuditTest : public QObject
{
    Q_OBJECT

private slots:
    void anEmptyLogIsWhole();
    void listsWhatWasDone();
    void verifyFindsWhatWasChanged();
    void exportsEveryLine();
    void saysWhatItDoesNotKnow();
};

void CliAuditTest::anEmptyLogIsWhole()
{
    const CliProgram cli;
    const CliRun verified = cli.run({QStringLiteral("audit"), QStringLiteral("verify")});
    QCOMPARE(verified.exitCode, 0);
    QVERIFY2(verified.out.contains("there is no audit log in"), verified.out.constData());
    const CliRun listed =
        cli.run({QStringLiteral("audit"), QStringLiteral("list"), QStringLiteral("--json")});
    QCOMPARE(listed.exitCode, 0);
    QCOMPARE(listed.out.trimmed(), QByteArray("[]"));
}

void CliAuditTest::listsWhatWasDone()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    actOnce(cli, server, QStringLiteral("ticket 4711"));

    const QStringList list{QStringLiteral("audit"), QStringLiteral("list")};
    const CliRun text = cli.run(list);
    QCOMPARE(text.exitCode, 0);
    QVERIFY2(text.out.contains("ticket 4711"), text.out.constData());

    const QJsonArray runs = cli.run(list + QStringList{QStringLiteral("--json")}).array();
    QCOMPARE(runs.size(), 1);
    const QJsonObject run = runs.first().toObject();
    QCOMPARE(run[u"action"].toString(), QStringLiteral("release"));
    QCOMPARE(run[u"session_id"].toString(), kSession);
    QCOMPARE(run[u"outcome"].toString(), QStringLiteral("done"));
    QCOMPARE(run[u"reason"].toString(), QStringLiteral("ticket 4711"));

    const auto chosen = [&](const QStringList &more) {
        return cli.run(list + QStringList{QStringLiteral("--json")} + more).array().size();
    };
    QCOMPARE(chosen({QStringLiteral("--session"), kSession}), 1);
    QCOMPARE(chosen({QStringLiteral("--session"), QStringLiteral("other")}), 0);
    QCOMPARE(chosen({QStringLiteral("--action"), QStringLiteral("delete")}), 0);
    QCOMPARE(chosen({QStringLiteral("--since"), QStringLiteral("1h")}), 1);
    QCOMPARE(chosen({QStringLiteral("--cut-short")}), 0);

    // That there is nothing of the kind is not that there is nothing.
    actOnce(cli, server, QStringLiteral("ticket 4712"));
    for (const QStringList &none :
         {QStringList{QStringLiteral("--session"), QStringLiteral("other")},
          QStringList{QStringLiteral("--action"), QStringLiteral("delete")},
          QStringList{QStringLiteral("--cut-short")}}) {
        const CliRun found = cli.run(list + none);
        QCOMPARE(found.exitCode, 0);
        QCOMPARE(found.out, QByteArray());
        QCOMPARE(found.err, QByteArray("none of 2 acts match\n"));
    }
}

void CliAuditTest::verifyFindsWhatWasChanged()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    actOnce(cli, server, QStringLiteral("one"));
    actOnce(cli, server, QStringLiteral("two"));
    const QStringList verify{QStringLiteral("audit"), QStringLiteral("verify")};
    const CliRun whole = cli.run(verify);
    QCOMPARE(whole.exitCode, 0);
    QVERIFY2(whole.out.contains("4 entries in 1 file;"), whole.out.constData());

    const QDir folder(cli.auditFolder());
    const QString name = folder.entryList({QStringLiteral("*.jsonl")}).value(0);
    QFile file(folder.filePath(name));
    QVERIFY(file.open(QIODevice::ReadWrite));
    QByteArray content = file.readAll();
    content.replace("\"one\"", "\"own\"");
    QVERIFY(file.seek(0));
    file.write(content);
    file.close();

    const CliRun broken = cli.run(verify);
    QCOMPARE(broken.exitCode, 1);
    QCOMPARE(broken.out, QByteArray());
    QVERIFY2(broken.err.contains("was changed after it was written"), broken.err.constData());
    const QJsonObject report = cli.run(verify + QStringList{QStringLiteral("--json")}).object();
    QCOMPARE(report[u"whole"].toBool(true), false);
    QCOMPARE(report[u"faults"].toArray().first()[u"file"].toString(), name);
}

void CliAuditTest::exportsEveryLine()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliProgram cli(server.url());
    actOnce(cli, server, QStringLiteral("=1+1, \"quoted\""));
    const QStringList exporting{QStringLiteral("audit"), QStringLiteral("export")};
    const CliRun csv = cli.run(exporting);
    QCOMPARE(csv.exitCode, 0);
    QCOMPARE(csv.out.count("\r\n"), 3); // heading, intent, outcome
    QVERIFY2(csv.out.contains("\"'=1+1, \"\"quoted\"\"\""), csv.out.constData());
    const QJsonArray lines =
        cli.run(exporting + QStringList{QStringLiteral("--format"), QStringLiteral("json")})
            .array();
    QCOMPARE(lines.size(), 2);
    QCOMPARE(lines[0][u"n"].toInt(), 1);
    QCOMPARE(lines[1][u"phase"].toString(), QStringLiteral("outcome"));
    QCOMPARE(lines[1][u"reason"].toString(), QStringLiteral("=1+1, \"quoted\""));
}

void CliAuditTest::saysWhatItDoesNotKnow()
{
    const CliProgram cli;
    const CliRun run = cli.run({QStringLiteral("audit"), QStringLiteral("export"),
                                QStringLiteral("--format"), QStringLiteral("xml")});
    QCOMPARE(run.exitCode, 2);
    QVERIFY2(run.err.contains("csv and json are"), run.err.constData());
    const CliRun kind = cli.run({QStringLiteral("audit"), QStringLiteral("list"),
                                 QStringLiteral("--action"), QStringLiteral("foo")});
    QCOMPARE(kind.exitCode, 2);
    QVERIFY2(kind.err.contains("release, take-over, give-back, delete, unlock, create"),
             kind.err.constData());
}

QTEST_GUILESS_MAIN(CliAuditTest)
#include "tst_cli_audit.moc"
