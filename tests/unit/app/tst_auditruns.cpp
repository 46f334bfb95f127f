// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/auditruns.h"

#include <QCoreApplication>
#include <QFile>
#include <QTest>

#include <sys/wait.h>
#include <unistd.h>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;

using Phase = AuditEntry::Phase;

namespace {

const WallTime kAt{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};

AuditEntry entryOf(Phase phase, const QString &outcome = {})
{
    AuditEntry entry;
    entry.actionId = QStringLiteral("id-1");
    entry.phase = phase;
    entry.action = AuditEntry::kDelete;
    entry.target = QStringLiteral("api-prod");
    entry.environment = QStringLiteral("production");
    entry.batch = QStringLiteral("batch-1");
    entry.place = QStringLiteral("h:6379/0 /chat.db");
    entry.key = "chat:session_lock:s1";
    entry.session = SessionId("s1");
    entry.token = Token("owner-1");
    entry.outcome = outcome;
    return entry;
}

AuditRecord recordOf(const AuditEntry &entry)
{
    return *parseAuditLine(auditLine(entry, kAt, {}));
}

/// "act phase: outcome", where the act is a number and "i", "o" and "f" are the phases: "1i",
/// "1o: done". Acts are deletes of one session; with a letter before them they are others: "r1i" is
/// a release, "s1i" a delete of another session, "p1i" one at another place.
AuditRecord line(const QString &text)
{
    const bool isOther = text.front().isLetter();
    const QChar kind = isOther ? text.front() : QChar(u'd');
    const QString rest = isOther ? text.mid(1) : text;
    static const QHash<QChar, Phase> phases{
        {u'i', Phase::Intent}, {u'o', Phase::Outcome}, {u'f', Phase::Finding}};
    AuditEntry entry = entryOf(phases.value(rest[1]), rest.mid(4));
    entry.actionId = rest.left(1);
    if (kind == u'r')
        entry.action = AuditEntry::kRelease;
    if (kind == u's')
        entry.key = "chat:session_lock:s2";
    if (kind == u'p')
        entry.place = QStringLiteral("h:6379/1 /chat.db");
    return recordOf(entry);
}

qint64 startOf(pid_t pid)
{
    QFile file(QStringLiteral("/proc/%1/stat").arg(pid));
    const QByteArray stat = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    return stat.mid(stat.lastIndexOf(')') + 2).split(' ').value(19).toLongLong();
}

} // namespace

class TestAuditRuns : public QObject
{
    Q_OBJECT

private slots:
    void linesKeepTheirFields();
    void fieldsThatAreEmptyAreLeftOut();
    void linesOfOtherPhasesAreNone();
    void whetherTheWriterRuns_data();
    void whetherTheWriterRuns();
    void aWriterThatEndedDoesNotRun();
    void whatIsCutShort_data();
    void whatIsCutShort();
    void findingsBelongToTheirAct();
};

void TestAuditRuns::linesKeepTheirFields()
{
    AuditEntry entry = entryOf(Phase::Finding, QStringLiteral("reappeared"));
    entry.steps = {QStringLiteral("reappeared after 1 s")};
    entry.took = 60s;
    const AuditRecord record = recordOf(entry);
    QCOMPARE(record.phase, Phase::Finding);
    QCOMPARE(record.actionId, entry.actionId);
    QCOMPARE(record.environment, entry.environment);
    QCOMPARE(record.batch, entry.batch);
    QCOMPARE(record.where, entry.place);
    QCOMPARE(record.outcome, entry.outcome);
    QCOMPARE(record.steps, entry.steps);
    QCOMPARE(record.took, std::optional(milliseconds(60s)));
    QCOMPARE(record.pid, QCoreApplication::applicationPid());
    QCOMPARE(record.processStart, startOf(::getpid()));
    QVERIFY(record.processStart > 0);
    QCOMPARE(recordOf(entryOf(Phase::Intent)).phase, Phase::Intent);
    QCOMPARE(recordOf(entryOf(Phase::Outcome)).phase, Phase::Outcome);
}

void TestAuditRuns::fieldsThatAreEmptyAreLeftOut()
{
    AuditEntry entry = entryOf(Phase::Intent);
    entry.environment.clear();
    entry.batch.clear();
    const QByteArray written = auditLine(entry, kAt, {});
    QVERIFY(!written.contains("\"environment\""));
    QVERIFY(!written.contains("\"batch\""));
    QVERIFY(!written.contains("\"outcome\""));
    QVERIFY(recordOf(entry).environment.isEmpty());
}

void TestAuditRuns::linesOfOtherPhasesAreNone()
{
    QByteArray later = auditLine(entryOf(Phase::Finding), kAt, {});
    later.replace("\"finding\"", "\"afterthought\"");
    QVERIFY(!parseAuditLine(later));
    // One from before programs named their start is taken; whether they run is not known.
    QByteArray earlier = auditLine(entryOf(Phase::Intent), kAt, {});
    earlier.replace(QByteArray("\"started\":" + QByteArray::number(startOf(::getpid())) + ','), "");
    QVERIFY(parseAuditLine(earlier));
    QCOMPARE(parseAuditLine(earlier)->processStart, qint64(0));
}

void TestAuditRuns::whetherTheWriterRuns_data()
{
    QTest::addColumn<qint64>("later"); // by how much the process was started later
    QTest::addColumn<bool>("isKnown");
    QTest::addColumn<bool>("isHere");
    QTest::addColumn<bool>("isAlive");
    QTest::newRow("it does") << qint64(0) << true << true << true;
    QTest::newRow("another got its number") << qint64(-1) << true << true << false;
    QTest::newRow("its start is not known") << qint64(0) << false << true << false;
    QTest::newRow("another host") << qint64(0) << true << false << false;
}

void TestAuditRuns::whetherTheWriterRuns()
{
    QFETCH(qint64, later);
    QFETCH(bool, isKnown);
    QFETCH(bool, isHere);
    QFETCH(bool, isAlive);
    AuditRecord record = recordOf(entryOf(Phase::Intent));
    record.processStart = isKnown ? record.processStart + later : 0;
    if (!isHere)
        record.host += QStringLiteral("-other");
    QCOMPARE(isWriterAlive(record), isAlive);
}

void TestAuditRuns::aWriterThatEndedDoesNotRun()
{
    int wake[2];
    QCOMPARE(::pipe(wake), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(wake[1]);
        char nothing = 0;
        static_cast<void>(::read(wake[0], &nothing, 1)); // until the test closes its end
        ::_exit(0);
    }
    ::close(wake[0]);
    AuditRecord record = recordOf(entryOf(Phase::Intent));
    record.pid = child;
    record.processStart = startOf(child);
    QVERIFY(isWriterAlive(record));
    ::close(wake[1]);
    // It has ended, and nobody has asked for it yet.
    QTRY_VERIFY(!isWriterAlive(record));
    QVERIFY(startOf(child) > 0);
    QCOMPARE(::waitpid(child, nullptr, 0), child);
    QVERIFY(!isWriterAlive(record));
}

void TestAuditRuns::whatIsCutShort_data()
{
    QTest::addColumn<QStringList>("lines");
    QTest::addColumn<QString>("cutShort"); // the ids of those that are
    const auto row = [](const char *what, const QString &lines, const char *cutShort) {
        QTest::newRow(what) << lines.split(QStringLiteral(", ")) << QString::fromLatin1(cutShort);
    };
    row("under way", QStringLiteral("1i"), "1");
    row("done", QStringLiteral("1i, 1o: done"), "");
    row("failed", QStringLiteral("1i, 1o: failed: x"), "");
    row("its outcome is not known", QStringLiteral("1i, 1o: unknown: x"), "");
    row("watched", QStringLiteral("1i, 1o: done, 1f: nothing came back"), "");
    row("found done", QStringLiteral("1i, 1f: found done: x"), "");
    row("found undone", QStringLiteral("1i, 1f: found undone: x"), "");
    row("found over", QStringLiteral("1i, 1f: found over: x"), "");
    row("found partly done", QStringLiteral("1i, 1f: found partly done: x"), "1");
    row("not found out", QStringLiteral("1i, 1f: found unknown: x"), "1");
    row("found out later", QStringLiteral("1i, 1f: found unknown: x, 1f: found done: y"), "");
    row("two", QStringLiteral("1i, s2i, s2o: done"), "1");
    row("finished by another", QStringLiteral("1i, 2i, 2o: done"), "");
    row("both finished by a third", QStringLiteral("1i, 2i, 3i, 3o: done"), "");
    row("found, then finished", QStringLiteral("1i, 1f: found partly done: x, 2i, 2o: done"), "");
    row("another was refused", QStringLiteral("1i, 2i, 2o: refused: x"), "1");
    row("another was partly done", QStringLiteral("1i, 2i, 2o: partly done: x"), "1");
    row("one before it was done", QStringLiteral("1i, 1o: done, 2i"), "2");
    row("one of another session was done", QStringLiteral("1i, s2i, s2o: done"), "1");
    row("one at another place was done", QStringLiteral("1i, p2i, p2o: done"), "1");
    row("a release finishes no delete", QStringLiteral("1i, r2i, r2o: done"), "1");
    row("a release finishes no release", QStringLiteral("r1i, r2i, r2o: done"), "1");
}

void TestAuditRuns::whatIsCutShort()
{
    QFETCH(QStringList, lines);
    QFETCH(QString, cutShort);
    QList<AuditRecord> records;
    for (const QString &text : lines)
        records.append(line(text));
    QString found;
    for (const AuditRun &run : runsOf(records)) {
        if (run.isCutShort())
            found += run.begun.actionId;
    }
    QCOMPARE(found, cutShort);
}

void TestAuditRuns::findingsBelongToTheirAct()
{
    const QList<AuditRun> runs = runsOf(
        {line(QStringLiteral("1i")), line(QStringLiteral("2i")),
         line(QStringLiteral("1f: found unknown: x")), line(QStringLiteral("2o: done")),
         line(QStringLiteral("1f: found done: y")), line(QStringLiteral("3f: nothing came back"))});
    QCOMPARE(runs.size(), 3);
    QCOMPARE(runs[0].findings.size(), 2);
    QVERIFY(!runs[0].outcome);
    QVERIFY(runs[1].outcome && runs[1].findings.isEmpty());
    // Of an act before the first line that was read only the finding is there.
    QCOMPARE(runs[2].begun.phase, Phase::Finding);
    QVERIFY(!runs[2].isCutShort());
}

QTEST_GUILESS_MAIN(TestAuditRuns)
#include "tst_auditruns.moc"
