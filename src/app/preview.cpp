// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/preview.h"

#include "app/previewfacts.h"
#include "core/text.h"
#include "locks/lockprotocol.h"

#include <algorithm>

namespace lockkeeper::app {

using namespace std::chrono_literals;
using Kind = locks::LockObservation::Kind;

namespace {

QString sessionText(const SessionId &id)
{
    return u"session " + printable(id.bytes());
}

Preview begin(const SessionId &session, const Inspection &inspection,
              const Circumstances &circumstances, const ActNote &note, SteadyTime now)
{
    Preview preview;
    preview.facts = factsOf(inspection, circumstances, now);
    preview.changes = changesSince(note, inspection, circumstances, now);
    preview.inspection = inspection;
    preview.isOwnerAlive = signOfLife(inspection, circumstances, now).has_value();
    preview.lockKey = printable(circumstances.family.lockKey(session).bytes());
    preview.cacheKey = printable(circumstances.family.cacheKey(session).bytes());
    return preview;
}

Error foreignRefusal(const Preview &preview)
{
    return {ErrorCode::Refused,
            u"the key " + preview.lockKey + u" holds " + preview.inspection.lock->foreignReason +
                u": no lock of ours",
            QStringLiteral("find out who wrote it; Lockkeeper leaves it alone")};
}

Error changedHands(const Preview &preview, SteadyTime now)
{
    const locks::LockObservation &lock = *preview.inspection.lock;
    if (lock.kind == Kind::Missing)
        return {ErrorCode::ChangedHands,
                u"the lock " + preview.lockKey +
                    u" is free: the token that was seen is not there "
                    u"any more",
                QStringLiteral("there is nothing left to do")};
    return {ErrorCode::ChangedHands,
            u"the lock " + preview.lockKey + u" has changed hands: it is " +
                describe(lock, *preview.inspection.owner, now),
            QStringLiteral("look at the new owner before you act again")};
}

/// Why the seen token would be refused as things stand.
std::optional<Error> tokenRefusal(const Preview &preview, const Token &seen, SteadyTime now)
{
    const Result<locks::LockObservation> &lock = preview.inspection.lock;
    if (!lock)
        return lock.error();
    if (lock->kind == Kind::Foreign)
        return foreignRefusal(preview);
    if (lock->kind == Kind::Missing || lock->token != seen)
        return changedHands(preview, now);
    return std::nullopt;
}

// Release ---------------------------------------------------------------------------------

/// Whether the lock is still the one that was seen: else the act has no effects. One that is
/// forbidden shows what it would do.
bool isOfSeen(Preview &preview, const Token &seen, const Circumstances &circumstances,
              SteadyTime now)
{
    const std::optional<Error> mismatch = tokenRefusal(preview, seen, now);
    preview.refusal = circumstances.forbidden ? circumstances.forbidden : mismatch;
    return !mismatch;
}

/// What a release does not touch, as far as it is there.
QString untouchedText(const Inspection &inspection)
{
    switch (inspection.sessionState()) {
    case SessionState::Unknown:
        return QStringLiteral("leaves the session alone");
    case SessionState::Ok:
    case SessionState::CacheMismatch:
    case SessionState::RunningWithoutLock:
        return inspection.hasDatabase
                   ? QStringLiteral("leaves the session alone, in cache and database")
                   : QStringLiteral("leaves the cached session alone");
    case SessionState::CacheCorrupt:
        return QStringLiteral("leaves the session alone, and its corrupt cache entry");
    case SessionState::CacheOnly:
        return QStringLiteral("leaves the session alone, which is only in the cache");
    case SessionState::DbOnly:
        return QStringLiteral("leaves the session alone, which is only in the database");
    case SessionState::None:
        return inspection.hasDatabase
                   ? QStringLiteral("there is no session of this id, in cache or database")
                   : QStringLiteral("there is no cached session of this id");
    }
    Q_UNREACHABLE();
}

// Delete ----------------------------------------------------------------------------------

QString lockEffect(const DeleteRequest &request, const Preview &preview, SteadyTime now)
{
    const Result<locks::LockObservation> &lock = preview.inspection.lock;
    const bool isHeld = lock && lock->kind == Kind::Held;
    const QString holder = isHeld ? describe(*lock, *preview.inspection.owner, now) : QString();
    if (request.takeOver)
        return u"takes the lock " + preview.lockKey + u" over from its owner, in one step" +
               (isHeld ? QString(u"; it is " + holder) : QString());
    if (isHeld)
        return u"waits up to " + spanText(request.wait) + u" for the lock " + preview.lockKey +
               u", which is " + holder;
    return u"takes the lock " + preview.lockKey;
}

QString rowEffect(const sessions::ChatSession &stored)
{
    QString text = QStringLiteral("deletes the database row");
    if (stored.title && !stored.title->isEmpty())
        text += u" “" + *stored.title + u'”';
    text += stored.user ? QString(u" of user " + printable(stored.user->bytes()))
                        : QStringLiteral(" of no user");
    return text + u" and its " + QString::number(stored.messages.size()) +
           (stored.messages.size() == 1 ? u" message" : u" messages");
}

bool isCached(const Inspection &inspection)
{
    return inspection.cachedBytes.has_value() || (inspection.cached && *inspection.cached);
}

QString cacheEffect(const Preview &preview)
{
    if (!isCached(preview.inspection))
        return QStringLiteral("finds no cached copy to delete");
    const auto bytes = preview.inspection.cachedBytes;
    return u"deletes the cached copy " + preview.cacheKey +
           (bytes ? QString(u" (" + sizeText(*bytes) + u')') : QString());
}

bool isRowOfOthers(const DeleteRequest &request, const Inspection &inspection)
{
    return request.user && inspection.stored && *inspection.stored &&
           (*inspection.stored)->user != request.user;
}

/// The row is gone, and what it left in the cache names another user.
bool isLeftoverOfOthers(const DeleteRequest &request, const Inspection &inspection)
{
    return request.user && inspection.stored && !*inspection.stored && inspection.cached &&
           *inspection.cached && (*inspection.cached)->user != request.user;
}

bool isOthers(const DeleteRequest &request, const Inspection &inspection)
{
    return isRowOfOthers(request, inspection) || isLeftoverOfOthers(request, inspection);
}

QString notFoundHint(const DeleteRequest &request, const Preview &preview)
{
    const Inspection &inspection = preview.inspection;
    if (isRowOfOthers(request, inspection))
        return QStringLiteral("the row is another user's: check whose session it is");
    if (!isCached(inspection))
        return QStringLiteral("check the id");
    return u"its cached copy " + preview.cacheKey + u" is left alone and " +
           (inspection.cacheTtl ? QString(u"expires in " + spanText(*inspection.cacheTtl))
                                : QStringLiteral("never expires"));
}

Error notFound(const DeleteRequest &request, const Preview &preview)
{
    return {
        ErrorCode::NotFound,
        u"the database has no " + sessionText(request.session) +
            (request.user ? QString(u" of user " + printable(request.user->bytes())) : QString()),
        notFoundHint(request, preview)};
}

std::optional<Error> deleteRefusal(const DeleteRequest &request, const Preview &preview,
                                   const Circumstances &circumstances, SteadyTime now)
{
    const Inspection &inspection = preview.inspection;
    if (circumstances.forbidden)
        return circumstances.forbidden;
    if (!inspection.hasDatabase)
        return noDatabaseRefusal();
    if (!inspection.lock)
        return inspection.lock.error();
    if (inspection.lock->kind == Kind::Foreign)
        return foreignRefusal(preview);
    if (request.takeOver) {
        auto refusal = tokenRefusal(preview, *request.takeOver, now);
        if (refusal && inspection.lock->kind == Kind::Missing)
            refusal->hint = QStringLiteral("delete the session without taking it over");
        if (refusal)
            return refusal;
    }
    if (!inspection.stored)
        return inspection.stored.error();
    if (isOthers(request, inspection) || (!*inspection.stored && !circumstances.isRerun))
        return notFound(request, preview);
    return std::nullopt;
}

QStringList deleteWarnings(const DeleteRequest &request, const Inspection &inspection,
                           const Circumstances &circumstances, SteadyTime now)
{
    QStringList warnings;
    if (const auto alive = signOfLife(inspection, circumstances, now))
        warnings.append(request.takeOver
                            ? *alive +
                                  QStringLiteral("; it loses the lock in the middle of its work")
                            : *alive + QStringLiteral("; the delete waits until it has ended"));
    if (request.takeOver)
        warnings.append(QStringLiteral("the owner is not told: what it is doing goes on, and may "
                                       "write the session again"));
    if (isOthers(request, inspection))
        warnings.append(QStringLiteral("the session is another user's: nothing would be deleted"));
    if (!inspection.cached)
        warnings.append(u"the cached copy cannot be read: " + inspection.cached.error().what);
    if (circumstances.isRerun && inspection.hasDatabase && inspection.stored && !*inspection.stored)
        warnings.append(QStringLiteral("the row is gone already: this finishes a delete that was "
                                       "cut short"));
    return warnings;
}

} // namespace

Error noDatabaseRefusal()
{
    return {ErrorCode::InvalidInput,
            QStringLiteral("no database was given, and a session is deleted there first"),
            QStringLiteral("give the profile a database, give --db, or set LOCKKEEPER_DB or "
                           "DATABASE_URL")};
}

Preview previewOf(const ReleaseRequest &request, const Inspection &inspection,
                  const Circumstances &circumstances, SteadyTime now)
{
    Preview preview = begin(request.session, inspection, circumstances, request.note, now);
    if (!isOfSeen(preview, request.seen, circumstances, now))
        return preview;
    preview.effects.append(u"deletes the lock " + preview.lockKey + u", " +
                           describe(*inspection.lock, *inspection.owner, now));
    preview.effects.append(u"" + untouchedText(inspection) + u"; the next waiter gets the lock");
    if (const auto alive = signOfLife(inspection, circumstances, now))
        preview.warnings.append(*alive + QStringLiteral("; what it writes from then on, it writes "
                                                        "beside whoever holds the lock next"));
    preview.warnings.append(
        QStringLiteral("the owner is not told: what it is doing goes on until it asks for the lock "
                       "again"));
    return preview;
}

Preview previewOf(const TakeOverRequest &request, const Inspection &inspection,
                  const Circumstances &circumstances, SteadyTime now)
{
    Preview preview = begin(request.session, inspection, circumstances, request.note, now);
    if (!isOfSeen(preview, request.seen, circumstances, now))
        return preview;
    preview.effects.append(u"makes the lock " + preview.lockKey + u" ours, in one step; it is " +
                           describe(*inspection.lock, *inspection.owner, now));
    preview.effects.append(QStringLiteral("keeps it, renewed, until you give it back: those who "
                                          "wait for it go on waiting"));
    preview.effects.append(untouchedText(inspection));
    if (const auto alive = signOfLife(inspection, circumstances, now))
        preview.warnings.append(*alive + QStringLiteral("; its next renewal fails, and a back end "
                                                        "that heeds that stops its work"));
    preview.warnings.append(
        QStringLiteral("the owner is not told: what it is doing goes on until it asks for the lock "
                       "again"));
    return preview;
}

Preview previewOf(const DeleteRequest &request, const Inspection &inspection,
                  const Circumstances &circumstances, SteadyTime now)
{
    Preview preview = begin(request.session, inspection, circumstances, request.note, now);
    preview.refusal = deleteRefusal(request, preview, circumstances, now);
    preview.warnings = deleteWarnings(request, inspection, circumstances, now);
    if (circumstances.mustTypeSession)
        preview.phrase = printable(request.session.bytes());
    const bool hasRow = inspection.stored && *inspection.stored;
    if (!inspection.hasDatabase || isOthers(request, inspection) ||
        !(hasRow || circumstances.isRerun))
        return preview;
    preview.effects.append(lockEffect(request, preview, now));
    if (hasRow)
        preview.effects.append(rowEffect(**inspection.stored));
    preview.effects.append(cacheEffect(preview));
    preview.effects.append(QStringLiteral("gives the lock back"));
    return preview;
}

} // namespace lockkeeper::app
