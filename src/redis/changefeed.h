// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/error.h"

#include <QByteArray>
#include <QLatin1StringView>
#include <QList>
#include <QObject>

#include <optional>

namespace lockkeeper::redis {

/// How news of changed keys reaches us. News says "re-read", never what happened.
class ChangeFeed : public QObject
{
    Q_OBJECT

public:
    enum class Kind {
        Push,   ///< client-side-caching broadcast: every change, a flush too
        Notify, ///< keyspace notifications: every change of a key, but no flush
        Poll,   ///< nobody tells us: we look again and again
    };

    using QObject::QObject;

    /// Starts trying; the outcome comes as a signal, of this try and of each later one.
    virtual void open() = 0;
    /// Ends for good: no signal follows.
    virtual void close() = 0;
    /// Tries again at once instead of waiting, after a lasting failure too.
    virtual void retryNow() = 0;

    /// What has come over it is not to be relied on, for the reason in `why`: it is lost, and tried
    /// for anew a moment later.
    virtual void restart(const Error &why) = 0;

    /// The kind that is established, or that is being tried.
    [[nodiscard]] virtual Kind kind() const = 0;
    /// Whether changes reach us: subscribed, and the last heartbeat was answered.
    [[nodiscard]] virtual bool isEstablished() const = 0;
    /// Whether a try is being made now.
    [[nodiscard]] virtual bool isTrying() const = 0;
    /// Whether the server answers, but does not offer this kind: another try will not help, another
    /// kind may.
    [[nodiscard]] virtual bool isRefused() const = 0;
    /// How long until the next try; nullopt while none is scheduled.
    [[nodiscard]] virtual std::optional<milliseconds> nextTry() const = 0;
    /// When the server last proved that it talks to us; it stays known when the feed is lost.
    [[nodiscard]] virtual std::optional<SteadyTime> lastProof() const = 0;
    /// Why there is no feed; a server that refuses it says so here.
    [[nodiscard]] virtual std::optional<Error> lastError() const = 0;
    /// The process of the server that the news come from, as INFO names it; empty: not known.
    [[nodiscard]] virtual QString runId() const { return {}; }
    /// Why it is this kind and no better one, as a sentence; empty for the best.
    [[nodiscard]] virtual QString whyNotBetter() const { return {}; }

signals:
    /// Every change after this moment is announced; earlier ones may have been missed. It comes
    /// again, without lost(), where a better kind takes over.
    void established();
    /// The feed is gone; nothing is announced until established().
    void lost(const lockkeeper::Error &error);
    void keysChanged(const QList<QByteArray> &keys);
    /// Everything may have changed (FLUSHDB, FLUSHALL, full resync): scan again.
    void everythingChanged();
};

/// "push", "notify" or "poll".
[[nodiscard]] QLatin1StringView name(ChangeFeed::Kind kind);

} // namespace lockkeeper::redis
