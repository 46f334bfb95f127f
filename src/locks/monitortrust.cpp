// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockmonitor.h"

#include <QLoggingCategory>

#include <algorithm>
#include <utility>

/// The part of LockMonitor that judges whether what is shown can be relied on.
namespace lockkeeper::locks {

using redis::Scanner;

namespace {

Q_LOGGING_CATEGORY(lcTrust, "lockkeeper.locks.trust")

/// A server that lives is heard of every second.
constexpr auto kSilence = milliseconds(2500);
/// The machine slept, or we were stopped: timers do not count on then, leases do.
constexpr auto kStandstill = milliseconds(3000);

} // namespace

void LockMonitor::serverChanged()
{
    const ServerWatch::News news = m_server.take(m_client.serverInfo(), m_clock.wall());
    if (!m_isStarted)
        return;
    if (news.isOtherProcess)
        m_registry.noteFlush();
    if (!m_changes.isEstablished()) {
        updateFeed();
    } else if (!isOneServer()) {
        m_changes.restart({ErrorCode::ConnectionLost,
                           QStringLiteral("commands reach another server, or another process of "
                                          "it, than the one that tells of changes"),
                           {}});
    } else if (news.isOtherProcess || news.isOtherRole) {
        beginScan(Scanner::Pace::Gentle);
    } else {
        updateFeed();
    }
}

bool LockMonitor::isOneServer() const
{
    const QString fed = m_changes.runId();
    const QString read = m_client.serverInfo().runId;
    return !m_client.isReady() || fed.isEmpty() || read.isEmpty() || fed == read;
}

void LockMonitor::feedEstablished()
{
    beginScan(Scanner::Pace::Gentle);
    serverChanged(); // the news may come from another server now
}

void LockMonitor::feedLost()
{
    m_scanner.stop();
    m_patrol.stop();
    m_registry.distrust();
    publish();
}

void LockMonitor::noteDifferences(int keys)
{
    m_differences += keys;
    m_newDifferences = keys;
    qCWarning(lcTrust) << "the audit found" << keys
                       << (keys == 1 ? "row that differed" : "rows that differed");
    beginScan(Scanner::Pace::Full);
    emit everythingChanged();
}

void LockMonitor::watchOver()
{
    const SteadyTime now = m_clock.steady();
    const auto before = std::exchange(m_watchedAt, now);
    if (before && now - *before > kStandstill) {
        qCInfo(lcTrust) << "nothing ran for a while: all is read again";
        m_registry.expireDue();
        if (m_changes.isEstablished())
            beginScan(Scanner::Pace::Full);
        readSoon();
    }
    updateFeed();
}

std::optional<SteadyTime> LockMonitor::lastProof() const
{
    // A push that came while nothing could be read proves nothing of the rows.
    const auto fed = m_changes.lastProof();
    const auto read = m_client.lastHeard();
    return fed && read ? std::optional(std::min(*fed, *read)) : std::nullopt;
}

void LockMonitor::updateFeed()
{
    const FeedStatus feed = currentFeed();
    if (feed == m_feed)
        return;
    m_feed = feed;
    if (m_registry.isSynced())
        m_newDifferences = 0;
    emit feedChanged(m_feed);
}

FeedStatus LockMonitor::currentFeed() const
{
    FeedStatus feed;
    feed.differences = m_differences;
    if (m_scanner.isRunning())
        feed.scan = m_progress;
    feed.isPartial = m_isPartial;
    if (!m_changes.isEstablished()) {
        feed.reason =
            m_changes.lastError() ? m_changes.lastError()->what : QStringLiteral("connecting");
        return feed;
    }
    feed.kind = statusKind(m_changes.kind());
    feed.reason = objection();
    feed.isTrusted = feed.reason.isEmpty();
    if (feed.isTrusted)
        feed.reason = limitsOf(m_changes, m_patrol.resolution(), m_differences);
    return feed;
}

QString LockMonitor::objection() const
{
    if (!m_client.isReady())
        return m_client.lastError() ? m_client.lastError()->what : QStringLiteral("connecting");
    if (const QString reason = m_server.objection(); !reason.isEmpty())
        return reason;
    if (m_scanError)
        return m_scanError->what;
    const bool isAnyToBeRead = m_registry.hasDirty() || m_registry.hasReadsUnderWay();
    if (m_readError && isAnyToBeRead) // what is new of these locks is not known
        return m_readError->what;
    if (const auto refusal = m_registry.refusal())
        return refusal->what;
    if (m_isPartial)
        return QStringLiteral("the scan was cancelled");
    if (!m_registry.isSynced() && m_newDifferences > 0)
        return differencesText(m_newDifferences) + u"; all is read again";
    if (!m_registry.isSynced())
        return QStringLiteral("reading the locks");
    const auto proof = lastProof();
    if (proof && m_clock.steady() - *proof > kSilence)
        return QStringLiteral("the server has not answered for more than two seconds");
    return {};
}

} // namespace lockkeeper::locks
