// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "locks/feedstatus.h"
#include "locks/locknews.h"
#include "locks/lockreader.h"
#include "locks/lockregistry.h"
#include "locks/patrol.h"
#include "locks/serverwatch.h"
#include "redis/changefeed.h"
#include "redis/client.h"
#include "redis/scanner.h"

#include <QObject>
#include <QTimer>

namespace lockkeeper::locks {

/// Keeps a LockRegistry equal to the server: subscribe first, then scan, then re-read what the
/// feed names, one timer for the earliest deadline. See docs/architecture.md, "Watching".
class LockMonitor final : public QObject
{
    Q_OBJECT

public:
    /// The parts must outlive the monitor.
    LockMonitor(redis::Client &client, redis::ChangeFeed &changes, LockFamily family,
                const Clock &clock, QObject *parent = nullptr);

    /// Watches from now on, whenever client and channel are there.
    void start();
    /// Stops for good: no signal follows.
    void stop();

    [[nodiscard]] const LockRegistry &registry() const { return m_registry; }
    [[nodiscard]] const FeedStatus &feed() const { return m_feed; }
    /// As of when what is shown is proved: since then feed and reads have both been heard of.
    [[nodiscard]] std::optional<SteadyTime> lastProof() const;
    /// News for waiting acquires.
    [[nodiscard]] LockNews &news() { return m_news; }

    /// We are about to end this hold: see LockRegistry::expectEnd.
    void expectEnd(const LockKey &key, const Token &token, HoldEnd end);
    /// The act was refused: see LockRegistry::withdrawExpectation.
    void withdrawExpectation(const LockKey &key, const Token &token);
    /// We have released or deleted: see LockRegistry::noteOwnAct.
    void noteOwnAct(const LockKey &key) { m_registry.noteOwnAct(key); }
    /// See LockRegistry::noteDemand.
    void noteDemand(const QList<LockDemand> &demands);
    /// Scans again at full speed; rows stay.
    void rescan();
    /// Ends a scan that is under way. What it has found stays and is kept up to date; the list is
    /// partial, and not trusted, until the next scan is over.
    void cancelScan();
    /// Scans that were started, for tests and benchmarks: one, unless the feed was lost.
    [[nodiscard]] int scansStarted() const { return m_scansStarted; }

signals:
    /// Rows and events, as soon as they are known.
    void changed(const lockkeeper::locks::RegistryDelta &delta);
    void feedChanged(const lockkeeper::locks::FeedStatus &feed);
    /// Cached sessions were written, expired or deleted.
    void cachedSessionsChanged(const QList<lockkeeper::SessionId> &sessions);
    /// An audit has been through the whole keyspace.
    void audited();
    /// The whole keyspace may have changed: whatever was read before is stale.
    void everythingChanged();

private:
    void connectParts();
    void clientChanged(redis::Link::State state);
    void serverChanged();
    void feedEstablished();
    void feedLost();
    /// Whether commands and news come from one process of the server, as far as both tell.
    [[nodiscard]] bool isOneServer() const;
    void keysChanged(const QList<QByteArray> &keys);
    void beginScan(redis::Scanner::Pace pace);
    void scanFailed(const Error &error);
    void tellProgress(const redis::ScanProgress &progress);
    void readSoon();
    QCoro::Task<> readDirty();
    [[nodiscard]] bool take(const Result<ReadBatch> &batch, const QList<LockKey> &keys);
    void publish();
    void armExpiryTimer();
    void patrol();
    void noteDifferences(int keys);
    void watchOver();
    void updateFeed();
    [[nodiscard]] FeedStatus currentFeed() const;
    /// Why what is shown cannot be relied on, though the feed is there; empty: it can.
    [[nodiscard]] QString objection() const;

    redis::Client &m_client;
    redis::ChangeFeed &m_changes;
    const Clock &m_clock;
    LockRegistry m_registry;
    redis::Scanner m_scanner;
    Patrol m_patrol;
    LockNews m_news;
    FeedStatus m_feed;
    SteadyTime m_sessionsTold; ///< when everythingChanged() came for want of news of sessions
    std::optional<SteadyTime> m_watchedAt; ///< by the last turn of m_watchTimer
    int m_differences = 0;                 ///< that audits have found
    int m_newDifferences = 0;              ///< for which all is being read again
    std::optional<Error> m_scanError;
    std::optional<Error> m_readError; ///< of the newest read of locks
    redis::ScanProgress m_progress;   ///< as told last
    SteadyTime m_progressTold;
    bool m_isPartial = false; ///< the scan was cancelled
    ServerWatch m_server;
    QTimer m_expiryTimer;
    QTimer m_rescanTimer; ///< after a scan that the server cut short
    QTimer m_readTimer;
    QTimer m_watchTimer; ///< whether the server still speaks
    bool m_isStarted = false;
    bool m_isReading = false;
    int m_scansStarted = 0;
};

} // namespace lockkeeper::locks
