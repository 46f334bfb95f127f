// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/neededrights.h"

#include "redis/scanner.h"

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

/// A script, and what it calls. EVAL is sent only where the server does not know the script yet.
QList<Right> toRelease(const locks::LockFamily &family)
{
    const Keys locks = locksOf(family);
    const QByteArray unknown(40, '0'); // the digest of no script
    return {locks.writing({"EVALSHA", unknown, "1", locks.key}),
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
            locks.writing({"EVAL", "return 0", "1", locks.key}),
            alone({"MONITOR"}, false),
            alone({"CLIENT", "LIST"}, false)};
}

/// Patterns are held against the list as they are, letter by letter: a wider one does not give
/// them.
QList<Right> toNotify(const locks::LockFamily &family, int database)
{
    const QByteArray channel = "__keyspace@" + QByteArray::number(database) + "__:";
    QList<Right> rights;
    for (const QByteArray &prefix : {family.lockPrefix, family.sessionPrefix}) {
        const QByteArray pattern = redis::Scanner::escapeGlob(channel + prefix) + '*';
        rights << Right{redis::commands::psubscribe(pattern), '&' + pattern, false};
    }
    return rights;
}

} // namespace

QList<Right> rightsFor(Deed deed, const locks::LockFamily &family, int database)
{
    const Keys sessions = sessionsOf(family);
    switch (deed) {
    case Deed::Watch:
        return toWatch(family);
    case Deed::Push:
        return toPush();
    case Deed::Notify:
        return toNotify(family, database);
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

QList<Right> allRights(const locks::LockFamily &family, int database)
{
    QList<Right> all;
    QSet<QString> seen;
    for (const Deed deed : {Deed::Watch, Deed::Push, Deed::Notify, Deed::Write, Deed::Embellish}) {
        for (const Right &right : rightsFor(deed, family, database)) {
            if (!seen.contains(right.toString())) {
                seen.insert(right.toString());
                all << right;
            }
        }
    }
    return all;
}

namespace {

/// "+get +del on ~chat:session_lock:*, +monitor"
QString grouped(const QList<Right> &rights)
{
    QStringList groups;
    QSet<QByteArray> done;
    for (const Right &first : rights) {
        if (done.contains(first.subject))
            continue;
        done.insert(first.subject);
        QStringList rules;
        for (const Right &right : rights) {
            if (right.subject == first.subject && !rules.contains(right.rule()))
                rules << right.rule();
        }
        groups << (first.subject.isEmpty()
                       ? rules.join(u' ')
                       : QString(rules.join(u' ') + u" on " + QString::fromUtf8(first.subject)));
    }
    return groups.join(QStringLiteral(", "));
}

} // namespace

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
                grouped(missing),
            u"an administrator gives what is missing to user " + user + u" with: " +
                words.join(u' ')};
}

} // namespace lockkeeper::app
