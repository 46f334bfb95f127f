// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/actionreport.h"

namespace lockkeeper::app {

using Kind = locks::LockObservation::Kind;

namespace {

void judgeNotGivenBack(ActionReport &report, const Error &error)
{
    report.failure = error;
    if (error.code == ErrorCode::NotFound) {
        report.steps.append(QStringLiteral("lock: left alone"));
        return;
    }
    // It is let go of all the same: there is nothing left that could be given back again.
    report.failure->hint = QStringLiteral("it is not renewed any more, and ends with its lease");
    report.steps.append(error.code == ErrorCode::OutcomeUnknown
                            ? QStringLiteral("lock: not known whether it was given back")
                            : QStringLiteral("lock: not given back"));
}

} // namespace

ActionReport reportOf(const TakeOverRequest &request, const Result<locks::HeldLock> &taken,
                      const Result<locks::LockObservation> &lockAfter, const Naming &naming)
{
    ActionReport report;
    const bool isOurs =
        taken && lockAfter && lockAfter->kind == Kind::Held && lockAfter->token == taken->token;
    report.verification =
        isOurs ? QStringLiteral("the lock is ours, and renewed until it is given back")
               : lockText(lockAfter, naming);
    if (lockAfter)
        report.lockAfter = *lockAfter;
    if (!taken)
        report.failure = taken.error();
    else if (lockAfter && !isOurs)
        report.failure =
            Error{ErrorCode::LeaseLost, QStringLiteral("the lock was ours and is not any more"),
                  QStringLiteral("somebody set or deleted it without regard to its "
                                 "token: look at it before you act again")};
    else if (!lockAfter)
        report.warnings.append(
            QStringLiteral("the take-over was confirmed but could not be read back"));
    report.steps.append(taken ? QStringLiteral("lock: taken over, its token was the one seen")
                        : taken.error().code == ErrorCode::OutcomeUnknown
                            ? QStringLiteral("lock: not known whether it was taken over")
                            : QStringLiteral("lock: left alone"));
    report.isFollowedUp = false; // we hold it: HeldLocks says if that ends
    report.endedOwner = locks::decodeOwner(request.seen, naming.wall, naming.nodeNames);
    return report;
}

ActionReport reportOfGivingBack(const Result<locks::CompareResult> &released,
                                const Result<locks::LockObservation> &lockAfter,
                                const Naming &naming)
{
    ActionReport report;
    report.verification = lockText(lockAfter, naming);
    if (lockAfter)
        report.lockAfter = *lockAfter;
    if (!released) {
        judgeNotGivenBack(report, released.error());
        return report;
    }
    if (!released->isDone)
        report.warnings.append(QStringLiteral("the lock was no longer ours, and was left alone"));
    report.steps.append(released->isDone ? QStringLiteral("lock: given back")
                                         : QStringLiteral("lock: left alone"));
    return report;
}

} // namespace lockkeeper::app
