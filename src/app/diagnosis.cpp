// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/diagnosis.h"

#include "core/text.h"

#include <array>
#include <utility>

namespace lockkeeper::app {

namespace {

constexpr std::array kLockStates = {
    std::pair(LockState::Foreign, QLatin1StringView("foreign")),
    std::pair(LockState::NoExpiry, QLatin1StringView("no_expiry")),
    std::pair(LockState::Reappeared, QLatin1StringView("reappeared")),
    std::pair(LockState::RenewingLong, QLatin1StringView("renewing_long")),
    std::pair(LockState::Storm, QLatin1StringView("storm")),
    std::pair(LockState::Contended, QLatin1StringView("contended")),
    std::pair(LockState::Orphan, QLatin1StringView("orphan")),
    std::pair(LockState::HeldLong, QLatin1StringView("held_long")),
    std::pair(LockState::Healthy, QLatin1StringView("healthy")),
};

SteadyTime heldLongFrom(const locks::LockRecord &lock, const Thresholds &thresholds)
{
    const std::chrono::duration<double, std::milli> share(static_cast<double>(lock.lease.count()) *
                                                          thresholds.heldLongShare);
    return lock.acquiredAt + std::chrono::ceil<SteadyTime::duration>(share);
}

/// When a lock that was renewed, or seems to be, counts as renewed long. A token that is much older
/// than its lease was renewed before we watched, or had to wait.
std::optional<SteadyTime> renewingLongFrom(const locks::LockRecord &lock,
                                           const Thresholds &thresholds)
{
    const SteadyTime start = lock.earliestStart.value_or(lock.acquiredAt);
    const bool seemsRenewed = !lock.isAcquiredAtKnown && start < lock.acquiredAt;
    if (lock.renewals == 0 && !seemsRenewed)
        return std::nullopt;
    return start + thresholds.renewingLong;
}

/// "for 41 s", or "for at least 41 s" where the beginning was not seen.
QString heldText(const locks::LockRecord &lock, SteadyTime now)
{
    const QString span = spanText(lock.held(now));
    return lock.isAcquiredAtKnown ? QString(u"for " + span) : QString(u"for at least " + span);
}

QString timesText(int count)
{
    return count == 1 ? QStringLiteral("once") : QString(QString::number(count) + u" times");
}

QString renewedText(const locks::LockRecord &lock, SteadyTime now)
{
    const SteadyTime start = lock.earliestStart.value_or(lock.acquiredAt);
    const QString age = spanText(std::chrono::floor<milliseconds>(now - start));
    if (lock.renewals == 0)
        return u"Its token is " + age + u" old, and its lease of " + spanText(lock.lease) +
               u" has begun anew: it has been renewed, or waited so long for the lock.";
    const QString renewed = u"Its owner has renewed it " + timesText(lock.renewals);
    if (start < lock.acquiredAt)
        return renewed + u" while it was watched; its token is " + age + u" old.";
    return renewed + u" and has held it " + heldText(lock, now) + u'.';
}

QString contendedText(const locks::LockRecord &lock, SteadyTime now)
{
    const QString held = u" It has been held " + heldText(lock, now) + u'.';
    if (!lock.waiters || *lock.waiters == 0)
        return u"Others ask for this lock." + held;
    return (*lock.waiters == 1
                ? QStringLiteral("One client waits for this lock.")
                : QString(QString::number(*lock.waiters) + u" clients wait for this lock.")) +
           held;
}

QString reasonFor(LockState state, const locks::LockRecord &lock, SteadyTime now)
{
    switch (state) {
    case LockState::Foreign:
        return u"The key holds " + lock.foreignReason + u'.';
    case LockState::NoExpiry:
        return u"It has no expiry: it was set without a lease or its expiry was removed. Held " +
               heldText(lock, now) + u'.';
    case LockState::Reappeared:
        return u"It came back " +
               (*lock.backAfter < milliseconds(100)
                    ? QStringLiteral("at once")
                    : QString(spanText(*lock.backAfter) + u" later")) +
               u", after it was released or its session deleted from here. Held " +
               heldText(lock, now) + u'.';
    case LockState::RenewingLong:
        return renewedText(lock, now);
    case LockState::Storm:
        return u"It was taken " + timesText(lock.acquisitionsLastMinute) +
               u" within the last minute.";
    case LockState::Contended:
        return contendedText(lock, now);
    case LockState::Orphan:
        return QStringLiteral("No session of this id was found.");
    case LockState::HeldLong:
        return u"Held " + heldText(lock, now) + u" of a lease of " + spanText(lock.lease) + u'.';
    case LockState::Healthy:
        return u"Held " + heldText(lock, now) + u", within its lease of " + spanText(lock.lease) +
               u'.';
    }
    Q_UNREACHABLE();
}

QString adviceFor(LockState state)
{
    switch (state) {
    case LockState::Foreign:
        return QStringLiteral("Leave it alone until you know who wrote it: another program may be "
                              "using this prefix.");
    case LockState::NoExpiry:
        return QStringLiteral("It will never end by itself. Make sure that its owner is gone, then "
                              "release it.");
    case LockState::Reappeared:
        return QStringLiteral("Somebody still works on this session: a waiter that got the lock, "
                              "or a client that tries again. Find and stop it there before you "
                              "release or delete once more.");
    case LockState::RenewingLong:
        return QStringLiteral("Its worker is alive. Ask what it is doing, and stop it there; "
                              "releasing the lock would not stop it.");
    case LockState::Storm:
        return QStringLiteral("A client retries in a loop or several work on this session. Look at "
                              "the back end's log for it; releasing the lock does not help.");
    case LockState::Contended:
        return QStringLiteral("Those who wait get it when its owner releases it or its lease ends. "
                              "If it is not its owner's turn any more, look after that worker "
                              "first.");
    case LockState::Orphan:
        return QStringLiteral("A session that is just being created looks like this for a moment. "
                              "If it stays, the lock guards nothing and may be released.");
    case LockState::HeldLong:
        return QStringLiteral("Usually a long answer is being written. If its user is stuck, look "
                              "after the worker first; without renewal the lock ends by itself.");
    case LockState::Healthy:
        return QStringLiteral("Nothing to do.");
    }
    Q_UNREACHABLE();
}

} // namespace

Severity severityOf(LockState state)
{
    switch (state) {
    case LockState::NoExpiry:
        return Severity::Bad;
    case LockState::Reappeared:
    case LockState::RenewingLong:
    case LockState::Storm:
    case LockState::Contended:
    case LockState::HeldLong:
        return Severity::Warn;
    case LockState::Foreign:
    case LockState::Orphan:
        return Severity::Odd;
    case LockState::Healthy:
        return Severity::Ok;
    }
    Q_UNREACHABLE();
}

QLatin1StringView name(LockState state)
{
    for (const auto &[known, word] : kLockStates) {
        if (known == state)
            return word;
    }
    Q_UNREACHABLE();
}

std::optional<LockState> lockStateFromName(const QString &name)
{
    for (const auto &[state, word] : kLockStates) {
        if (word == name)
            return state;
    }
    return std::nullopt;
}

QLatin1StringView name(SessionState state)
{
    switch (state) {
    case SessionState::Unknown:
        return QLatin1StringView("unknown");
    case SessionState::Ok:
        return QLatin1StringView("ok");
    case SessionState::CacheMismatch:
        return QLatin1StringView("cache_mismatch");
    case SessionState::CacheCorrupt:
        return QLatin1StringView("cache_corrupt");
    case SessionState::CacheOnly:
        return QLatin1StringView("cache_only");
    case SessionState::DbOnly:
        return QLatin1StringView("db_only");
    case SessionState::RunningWithoutLock:
        return QLatin1StringView("running_without_lock");
    case SessionState::None:
        return QLatin1StringView("none");
    }
    Q_UNREACHABLE();
}

LockState stateOf(const locks::LockRecord &lock, SessionState session, SteadyTime now,
                  const Thresholds &thresholds)
{
    if (lock.isForeign())
        return LockState::Foreign;
    if (!lock.deadline)
        return LockState::NoExpiry;
    if (lock.backAfter)
        return LockState::Reappeared;
    if (const auto from = renewingLongFrom(lock, thresholds); from && now >= *from)
        return LockState::RenewingLong;
    if (lock.acquisitionsLastMinute > thresholds.stormPerMinute)
        return LockState::Storm;
    if (lock.isContended == true)
        return LockState::Contended;
    if (session == SessionState::None)
        return LockState::Orphan;
    if (now >= heldLongFrom(lock, thresholds))
        return LockState::HeldLong;
    return LockState::Healthy;
}

Diagnosis diagnose(const locks::LockRecord &lock, SessionState session, SteadyTime now,
                   const Thresholds &thresholds)
{
    const LockState state = stateOf(lock, session, now, thresholds);
    return {state, reasonFor(state, lock, now), adviceFor(state)};
}

bool isStale(const locks::LockRecord &lock, SteadyTime now, const Thresholds &thresholds)
{
    if (lock.isForeign())
        return false;
    if (!lock.deadline || now >= heldLongFrom(lock, thresholds))
        return true;
    const auto renewingLong = renewingLongFrom(lock, thresholds);
    return renewingLong && now >= *renewingLong;
}

std::optional<SteadyTime> nextChange(const locks::LockRecord &lock, SteadyTime now,
                                     const Thresholds &thresholds)
{
    if (lock.isForeign() || !lock.deadline)
        return std::nullopt;
    std::optional<SteadyTime> next;
    const auto consider = [&](SteadyTime moment) {
        if (moment > now && (!next || moment < *next))
            next = moment;
    };
    consider(heldLongFrom(lock, thresholds));
    if (const auto from = renewingLongFrom(lock, thresholds))
        consider(*from);
    return next;
}

} // namespace lockkeeper::app
