// SPDX-License-Identifier: GPL-3.0-or-later
#include "explanation.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::model;
using namespace std::chrono_literals;
using sessions::StepState;

namespace {

const Token kOurs("ours");
const Token kOthers("others");
/// Everything takes place within these, at once.
const Span kSpan{SteadyTime(1h), SteadyTime(1h + 10ms)};
constexpr milliseconds kLease = 60s;

ModelSession freeSession()
{
    return {};
}

ModelSession heldBy(const Token &token, milliseconds lease = kLease)
{
    ModelSession session;
    session.lock = ModelLock::since(kSpan, token, lease);
    return session;
}

ModelSession stored(ModelSession session, bool hasRow, bool hasCopy)
{
    session.hasRow = hasRow;
    session.hasCopy = hasCopy;
    return session;
}

Program acquired(const Token &token)
{
    return Acquire{.obtained = token, .lease = kLease};
}

Program released(const Token &token, bool isDone)
{
    ActOnToken act;
    act.aim = Aim::at(token);
    act.isDone = isDone;
    return act;
}

Program renewed(const Token &token)
{
    ActOnToken act;
    act.act = ActOnToken::Act::Renew;
    act.aim = Aim::at(token);
    act.isDone = true;
    act.lease = kLease;
    return act;
}

Program forceReleased(const Token &token, std::optional<ErrorCode> failure)
{
    ForceRelease release;
    release.aim = Aim::at(token);
    release.told.emplace();
    release.told->failure = failure;
    release.told->steps += failure ? QStringLiteral("lock: left alone")
                                   : QStringLiteral("lock: deleted, its token was the one seen");
    return release;
}

Program deleted(StepStates steps, bool isCachedAfter)
{
    Delete remove;
    remove.id = 1;
    remove.lease = kLease;
    remove.told.emplace();
    remove.told->steps = steps;
    remove.told->isCachedAfter = isCachedAfter;
    remove.told->isPartlyDone = isCachedAfter;
    if (isCachedAfter)
        remove.told->failure = ErrorCode::OutcomeUnknown;
    return remove;
}

constexpr StepStates kAllDone{StepState::Done, StepState::Done, StepState::Done, StepState::Done};
constexpr StepStates kNoCopy{StepState::Done, StepState::Done, StepState::Nothing, StepState::Done};

} // namespace

/// The model is no yes-man: what cannot be is not explained.
class TestExplanation : public QObject
{
    Q_OBJECT

private slots:
    void tellsWhatCanBe_data();
    void tellsWhatCanBe();

private:
    static void addLocks();
    static void addActs();
};

void TestExplanation::tellsWhatCanBe_data()
{
    QTest::addColumn<ModelSession>("before");
    QTest::addColumn<std::vector<Program>>("programs");
    QTest::addColumn<ModelSession>("after");
    QTest::addColumn<bool>("canBe");
    addLocks();
    addActs();
}

void TestExplanation::addLocks()
{
    const std::vector<Program> nobody;
    const std::vector<Program> one{acquired(kOurs)};
    const std::vector<Program> two{acquired(kOurs), acquired(kOthers)};
    const std::vector<Program> handedOver{acquired(kOurs), released(kOthers, true)};
    QTest::newRow("nothing happens") << heldBy(kOurs) << nobody << heldBy(kOurs) << true;
    QTest::newRow("a lock vanishes") << heldBy(kOurs) << nobody << freeSession() << false;
    QTest::newRow("a lease ends") << heldBy(kOurs, 0ms) << nobody << freeSession() << true;
    QTest::newRow("a lease grows") << heldBy(kOurs, 1s) << nobody << heldBy(kOurs) << false;
    QTest::newRow("one acquires") << freeSession() << one << heldBy(kOurs) << true;
    QTest::newRow("one acquires another's") << heldBy(kOthers) << one << heldBy(kOurs) << false;
    QTest::newRow("two acquire") << freeSession() << two << heldBy(kOthers) << false;
    QTest::newRow("one follows the other")
        << heldBy(kOthers) << handedOver << heldBy(kOurs) << true;
    QTest::newRow("a renewal in vain")
        << heldBy(kOurs, 1s) << std::vector<Program>{renewed(kOurs)} << heldBy(kOurs, 1s) << false;
    QTest::newRow("a release in vain")
        << heldBy(kOurs) << std::vector<Program>{released(kOurs, false)} << heldBy(kOurs) << false;
}

void TestExplanation::addActs()
{
    const std::vector<Program> done{forceReleased(kOurs, std::nullopt)};
    const std::vector<Program> refused{forceReleased(kOurs, ErrorCode::ChangedHands)};
    QTest::newRow("force-release") << heldBy(kOurs) << done << freeSession() << true;
    QTest::newRow("force-release of another's")
        << heldBy(kOthers) << done << freeSession() << false;
    QTest::newRow("refused, and yet done") << heldBy(kOurs) << refused << freeSession() << false;
    QTest::newRow("done, and yet there") << heldBy(kOurs) << done << heldBy(kOurs) << false;

    const ModelSession whole = stored(freeSession(), true, true);
    const ModelSession copyLeft = stored(freeSession(), false, true);
    const std::vector<Program> removed{deleted(kAllDone, false)};
    const std::vector<Program> removedAndRead{deleted(kAllDone, true),
                                              ReadThrough{.isFound = true}};
    QTest::newRow("delete") << whole << removed << freeSession() << true;
    QTest::newRow("delete that leaves the copy") << whole << removed << copyLeft << false;
    QTest::newRow("delete of nothing") << freeSession() << removed << freeSession() << false;
    QTest::newRow("delete under another's lock")
        << stored(heldBy(kOthers), true, true) << removed << heldBy(kOthers) << false;
    QTest::newRow("delete, and a reader of the copy")
        << whole << removedAndRead << copyLeft << false;
    const std::vector<Program> overtaken{deleted(kNoCopy, true), ReadThrough{.isFound = true}};
    ModelSession unfinished = copyLeft;
    unfinished.openDeletes = {1};
    QTest::newRow("delete, and a reader who caches the row")
        << stored(freeSession(), true, false) << overtaken << unfinished << true;
}

void TestExplanation::tellsWhatCanBe()
{
    QFETCH(ModelSession, before);
    QFETCH(std::vector<Program>, programs);
    QFETCH(ModelSession, after);
    std::vector<Operation> operations;
    operations.reserve(programs.size());
    for (Program &program : programs)
        operations.push_back({kSpan, std::move(program), false, std::nullopt});
    QTEST(isExplained(before, std::move(operations), after, kSpan.to), "canBe");
}

QTEST_APPLESS_MAIN(TestExplanation)
#include "tst_explanation.moc"
