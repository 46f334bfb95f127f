// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/actionreport.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;

using Kind = locks::LockObservation::Kind;
using sessions::RemoveReport;
using sessions::StepState;

namespace {

const Token kSeen("seen");

Error error(ErrorCode code)
{
    return {code, QStringLiteral("the cause"), {}};
}

locks::LockObservation held(const Token &token)
{
    locks::LockObservation lock;
    lock.kind = Kind::Held;
    lock.token = token;
    lock.ttl = 60s;
    return lock;
}

ActionReport released(const Result<void> &answer, const Result<locks::LockObservation> &lockAfter)
{
    return reportOf(ReleaseRequest{SessionId("s1"), kSeen, {}}, answer, lockAfter, {});
}

/// "done" row, "done" cache and so on, by the first letter of each step.
RemoveReport steps(const char *states, std::optional<Error> failure = {})
{
    const QHash<char, StepState> byLetter{{'-', StepState::NotReached},
                                          {'d', StepState::Done},
                                          {'n', StepState::Nothing},
                                          {'f', StepState::Failed},
                                          {'u', StepState::Unknown}};
    RemoveReport report;
    report.lock = byLetter.value(states[0]);
    report.database = byLetter.value(states[1]);
    report.cache = byLetter.value(states[2]);
    report.release = byLetter.value(states[3]);
    report.failure = std::move(failure);
    return report;
}

Result<bool> found(char letter)
{
    if (letter == '?')
        return error(ErrorCode::CannotConnect);
    return letter == 'y';
}

} // namespace

class TestActionReport : public QObject
{
    Q_OBJECT

private slots:
    void releaseIsJudgedByWhatIsThere_data();
    void releaseIsJudgedByWhatIsThere();
    void releaseNamesANewOwner();
    void deleteIsJudgedByWhatIsThere_data();
    void deleteIsJudgedByWhatIsThere();
    void takeOverThatFailedLaterIsSaid();
    void stepsAreSentences();
};

void TestActionReport::releaseIsJudgedByWhatIsThere_data()
{
    QTest::addColumn<QString>("answer"); // empty: done; else the error's code
    QTest::addColumn<QString>("after");
    QTest::addColumn<QString>("outcome"); // how the audit log's word begins
    QTest::addColumn<int>("warnings");
    QTest::newRow("free") << "" << "free" << "done" << 0;
    QTest::newRow("taken by a waiter") << "" << "other" << "done" << 0;
    QTest::newRow("not read back") << "" << "unreadable" << "done" << 1;
    QTest::newRow("there again") << "" << "same" << "unknown: " << 0;
    QTest::newRow("changed hands") << "changed" << "other" << "refused: " << 0;
    QTest::newRow("no right") << "rights" << "same" << "refused: " << 0;
    QTest::newRow("lost, but gone") << "unknown" << "free" << "done" << 1;
    QTest::newRow("lost, and another's") << "unknown" << "other" << "done" << 1;
    QTest::newRow("lost, and still there") << "unknown" << "same" << "failed: " << 0;
    QTest::newRow("lost for good") << "unknown" << "unreadable" << "unknown: " << 0;
    QTest::newRow("closed before it was sent") << "cancelled" << "unreadable" << "failed: " << 0;
    QTest::newRow("never sent") << "down" << "unreadable" << "failed: " << 0;
}

void TestActionReport::releaseIsJudgedByWhatIsThere()
{
    QFETCH(QString, answer);
    QFETCH(QString, after);
    const QHash<QString, Result<void>> answers{
        {QString(), {}},
        {QStringLiteral("changed"), error(ErrorCode::ChangedHands)},
        {QStringLiteral("rights"), error(ErrorCode::NotPermitted)},
        {QStringLiteral("unknown"), error(ErrorCode::OutcomeUnknown)},
        {QStringLiteral("cancelled"), error(ErrorCode::Cancelled)},
        {QStringLiteral("down"), error(ErrorCode::CannotConnect)}};
    const QHash<QString, Result<locks::LockObservation>> locksAfter{
        {QStringLiteral("free"), locks::LockObservation{}},
        {QStringLiteral("other"), held(Token("other"))},
        {QStringLiteral("same"), held(kSeen)},
        {QStringLiteral("unreadable"), error(ErrorCode::CannotConnect)}};
    const ActionReport report = released(*answers.constFind(answer), *locksAfter.constFind(after));
    QFETCH(QString, outcome);
    QVERIFY2(outcomeText(report).startsWith(outcome), qPrintable(outcomeText(report)));
    QCOMPARE(report.isDone(), outcome == u"done");
    QTEST(int(report.warnings.size()), "warnings");
    QVERIFY(!report.isPartlyDone);
    QVERIFY(!report.verification.isEmpty());
    QCOMPARE(report.steps.size(), 1);
}

void TestActionReport::releaseNamesANewOwner()
{
    const ActionReport report = released({}, held(Token("worker-7")));
    QVERIFY(report.isDone());
    QVERIFY2(report.verification.contains(u"worker-7"), qPrintable(report.verification));
    QVERIFY(report.verification.contains(u"new owner"));
    QCOMPARE(report.lockAfter->token, Token("worker-7"));
}

void TestActionReport::deleteIsJudgedByWhatIsThere_data()
{
    QTest::addColumn<QString>("steps"); // lock, database, cache, release
    QTest::addColumn<bool>("hasFailure");
    QTest::addColumn<QString>("after"); // row, cached copy: y, n or ?
    QTest::addColumn<bool>("isRerun");
    QTest::addColumn<QString>("outcome");
    const auto row = [](const char *name, const char *steps, bool hasFailure, const char *after,
                        bool isRerun, const char *outcome) {
        QTest::newRow(name) << steps << hasFailure << after << isRerun << outcome;
    };
    row("all of it", "dddd", false, "nn", false, "done");
    row("it was not cached", "ddnd", false, "nn", false, "done");
    row("the lock is not given back", "dddf", false, "nn", false, "done");
    row("not read back", "dddd", false, "??", false, "done");
    row("cache failed", "ddfd", false, "ny", false, "partly done: ");
    row("cache failed, and is gone", "ddfd", false, "nn", false, "done");
    row("cache failed, not read back", "ddfd", false, "n?", false, "partly done: ");
    row("lease lost before the cache", "dd-n", true, "ny", false, "partly done: ");
    row("cache unknown", "ddud", true, "ny", false, "partly done: ");
    row("cached copy is back", "dddd", false, "ny", false, "partly done: ");
    row("row is back", "dddd", false, "yn", false, "partly done: ");
    row("no such session", "dn-d", false, "nn", false, "refused: ");
    row("another user's session", "dn-d", false, "yy", false, "refused: ");
    row("database failed", "df-d", true, "yy", false, "failed: ");
    row("lock busy", "f---", true, "yy", false, "failed: ");
    row("row unknown, still there", "du-d", true, "yy", false, "failed: ");
    row("row unknown, gone", "du-d", true, "ny", false, "partly done: ");
    row("row and cache unknown, both gone", "du-d", true, "nn", false, "done");
    row("row unknown, not read back", "du-d", true, "?y", false, "unknown: ");
    row("rerun finds the copy", "dndd", false, "nn", true, "done");
    row("rerun finds nothing", "dnnd", false, "nn", true, "done");
    row("rerun fails at the copy", "dnfd", true, "ny", true, "failed: ");
    row("rerun, and all is gone", "dn-d", false, "nn", true, "done");
    row("rerun for another user", "dn-d", false, "ny", true, "refused: ");
    row("rerun, the row is another user's", "dn-d", false, "yy", true, "refused: ");
}

void TestActionReport::deleteIsJudgedByWhatIsThere()
{
    QFETCH(QString, steps);
    QFETCH(bool, hasFailure);
    QFETCH(QString, after);
    QFETCH(bool, isRerun);
    QFETCH(QString, outcome);
    const RemoveReport removed =
        ::steps(steps.toLatin1().constData(),
                hasFailure ? std::optional(error(ErrorCode::ConnectionLost)) : std::nullopt);
    Aftermath aftermath;
    aftermath.isStored = found(after[0].toLatin1());
    aftermath.isCached = found(after[1].toLatin1());
    DeleteRequest request;
    request.session = SessionId("s1");
    const ActionReport report = reportOf(request, isRerun, removed, aftermath, {});
    QVERIFY2(outcomeText(report).startsWith(outcome), qPrintable(outcomeText(report)));
    QCOMPARE(report.isDone(), outcome == u"done");
    QCOMPARE(report.isPartlyDone, outcome.startsWith(u"partly"));
    QCOMPARE(report.steps.size(), 4);
    if (report.isDone() && (hasFailure || after.contains(u'?')))
        QVERIFY(!report.warnings.isEmpty());
    if (report.isPartlyDone)
        QVERIFY(!report.failure->hint.isEmpty());
}

void TestActionReport::takeOverThatFailedLaterIsSaid()
{
    DeleteRequest request;
    request.takeOver = kSeen;
    const ActionReport report =
        reportOf(request, false, steps("df-d", error(ErrorCode::Database)), {}, {});
    QVERIFY(report.steps[0].contains(u"taken over"));
    QVERIFY(report.warnings.join(u' ').contains(u"taken from its owner"));
}

void TestActionReport::stepsAreSentences()
{
    const ActionReport report = reportOf(DeleteRequest{}, false, steps("dddd"), {}, {});
    const QStringList expected{QStringLiteral("lock: obtained"),
                               QStringLiteral("database: deleted the row and its messages"),
                               QStringLiteral("cache: deleted the copy"),
                               QStringLiteral("release: the lock was given back")};
    QCOMPARE(report.steps, expected);
    QCOMPARE(report.verification,
             QStringLiteral("no database row, no cached copy, the lock is free"));
}

QTEST_GUILESS_MAIN(TestActionReport)
#include "tst_actionreport.moc"
