// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/actionreport.h"

#include "app/auditlog.h"
#include "core/text.h"
#include "locks/lockprotocol.h"

namespace lockkeeper::app {

using Kind = locks::LockObservation::Kind;
using sessions::RemoveReport;
using sessions::StepState;

namespace {

/// Whether the error leaves open if the server acted. A mutation that was sent never ends with
/// another code than this one when its reply is missing, not even on closing.
bool isUnknown(const Error &error)
{
    return error.code == ErrorCode::OutcomeUnknown;
}

QString sessionText(const SessionId &id)
{
    return u"session " + printable(id.bytes());
}

QString observationText(const locks::LockObservation &lock, const Naming &naming)
{
    switch (lock.kind) {
    case Kind::Missing:
        return QStringLiteral("the lock is free");
    case Kind::Foreign:
        return u"the lock's key holds " + lock.foreignReason;
    case Kind::Held:
        break;
    }
    const locks::Owner owner = locks::decodeOwner(lock.token, naming.wall, naming.nodeNames);
    return u"the lock is " + describe(lock, owner, naming.now);
}

// Release ---------------------------------------------------------------------------------

void judgeReleased(ActionReport &report, bool isStillHeld, const Naming &naming)
{
    if (isStillHeld) {
        report.failure = Error{ErrorCode::OutcomeUnknown,
                               QStringLiteral("the server said that it deleted the lock, yet the "
                                              "same token holds it again"),
                               QStringLiteral("its owner has probably set it again: read it once "
                                              "more before you act")};
        return;
    }
    if (report.lockAfter && report.lockAfter->kind == Kind::Held)
        report.verification =
            u"released; by now " + observationText(*report.lockAfter, naming) + u", a new owner";
}

void judgeUnknown(ActionReport &report, const Error &error, bool isStillHeld)
{
    if (!report.lockAfter) {
        report.failure = Error{ErrorCode::OutcomeUnknown,
                               u"it is not known whether the lock was released: " + error.what,
                               QStringLiteral("read the lock before you act again")};
        return;
    }
    if (isStillHeld) {
        report.failure =
            Error{ErrorCode::ConnectionLost, u"the lock was not released: " + error.what,
                  QStringLiteral("it is still held under the same token; try again")};
        return;
    }
    report.warnings.append(
        u"the server's answer was lost (" + error.what +
        u"); the token that was seen holds the lock no more, whether by this release or not");
}

// Delete ----------------------------------------------------------------------------------

QString lockStep(const DeleteRequest &request, StepState state)
{
    switch (state) {
    case StepState::NotReached:
        return QStringLiteral("lock: not asked for");
    case StepState::Done:
    case StepState::Nothing:
        return request.takeOver ? QStringLiteral("lock: taken over from its owner")
                                : QStringLiteral("lock: obtained");
    case StepState::Failed:
        return QStringLiteral("lock: not obtained");
    case StepState::Unknown:
        return QStringLiteral("lock: not known whether it was obtained");
    }
    Q_UNREACHABLE();
}

QString databaseStep(StepState state)
{
    switch (state) {
    case StepState::NotReached:
        return QStringLiteral("database: not touched");
    case StepState::Done:
        return QStringLiteral("database: deleted the row and its messages");
    case StepState::Nothing:
        return QStringLiteral("database: no such row");
    case StepState::Failed:
        return QStringLiteral("database: nothing was deleted");
    case StepState::Unknown:
        return QStringLiteral("database: not known whether the row was deleted");
    }
    Q_UNREACHABLE();
}

QString cacheStep(StepState state)
{
    switch (state) {
    case StepState::NotReached:
        return QStringLiteral("cache: left alone");
    case StepState::Done:
        return QStringLiteral("cache: deleted the copy");
    case StepState::Nothing:
        return QStringLiteral("cache: there was no copy");
    case StepState::Failed:
        return QStringLiteral("cache: the copy was not deleted");
    case StepState::Unknown:
        return QStringLiteral("cache: not known whether the copy was deleted");
    }
    Q_UNREACHABLE();
}

QString releaseStep(StepState state)
{
    switch (state) {
    case StepState::NotReached:
        return QStringLiteral("release: not reached");
    case StepState::Done:
        return QStringLiteral("release: the lock was given back");
    case StepState::Nothing:
        return QStringLiteral("release: the lock was no longer ours");
    case StepState::Failed:
        return QStringLiteral("release: failed; the lock ends with its lease");
    case StepState::Unknown:
        return QStringLiteral("release: not known; the lock ends with its lease at the latest");
    }
    Q_UNREACHABLE();
}

QString copyText(const Result<bool> &isThere, const QString &there, const QString &gone,
                 const QString &what)
{
    if (!isThere)
        return what + u" could not be read: " + isThere.error().what;
    return *isThere ? there : gone;
}

QString aftermathText(const Aftermath &aftermath, const Naming &naming)
{
    return copyText(aftermath.isStored, QStringLiteral("a database row is there"),
                    QStringLiteral("no database row"), QStringLiteral("the database")) +
           u", " +
           copyText(aftermath.isCached, QStringLiteral("a cached copy is there"),
                    QStringLiteral("no cached copy"), QStringLiteral("the cache")) +
           u", " + lockText(aftermath.lock, naming);
}

Error notFound(const DeleteRequest &request, const Aftermath &aftermath)
{
    const bool isCached = aftermath.isCached && *aftermath.isCached;
    return {
        ErrorCode::NotFound,
        u"the database has no " + sessionText(request.session) +
            (request.user ? QString(u" of user " + printable(request.user->bytes())) : QString()),
        isCached ? QStringLiteral("its cached copy was left alone")
                 : QStringLiteral("nothing was deleted")};
}

bool isAllGone(const Aftermath &aftermath)
{
    return aftermath.isStored && !*aftermath.isStored && aftermath.isCached && !*aftermath.isCached;
}

/// What is still, or again, there of a session whose row we deleted.
std::optional<Error> leftover(const RemoveReport &removed, const Aftermath &aftermath,
                              const SessionId &session)
{
    const ErrorCode code = removed.failure ? removed.failure->code : ErrorCode::OutcomeUnknown;
    const bool wasCacheDone =
        removed.cache == StepState::Done || removed.cache == StepState::Nothing;
    if (aftermath.isStored && *aftermath.isStored)
        return Error{code,
                     u"the database row of " + sessionText(session) +
                         u" was deleted and is there again",
                     QStringLiteral("a worker wrote it back: end its work, then delete again")};
    if (aftermath.isCached && *aftermath.isCached)
        return Error{
            code,
            wasCacheDone
                ? QString(u"the cached copy of " + sessionText(session) +
                          u" was deleted and is there again")
                : QString(u"the row of " + sessionText(session) +
                          u" is deleted, its cached copy is not" +
                          (removed.failure ? QString(u": " + removed.failure->what) : QString())),
            QStringLiteral("run the delete again: it finishes with the cached copy")};
    if (!aftermath.isCached && !wasCacheDone)
        return Error{code,
                     u"the row of " + sessionText(session) +
                         u" is deleted; whether its cached copy is, is not known",
                     QStringLiteral("run the delete again: it finishes what is missing")};
    return std::nullopt;
}

void judgeRemoved(ActionReport &report, const DeleteRequest &request, const RemoveReport &removed,
                  const Aftermath &aftermath)
{
    report.failure = leftover(removed, aftermath, request.session);
    report.isPartlyDone = report.failure.has_value();
    if (report.isPartlyDone)
        return;
    if (removed.failure)
        report.warnings.append(describe(*removed.failure));
    if (!aftermath.isStored || !aftermath.isCached)
        report.warnings.append(
            QStringLiteral("the delete was confirmed but could not be read back"));
}

void judgeUnknownRow(ActionReport &report, const DeleteRequest &request,
                     const RemoveReport &removed, const Aftermath &aftermath)
{
    const QString cause = removed.failure ? removed.failure->what : QString();
    if (aftermath.isStored && !*aftermath.isStored) {
        judgeRemoved(report, request, removed, aftermath);
    } else if (aftermath.isStored) {
        report.failure =
            Error{removed.failure ? removed.failure->code : ErrorCode::Database,
                  u"the " + sessionText(request.session) + u" was not deleted: " + cause,
                  QStringLiteral("its row is still there; try again")};
    } else {
        report.failure = Error{ErrorCode::OutcomeUnknown,
                               u"it is not known whether the " + sessionText(request.session) +
                                   u" was deleted: " + cause,
                               QStringLiteral("run the delete again: it finishes what is missing")};
    }
}

} // namespace

QString lockText(const Result<locks::LockObservation> &lock, const Naming &naming)
{
    return lock ? observationText(*lock, naming)
                : QString(u"the lock could not be read: " + lock.error().what);
}

ActionReport reportOf(const ReleaseRequest &request, const Result<void> &released,
                      const Result<locks::LockObservation> &lockAfter, const Naming &naming)
{
    ActionReport report;
    report.verification = lockText(lockAfter, naming);
    if (lockAfter)
        report.lockAfter = *lockAfter;
    const bool isStillHeld =
        lockAfter && lockAfter->kind == Kind::Held && lockAfter->token == request.seen;
    if (released) {
        judgeReleased(report, isStillHeld, naming);
        if (!lockAfter)
            report.warnings.append(
                QStringLiteral("the release was confirmed but could not be read back"));
    } else if (isUnknown(released.error())) {
        judgeUnknown(report, released.error(), isStillHeld);
    } else {
        report.failure = released.error();
    }
    report.steps.append(released ? QStringLiteral("lock: deleted, its token was the one seen")
                        : isUnknown(released.error())
                            ? QStringLiteral("lock: not known whether it was deleted")
                            : QStringLiteral("lock: left alone"));
    report.isFollowedUp = report.isDone();
    report.endedOwner = locks::decodeOwner(request.seen, naming.wall, naming.nodeNames);
    return report;
}

ActionReport reportOf(const DeleteRequest &request, bool isRerun, const RemoveReport &removed,
                      const Aftermath &aftermath, const Naming &naming)
{
    ActionReport report;
    report.steps = {lockStep(request, removed.lock), databaseStep(removed.database),
                    cacheStep(removed.cache), releaseStep(removed.release)};
    report.stepsTook = QList<milliseconds>(removed.took.cbegin(), removed.took.cend());
    report.warnings = removed.warnings;
    report.verification = aftermathText(aftermath, naming);
    if (aftermath.lock)
        report.lockAfter = *aftermath.lock;
    switch (removed.database) {
    case StepState::Done:
        judgeRemoved(report, request, removed, aftermath);
        break;
    case StepState::Unknown:
        judgeUnknownRow(report, request, removed, aftermath);
        break;
    case StepState::Nothing:
        if (removed.failure)
            report.failure = removed.failure;
        else if (isRerun && (removed.cache != StepState::NotReached || isAllGone(aftermath)))
            judgeRemoved(report, request, removed, aftermath);
        else
            report.failure = notFound(request, aftermath);
        break;
    case StepState::NotReached:
    case StepState::Failed:
        report.failure = removed.failure.value_or(
            Error{ErrorCode::Database, u"the " + sessionText(request.session) + u" was not deleted",
                  QStringLiteral("try again")});
        if (report.failure->code == ErrorCode::LockTimeout)
            report.failure->hint = QStringLiteral(
                "nothing was deleted: look at the owner, then wait longer, or delete and take the "
                "lock over from it");
        break;
    }
    if (report.failure && !report.isPartlyDone && request.takeOver &&
        removed.lock == StepState::Done)
        report.warnings.append(
            QStringLiteral("the lock was taken from its owner before this failed"));
    report.isFollowedUp = report.isDone();
    if (request.takeOver)
        report.endedOwner = locks::decodeOwner(*request.takeOver, naming.wall, naming.nodeNames);
    return report;
}

QString outcomeText(const ActionReport &report)
{
    if (!report.failure)
        return AuditEntry::kDone;
    const QString what = report.failure->what;
    if (report.isPartlyDone)
        return AuditEntry::kPartlyDone + u": " + what;
    switch (report.failure->code) {
    case ErrorCode::OutcomeUnknown:
        return AuditEntry::kUnknown + u": " + what;
    case ErrorCode::ChangedHands:
    case ErrorCode::NotFound:
    case ErrorCode::NotPermitted:
    case ErrorCode::LockTimeout:
    case ErrorCode::Refused:
    case ErrorCode::InvalidInput:
        return u"refused: " + what;
    case ErrorCode::LeaseLost:
    case ErrorCode::CannotConnect:
    case ErrorCode::ConnectionLost:
    case ErrorCode::TimedOut:
    case ErrorCode::Protocol:
    case ErrorCode::PasswordNeeded:
    case ErrorCode::WrongPassword:
    case ErrorCode::Untrusted:
    case ErrorCode::Database:
    case ErrorCode::Corrupt:
    case ErrorCode::Io:
    case ErrorCode::Cancelled:
        return u"failed: " + what;
    }
    Q_UNREACHABLE();
}

} // namespace lockkeeper::app
