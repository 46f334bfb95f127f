// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/writewindow.h"

#include <QSignalSpy>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;

using State = WriteWindow::State;

namespace {

const QString kName = QStringLiteral("production");

Guardrails guardrails(Environment environment, Scope scope = Scope::Operator)
{
    Guardrails rails;
    rails.profile = QStringLiteral("api-prod");
    rails.environment = environment;
    rails.scope = scope;
    return rails;
}

/// A window over clock and gates that the test sees.
struct Bench
{
    explicit Bench(const Guardrails &rails = guardrails(Environment::Production),
                   bool isReadOnly = false)
        : window(rails, isReadOnly, clock, [this](bool mayWrite) {
            areGatesOpen = mayWrite;
            ++gateCalls;
        })
    {}

    ManualClock clock;
    bool areGatesOpen = true; // as the parts are built
    int gateCalls = 0;
    WriteWindow window;
};

} // namespace

Q_DECLARE_METATYPE(Guardrails)

class TestWriteWindow : public QObject
{
    Q_OBJECT

private slots:
    void beginsAsTheGuardrailsSay_data();
    void beginsAsTheGuardrailsSay();
    void theEnvironmentHasToBeNamed_data();
    void theEnvironmentHasToBeNamed();
    void closesByItself();
    void closesThoughTheTimerIsLate();
    void unlockingAgainBeginsAnew();
    void isLockedEarly();
    void anActThatHasBegunEndsInOrder();
    void aPassOutlivesTheWindow();
    void readOnlyStaysReadOnly();
};

void TestWriteWindow::beginsAsTheGuardrailsSay_data()
{
    QTest::addColumn<Guardrails>("rails");
    QTest::addColumn<bool>("isReadOnly");
    QTest::addColumn<State>("state");
    QTest::addColumn<QString>("said"); // empty: nothing is refused
    QTest::newRow("no profile") << Guardrails() << false << State::Open << "";
    QTest::newRow("development") << guardrails(Environment::Development) << false << State::Open
                                 << "";
    QTest::newRow("staging, stale locks")
        << guardrails(Environment::Staging, Scope::StaleLocks) << false << State::Open << "";
    QTest::newRow("production") << guardrails(Environment::Production) << false << State::Closed
                                << "--unlock production";
    QTest::newRow("production, stale locks")
        << guardrails(Environment::Production, Scope::StaleLocks) << false << State::Closed
        << "--unlock production";
    QTest::newRow("a read-only profile") << guardrails(Environment::Staging, Scope::ReadOnly)
                                         << false << State::ReadOnly << "api-prod";
    QTest::newRow("asked for") << Guardrails() << true << State::ReadOnly << "read-only";
    QTest::newRow("production, asked for") << guardrails(Environment::Production) << true
                                           << State::ReadOnly << "this connection is read-only";
}

void TestWriteWindow::beginsAsTheGuardrailsSay()
{
    QFETCH(Guardrails, rails);
    QFETCH(bool, isReadOnly);
    QFETCH(State, state);
    QFETCH(QString, said);
    Bench bench(rails, isReadOnly);
    QCOMPARE(bench.window.state(), state);
    QCOMPARE(bench.window.isOpen(), said.isEmpty());
    QCOMPARE(bench.areGatesOpen, said.isEmpty());
    QCOMPARE(bool(bench.window.pass()), said.isEmpty());
    QVERIFY(!bench.window.left());
    const std::optional<Error> refusal = bench.window.refusal();
    QCOMPARE(refusal.has_value(), !said.isEmpty());
    if (!refusal)
        return;
    QCOMPARE(refusal->code, ErrorCode::NotPermitted);
    QVERIFY2(describe(*refusal).contains(said), qPrintable(describe(*refusal)));
    QVERIFY(!refusal->hint.isEmpty());
}

void TestWriteWindow::theEnvironmentHasToBeNamed_data()
{
    QTest::addColumn<QString>("typed");
    QTest::newRow("nothing") << "";
    QTest::newRow("another") << "staging";
    QTest::newRow("the profile") << "api-prod";
    QTest::newRow("upper case") << "Production";
    QTest::newRow("a part") << "prod";
    QTest::newRow("blanks") << " production ";
}

void TestWriteWindow::theEnvironmentHasToBeNamed()
{
    QFETCH(QString, typed);
    Bench bench;
    QCOMPARE(bench.window.phrase(), kName);
    QSignalSpy changes(&bench.window, &WriteWindow::changed);
    const Result<void> unlocked = bench.window.unlock(typed);
    QVERIFY(!unlocked);
    QCOMPARE(unlocked.error().code, ErrorCode::NotPermitted);
    QVERIFY2(unlocked.error().what.contains(u"stays locked"), qPrintable(unlocked.error().what));
    QVERIFY(unlocked.error().hint.contains(kName));
    QCOMPARE(bench.window.state(), State::Closed);
    QVERIFY(!bench.areGatesOpen);
    QCOMPARE(changes.count(), 0);
}

void TestWriteWindow::closesByItself()
{
    Bench bench;
    QVERIFY(bench.window.check(kName));
    QCOMPARE(bench.window.state(), State::Closed); // looking opens nothing
    QSignalSpy changes(&bench.window, &WriteWindow::changed);
    QVERIFY(bench.window.unlock(kName));
    QCOMPARE(bench.window.state(), State::Unlocked);
    QVERIFY(bench.areGatesOpen);
    QVERIFY(!bench.window.refusal());
    QCOMPARE(bench.window.left(), std::optional(milliseconds(WriteWindow::kSpan)));
    QCOMPARE(changes.count(), 1);
    bench.clock.advance(WriteWindow::kSpan - 1ms);
    QCOMPARE(bench.window.left(), std::optional(milliseconds(1)));
    QCOMPARE(bench.window.state(), State::Unlocked);
    bench.clock.advance(1ms);
    QCOMPARE(bench.window.state(), State::Closed);
    QVERIFY(!bench.window.left());
}

/// Timers stand still while the machine sleeps.
void TestWriteWindow::closesThoughTheTimerIsLate()
{
    Bench bench;
    QVERIFY(bench.window.unlock(kName));
    QSignalSpy changes(&bench.window, &WriteWindow::changed);
    bench.clock.advance(8h);
    QVERIFY(bench.window.refusal());
    QVERIFY(!bench.window.pass());
    // What goes to the gates without asking the window is not let through for long either.
    QTRY_VERIFY(!bench.areGatesOpen);
    QCOMPARE(changes.count(), 1);
}

void TestWriteWindow::unlockingAgainBeginsAnew()
{
    Bench bench;
    QVERIFY(bench.window.unlock(kName));
    bench.clock.advance(10min);
    QVERIFY(!bench.window.unlock(QStringLiteral("staging")));
    QCOMPARE(bench.window.left(), std::optional(milliseconds(5min)));
    QVERIFY(bench.window.unlock(kName));
    QCOMPARE(bench.window.left(), std::optional(milliseconds(WriteWindow::kSpan)));
    QCOMPARE(bench.gateCalls, 2); // closed, opened
}

void TestWriteWindow::isLockedEarly()
{
    Bench bench;
    QSignalSpy changes(&bench.window, &WriteWindow::changed);
    bench.window.lock(); // it is closed
    QCOMPARE(changes.count(), 0);
    QVERIFY(bench.window.unlock(kName));
    bench.window.lock();
    QCOMPARE(bench.window.state(), State::Closed);
    QVERIFY(!bench.areGatesOpen);
    QCOMPARE(changes.count(), 2);
    QVERIFY(bench.window.unlock(kName));
    QVERIFY(bench.areGatesOpen);
}

void TestWriteWindow::anActThatHasBegunEndsInOrder()
{
    Bench bench;
    QVERIFY(bench.window.unlock(kName));
    WriteWindow::Pass first = bench.window.pass();
    WriteWindow::Pass second = bench.window.pass();
    QVERIFY(first && second);
    bench.window.lock();
    QVERIFY(bench.areGatesOpen);
    QVERIFY(!bench.window.isOpen());
    QVERIFY(bench.window.refusal());
    QVERIFY(!bench.window.pass());
    first.reset();
    QVERIFY(bench.areGatesOpen);
    // Unlocked and locked again meanwhile, the act still holds the gates.
    QVERIFY(bench.window.unlock(kName));
    bench.window.lock();
    QVERIFY(bench.areGatesOpen);
    second.reset();
    QVERIFY(!bench.areGatesOpen);
    // One that ends while it is open closes nothing.
    QVERIFY(bench.window.unlock(kName));
    bench.window.pass().reset();
    QVERIFY(bench.areGatesOpen);
}

void TestWriteWindow::aPassOutlivesTheWindow()
{
    ManualClock clock;
    int calls = 0;
    WriteWindow::Pass pass;
    {
        WriteWindow window(guardrails(Environment::Production), false, clock,
                           [&calls](bool) { ++calls; });
        QVERIFY(window.unlock(kName));
        pass = window.pass();
        window.lock();
        QCOMPARE(calls, 2);
    }
    pass.reset();
    QCOMPARE(calls, 2);
}

void TestWriteWindow::readOnlyStaysReadOnly()
{
    Bench asked(guardrails(Environment::Production), true);
    Bench given(guardrails(Environment::Production, Scope::ReadOnly));
    for (Bench *bench : {&asked, &given}) {
        const Result<void> unlocked = bench->window.unlock(kName);
        QVERIFY(!unlocked);
        QCOMPARE(unlocked.error().code, ErrorCode::NotPermitted);
        QVERIFY(unlocked.error().what.contains(u"read-only"));
        bench->window.lock();
        QCOMPARE(bench->window.state(), State::ReadOnly);
        QVERIFY(!bench->areGatesOpen);
    }
}

QTEST_GUILESS_MAIN(TestWriteWindow)
#include "tst_writewindow.moc"
