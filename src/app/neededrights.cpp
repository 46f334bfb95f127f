// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/neededrights.h"

#include <QSet>
#include <QStringList>

namespace lockkeeper::app {

using redis::Command;
using redis::Effect;
using redis::Right;

namespace {

/// Builds rights on the keys of one prefix.
struct Keys
{
    QByteArray key;
    QByteArray subject;

    Keys(const QByteArray &prefix, const QByteArray &probe)
        : key(probe)
        , subject('~' + prefix + '*')
    {}
    [[nodiscard]] Right reading(const Command &command) const { return {command, subject, true}; }
    /// Of a command that changes nothing where the key does not exist, as this one.
    [[nodiscard]] Right writing(const QList<QByteArray> &words) const
    {
        return {{words, Effect::Mutation}, subject, true};
    }
    [[nodiscard]] Right set() const { return writing({"SET", key, "", "XX", "PX", "1"}); }
    [[nodiscard]] Right del() const { return writing({"DEL", key}); }
};

Right alone(const QList<QByteArray> &words, bool isHarmless)
{
    return {{words}, {}, isHarmless};
}

Keys locksOf(const locks::LockFamily &family)
{
    return {family.lockPrefix, family.lockKey(SessionId("lockkeeper:nobody")).bytes()};
}

Keys sessionsOf(const locks::LockFamily &family)
{
    return {family.sessionPrefix, family.cacheKey(SessionId("lockkeeper:nobody")).bytes()};
}

QList<Right> toWatch(const locks::LockFamily &family)
{
    const Keys locks = locksOf(family);
    const Keys sessions = sessionsOf(family);
    return {alone({"SCAN", "0", "MATCH", locks.key, "COUNT", "1"}, true),
            locks.reading(redis::commands::get(locks.key)),
            locks.reading(redis::commands::pttl(locks.key)),
            sessions.reading(redis::commands::get(sessions.key)),
            sessions.reading(redis::commands::pttl(sessions.key)),
            sessions.reading(redis::commands::strlen(sessions.key)),
            sessions.reading(redis::commands::getRange(sessions.key, 0, 0))};
}

QList<Right> toPush()
{
    const QByteArray channel = "__redis__:invalidate";
    return {alone({"CLIENT", "ID"}, true),
            alone({"CLIENT", "TRACKING", "ON", "BCAST"}, false),
            {redis::commands::subscribe(channel), '&' + channel, false}};
}

/// A script needs EVAL as well, where the server does not know it yet, and what it calls.
QList<Right> toRelease(const locks::LockFamily &family)
{
    const Keys locks = locksOf(family);
    const QByteArray unknown(40, '0'); // the digest of no script
    return {locks.writing({"EVALSHA", unknown, "1", locks.key}),
            locks.writing({"EVAL", "return 0", "1", locks.key}),
            locks.reading(redis::commands::get(locks.key)), locks.del()};
}

QList<Right> toHold(const locks::LockFamily &family)
{
    const Keys locks = locksOf(family);
    return toRelease(family) << locks.set() << locks.writing({"PEXPIRE", locks.key, "1"})
                             << locks.reading(redis::commands::pttl(locks.key));
}

QList<Right> toEmbellish(const locks::LockFamily &family)
{
    const Keys locks = locksOf(family);
    return {alone({"INFO", "server"}, true),
            alone({"DBSIZE"}, true),
            locks.reading(redis::commands::objectIdleTime(locks.key)),
            locks.reading(redis::commands::objectFreq(locks.key)),
            alone({"MONITOR"}, false),
            alone({"CLIENT", "LIST"}, false)};
}

} // namespace

QList<Right> rightsFor(Deed deed, const locks::LockFamily &family)
{
    const Keys sessions = sessionsOf(family);
    const QByteArray events = "__keyspace@0__:" + family.lockPrefix + '*';
    switch (deed) {
    case Deed::Watch:
        return toWatch(family);
    case Deed::Push:
        return toPush();
    case Deed::Notify:
        return {{redis::commands::psubscribe(events), '&' + events, false}};
    case Deed::Release:
        return toRelease(family);
    case Deed::Hold:
        return toHold(family);
    case Deed::Delete:
        return toHold(family) << sessions.reading(redis::commands::get(sessions.key))
                              << sessions.del();
    case Deed::Write:
        return toHold(family) << sessions.reading(redis::commands::get(sessions.key))
                              << sessions.set() << sessions.del();
    case Deed::Sample:
        return {alone({"MONITOR"}, false)};
    case Deed::Embellish:
        return toEmbellish(family);
    }
    Q_UNREACHABLE();
}

QList<Right> allRights(const locks::LockFamily &family)
{
    QList<Right> all;
    QSet<QString> seen;
    for (const Deed deed : {Deed::Watch, Deed::Push, Deed::Notify, Deed::Write, Deed::Embellish}) {
        for (const Right &right : rightsFor(deed, family)) {
            if (!seen.contains(right.toString())) {
                seen.insert(right.toString());
                all << right;
            }
        }
    }
    return all;
}

Error missingRights(const QList<Right> &missing, const QString &user)
{
    QStringList sentences;
    QStringList words{QStringLiteral("ACL SETUSER"), user};
    for (const Right &right : missing) {
        if (!sentences.contains(right.toString()))
            sentences << right.toString();
        const QString word = right.lacking.isEmpty() ? right.rule() : right.lacking;
        if (!words.contains(word))
            words << word;
    }
    words.removeIf([all = words](const QString &word) {
        return word.startsWith(u"%R~") && all.contains(word.mid(2)); // both ways is reading, too
    });
    return {ErrorCode::NotPermitted,
            (sentences.size() == 1 ? QStringLiteral("missing right: ")
                                   : QStringLiteral("missing rights: ")) +
                sentences.join(QStringLiteral(", ")),
            u"an administrator gives what is missing to user " + user + u" with: " +
                words.join(u' ')};
}

} // namespace lockkeeper::app
