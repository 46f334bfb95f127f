// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/flows.h"
#include "redis/client.h"

#include <QByteArray>
#include <QList>
#include <QObject>

namespace lockkeeper::redis {

/// How far a scan has come.
struct ScanProgress
{
    qint64 keysExamined = 0;         ///< roughly: pages times their COUNT
    std::optional<qint64> keysInAll; ///< DBSIZE, where the server told it
    qint64 keysFound = 0;

    friend bool operator==(const ScanProgress &, const ScanProgress &) = default;

    /// 0 to 1, where the total is known.
    [[nodiscard]] std::optional<double> fraction() const;
};

/// Walks the keyspace, primary by primary and page by page, with SCAN MATCH `<prefix>*` and adapts
/// COUNT so that one call holds the server for a millisecond at the most, less when paced; rests
/// between calls then.
class Scanner final : public QObject
{
    Q_OBJECT

public:
    enum class Pace {
        Full,       ///< the next page as soon as the last one came
        Gentle,     ///< rests between pages: about a fifth of the server's time at most
        Background, ///< nobody waits: about a 250th
    };

    Scanner(Client &client, const Clock &clock, QObject *parent = nullptr);

    /// Starts over from the first page; a scan under way is dropped.
    void start(const QByteArray &prefix, Pace pace);
    void stop();
    [[nodiscard]] bool isRunning() const { return m_isRunning; }
    /// How much of the server's time the scan has taken so far, at most.
    [[nodiscard]] SteadyTime::duration busy() const { return m_busy; }
    [[nodiscard]] const ScanProgress &progress() const { return m_progress; }

    /// `text` with the glob characters of MATCH escaped.
    [[nodiscard]] static QByteArray escapeGlob(const QByteArray &text);

signals:
    /// A page's keys; a key may come more than once.
    void found(const QList<QByteArray> &keys);
    void progressed(const lockkeeper::redis::ScanProgress &progress);
    void finished();
    void failed(const lockkeeper::Error &error);

private:
    void tell(const QList<Reply> &page, bool isLast);
    QCoro::Task<> walk(quint64 generation, QByteArray pattern, Pace pace);
    /// One primary; false when the walk has failed or is not wanted any more.
    QCoro::Task<bool> walkOne(quint64 generation, NodeId node, QByteArray pattern, Pace pace);
    /// How many keys all have, where all tell.
    QCoro::Task<> countKeys(quint64 generation, QList<Primary> primaries);
    void fail(const Error &error);

    Client &m_client;
    const Clock &m_clock;
    ScanProgress m_progress;
    SteadyTime::duration m_busy{};
    quint64 m_generation = 0;
    bool m_isRunning = false;
};

} // namespace lockkeeper::redis
