// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/auditlog.h"
#include "support/await.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;

namespace {

const QString kPlace = QStringLiteral("127.0.0.1:6379/0 /chat.db");

AuditEntry intent(const QString &id = QStringLiteral("id-1"))
{
    AuditEntry entry;
    entry.actionId = id;
    entry.action = QStringLiteral("delete");
    entry.target = QStringLiteral("Demo");
    entry.place = kPlace;
    entry.key = "chat:session_lock:s1";
    entry.session = SessionId("s1");
    entry.token = Token("0123456789abcdef");
    entry.owner = QStringLiteral("api-3");
    entry.reason = QStringLiteral("ticket 4711");
    return entry;
}

AuditEntry outcome(const QString &text, const QString &id = QStringLiteral("id-1"))
{
    AuditEntry entry = intent(id);
    entry.phase = AuditEntry::Phase::Outcome;
    entry.outcome = text;
    entry.steps = QStringList{QStringLiteral("lock: obtained")};
    entry.took = 12ms;
    return entry;
}

QList<QJsonObject> linesOf(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QList<QJsonObject> lines;
    while (!file.atEnd())
        lines.append(QJsonDocument::fromJson(file.readLine()).object());
    return lines;
}

mode_t modeOf(const QString &path)
{
    struct stat status{};
    return ::stat(QFile::encodeName(path).constData(), &status) == 0 ? status.st_mode & 0777U : 0;
}

constexpr int kLinesPerProcess = 200;

/// What the program does when it was started as one of two writers.
int appendMany(const QString &folder)
{
    const SystemClock clock;
    AuditLog log(folder, clock);
    AuditEntry entry = intent(QString::number(QCoreApplication::applicationPid()));
    entry.reason = QString(3000, u'x'); // longer than what one pipe or page would hold together
    for (int i = 0; i < kLinesPerProcess; ++i) {
        if (!test::await(log.append(entry)))
            return 1;
    }
    return 0;
}

} // namespace

class TestAuditLog : public QObject
{
    Q_OBJECT

private slots:
    void writesAllFields();
    void oneFileAMonth();
    void onlyTheOwnerMayRead();
    void bytesBecomePrintable();
    void twoProcessesKeepWholeLines();
    void aTornLineDoesNotSwallowTheNext();
    void unwritableFolderIsNamed();
    void symlinkIsNotFollowed();
    void whatDoesNotFitIsTakenBack();
    void unfinished_data();
    void unfinished();
    void unfinishedLooksIntoLastMonth();
    void unfinishedSaysWhatItCannotRead();
};

void TestAuditLog::writesAllFields()
{
    const QTemporaryDir folder;
    const ManualClock clock;
    AuditLog log(folder.path(), clock);
    QVERIFY(test::await(log.append(intent())));
    QVERIFY(test::await(log.append(outcome(QStringLiteral("done")))));

    const auto lines = linesOf(log.currentFile());
    QCOMPARE(lines.size(), 2);
    const QJsonObject first = lines[0];
    QCOMPARE(first[u"v"].toInt(), 2);
    QCOMPARE(first[u"n"].toInt(), 1);
    QCOMPARE(first[u"at"].toString(), QStringLiteral("2026-01-01T00:00:00.000Z"));
    QCOMPARE(first[u"id"].toString(), QStringLiteral("id-1"));
    QCOMPARE(first[u"phase"].toString(), QStringLiteral("intent"));
    QCOMPARE(first[u"action"].toString(), QStringLiteral("delete"));
    QCOMPARE(first[u"target"].toString(), QStringLiteral("Demo"));
    QCOMPARE(first[u"key"].toString(), QStringLiteral("chat:session_lock:s1"));
    QCOMPARE(first[u"session"].toString(), QStringLiteral("s1"));
    QCOMPARE(first[u"token"].toString(), QStringLiteral("0123456789abcdef"));
    QCOMPARE(first[u"owner"].toString(), QStringLiteral("api-3"));
    QCOMPARE(first[u"reason"].toString(), QStringLiteral("ticket 4711"));
    QVERIFY(!first[u"user"].toString().isEmpty());
    QVERIFY(!first[u"host"].toString().isEmpty());
    QCOMPARE(first[u"pid"].toInteger(), QCoreApplication::applicationPid());
    QVERIFY(!first.contains(u"outcome"));

    const QJsonObject second = lines[1];
    QCOMPARE(second[u"phase"].toString(), QStringLiteral("outcome"));
    QCOMPARE(second[u"outcome"].toString(), QStringLiteral("done"));
    QCOMPARE(second[u"steps"].toArray().size(), 1);
    QCOMPARE(second[u"took_ms"].toInt(), 12);
}

void TestAuditLog::oneFileAMonth()
{
    const QTemporaryDir folder;
    ManualClock clock;
    AuditLog log(folder.path(), clock);
    QCOMPARE(log.currentFile(), QString(folder.path() + u"/2026-01.jsonl"));
    QVERIFY(test::await(log.append(intent())));
    clock.advance(std::chrono::days(31));
    QVERIFY(test::await(log.append(intent())));
    QCOMPARE(linesOf(folder.filePath(QStringLiteral("2026-01.jsonl"))).size(), 1);
    QCOMPARE(linesOf(folder.filePath(QStringLiteral("2026-02.jsonl"))).size(), 1);
}

void TestAuditLog::onlyTheOwnerMayRead()
{
    const QTemporaryDir base;
    const SystemClock clock;
    const QString folder = base.filePath(QStringLiteral("lockkeeper/audit"));
    AuditLog log(folder, clock);
    QVERIFY(test::await(log.append(intent())));
    QCOMPARE(modeOf(folder), mode_t(0700));
    QCOMPARE(modeOf(base.filePath(QStringLiteral("lockkeeper"))), mode_t(0700));
    QCOMPARE(modeOf(log.currentFile()), mode_t(0600));
}

void TestAuditLog::bytesBecomePrintable()
{
    const QTemporaryDir folder;
    const SystemClock clock;
    AuditLog log(folder.path(), clock);
    AuditEntry entry = intent();
    entry.token = Token(QByteArray("\xff\x00\n\"", 4));
    entry.session = SessionId("Grüße \"quoted\"");
    entry.reason = QStringLiteral("two\nlines and a lone ") + QChar(0xd800);
    QVERIFY(test::await(log.append(entry)));
    const auto lines = linesOf(log.currentFile());
    QCOMPARE(lines.size(), 1);
    QCOMPARE(lines[0][u"token"].toString(), QStringLiteral("\\xff\\x00\\x0a\""));
    QCOMPARE(lines[0][u"session"].toString(), QString::fromUtf8("Grüße \"quoted\""));
    QVERIFY(lines[0][u"reason"].toString().startsWith(u"two\nlines"));
}

void TestAuditLog::twoProcessesKeepWholeLines()
{
    const QTemporaryDir folder;
    QList<QProcess *> writers;
    for (int i = 0; i < 2; ++i) {
        auto *writer = new QProcess(this);
        writer->setProcessChannelMode(QProcess::ForwardedErrorChannel);
        writer->start(QCoreApplication::applicationFilePath(),
                      {QStringLiteral("--append"), folder.path()});
        writers.append(writer);
    }
    for (QProcess *writer : writers) {
        QVERIFY(writer->state() == QProcess::NotRunning || writer->waitForFinished(120'000));
        QCOMPARE(writer->exitStatus(), QProcess::NormalExit);
        QCOMPARE(writer->exitCode(), 0);
    }
    const SystemClock clock;
    QHash<QString, int> linesOfProcess;
    for (const QJsonObject &line : linesOf(AuditLog(folder.path(), clock).currentFile())) {
        QCOMPARE(line[u"reason"].toString().size(), 3000);
        ++linesOfProcess[line[u"id"].toString()];
    }
    QCOMPARE(linesOfProcess.size(), 2);
    for (const int lines : linesOfProcess)
        QCOMPARE(lines, kLinesPerProcess);
}

void TestAuditLog::aTornLineDoesNotSwallowTheNext()
{
    const QTemporaryDir folder;
    const SystemClock clock;
    AuditLog log(folder.path(), clock);
    {
        QFile file(log.currentFile());
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("{\"v\":1,\"at\":\"20");
    }
    QVERIFY(test::await(log.append(intent())));
    const auto lines = linesOf(log.currentFile());
    QCOMPARE(lines.size(), 2);
    QCOMPARE(lines[1][u"phase"].toString(), QStringLiteral("intent"));
}

void TestAuditLog::unwritableFolderIsNamed()
{
    const QTemporaryDir base;
    QFile file(base.filePath(QStringLiteral("file")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    const SystemClock clock;
    AuditLog log(base.filePath(QStringLiteral("file/audit")), clock);
    const auto written = test::await(log.append(intent()));
    QVERIFY(!written);
    QCOMPARE(written.error().code, ErrorCode::Io);
    QVERIFY2(written.error().what.contains(base.path()), qPrintable(written.error().what));
    QVERIFY2(written.error().what.contains(u"Not a directory"), qPrintable(written.error().what));
    QVERIFY(!written.error().hint.isEmpty());
}

void TestAuditLog::symlinkIsNotFollowed()
{
    const QTemporaryDir folder;
    const SystemClock clock;
    AuditLog log(folder.path(), clock);
    const QString elsewhere = folder.filePath(QStringLiteral("elsewhere"));
    QVERIFY(QFile::link(elsewhere, log.currentFile()));
    QVERIFY(!test::await(log.append(intent())));
    QVERIFY(!QFileInfo::exists(elsewhere));
}

void TestAuditLog::whatDoesNotFitIsTakenBack()
{
    const QTemporaryDir folder;
    const SystemClock clock;
    AuditLog log(folder.path(), clock);
    QVERIFY(test::await(log.append(intent())));
    const qint64 size = QFileInfo(log.currentFile()).size();

    // A file that may not grow beyond the middle of the next line stands for a full disk.
    rlimit before{};
    QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
    rlimit limit = before;
    limit.rlim_cur = static_cast<rlim_t>(size) + 20;
    const auto oldHandler = std::signal(SIGXFSZ, SIG_IGN);
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    const auto written = test::await(log.append(intent()));
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, oldHandler);

    QVERIFY(!written);
    QCOMPARE(written.error().code, ErrorCode::Io);
    QVERIFY(written.error().what.contains(log.currentFile()));
    QVERIFY2(written.error().what.contains(u"File too large"), qPrintable(written.error().what));
    QCOMPARE(QFileInfo(log.currentFile()).size(), size);
    QVERIFY(test::await(log.append(intent())));
    QCOMPARE(linesOf(log.currentFile()).size(), 2);
}

void TestAuditLog::unfinished_data()
{
    QTest::addColumn<QStringList>("lines"); // "id" is an intent, "id=outcome" an outcome
    QTest::addColumn<bool>("isUnfinished");
    const auto row = [](const char *lines, bool isUnfinished) {
        QTest::newRow(lines) << QString::fromLatin1(lines).split(u';', Qt::SkipEmptyParts)
                             << isUnfinished;
    };
    row("", false);
    row("a", true);
    row("a;a=done", false);
    row("a;a=partly done: the cache", true);
    row("a;a=unknown: lost", true);
    row("a;a=refused: no such session", false);
    row("a;a=failed: database down", false);
    row("a;b;b=done", false);
    row("a;b;b=failed: timeout", true);
    row("a;a=done;b", true);
}

void TestAuditLog::unfinished()
{
    QFETCH(QStringList, lines);
    QFETCH(bool, isUnfinished);
    const QTemporaryDir folder;
    const ManualClock clock;
    AuditLog log(folder.path(), clock);
    for (const QString &line : lines) {
        const QString id = line.section(u'=', 0, 0);
        const bool isOutcome = line.contains(u'=');
        const AuditEntry entry = isOutcome ? outcome(line.section(u'=', 1), id) : intent(id);
        QVERIFY(test::await(log.append(entry)));
    }
    const QString action = QStringLiteral("delete");
    const QString &target = kPlace;
    const LockKey key("chat:session_lock:s1");
    const auto found = test::await(log.unfinished(action, target, key));
    QVERIFY(found);
    QCOMPARE(found->has_value(), isUnfinished);
    if (*found)
        QCOMPARE(**found, clock.wall());
    // Lines of other acts, servers and sessions do not count.
    QVERIFY(
        !test::await(log.unfinished(QStringLiteral("release"), target, key)).value().has_value());
    QVERIFY(!test::await(log.unfinished(action, QStringLiteral("other"), key)).value().has_value());
    QVERIFY(!test::await(log.unfinished(action, target, LockKey("chat:session_lock:s")))
                 .value()
                 .has_value());
}

void TestAuditLog::unfinishedLooksIntoLastMonth()
{
    const QTemporaryDir folder;
    ManualClock clock;
    AuditLog log(folder.path(), clock);
    QVERIFY(test::await(log.append(intent())));
    const auto find = [&] {
        return test::await(log.unfinished(QStringLiteral("delete"), kPlace,
                                          LockKey("chat:session_lock:s1")))
            .value()
            .has_value();
    };
    clock.advance(std::chrono::days(40));
    QVERIFY(find());
    clock.advance(std::chrono::days(31));
    QVERIFY(!find());
}

void TestAuditLog::unfinishedSaysWhatItCannotRead()
{
    QTemporaryDir folder;
    const SystemClock clock;
    AuditLog log(folder.path(), clock);
    const LockKey key("chat:session_lock:s1");
    const auto none = test::await(log.unfinished(QStringLiteral("delete"), kPlace, key));
    QVERIFY(none && !none->has_value());
    // A folder of that name cannot be read as a file, whoever runs the test.
    QVERIFY(QDir().mkpath(log.currentFile()));
    const auto refused = test::await(log.unfinished(QStringLiteral("delete"), kPlace, key));
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::Io);
    QVERIFY(refused.error().what.contains(log.currentFile()));
}

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (argc == 3 && QByteArrayView(argv[1]) == "--append")
        return appendMany(QString::fromLocal8Bit(argv[2]));
    TestAuditLog test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_auditlog.moc"
