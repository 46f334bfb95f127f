// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/auditlog.h"
#include "app/auditruns.h"
#include "support/await.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sys/file.h>

using namespace lockkeeper;
using namespace lockkeeper::app;

namespace {

constexpr int kEntries = 6;

AuditEntry entry(const QString &id, AuditEntry::Phase phase = AuditEntry::Phase::Intent)
{
    AuditEntry made;
    made.actionId = id;
    made.phase = phase;
    made.action = QStringLiteral("release");
    made.session = SessionId("s1");
    made.outcome = phase == AuditEntry::Phase::Outcome ? QStringLiteral("done") : QString();
    return made;
}

QList<QByteArray> linesOf(const QString &path)
{
    QFile file(path);
    QList<QByteArray> lines;
    if (!file.open(QIODevice::ReadOnly))
        return lines;
    while (!file.atEnd())
        lines.append(file.readLine());
    return lines;
}

void write(const QString &path, const QList<QByteArray> &lines)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    for (const QByteArray &line : lines)
        file.write(line);
}

using Harm = std::function<void(QList<QByteArray> &)>;

} // namespace

Q_DECLARE_METATYPE(Harm)

/// Whatever is done to the log afterwards is found.
class AuditChainTest : public QObject
{
    Q_OBJECT

private slots:
    void aLogThatNobodyTouchedIsWhole();
    void findsHarm_data();
    void findsHarm();
    void findsAMonthThatIsGone();
    void findsALostHead();
    void aClockThatWentBackBreaksNothing();
    void waitsForAnotherProgramInBounds();
    void goesOnOverMonths();
    void goesOnAfterLinesWithoutAChain();
    void knowsATornLine();
    void aTornLineAtTheEndIsNoHarm();
    void aHeadThatIsBehindIsNoHarm();
    void pairsIntentsWithOutcomes();

private:
    [[nodiscard]] static ChainReport verified(const QString &folder);
    static void fill(const QString &folder, const Clock &clock, int entries = kEntries);
};

ChainReport AuditChainTest::verified(const QString &folder)
{
    const SystemClock clock;
    const auto report = test::await(AuditLog(folder, clock).verify());
    return report ? *report : ChainReport{};
}

void AuditChainTest::fill(const QString &folder, const Clock &clock, int entries)
{
    AuditLog log(folder, clock);
    for (int i = 0; i < entries; ++i)
        QVERIFY(test::await(log.append(entry(QString::number(i)))));
}

void AuditChainTest::aLogThatNobodyTouchedIsWhole()
{
    const QTemporaryDir folder;
    const ManualClock clock;
    QVERIFY(verified(folder.path()).isWhole()); // there is none yet
    fill(folder.path(), clock);
    const ChainReport report = verified(folder.path());
    QVERIFY(report.isWhole());
    QCOMPARE(report.entries, kEntries);
    QCOMPARE(report.files, 1);
    const auto lines = linesOf(folder.filePath(QStringLiteral("2026-01.jsonl")));
    QCOMPARE(report.head, chainHash(lines.last().chopped(1)));
}

void AuditChainTest::findsHarm_data()
{
    QTest::addColumn<Harm>("harm");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, Harm harm, const char *words) {
        QTest::newRow(name) << std::move(harm) << QString::fromLatin1(words);
    };
    row(
        "changed", [](auto &lines) { lines[2].replace("release", "RELEASE"); },
        "entry 3, the one before, was changed");
    row(
        "the newest changed", [](auto &lines) { lines.last().replace("release", "RELEASE"); },
        "entry 6 was changed");
    row("removed", [](auto &lines) { lines.removeAt(3); }, "entry 4 is missing");
    row("the first removed", [](auto &lines) { lines.removeFirst(); }, "entry 1 is missing");
    row("several removed", [](auto &lines) { lines.remove(1, 3); }, "entries 2 to 4 are missing");
    row("the newest removed", [](auto &lines) { lines.removeLast(); }, "entry 6 is missing");
    row("all removed", [](auto &lines) { lines.clear(); }, "entries 1 to 6 are missing");
    row("moved", [](auto &lines) { lines.swapItemsAt(1, 2); }, "missing");
    row("added", [](auto &lines) { lines.insert(2, lines[1]); }, "it was added or moved");
    row(
        "forged without a number",
        [](auto &lines) {
            lines.insert(2, "{\"v\":1,\"at\":\"2026-01-01T00:00:00.000Z\",\"phase\":\"intent\"}\n");
        },
        "it has no number");
    row("garbage between", [](auto &lines) { lines.insert(2, "x\n"); }, "no line of an audit log");
    row("garbage at the end", [](auto &lines) { lines.append("x\n"); }, "no line of an audit log");
    row("cut in the newest", [](auto &lines) { lines.last().chop(9); }, "entry 6 is missing");
}

void AuditChainTest::findsHarm()
{
    QFETCH(Harm, harm);
    QFETCH(QString, words);
    const QTemporaryDir folder;
    const ManualClock clock;
    fill(folder.path(), clock);
    const QString file = folder.filePath(QStringLiteral("2026-01.jsonl"));
    QList<QByteArray> lines = linesOf(file);
    harm(lines);
    write(file, lines);

    const ChainReport report = verified(folder.path());
    QVERIFY(!report.isWhole());
    QStringList faults;
    for (const ChainFault &fault : report.faults)
        faults.append(fault.what);
    QVERIFY2(faults.join(u'\n').contains(words), qPrintable(faults.join(u'\n')));

    // Going on does not heal it.
    fill(folder.path(), clock, 1);
    QVERIFY(!verified(folder.path()).isWhole());
}

void AuditChainTest::findsAMonthThatIsGone()
{
    const QTemporaryDir folder;
    ManualClock clock;
    fill(folder.path(), clock);
    clock.advance(std::chrono::days(31));
    fill(folder.path(), clock);
    QVERIFY(verified(folder.path()).isWhole());
    QVERIFY(QFile::remove(folder.filePath(QStringLiteral("2026-01.jsonl"))));
    const ChainReport report = verified(folder.path());
    QCOMPARE(report.faults.size(), 1);
    QCOMPARE(report.faults.first().file, QStringLiteral("2026-02.jsonl"));
    QCOMPARE(report.faults.first().what, QStringLiteral("entries 1 to 6 are missing"));
}

void AuditChainTest::findsALostHead()
{
    const QTemporaryDir folder;
    const ManualClock clock;
    fill(folder.path(), clock);
    QVERIFY(QFile::remove(folder.filePath(QStringLiteral("chain"))));
    QCOMPARE(verified(folder.path()).faults.size(), 1);

    // Whoever removes lines with it leaves a trace that going on does not wipe out.
    const QString file = folder.filePath(QStringLiteral("2026-01.jsonl"));
    QList<QByteArray> lines = linesOf(file);
    lines.remove(4, 2);
    write(file, lines);
    fill(folder.path(), clock, 2);
    const ChainReport report = verified(folder.path());
    QCOMPARE(report.faults.size(), 1);
    QVERIFY2(report.faults.first().what.contains(u"was gone when entry 5 was written"),
             qPrintable(report.faults.first().what));
}

void AuditChainTest::aClockThatWentBackBreaksNothing()
{
    const QTemporaryDir folder;
    ManualClock later;
    later.advance(std::chrono::days(31));
    fill(folder.path(), later);
    const ManualClock clock; // of another program, or set back: the month before
    AuditLog log(folder.path(), clock);
    AuditEntry deletion = entry(QStringLiteral("d"));
    deletion.action = QStringLiteral("delete");
    deletion.place = QStringLiteral("here");
    deletion.key = "k";
    QVERIFY(test::await(log.append(deletion)));
    const ChainReport report = verified(folder.path());
    QVERIFY2(report.isWhole(), qPrintable(report.faults.value(0).what));
    QCOMPARE(report.entries, kEntries + 1);
    QCOMPARE(report.files, 1);
    QVERIFY(
        test::await(log.unfinished(QStringLiteral("delete"), QStringLiteral("here"), LockKey("k")))
            ->has_value());
}

void AuditChainTest::waitsForAnotherProgramInBounds()
{
    const QTemporaryDir folder;
    const ManualClock clock;
    fill(folder.path(), clock, 1);
    QFile chain(folder.filePath(QStringLiteral("chain")));
    QVERIFY(chain.open(QIODevice::ReadWrite));
    QCOMPARE(::flock(chain.handle(), LOCK_EX), 0); // as a program that was stopped
    AuditLog log(folder.path(), clock);
    const auto refused = test::await(log.append(entry(QStringLiteral("x"))));
    QVERIFY(!refused);
    QVERIFY2(refused.error().what.contains(u"another program holds"),
             qPrintable(refused.error().what));
    QCOMPARE(::flock(chain.handle(), LOCK_UN), 0);
    QVERIFY(test::await(log.append(entry(QStringLiteral("x")))));
    QVERIFY(verified(folder.path()).isWhole());
}

void AuditChainTest::goesOnOverMonths()
{
    const QTemporaryDir folder;
    ManualClock clock;
    for (int month = 0; month < 3; ++month) {
        fill(folder.path(), clock);
        clock.advance(std::chrono::days(31));
    }
    const ChainReport report = verified(folder.path());
    QVERIFY(report.isWhole());
    QCOMPARE(report.files, 3);
    QCOMPARE(report.entries, 3 * kEntries);
}

void AuditChainTest::goesOnAfterLinesWithoutAChain()
{
    const QTemporaryDir folder;
    const ManualClock clock;
    const QString file = folder.filePath(QStringLiteral("2026-01.jsonl"));
    write(file, {"{\"v\":1,\"at\":\"2026-01-01T00:00:00.000Z\",\"phase\":\"intent\"}\n",
                 "{\"v\":1,\"at\":\"20\n"}); // torn, and closed by the line that came next
    fill(folder.path(), clock);
    ChainReport report = verified(folder.path());
    QVERIFY2(report.isWhole(), qPrintable(report.faults.value(0).what));
    QCOMPARE(report.unchained, 1);
    QCOMPARE(report.torn, 1);
    QCOMPARE(report.entries, kEntries);

    QList<QByteArray> lines = linesOf(file);
    lines.removeAt(1);
    write(file, lines);
    QCOMPARE(verified(folder.path()).faults.value(0).what,
             QStringLiteral("the lines before the first entry were changed or removed"));
}

void AuditChainTest::knowsATornLine()
{
    const QTemporaryDir folder;
    ManualClock clock;
    fill(folder.path(), clock);
    const QString file = folder.filePath(QStringLiteral("2026-01.jsonl"));
    write(file, linesOf(file) << QByteArray("{\"v\":2,\"n\":7,\"pr"));
    fill(folder.path(), clock);
    ChainReport report = verified(folder.path());
    QVERIFY2(report.isWhole(), qPrintable(report.faults.value(0).what));
    QCOMPARE(report.torn, 1);
    QCOMPARE(report.entries, 2 * kEntries);

    // In the last line of a month too.
    write(file, linesOf(file) << QByteArray("{\"v"));
    clock.advance(std::chrono::days(31));
    fill(folder.path(), clock);
    report = verified(folder.path());
    QVERIFY2(report.isWhole(), qPrintable(report.faults.value(0).what));
    QCOMPARE(report.torn, 2);
}

void AuditChainTest::aTornLineAtTheEndIsNoHarm()
{
    const QTemporaryDir folder;
    const ManualClock clock;
    fill(folder.path(), clock);
    const QString file = folder.filePath(QStringLiteral("2026-01.jsonl"));
    write(file, linesOf(file) << QByteArray("{\"v\":2,\"n\":7,\"pr"));
    const ChainReport report = verified(folder.path());
    QVERIFY(report.isWhole());
    QCOMPARE(report.torn, 1);
}

void AuditChainTest::aHeadThatIsBehindIsNoHarm()
{
    const QTemporaryDir folder;
    const ManualClock clock;
    const QString head = folder.filePath(QStringLiteral("chain"));
    fill(folder.path(), clock);
    const QList<QByteArray> before = linesOf(head);
    fill(folder.path(), clock);
    write(head, before); // the program ended between the line and the head
    QVERIFY(verified(folder.path()).isWhole());
    fill(folder.path(), clock);
    const ChainReport report = verified(folder.path());
    QVERIFY(report.isWhole());
    QCOMPARE(report.entries, 3 * kEntries);
}

void AuditChainTest::pairsIntentsWithOutcomes()
{
    const QTemporaryDir folder;
    const ManualClock clock;
    AuditLog log(folder.path(), clock);
    QVERIFY(test::await(log.append(entry(QStringLiteral("a")))));
    QVERIFY(test::await(log.append(entry(QStringLiteral("b")))));
    QVERIFY(test::await(log.append(entry(QStringLiteral("a"), AuditEntry::Phase::Outcome))));
    QVERIFY(test::await(log.append(entry(QStringLiteral("c"), AuditEntry::Phase::Outcome))));
    const auto records = test::await(log.records(std::nullopt));
    QVERIFY(records);
    const QList<AuditRun> runs = runsOf(*records);
    QCOMPARE(runs.size(), 3);
    QCOMPARE(runs[0].begun.actionId, QStringLiteral("a"));
    QVERIFY(!runs[0].isCutShort());
    QVERIFY(runs[1].isCutShort());
    QCOMPARE(runs[2].outcome->outcome, QStringLiteral("done"));
    const WallTime later = clock.wall() + std::chrono::hours(1);
    QVERIFY(test::await(log.records(later))->isEmpty());
}

QTEST_GUILESS_MAIN(AuditChainTest)
#include "tst_auditchain.moc"
