// SPDX-License-Identifier: GPL-3.0-or-later
#include "deletemoves.h"

#include "app/actionreport.h"

namespace lockkeeper::model {

using sessions::RemoveStep;
using sessions::StepState;

namespace {

/// How many steps have begun when a move is due.
std::size_t stepsBegunAt(Delete::Stage stage)
{
    using Stage = Delete::Stage;
    if (stage < Stage::Lock)
        return 0;
    if (stage < Stage::ConfirmForRow)
        return 1;
    if (stage < Stage::ConfirmForCopy)
        return 2;
    return stage < Stage::Release ? 3 : 4;
}

} // namespace

Span Delete::window(Span all) const
{
    const std::size_t count = stepsBegunAt(stage);
    for (std::size_t i = 0; i < begun.size(); ++i) {
        if (begun[i] && i < count)
            all.from = std::max(all.from, *begun[i]);
        else if (begun[i])
            all.to = std::min(all.to, *begun[i]);
    }
    return all;
}

bool Delete::move(ModelSession &session, const Span &when)
{
    switch (stage) {
    case Stage::Look:
        stage = aim.isLookDue() && !aim.seen() ? Stage::Over : Stage::ReadLog;
        return !aim.isLookDue() || aim.look(session);
    case Stage::ReadLog:
        isRerun = session.isCutShort();
        stage = Stage::WriteIntent;
        return true;
    case Stage::WriteIntent:
        session.openDeletes.push_back(id);
        stage = isTakeOver ? Stage::PreviewLock : Stage::PreviewRow;
        return true;
    case Stage::PreviewLock:
    case Stage::PreviewRow:
        return preview(session);
    case Stage::Lock:
        return lock(session, when);
    case Stage::ConfirmForRow:
    case Stage::ConfirmForCopy:
        return confirm(session, when);
    case Stage::Row:
    case Stage::RowOfRerun:
        return row(session);
    case Stage::Copy:
        return remove(session.hasCopy, RemoveStep::Cache, Stage::Release);
    case Stage::Release:
        return release(session);
    case Stage::LockAfter:
    case Stage::CopyAfter:
    case Stage::RowAfter:
        return readBack(session);
    case Stage::WriteOutcome:
        return writeOutcome(session);
    case Stage::Over:
        break;
    }
    return false;
}

bool Delete::refuse(ErrorCode code)
{
    failure = code;
    stage = Stage::WriteOutcome;
    return !told || (told->isRefusedByLook && told->failure == code);
}

/// What a look shows to be in vain is not begun.
bool Delete::preview(const ModelSession &session)
{
    if (stage == Stage::PreviewLock) {
        stage = Stage::PreviewRow;
        return aim.isHit(session) || refuse(ErrorCode::ChangedHands);
    }
    stage = Stage::Lock;
    if (!session.hasRow && !isRerun)
        return refuse(ErrorCode::NotFound);
    return !told || !told->isRefusedByLook;
}

bool Delete::note(RemoveStep step, StepState state, Stage next)
{
    steps[std::size_t(step)] = state;
    stage = next;
    return !told || told->steps[std::size_t(step)] == state;
}

bool Delete::lock(ModelSession &session, const Span &when)
{
    const bool isObtained = isTakeOver ? aim.isHit(session) : !session.lock;
    if (!isObtained) {
        failure = isTakeOver ? ErrorCode::ChangedHands : ErrorCode::LockTimeout;
        return note(RemoveStep::Lock, StepState::Failed, Stage::LockAfter);
    }
    session.lock = ModelLock::since(when, hiddenToken(id), lease);
    return note(RemoveStep::Lock, StepState::Done, Stage::ConfirmForRow);
}

bool Delete::confirm(ModelSession &session, const Span &when)
{
    if (session.isHeldUnder(hiddenToken(id))) {
        session.lock = ModelLock::since(when, hiddenToken(id), lease);
        stage = stage == Stage::ConfirmForRow ? Stage::Row : Stage::Copy;
        return true;
    }
    failure = ErrorCode::LeaseLost;
    stage = Stage::Release;
    return true;
}

bool Delete::row(ModelSession &session)
{
    if (stage == Stage::Row) {
        const Stage ofNothing = isRerun ? Stage::RowOfRerun : Stage::Release;
        const Stage next = session.hasRow ? Stage::ConfirmForCopy : ofNothing;
        return remove(session.hasRow, RemoveStep::Database, next);
    }
    stage = session.hasRow ? Stage::Release : Stage::ConfirmForCopy;
    return true;
}

bool Delete::remove(bool &isThere, RemoveStep step, Stage next)
{
    const StepState state = isThere ? StepState::Done : StepState::Nothing;
    isThere = false;
    return note(step, state, next);
}

bool Delete::release(ModelSession &session)
{
    const bool isOurs = session.isHeldUnder(hiddenToken(id));
    if (isOurs)
        session.lock.reset();
    return note(RemoveStep::Release, isOurs ? StepState::Done : StepState::Nothing,
                Stage::LockAfter);
}

bool Delete::readBack(const ModelSession &session)
{
    if (stage == Stage::LockAfter) {
        stage = Stage::CopyAfter;
        return !told || isRead(session, told->lockAfter);
    }
    if (stage == Stage::CopyAfter) {
        stage = Stage::RowAfter;
        isCachedAfter = session.hasCopy;
        return !told || told->isCachedAfter == isCachedAfter;
    }
    stage = Stage::WriteOutcome;
    isStoredAfter = session.hasRow;
    return !told || told->isStoredAfter == isStoredAfter;
}

/// Done is what deleted the row, or finished an earlier delete that did, and left nothing behind.
bool Delete::writeOutcome(ModelSession &session)
{
    const bool isAnythingLeft = isStoredAfter || isCachedAfter;
    const bool hasFinished = isRerun && of(RemoveStep::Database) == StepState::Nothing &&
                             !failure &&
                             (of(RemoveStep::Cache) != StepState::NotReached || !isAnythingLeft);
    const bool isOurDeed = of(RemoveStep::Database) == StepState::Done || hasFinished;
    const bool isPartlyDone = isOurDeed && isAnythingLeft;
    if (!isOurDeed && !failure)
        failure = ErrorCode::NotFound;
    const bool isDone = isOurDeed && !isAnythingLeft;

    if (isDone)
        session.openDeletes.clear();
    else if (!isPartlyDone)
        std::erase(session.openDeletes, id);
    stage = Stage::Over;
    if (!recorded.isEmpty()) {
        const QString word = recorded.section(u':', 0, 0);
        return (word == u"done") == isDone && (word == u"partly done") == isPartlyDone;
    }
    if (!told)
        return true;
    const bool isFailureTrue = isPartlyDone ? told->failure.has_value()
                                            : told->failure == (isDone ? std::nullopt : failure);
    return isFailureTrue && told->isPartlyDone == isPartlyDone && told->steps == steps;
}

QString Delete::text() const
{
    QString text = isTakeOver ? QStringLiteral("delete by take-over of ") + shortText(aim.seen())
                              : QStringLiteral("delete");
    if (!told)
        return text + QStringLiteral(", whose operator died; recorded: ") + recorded;
    text += told->isPartlyDone ? QStringLiteral(": partly done") : QStringLiteral(": done");
    if (told->failure)
        text = text.replace(QStringLiteral(": done"), u": " + codeName(*told->failure));
    for (const StepState step : told->steps)
        text += QStringLiteral(" %1").arg(int(step));
    return text + QStringLiteral(", then ") + shortText(told->lockAfter) +
           (told->isStoredAfter ? QStringLiteral(", a row") : QString()) +
           (told->isCachedAfter ? QStringLiteral(", a copy") : QString());
}

namespace {

StepState stateOf(const QString &step)
{
    static const std::pair<QLatin1StringView, StepState> kSentences[] = {
        {QLatin1StringView("lock: not obtained"), StepState::Failed},
        {QLatin1StringView("lock: taken over from its owner"), StepState::Done},
        {QLatin1StringView("lock: obtained"), StepState::Done},
        {QLatin1StringView("database: not touched"), StepState::NotReached},
        {QLatin1StringView("database: deleted the row and its messages"), StepState::Done},
        {QLatin1StringView("database: no such row"), StepState::Nothing},
        {QLatin1StringView("cache: left alone"), StepState::NotReached},
        {QLatin1StringView("cache: deleted the copy"), StepState::Done},
        {QLatin1StringView("cache: there was no copy"), StepState::Nothing},
        {QLatin1StringView("release: not reached"), StepState::NotReached},
        {QLatin1StringView("release: the lock was given back"), StepState::Done},
        {QLatin1StringView("release: the lock was no longer ours"), StepState::Nothing},
    };
    for (const auto &[sentence, state] : kSentences) {
        if (step == sentence)
            return state;
    }
    return StepState::Unknown;
}

} // namespace

ToldOfDelete toldBy(const app::ActionReport &report)
{
    ToldOfDelete told;
    if (report.failure)
        told.failure = report.failure->code;
    told.isPartlyDone = report.isPartlyDone;
    told.isRefusedByLook = report.steps.isEmpty();
    for (qsizetype i = 0; i < std::min<qsizetype>(report.steps.size(), 4); ++i)
        told.steps[std::size_t(i)] = stateOf(report.steps[i]);
    if (report.lockAfter && report.lockAfter->kind == locks::LockObservation::Kind::Held)
        told.lockAfter = report.lockAfter->token;
    told.isStoredAfter = report.verification.startsWith(u"a database row is there");
    told.isCachedAfter = report.verification.contains(u", a cached copy is there");
    return told;
}

} // namespace lockkeeper::model
