// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/sessiondiagnosis.h"

#include "core/text.h"

namespace lockkeeper::app {

namespace {

QString joined(const QStringList &parts)
{
    if (parts.size() < 2)
        return parts.join(QString());
    return parts.mid(0, parts.size() - 1).join(u", ") + u" and " + parts.last();
}

/// "the number of messages (4 and 6) and the title".
QString differenceText(const Inspection &inspection)
{
    const CopyDifference difference = differenceOf(**inspection.cached, **inspection.stored);
    QStringList parts;
    if (difference.messages)
        parts << QStringLiteral("the number of messages (%1 and %2)")
                     .arg((*inspection.cached)->messages.size())
                     .arg((*inspection.stored)->messages.size());
    if (difference.title)
        parts << QStringLiteral("the title");
    if (difference.user)
        parts << QStringLiteral("the user");
    return joined(parts);
}

QString missingText(const Inspection &inspection)
{
    if (!inspection.cached)
        return u"The cached copy could not be read: " + inspection.cached.error().what + u'.';
    return u"The database could not be read: " + inspection.stored.error().what + u'.';
}

QString reasonFor(SessionState state, const Inspection &inspection)
{
    switch (state) {
    case SessionState::Unknown:
        return missingText(inspection);
    case SessionState::Ok:
        return inspection.hasDatabase ? QStringLiteral("Cache and database agree.")
                                      : QStringLiteral("It is in the cache.");
    case SessionState::CacheMismatch:
        return u"Cache and database disagree on " + differenceText(inspection) + u'.';
    case SessionState::CacheCorrupt:
        return inspection.cached.error().what + u'.';
    case SessionState::CacheOnly:
        return QStringLiteral("It is in the cache, and not in the database.");
    case SessionState::DbOnly:
        return QStringLiteral("It is in the database, and not in the cache.");
    case SessionState::RunningWithoutLock:
        return u"Its status is \"" + inspection.status().value_or(QString()) +
               u"\", and nobody holds its lock.";
    case SessionState::None:
        return inspection.hasDatabase
                   ? QStringLiteral("It is neither in the cache nor in the database.")
                   : QStringLiteral("It is not in the cache.");
    }
    Q_UNREACHABLE();
}

QString mismatchAdvice(const Inspection &inspection)
{
    if (inspection.isLocked())
        return QStringLiteral("Its lock is held: its owner may be writing just now. Look again "
                              "once the lock is free.");
    if (differenceOf(**inspection.cached, **inspection.stored).user)
        return QStringLiteral("A session does not change hands: find out who wrote the cached copy "
                              "before anybody uses it.");
    if ((*inspection.cached)->messages.size() > (*inspection.stored)->messages.size())
        return QStringLiteral("The database has not got everything, so a save has failed. The back "
                              "end's next save adds what is missing; when the cached copy expires "
                              "before that, it is lost.");
    return QStringLiteral("Users see the cached copy until it expires. Deleting its key makes the "
                          "back end read the database again.");
}

QString adviceFor(SessionState state, const Inspection &inspection)
{
    switch (state) {
    case SessionState::Unknown:
    case SessionState::Ok:
    case SessionState::DbOnly: // the next reader caches it
    case SessionState::None:
        return {};
    case SessionState::CacheMismatch:
        return mismatchAdvice(inspection);
    case SessionState::CacheCorrupt:
        return QStringLiteral("The back end takes it for missing and reads the database. It stays "
                              "as it is until it expires or is written anew.");
    case SessionState::CacheOnly:
        return QStringLiteral("A save that failed looks like this, and so does a session that was "
                              "deleted while its worker went on. It is lost when the cached copy "
                              "expires, unless the back end saves it again.");
    case SessionState::RunningWithoutLock:
        return QStringLiteral("A worker that is just beginning or ending looks like this for a "
                              "moment. If it stays, its worker has died or lost its lock: look "
                              "after the worker, and let the platform mend the status.");
    }
    Q_UNREACHABLE();
}

} // namespace

SessionDiagnosis diagnoseSession(const Inspection &inspection)
{
    const SessionState state = inspection.sessionState();
    return {state, reasonFor(state, inspection), adviceFor(state, inspection)};
}

} // namespace lockkeeper::app
