// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/sessionlookup.h"

#include <QLoggingCategory>
#include <QPointer>

#include <algorithm>

namespace lockkeeper::app {

using namespace std::chrono_literals;

Q_LOGGING_CATEGORY(lookupLog, "lockkeeper.lookup")

namespace {

constexpr qsizetype kBatch = 250;
/// Requests that come within this time of each other go together.
constexpr auto kGathering = 20ms;
/// When to look again for those that could not be read.
constexpr auto kRetry = 5s;

using Entries = Result<QHash<SessionId, sessions::CacheEntry>>;
using Summaries = Result<QList<sessions::SessionSummary>>;

void addCached(SessionGlance &glance, const sessions::CacheEntry &entry)
{
    glance.cachedBytes = entry.bytes;
    glance.cacheTtl = entry.ttl;
    if (!entry.summary)
        return;
    glance.title = entry.summary->title;
    glance.user = entry.summary->user;
    glance.updatedAt = entry.summary->updatedAt;
    glance.messages = entry.summary->messages;
}

/// The cached copy is what users see; the row fills in what the head of that copy did not say.
void addStored(SessionGlance &glance, const sessions::SessionSummary &row)
{
    if (!glance.title)
        glance.title = row.title;
    if (!glance.user)
        glance.user = row.user;
    if (!glance.updatedAt)
        glance.updatedAt = row.updatedAt;
    if (!glance.messages)
        glance.messages = row.messages;
}

/// As far as the head of the copy tells: what it does not say may be further down.
bool disagree(const sessions::CacheEntry &entry, const sessions::SessionSummary &row)
{
    if (!entry.summary)
        return false;
    const sessions::SessionSummary &copy = *entry.summary;
    return (copy.messages && copy.messages != row.messages) ||
           (copy.user && copy.user != row.user) ||
           (copy.title && !copy.title->isEmpty() && copy.title != row.title);
}

/// @param row null: there is none, or isAsked is false: the database could not be asked
SessionState stateOf(const sessions::CacheEntry *entry, bool hasDatabase,
                     const sessions::SessionSummary *row, bool isAsked)
{
    if (entry && !entry->summary && entry->summary.error().code == ErrorCode::Corrupt)
        return SessionState::CacheCorrupt;
    if (!hasDatabase)
        return entry ? SessionState::Ok : SessionState::None;
    if (!isAsked)
        return SessionState::Unknown;
    if (row && entry)
        return disagree(*entry, *row) ? SessionState::CacheMismatch : SessionState::Ok;
    if (row)
        return SessionState::DbOnly;
    return entry ? SessionState::CacheOnly : SessionState::None;
}

QHash<SessionId, SessionGlance> combined(const QList<SessionId> &ids, const Entries &entries,
                                         bool hasDatabase, const Summaries &rows)
{
    QHash<SessionId, const sessions::SessionSummary *> stored;
    if (rows) {
        for (const sessions::SessionSummary &row : *rows)
            stored.insert(row.id, &row);
    }
    QHash<SessionId, SessionGlance> glances;
    for (const SessionId &id : ids) {
        SessionGlance glance;
        const sessions::CacheEntry *entry = nullptr;
        if (entries) {
            if (const auto found = entries->constFind(id); found != entries->cend())
                entry = &*found;
        }
        if (entry)
            addCached(glance, *entry);
        const sessions::SessionSummary *row = stored.value(id, nullptr);
        if (row)
            addStored(glance, *row);
        if (entries)
            glance.state = stateOf(entry, hasDatabase, row, rows.has_value());
        glances.insert(id, glance);
    }
    return glances;
}

void logTrouble(const QString &where, const Error &error)
{
    if (error.code != ErrorCode::Cancelled)
        qCInfo(lookupLog).noquote() << where << describe(error);
}

/// What one turn found.
struct Turn
{
    QHash<SessionId, SessionGlance> glances;
    bool isDatabaseDown = false;
};

/// Touches nothing of the lookup: it may be gone before the servers have answered.
QCoro::Task<Turn> look(sessions::SessionCache *cache, sessions::SessionDatabase *database,
                       bool isDatabaseResting, QList<SessionId> ids)
{
    const Entries entries = co_await cache->entries(ids);
    if (!entries)
        logTrouble(QStringLiteral("sessions in the cache:"), entries.error());
    Summaries rows = QList<sessions::SessionSummary>{};
    if (isDatabaseResting)
        rows = Error{ErrorCode::CannotConnect, QStringLiteral("the database failed just now"), {}};
    else if (database)
        rows = co_await database->summaries(ids);
    if (!rows && !isDatabaseResting)
        logTrouble(QStringLiteral("sessions in the database:"), rows.error());
    Turn turn;
    turn.glances = combined(ids, entries, database != nullptr, rows);
    turn.isDatabaseDown = !rows && !isDatabaseResting;
    co_return turn;
}

} // namespace

SessionLookup::SessionLookup(sessions::SessionCache &cache, sessions::SessionDatabase *database,
                             FlowGroup &flows, QObject *parent)
    : QObject(parent)
    , m_cache(cache)
    , m_database(database)
    , m_flows(flows)
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(kGathering);
    connect(&m_timer, &QTimer::timeout, this, [this] { m_flows.start(fetchWanted()); });
    m_retryTimer.setSingleShot(true);
    m_retryTimer.setInterval(kRetry);
    connect(&m_retryTimer, &QTimer::timeout, this, &SessionLookup::retryUnknown);
    m_databaseRest.setSingleShot(true);
    m_databaseRest.setInterval(kRetry);
}

void SessionLookup::want(const QList<SessionId> &ids)
{
    for (const SessionId &id : ids) {
        if (!m_known.contains(id) && !m_inFlight.contains(id))
            m_wanted.insert(id);
    }
    fetchSoon();
}

void SessionLookup::invalidate(const QList<SessionId> &ids)
{
    for (const SessionId &id : ids) {
        if (m_known.contains(id) || m_inFlight.contains(id))
            m_wanted.insert(id);
    }
    fetchSoon();
}

void SessionLookup::invalidateAll()
{
    for (auto known = m_known.cbegin(); known != m_known.cend(); ++known)
        m_wanted.insert(known.key());
    m_wanted.unite(m_inFlight);
    fetchSoon();
}

void SessionLookup::forget(const QList<SessionId> &ids)
{
    for (const SessionId &id : ids) {
        m_known.remove(id);
        m_wanted.remove(id);
        m_inFlight.remove(id);
    }
}

QCoro::Task<QHash<SessionId, SessionGlance>> SessionLookup::fetch(QList<SessionId> ids)
{
    sessions::SessionCache *cache = &m_cache;
    sessions::SessionDatabase *database = m_database;
    QHash<SessionId, SessionGlance> all;
    bool isDatabaseDown = false;
    for (qsizetype first = 0; first < ids.size(); first += kBatch) {
        const Turn turn = co_await look(cache, database, isDatabaseDown, ids.mid(first, kBatch));
        isDatabaseDown = isDatabaseDown || turn.isDatabaseDown;
        all.insert(turn.glances);
    }
    co_return all;
}

void SessionLookup::stop()
{
    m_isStopped = true;
    m_timer.stop();
    m_retryTimer.stop();
    m_wanted.clear();
}

void SessionLookup::fetchSoon()
{
    if (!m_wanted.isEmpty() && !m_isFetching && !m_isStopped && !m_timer.isActive())
        m_timer.start();
}

QCoro::Task<> SessionLookup::fetchWanted()
{
    const QPointer<SessionLookup> self(this);
    const QList<SessionId> ids = takeWanted();
    m_isFetching = true;
    const Turn turn = co_await look(&m_cache, m_database, m_databaseRest.isActive(), ids);
    if (!self || m_isStopped)
        co_return;
    m_isFetching = false;
    if (turn.isDatabaseDown) {
        m_databaseRest.start();
        emit databaseFailed();
    }
    keep(turn.glances);
    fetchSoon();
}

QList<SessionId> SessionLookup::takeWanted()
{
    QList<SessionId> ids;
    for (auto id = m_wanted.begin(); id != m_wanted.end() && ids.size() < kBatch;) {
        ids.append(*id);
        m_inFlight.insert(*id);
        id = m_wanted.erase(id);
    }
    return ids;
}

void SessionLookup::keep(const QHash<SessionId, SessionGlance> &glances)
{
    QList<SessionId> ids;
    for (auto glance = glances.cbegin(); glance != glances.cend(); ++glance) {
        if (!m_inFlight.remove(glance.key()))
            continue;
        m_known.insert(glance.key(), glance.value());
        ids.append(glance.key());
        if (glance->state == SessionState::Unknown && !m_retryTimer.isActive())
            m_retryTimer.start();
    }
    if (!ids.isEmpty())
        emit found(ids);
}

void SessionLookup::retryUnknown()
{
    for (auto known = m_known.cbegin(); known != m_known.cend(); ++known) {
        if (known->state == SessionState::Unknown)
            m_wanted.insert(known.key());
    }
    fetchSoon();
}

} // namespace lockkeeper::app
