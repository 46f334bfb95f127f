// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/aftercare.h"

#include "core/text.h"

#include <QLoggingCategory>
#include <QPointer>

#include <algorithm>
#include <utility>

namespace lockkeeper::app {

using namespace std::chrono_literals;
using Kind = locks::LockObservation::Kind;

namespace {

Q_LOGGING_CATEGORY(lcAftercare, "lockkeeper.aftercare")

/// How often it looks where no news comes, and at rows, of which none comes ever.
constexpr milliseconds kInterval = 1s;
constexpr milliseconds kRowInterval = 5s;

/// How old a look may be that proves how things are, and how long one may take.
constexpr milliseconds kFresh = 3 * kInterval;

/// That nothing came back within less than this says nothing.
constexpr milliseconds kWorthTelling = 1s;

} // namespace

/// One act that is watched.
struct Aftercare::Watch
{
    DoneAct act;
    LockKey lockKey;
    CacheKey cacheKey;
    SteadyTime since;
    SteadyTime rowsReadAt;
    bool isLooking = false;
    bool isLookWanted = false; ///< once more, after the look that is under way
    bool isUnread = false;     ///< the newest look could not read all of it
    SteadyTime lookBegan;      ///< of the newest look
    SteadyTime lookedAt;       ///< when the newest look that read all of it had ended
    bool isCached = false;     ///< known to be there again
    bool isStored = false;
    bool isTrouble = false; ///< somebody undid the act
    Token lastToken;        ///< the newest holder that was told of
    QStringList texts;
};

Aftercare::Aftercare(Parts parts, QObject *parent)
    : QObject(parent)
    , m_parts(std::move(parts))
{
    m_timer.setInterval(kInterval);
    connect(&m_timer, &QTimer::timeout, this, &Aftercare::look);
    connect(&m_parts.changes, &redis::ChangeFeed::keysChanged, this, &Aftercare::keysChanged);
    // What came while nobody told is not told of later.
    connect(&m_parts.changes, &redis::ChangeFeed::established, this, &Aftercare::lookAtAll);
    connect(&m_parts.changes, &redis::ChangeFeed::everythingChanged, this, &Aftercare::lookAtAll);
}

Aftercare::~Aftercare() = default;

void Aftercare::watch(const DoneAct &act)
{
    for (const WatchPtr &earlier : std::vector(m_watches)) {
        if (earlier->act.intent.session == act.intent.session)
            finish(earlier);
    }
    const auto watch = std::make_shared<Watch>();
    watch->act = act;
    watch->lockKey = m_parts.locks.family().lockKey(act.intent.session);
    watch->cacheKey = m_parts.locks.family().cacheKey(act.intent.session);
    watch->since = m_parts.clock.steady();
    watch->rowsReadAt = watch->since;
    watch->lookBegan = watch->since;
    watch->lookedAt = watch->since;
    m_watches.push_back(watch);
    m_timer.start();
    lookAt(watch); // what came between the act and now
}

void Aftercare::end()
{
    for (const WatchPtr &watch : std::vector(m_watches))
        finish(watch);
}

void Aftercare::keysChanged(const QList<QByteArray> &keys)
{
    for (const WatchPtr &watch : std::vector(m_watches)) {
        if (keys.contains(watch->lockKey.bytes()) || keys.contains(watch->cacheKey.bytes()))
            lookAt(watch);
    }
}

void Aftercare::lookAtAll()
{
    for (const WatchPtr &watch : std::vector(m_watches))
        lookAt(watch);
}

void Aftercare::look()
{
    const SteadyTime now = m_parts.clock.steady();
    const bool areBlind = isBlind();
    for (const WatchPtr &watch : std::vector(m_watches)) {
        const auto over = now - watch->since - kSpan;
        // The last look may have been before the machine slept.
        if (over >= kFresh || (over >= 0s && isKnown(*watch)))
            finish(watch);
        else if (areBlind || over >= 0s || watch->isUnread ||
                 (watch->act.isDelete && now - watch->rowsReadAt >= kRowInterval))
            lookAt(watch);
    }
}

void Aftercare::lookAt(const WatchPtr &watch)
{
    watch->isLookWanted = true;
    if (!std::exchange(watch->isLooking, true))
        m_parts.flows.start(lookFlow(watch));
}

/// What cannot be read now is looked at again a moment later.
QCoro::Task<> Aftercare::lookFlow(WatchPtr watch)
{
    const QPointer<Aftercare> self(this);
    const SessionId session = watch->act.intent.session;
    const QList<SessionId> ids{session};
    while (self && isWatched(watch) && std::exchange(watch->isLookWanted, false)) {
        watch->lookBegan = m_parts.clock.steady();
        const auto lock = co_await m_parts.locks.read(watch->lockKey);
        if (!self || !isWatched(watch))
            break;
        bool isRead = lock.has_value();
        if (lock)
            judgeLock(*watch, *lock);
        if (watch->act.isDelete) {
            const auto entries = co_await m_parts.cache.entries(ids);
            if (!self || !isWatched(watch))
                break;
            isRead = isRead && entries;
            judgeCopy(*watch, entries && entries->contains(session));
        }
        if (watch->act.isDelete && m_parts.database) {
            watch->rowsReadAt = m_parts.clock.steady();
            const auto rows = co_await m_parts.database->summaries(ids);
            if (!self || !isWatched(watch))
                break;
            isRead = isRead && rows;
            judgeRow(*watch, rows && !rows->isEmpty());
        }
        watch->isUnread = !isRead;
        if (isRead)
            watch->lookedAt = m_parts.clock.steady();
    }
    watch->isLooking = false;
}

void Aftercare::judgeCopy(Watch &watch, bool isCached)
{
    if (isCached && !std::exchange(watch.isCached, true))
        note(watch, {.kind = Finding::Kind::Cache,
                     .text = QStringLiteral("the cached copy was written again")});
}

void Aftercare::judgeRow(Watch &watch, bool isStored)
{
    if (isStored && !std::exchange(watch.isStored, true))
        note(watch,
             {.kind = Finding::Kind::Stored, .text = QStringLiteral("the row was written again")});
}

void Aftercare::judgeLock(Watch &watch, const locks::LockObservation &lock)
{
    if (lock.kind != Kind::Held || lock.token == watch.lastToken)
        return;
    watch.lastToken = lock.token;
    if (m_parts.locks.isOurs(lock.token))
        return; // we act on it once more
    const locks::Owner owner =
        locks::decodeOwner(lock.token, m_parts.clock.wall(), m_parts.nodeNames);
    const auto &before = watch.act.owner;
    const bool isSame = lock.token == watch.act.intent.token ||
                        (before && !before->nodeId.isEmpty() && before->nodeId == owner.nodeId &&
                         before->worker == owner.worker);
    const QString who = owner.label;
    note(watch, {.kind = Finding::Kind::Lock,
                 .isSameOwner = isSame,
                 .text = isSame ? QString(who + u", which had lost the lock, holds it again")
                                : QString(who + u" has taken the lock")});
}

void Aftercare::note(Watch &watch, Finding finding)
{
    finding.actionId = watch.act.intent.actionId;
    finding.session = watch.act.intent.session;
    finding.after = std::chrono::floor<milliseconds>(m_parts.clock.steady() - watch.since);
    // After a release somebody else is expected: the next in the queue.
    finding.isTrouble = watch.act.isDelete || finding.isSameOwner;
    watch.isTrouble = watch.isTrouble || finding.isTrouble;
    const QString after = spanText(finding.after);
    finding.text = finding.isTrouble ? QString(u"reappeared after " + after + u": " + finding.text +
                                               u": a back end is still writing")
                                     : QString(finding.text + u", " + after +
                                               u" later: the next that asked "
                                               u"for it");
    watch.texts.append(finding.text);
    emit found(finding);
}

/// Silence proves something only where news reach us, or a look has just been through.
bool Aftercare::isKnown(const Watch &watch) const
{
    const SteadyTime now = m_parts.clock.steady();
    const bool isStuck = watch.isLooking && now - watch.lookBegan > kFresh;
    if (watch.isUnread || isStuck)
        return false;
    return !isBlind() || now - watch.lookedAt <= kFresh;
}

bool Aftercare::isKnown() const
{
    return std::ranges::all_of(m_watches, [this](const WatchPtr &one) { return isKnown(*one); });
}

bool Aftercare::isBlind() const
{
    return !m_parts.changes.isEstablished() ||
           m_parts.changes.kind() == redis::ChangeFeed::Kind::Poll;
}

QString Aftercare::outcomeOf(const Watch &watch, bool isKnown)
{
    if (watch.isTrouble)
        return QStringLiteral("reappeared");
    if (!isKnown)
        return QStringLiteral("not known: it could not be read to the end");
    return watch.texts.isEmpty() ? QStringLiteral("nothing came back")
                                 : QStringLiteral("taken by the next");
}

void Aftercare::finish(const WatchPtr &watch)
{
    if (std::erase(m_watches, watch) == 0)
        return;
    if (m_watches.empty())
        m_timer.stop();
    const auto watched = std::chrono::floor<milliseconds>(m_parts.clock.steady() - watch->since);
    const bool wasKnown = isKnown(*watch);
    emit ended(watch->act.intent.session, wasKnown);
    if (watched < kWorthTelling && watch->texts.isEmpty())
        return;
    AuditEntry entry = watch->act.intent;
    entry.phase = AuditEntry::Phase::Finding;
    entry.outcome = outcomeOf(*watch, wasKnown);
    entry.steps = watch->texts;
    entry.took = watched;
    m_parts.flows.start(recordFlow(entry));
}

QCoro::Task<> Aftercare::recordFlow(AuditEntry finding)
{
    const Result<void> written = co_await m_parts.audit.append(finding);
    if (!written)
        qCWarning(lcAftercare).noquote()
            << "what an act left behind is not in the audit log -" << describe(written.error());
}

bool Aftercare::isWatched(const WatchPtr &watch) const
{
    return std::ranges::find(m_watches, watch) != m_watches.end();
}

} // namespace lockkeeper::app
