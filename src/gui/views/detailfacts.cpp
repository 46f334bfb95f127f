// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/detailfacts.h"

#include "app/sessiondiagnosis.h"
#include "core/text.h"
#include "gui/models/words.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>

namespace lockkeeper::gui {

namespace {

using Facts = QList<FactsView::Fact>;

constexpr milliseconds kEstimate{50};
constexpr qsizetype kMostHolds = 4;

QString tr(const char *text, int n = -1)
{
    return QCoreApplication::translate("lockkeeper::gui::details", text, nullptr, n);
}

QString confidenceWord(locks::Confidence confidence)
{
    switch (confidence) {
    case locks::Confidence::Sure:
        return tr("sure");
    case locks::Confidence::Likely:
        return tr("likely");
    case locks::Confidence::Opaque:
        return tr("the token says no more");
    }
    return {};
}

/// Without a database only the cache can be asked.
QString stateSentence(app::SessionState state, bool hasDatabase)
{
    switch (state) {
    case app::SessionState::Unknown:
        return tr("not known");
    case app::SessionState::Ok:
        return hasDatabase ? tr("in cache and database") : tr("in the cache");
    case app::SessionState::CacheMismatch:
        return tr("cache and database disagree");
    case app::SessionState::CacheCorrupt:
        return tr("corrupt cache entry");
    case app::SessionState::CacheOnly:
        return tr("only in the cache");
    case app::SessionState::DbOnly:
        return tr("only in the database");
    case app::SessionState::RunningWithoutLock:
        return tr("at work without its lock");
    case app::SessionState::None:
        return hasDatabase ? tr("nowhere") : tr("not in the cache");
    }
    return {};
}

/// "0.8 s", or "12 ms" below a second.
QString momentText(milliseconds span)
{
    return span < milliseconds(1000) ? tr("%1\u00a0ms").arg(span.count()) : spanText(span);
}

/// How long the owner waited, how far that may be off, and whose clock was set right for it.
QString queuedText(const LockRow &row, WallTime acquired, app::Workspace *workspace)
{
    if (!workspace)
        return {};
    const locks::ClockSkews &skews = workspace->insight().skews();
    locks::Owner owner = *row.owner;
    owner.calledAt = row.calledAt;
    const auto queued = skews.queued(owner, acquired);
    const auto skew = std::chrono::round<milliseconds>(
        skews.skewOf(owner.nodeId).value_or(std::chrono::microseconds(0)));
    const bool isAside = std::chrono::abs(skew) >= kEstimate;
    if (!queued || (*queued < kEstimate && !isAside))
        return {};
    const auto doubt = std::chrono::ceil<milliseconds>(
        workspace->monitor().registry().deadlineDoubt(row.record.key));
    QString text = tr("queued %1\u00a0±\u00a0%2")
                       .arg(momentText(*queued), momentText(doubt + milliseconds(1)));
    if (isAside)
        text += (skew.count() < 0 ? tr(", node clock %1 ahead") : tr(", node clock %1 behind"))
                    .arg(momentText(std::chrono::abs(skew)));
    return text;
}

void addAcquired(Facts &facts, const LockRow &row, const Clock &clock, app::Workspace *workspace)
{
    const locks::LockRecord &lock = row.record;
    const WallTime seen = wallTimeOf(lock.acquiredAt, clock);
    WallTime acquired = seen;
    // Both are estimates of a few milliseconds; nobody acquires before calling.
    if (row.calledAt && *row.calledAt - acquired < kEstimate)
        acquired = std::max(acquired, *row.calledAt);
    FactsView::Fact fact{tr("Acquired"), timeOfDay(acquired)};
    if (!lock.isAcquiredAtKnown)
        fact.aside = tr("or earlier");
    else
        fact.aside = queuedText(row, seen, workspace);
    facts.append(fact);
}

FactsView::Fact expiry(const LockRow &row, const Clock &clock)
{
    if (row.gone) {
        // As in the list, nothing is gone "0 s ago"; the shown time may even be behind the end.
        const auto span = std::chrono::duration_cast<milliseconds>(clock.steady() - row.goneAt);
        return {
            tr("Ended"),
            tr("%1, %2 ago").arg(endWord(*row.gone), agoText(std::max(span, milliseconds(1000))))};
    }
    const auto ttl = row.record.ttl(clock.steady());
    if (!ttl)
        return {tr("Expires"), tr("never"), {}, {}, false, true};
    return {tr("Expires"), tr("in %1").arg(spanText(std::max(*ttl, milliseconds(0)))),
            tr("of %1").arg(spanText(row.record.lease))};
}

/// What was not watched is not known.
FactsView::Fact renewals(const locks::LockRecord &lock, SteadyTime now)
{
    const QString count = lock.renewals == 0   ? tr("never")
                          : lock.renewals == 1 ? tr("once")
                                               : tr("%1 times").arg(lock.renewals);
    if (lock.isWatchedFromStart)
        return {tr("Renewed"), count};
    const QString span = agoText(std::chrono::floor<milliseconds>(now - lock.seenSince));
    if (lock.renewals == 0)
        return {tr("Renewed"), tr("not known"), tr("none within %1").arg(span)};
    return {tr("Renewed"), count, tr("within %1, or more").arg(span)};
}

QString tokensText(const sessions::TokenTotals &usage)
{
    const QLocale locale;
    return tr("%1 in, %2 out")
        .arg(locale.toString(usage.prompt), locale.toString(usage.completion));
}

void addSession(Facts &facts, const sessions::ChatSession &session, const Clock &clock)
{
    const auto orNone = [](const QString &text) { return text.isEmpty() ? tr("none") : text; };
    facts.append({tr("Title"), orNone(session.title.value_or(QString()))});
    facts.append({tr("User"), session.user ? printable(session.user->bytes()) : tr("none")});
    facts.append({tr("Messages"), QLocale().toString(session.messages.size())});
    facts.append({tr("Tokens"), tokensText(session.usage)});
    facts.append({tr("Started"), agoOf(session.startedAt, clock)});
    facts.append({tr("Updated"), agoOf(session.updatedAt, clock)});
}

} // namespace

QString agoOf(std::optional<WallTime> time, const Clock &clock)
{
    if (!time)
        return tr("not known");
    const auto span = std::chrono::duration_cast<milliseconds>(clock.wall() - *time);
    return tr("%1 ago").arg(agoText(std::max(span, milliseconds(0))));
}

Facts lockFacts(const LockRow &row, const Clock &clock, app::Workspace *workspace)
{
    Facts facts;
    const locks::LockRecord &lock = row.record;
    if (lock.isForeign()) {
        facts.append(
            {tr("Key"), shortened(printable(lock.key.bytes()), 12, 6), {}, lock.key.bytes(), true});
        facts.append({tr("Holds"), lock.foreignReason, {}, {}, false, true});
        return facts;
    }
    const OwnerLabel owner = splitLabel(row.owner->label);
    QStringList asides{owner.aside,
                       row.owner->worker.isEmpty() ? QString()
                                                   : tr("worker %1").arg(row.owner->worker),
                       confidenceWord(row.owner->confidence)};
    asides.removeAll(QString());
    facts.append({tr("Owner"), owner.name, asides.join(QStringLiteral(" · "))});
    if (const auto client = workspace ? workspace->sightings().of(lock.token) : std::nullopt)
        facts.append({tr("Client"), addressText(client->address), client->name});
    if (row.owner->confidence == locks::Confidence::Sure && !row.owner->nodeId.isEmpty())
        facts.append({tr("Node"), row.owner->nodeId, {}, {}, true});
    facts.append(
        {tr("Token"), shortened(printable(lock.token.bytes())), {}, lock.token.bytes(), true});
    facts.append({tr("Called"), row.calledAt ? timeOfDay(*row.calledAt) : tr("not known")});
    addAcquired(facts, row, clock, workspace);
    facts.append({tr("Held for"), heldText(row, clock.steady())});
    facts.append(expiry(row, clock));
    facts.append(renewals(lock, clock.steady()));
    if (!row.gone)
        facts.append({tr("Waiters"), lock.isContended ? waitersText(row) : tr("not known yet")});
    return facts;
}

Facts holdFacts(const LockKey &key, const locks::HoldInsight &insight, const Clock &clock)
{
    const QList<locks::Hold> holds = insight.holdsOf(key, clock.wall() - std::chrono::minutes(1));
    Facts facts;
    for (const locks::Hold &hold : holds.mid(0, kMostHolds)) {
        const auto held = std::chrono::floor<milliseconds>(hold.endedAt - hold.acquiredAt);
        const bool isOdd = hold.end != locks::HoldEnd::Released;
        facts.append({secondOf(hold.endedAt),
                      (hold.isAcquiredAtKnown ? tr("%1 after %2") : tr("%1 after %2 or more"))
                          .arg(endWord(hold.end), momentText(held)),
                      shortened(splitLabel(insight.ownerOf(hold).label).name, 8, 6),
                      {},
                      false,
                      isOdd});
    }
    if (holds.size() > facts.size())
        facts.append({QString(), tr("and %1 more").arg(holds.size() - facts.size())});
    return facts;
}

Facts sessionFacts(const app::Inspection &inspection, const Clock &clock)
{
    using State = app::SessionState;
    const app::SessionDiagnosis found = app::diagnoseSession(inspection);
    const bool isBad = found.state == State::None || found.state == State::CacheCorrupt ||
                       found.state == State::CacheMismatch ||
                       found.state == State::RunningWithoutLock;
    Facts facts{
        {tr("Found"), stateSentence(found.state, inspection.hasDatabase), {}, {}, false, isBad}};
    if (found.state == State::CacheMismatch || found.state == State::RunningWithoutLock)
        facts.append({tr("Reason"), found.reason});
    if (!found.advice.isEmpty())
        facts.append({tr("Advice"), found.advice});
    if (!inspection.cached)
        facts.append({tr("Cached"), inspection.cached.error().what, {}, {}, false, true});
    if (inspection.cachedBytes)
        facts.append({inspection.cached ? tr("Cached") : tr("Size"),
                      sizeText(*inspection.cachedBytes),
                      inspection.cacheTtl ? tr("for another %1").arg(spanText(*inspection.cacheTtl))
                                          : tr("never expires")});
    else if (inspection.cached)
        facts.append({tr("Cached"), tr("no")});
    if (const sessions::ChatSession *session = inspection.session())
        addSession(facts, *session, clock);
    return facts;
}

Facts unlockedFacts(const locks::UnlockedFigures &writes, const Clock &clock)
{
    if (writes.all() == 0)
        return {};
    const QString count = writes.all() == 1 ? tr("once") : tr("%1 times").arg(writes.all());
    return {
        {tr("Unlocked"),
         tr("written %1 while nobody held the lock").arg(count),
         (writes.sure == 0 ? tr("likely, last %1") : tr("last %1")).arg(agoOf(writes.last, clock)),
         {},
         false,
         true}};
}

Facts databaseFacts(const app::Inspection &inspection, const QString &database, const Clock &clock)
{
    if (database.isEmpty())
        return {{tr("Database"), tr("none was given"),
                 tr("connect with one to see and delete sessions")}};
    Facts facts{{tr("Database"), database}};
    if (!inspection.stored)
        facts.append({tr("Row"), inspection.stored.error().what, {}, {}, false, true});
    else if (!*inspection.stored)
        facts.append({tr("Row"), tr("none with this id"), {}, {}, false, true});
    else
        addSession(facts, **inspection.stored, clock);
    return facts;
}

} // namespace lockkeeper::gui
