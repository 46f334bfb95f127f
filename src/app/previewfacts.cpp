// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/previewfacts.h"

#include "core/text.h"

#include <algorithm>

namespace lockkeeper::app {

using namespace std::chrono_literals;
using Kind = locks::LockObservation::Kind;

namespace {

QString times(int number)
{
    return number == 1 ? QStringLiteral("once") : QString(QString::number(number) + u" times");
}

QString renewalsText(const Circumstances &circumstances)
{
    const int renewals = circumstances.record->renewals;
    if (!circumstances.isWatched)
        return QStringLiteral("not known: it was looked at once");
    return renewals > 0 ? times(renewals) + u" while it was watched"
                        : QStringLiteral("none while it was watched");
}

QString waitersText(const locks::LockRecord &record)
{
    if (record.waiters)
        return *record.waiters == 0 ? QStringLiteral("none when they were counted")
               : *record.waiters == 1
                   ? QStringLiteral("1 when they were counted")
                   : QString::number(*record.waiters) + u" when they were counted";
    if (record.isContended)
        return *record.isContended ? QStringLiteral("others ask for it")
                                   : QStringLiteral("nobody asks for it");
    return QStringLiteral("not known");
}

/// Locks that are free, foreign or unreadable have no more than that to be said of them.
QList<PreviewFact> lockFacts(const Inspection &inspection, const Circumstances &circumstances,
                             SteadyTime now)
{
    if (!inspection.lock)
        return {{QStringLiteral("Lock"), inspection.lock.error().what}};
    const locks::LockObservation &lock = *inspection.lock;
    if (lock.kind == Kind::Missing)
        return {{QStringLiteral("Lock"), QStringLiteral("free")}};
    if (lock.kind == Kind::Foreign)
        return {{QStringLiteral("Lock"), lock.foreignReason}};
    QList<PreviewFact> facts{
        {QStringLiteral("Owner"), inspection.owner->label},
        {QStringLiteral("Token"), printable(lock.token.bytes())},
    };
    if (circumstances.record) {
        const locks::LockRecord &record = *circumstances.record;
        const QString held = spanText(record.held(now));
        facts.append({QStringLiteral("Held for"),
                      record.isAcquiredAtKnown ? held : QString(u"at least " + held)});
        facts.append({QStringLiteral("Renewals"), renewalsText(circumstances)});
        facts.append({QStringLiteral("Waiters"), waitersText(record)});
    }
    const auto deadline = lock.deadline();
    facts.append(
        {QStringLiteral("Expires"),
         deadline ? QString(u"in " + spanText(std::max<milliseconds>(
                                         std::chrono::ceil<milliseconds>(*deadline - now), 0ms)))
                  : QStringLiteral("never")});
    return facts;
}

QString cachedText(const Inspection &inspection)
{
    if (!inspection.cached && inspection.cached.error().code != ErrorCode::Corrupt)
        return QStringLiteral("not known: ") + inspection.cached.error().what;
    if (!inspection.cachedBytes && inspection.cached && !*inspection.cached)
        return QStringLiteral("none");
    QString text =
        inspection.cachedBytes ? sizeText(*inspection.cachedBytes) : QStringLiteral("there is one");
    if (!inspection.cached)
        text += QStringLiteral(", corrupt");
    return text;
}

QString rowsText(const Inspection &inspection)
{
    if (!inspection.hasDatabase)
        return QStringLiteral("no database was given");
    if (!inspection.stored)
        return QStringLiteral("not known: ") + inspection.stored.error().what;
    if (!*inspection.stored)
        return QStringLiteral("no row");
    const auto messages = (*inspection.stored)->messages.size();
    return messages == 1 ? QStringLiteral("1 row, 1 message")
                         : QString(u"1 row, " + QString::number(messages) + u" messages");
}

} // namespace

QString Preview::fact(QLatin1StringView label) const
{
    const auto found =
        std::ranges::find_if(facts, [label](const PreviewFact &one) { return one.label == label; });
    return found == facts.end() ? QString() : found->text;
}

QList<PreviewFact> factsOf(const Inspection &inspection, const Circumstances &circumstances,
                           SteadyTime now)
{
    QList<PreviewFact> facts = lockFacts(inspection, circumstances, now);
    facts.append({QStringLiteral("Cached copy"), cachedText(inspection)});
    facts.append({QStringLiteral("Database"), rowsText(inspection)});
    return facts;
}

QStringList changesSince(const ActNote &note, const Inspection &inspection,
                         const Circumstances &circumstances, SteadyTime now)
{
    if (!note.row || !inspection.lock)
        return {};
    const locks::LockRecord &seen = *note.row;
    const locks::LockObservation &lock = *inspection.lock;
    if (lock.kind == Kind::Missing)
        return {QStringLiteral("the lock has ended since you saw it")};
    if (lock.kind == Kind::Foreign)
        return {u"since you saw the lock, its key has come to hold " + lock.foreignReason};
    if (lock.token != seen.token)
        return {QStringLiteral("the lock has another owner since you saw it")};
    QStringList changes;
    const auto deadline = lock.deadline();
    if (deadline.has_value() != seen.deadline.has_value()) {
        changes.append(deadline
                           ? QStringLiteral("the lock expires by now: it did not when you saw it")
                           : QStringLiteral("the lock never expires any more"));
    } else if (deadline && *deadline > *seen.deadline + lock.doubt() + 10ms) {
        const auto ago = std::chrono::floor<milliseconds>(
            now - (*deadline - std::max(seen.lease, circumstances.family.lease)));
        // By a lease that we do not know it may have been at any time.
        const QString when = ago < 0ms ? QString() : QString(spanText(ago) + u" ago, ");
        changes.append(u"the lock was renewed " + when + u"after you saw it");
    }
    return changes;
}

std::optional<QString> signOfLife(const Inspection &inspection, const Circumstances &circumstances,
                                  SteadyTime now)
{
    if (!inspection.lock || inspection.lock->kind != Kind::Held)
        return std::nullopt;
    if (circumstances.record && circumstances.isWatched && circumstances.record->renewals > 0)
        return u"its worker is alive: it renewed the lock " +
               times(circumstances.record->renewals) + u" while it was watched";
    const auto deadline = inspection.lock->deadline();
    if (!deadline)
        return std::nullopt;
    const milliseconds known = circumstances.record ? circumstances.record->lease : 0ms;
    const milliseconds lease = std::max(known, circumstances.family.lease);
    const auto age = std::chrono::floor<milliseconds>(now - (*deadline - lease));
    if (age < -1s || age > std::min<milliseconds>(5s, lease / 4))
        return std::nullopt;
    return u"its worker is alive: the lock was taken or renewed " + spanText(std::max(age, 0ms)) +
           u" ago";
}

} // namespace lockkeeper::app
