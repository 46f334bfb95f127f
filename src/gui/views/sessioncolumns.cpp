// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/sessioncolumns.h"

#include "app/sessionlookup.h"
#include "gui/models/locktablemodel.h"
#include "gui/views/locktable.h"

namespace lockkeeper::gui {

namespace {

constexpr int kShortList = 500;       ///< all sessions of such a list are looked up
constexpr int kMostLookedUp = 20'000; ///< at one time, whatever order or filter would like
constexpr milliseconds kPause{100};

} // namespace

SessionColumns::SessionColumns(LockTableModel &model, LockTable &table, QObject *parent)
    : QObject(parent)
    , m_model(model)
    , m_table(table)
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(kPause);
    connect(&m_timer, &QTimer::timeout, this, &SessionColumns::ask);
    connect(&table, &LockTable::screenChanged, this, &SessionColumns::askSoon);
}

void SessionColumns::setLookup(app::SessionLookup *lookup)
{
    if (m_lookup)
        disconnect(m_lookup, nullptr, this, nullptr);
    m_lookup = lookup;
    m_wanted.clear();
    if (lookup)
        connect(lookup, &app::SessionLookup::found, this, &SessionColumns::takeOver);
}

void SessionColumns::askSoon()
{
    if (m_lookup && !m_timer.isActive())
        m_timer.start();
}

void SessionColumns::ask()
{
    if (!m_lookup)
        return;
    const QSet<SessionId> wanted = wantedNow();
    const QSet<SessionId> left = m_wanted - wanted;
    const QSet<SessionId> added = wanted - m_wanted;
    m_wanted = wanted;
    m_lookup->forget(left.values());
    m_lookup->want(wanted.values());
    // What is known already is not announced again.
    QList<SessionId> known;
    for (const SessionId &id : added) {
        if (m_lookup->glance(id).state != app::SessionState::Unknown)
            known.append(id);
    }
    takeOver(known);
}

QSet<SessionId> SessionColumns::wantedNow() const
{
    const bool needsAll = m_model.order().needsSession() || !m_model.filter().isEmpty();
    const int most = needsAll ? kMostLookedUp : kShortList;
    const QList<SessionId> sessions =
        m_model.totalCount() <= most ? m_model.sessions() : m_table.sessionsOnScreen();
    return {sessions.begin(), sessions.end()};
}

void SessionColumns::takeOver(const QList<SessionId> &ids)
{
    for (const SessionId &id : ids)
        m_model.setGlance(id, m_lookup->glance(id));
}

} // namespace lockkeeper::gui
