// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/eventlistmodel.h"

#include "core/text.h"
#include "gui/models/words.h"

#include <algorithm>

namespace lockkeeper::gui {

namespace {

constexpr milliseconds kFlushInterval{200}; // nobody reads faster

} // namespace

EventListModel::EventListModel(QObject *parent)
    : QAbstractListModel(parent)
{
    m_flushTimer.setSingleShot(true);
    m_flushTimer.setInterval(kFlushInterval);
    connect(&m_flushTimer, &QTimer::timeout, this, &EventListModel::flush);
}

void EventListModel::apply(const locks::RegistryDelta &delta)
{
    using Kind = locks::LockEvent::Kind;
    // Of a long delta only the end will be seen.
    const qsizetype skipped =
        std::max<qsizetype>(0, delta.events.size() - static_cast<qsizetype>(kCapacity));
    for (qsizetype i = skipped; i < delta.events.size(); ++i) {
        const locks::LockEvent &event = delta.events[i];
        if (event.kind == Kind::Snapshot)
            continue; // the list shows them
        queue({event.at, event.session, eventSentence(event),
               event.kind == Kind::Ended && event.end != locks::HoldEnd::Released});
    }
}

void EventListModel::note(WallTime at, const QString &sentence)
{
    queue({at, {}, sentence, false});
}

void EventListModel::warn(WallTime at, const SessionId &session, const QString &sentence)
{
    queue({at, session, sentence, true});
}

void EventListModel::clear()
{
    beginResetModel();
    m_lines.clear();
    m_pending.clear();
    endResetModel();
}

void EventListModel::queue(Line line)
{
    m_pending.push_back(std::move(line));
    if (m_pending.size() > kCapacity)
        m_pending.pop_front();
    if (!m_flushTimer.isActive())
        m_flushTimer.start();
}

void EventListModel::flush()
{
    if (m_pending.empty())
        return;
    const std::size_t room = kCapacity - m_pending.size();
    if (m_lines.size() > room) {
        beginRemoveRows({}, static_cast<int>(room), rowCount() - 1);
        m_lines.resize(room);
        endRemoveRows();
    }
    beginInsertRows({}, 0, static_cast<int>(m_pending.size()) - 1);
    for (Line &line : m_pending)
        m_lines.push_front(std::move(line));
    m_pending.clear();
    endInsertRows();
}

int EventListModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_lines.size());
}

QVariant EventListModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || (role != Qt::DisplayRole && role != Qt::AccessibleTextRole))
        return {};
    const Line &line = lineAt(index.row());
    QString text = timeOfDay(line.at) + u"  ";
    if (!line.session.isEmpty())
        text += shortened(printable(line.session.bytes())) + u' ';
    return QString(text + line.sentence);
}

} // namespace lockkeeper::gui
