// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/serverwatch.h"

#include <QDateTime>

#include <utility>

namespace lockkeeper::locks {

namespace {

QString timeOfDay(WallTime time)
{
    const auto ms = std::chrono::floor<milliseconds>(time).time_since_epoch().count();
    return QDateTime::fromMSecsSinceEpoch(ms).toString(QStringLiteral("HH:mm:ss"));
}

} // namespace

ServerWatch::News ServerWatch::take(const redis::ServerInfo &info, WallTime now)
{
    redis::ServerInfo next = info;
    if (next.runId.isEmpty())
        next.runId = m_info.runId;
    if (next.role.isEmpty()) {
        next.role = m_info.role;
        next.primary = m_info.primary;
        next.isPrimaryLinkUp = m_info.isPrimaryLinkUp;
    }
    const redis::ServerInfo before = std::exchange(m_info, next);
    News news;
    news.isOtherProcess = !before.runId.isEmpty() && before.runId != next.runId;
    news.isOtherRole =
        !before.role.isEmpty() && (before.role != next.role || before.primary != next.primary);
    if (!next.isReplica())
        m_replicaSince.reset();
    else if (before.isPrimary())
        m_replicaSince = now;
    return news;
}

QString ServerWatch::objection() const
{
    if (!m_info.isReplica())
        return {};
    QString text = QStringLiteral("this server is a replica");
    if (!m_info.primary.isEmpty())
        text += u" of " + m_info.primary;
    if (m_replicaSince)
        text += u" since " + timeOfDay(*m_replicaSince);
    text += u"; what it shows may lag; writes are refused";
    if (!m_info.isPrimaryLinkUp)
        text += u"; it does not hear of its primary now";
    return text;
}

} // namespace lockkeeper::locks
