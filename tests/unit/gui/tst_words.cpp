// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/words.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::gui;

class TestWords : public QObject
{
    Q_OBJECT

private slots:
    void headsOfFailures();
    void numbersStayWithTheirUnits();
};

void TestWords::headsOfFailures()
{
    app::ActionReport report;
    report.failure = Error{ErrorCode::ChangedHands, {}, {}};
    QCOMPARE(failureHead(report), QStringLiteral("Not done"));
    report.failure->code = ErrorCode::OutcomeUnknown;
    QCOMPARE(failureHead(report), QStringLiteral("Outcome not known"));
    report.isPartlyDone = true;
    QCOMPARE(failureHead(report), QStringLiteral("Partly done"));
}

void TestWords::numbersStayWithTheirUnits()
{
    QCOMPARE(unbroken(QStringLiteral("for 2 h 1 min of 60 s ago, 12 messages")),
             QStringLiteral("for 2\u00a0h 1\u00a0min of 60\u00a0s\u00a0ago, 12 messages"));
}

QTEST_APPLESS_MAIN(TestWords)
#include "tst_words.moc"
