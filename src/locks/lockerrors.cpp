// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockerrors.h"

#include "core/text.h"
#include "locks/lockprotocol.h"
#include "locks/owner.h"
#include "redis/scriptrefusal.h"

#include <algorithm>

namespace lockkeeper::locks {

QString nameOf(const LockKey &key)
{
    return u"the lock " + printable(key.bytes());
}

Error notALock(const LockKey &key, const QString &why)
{
    return {ErrorCode::Refused, u"the key " + printable(key.bytes()) + u" is no lock: " + why,
            QStringLiteral("nothing was changed; find out who wrote it, redis-cli TYPE and a look "
                           "at its value may help")};
}

Error changedHands(const LockKey &key, const LockObservation &current, const Clock &clock)
{
    if (current.kind == LockObservation::Kind::Missing)
        return {ErrorCode::ChangedHands, nameOf(key) + u" is free: nobody holds it",
                QStringLiteral("there is nothing left to do, and nothing was changed")};
    return {ErrorCode::ChangedHands,
            nameOf(key) + u" has changed hands: it is now " + describe(current, clock),
            QStringLiteral("nothing was changed; look at the new owner before you act again")};
}

Error hadNoEffect(const LockKey &key, const QString &act)
{
    return {ErrorCode::ConnectionLost,
            u"the connection was lost while " + act + u' ' + nameOf(key) + u"; it had no effect",
            QStringLiteral("try again")};
}

Error unknown(const LockKey &key, const QString &act, const Error &cause)
{
    return {ErrorCode::OutcomeUnknown,
            u"whether " + act + u' ' + nameOf(key) + u" took place is unknown: " + cause.what,
            QStringLiteral("look at the lock before you try again")};
}

Error notALock(const LockKey &key, const LockObservation &current)
{
    return notALock(key, u"it holds " + current.foreignReason);
}

Error refusedRead(const LockKey &key, const LockObservation &current)
{
    return {ErrorCode::NotPermitted, nameOf(key) + u" holds " + current.foreignReason,
            QStringLiteral("grant the user the commands GET and PTTL on it")};
}

LockObservation unreadable(const Error &why)
{
    LockObservation lock;
    lock.kind = LockObservation::Kind::Foreign;
    lock.foreignReason = why.what;
    lock.isRefused = true;
    return lock;
}

Error scriptError(const redis::Reply &reply, const redis::Script &script, const LockKey &key,
                  const LockFamily &family)
{
    Error error = redis::toError(reply, u"running " + QString::fromUtf8(script.name()) + u" on " +
                                            nameOf(key));
    const QString keys = u" on ~" + QString::fromUtf8(family.lockPrefix) + u'*';
    if (redis::isRefusedInScript(reply))
        error.hint = u"the script takes +" +
                     QString::fromLatin1(redis::callsOf(script).join(" +")) + keys +
                     u"; ask for an ACL user with these rights";
    else if (reply.bytes().contains("'eval' command"))
        error.hint = u"the server does not know the script yet, and to tell it takes +eval" + keys;
    return error;
}

Error cancelled(const LockKey &key)
{
    return {ErrorCode::Cancelled, u"waiting for " + nameOf(key) + u" was ended", {}};
}

QString describe(const LockObservation &lock, const Clock &clock)
{
    switch (lock.kind) {
    case LockObservation::Kind::Missing:
        return QStringLiteral("free");
    case LockObservation::Kind::Foreign:
        return (lock.isRefused ? u"not readable: " : u"no lock: it holds ") + lock.foreignReason;
    case LockObservation::Kind::Held:
        break;
    }
    return describe(lock, decodeOwner(lock.token, clock.wall()), clock.steady());
}

QString describe(const LockObservation &lock, const Owner &owner, SteadyTime now)
{
    QString text = u"held by " + owner.label;
    if (owner.kind == TokenKind::Uuid1) { // other labels are the token
        const QString token = u"token " + shortened(printable(lock.token.bytes()));
        if (text.endsWith(u')'))
            text.insert(text.size() - 1, u"; " + token);
        else
            text += u" (" + token + u')';
    }
    const auto deadline = lock.deadline();
    if (!deadline)
        return text + u" and never expires";
    const auto left = std::chrono::floor<milliseconds>(*deadline - now);
    return text + u" for another " + spanText(std::max(left, milliseconds::zero()));
}

} // namespace lockkeeper::locks
