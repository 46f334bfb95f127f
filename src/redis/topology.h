// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/strongtype.h"
#include "redis/deployment.h"
#include "redis/link.h"
#include "redis/servertime.h"

#include <QFuture>
#include <QList>
#include <QObject>

#include <memory>
#include <optional>

namespace lockkeeper::redis {

/// One of the servers that keys are written to; the same for as long as it is the same server at
/// the same address.
using NodeId = StrongBytes<struct NodeIdTag>;

/// A server that keys are written to.
struct Primary
{
    NodeId id;
    ServerAddress address; ///< where we reach it
    Endpoint announced;    ///< where it is by the word of Sentinels or cluster
    ServerInfo info;       ///< what it said of itself when it was connected
    bool isReady = false;  ///< connected now
};

/// Which servers hold the keys now, and the connections that carry commands to them. It follows
/// primaries that fail over and keys that move between them; no command that may have run is sent
/// a second time.
class Topology : public QObject
{
    Q_OBJECT

public:
    using Replies = QFuture<Result<QList<Reply>>>;

    struct Options
    {
        bool reconnects = true; ///< false: one try
    };

    [[nodiscard]] static std::unique_ptr<Topology> make(const Deployment &deployment,
                                                        Options options, const Clock &clock);

    using QObject::QObject;

    /// Starts connecting. The future ends with the outcome of the first try: with success when
    /// every primary is connected. Later tries go on in the background where the failure is a
    /// passing one.
    [[nodiscard]] virtual QFuture<Result<void>> open() = 0;
    /// Ends for good: every open send ends.
    virtual void close() = 0;
    /// Tries again at once instead of waiting, after a lasting failure too.
    virtual void retryNow() = 0;
    [[nodiscard]] virtual std::optional<milliseconds> nextTry() const = 0;

    /// Ready: all primaries are known and connected. Where only some are, sends to those work.
    [[nodiscard]] virtual Link::State state() const = 0;
    /// Why it is not Ready; nullopt while it is.
    [[nodiscard]] virtual const std::optional<Error> &lastError() const = 0;
    /// The server's, or what holds of all primaries; a run id only where there is one server.
    [[nodiscard]] virtual ServerInfo serverInfo() const = 0;
    /// Since when nothing is older: of the primary that was silent for longest.
    [[nodiscard]] virtual std::optional<SteadyTime> lastHeard() const = 0;
    /// Round trip of the newest heartbeat, of the slowest primary.
    [[nodiscard]] virtual std::optional<std::chrono::microseconds> roundTrip() const = 0;

    /// In a stable order; empty while none is known.
    [[nodiscard]] virtual QList<Primary> primaries() const = 0;
    /// The primary that serves a key; empty while none is known to.
    [[nodiscard]] virtual NodeId nodeOf(const QByteArray &key) const = 0;
    /// Whether any key is served by the node: one that has just joined a cluster serves none.
    [[nodiscard]] virtual bool isServing(const NodeId &node) const { return node == nodeOf({}); }
    /// What is connected to now, for screens: "127.0.0.1:6379".
    [[nodiscard]] virtual QString place() const = 0;

    /// Each command goes to the primary of its key, one without a key to any.
    [[nodiscard]] virtual Replies send(const QList<Command> &commands) = 0;
    /// All to one primary; CannotConnect when it is none any more.
    [[nodiscard]] virtual Replies sendTo(const NodeId &node, const QList<Command> &commands) = 0;

signals:
    void stateChanged(lockkeeper::redis::Link::State state);
    /// serverInfo() has changed, while connected.
    void serverInfoChanged();
    /// A server told its clock; always the same one, as long as it is there.
    void timeTold(const lockkeeper::redis::ServerTime::Sample &sample);
    /// Other primaries than before: what was told by and read from one server alone has gaps.
    void primariesChanged();
    /// Keys have moved from one to another of the primaries that there are.
    void slotsMoved();
};

} // namespace lockkeeper::redis
