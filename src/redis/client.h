// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/flows.h"
#include "redis/command.h"
#include "redis/commandgate.h"
#include "redis/deployment.h"
#include "redis/link.h"
#include "redis/reply.h"
#include "redis/script.h"
#include "redis/serverinfo.h"
#include "redis/servertime.h"
#include "redis/topology.h"

#include <QFuture>
#include <QObject>

#include <memory>

namespace lockkeeper::redis {

/// The command side of a deployment: keeps connections to its primaries, sends commands through the
/// gate, runs scripts. It reconnects by itself; it never sends a second time what may have run.
class Client final : public QObject
{
    Q_OBJECT

public:
    struct Options
    {
        bool isReadOnly = false;
        bool reconnects = true; ///< false: one try, for programs that should fail at once
    };

    Client(Deployment deployment, Options options, const Clock &clock, QObject *parent = nullptr);

    /// Starts connecting. The future ends with the outcome of the first try; later tries go on in
    /// the background where the failure is a passing one.
    [[nodiscard]] QFuture<Result<void>> open() { return m_topology->open(); }
    /// Ends for good: every open send gets Cancelled.
    void close() { m_topology->close(); }

    /// Tries again at once instead of waiting, after a lasting failure too.
    void retryNow() { m_topology->retryNow(); }
    /// How long until the next try; nullopt while none is scheduled.
    [[nodiscard]] std::optional<milliseconds> nextTry() const { return m_topology->nextTry(); }

    /// Ready: every primary is connected. Where only some are, sends to those work.
    [[nodiscard]] Link::State state() const { return m_topology->state(); }
    [[nodiscard]] bool isReady() const { return state() == Link::State::Ready; }
    /// Why it is not Ready; nullopt while it is.
    [[nodiscard]] const std::optional<Error> &lastError() const { return m_topology->lastError(); }
    [[nodiscard]] const Deployment &deployment() const { return m_deployment; }
    /// What is connected to now, for screens: "127.0.0.1:6379".
    [[nodiscard]] QString place() const { return m_topology->place(); }
    /// The servers that keys are written to; primariesChanged() tells when they are others.
    [[nodiscard]] QList<Primary> primaries() const { return m_topology->primaries(); }
    /// The primary that serves a key; empty while none is known to.
    [[nodiscard]] NodeId nodeOf(const QByteArray &key) const { return m_topology->nodeOf(key); }
    /// A key that begins with `prefix` and that this primary serves.
    [[nodiscard]] QByteArray keyOn(const NodeId &node, const QByteArray &prefix) const;
    /// See Topology::isServing().
    [[nodiscard]] bool isServing(const NodeId &node) const { return m_topology->isServing(node); }
    /// What the server said of itself, its role as of the newest heartbeat; of several what holds
    /// of all.
    [[nodiscard]] ServerInfo serverInfo() const { return m_topology->serverInfo(); }
    /// The server's clock; it is asked for on connecting, and from time to time. Of several servers
    /// it is one's.
    [[nodiscard]] const ServerTime &serverTime() const { return m_serverTime; }
    [[nodiscard]] const CommandGate &gate() const { return m_gate; }
    void setReadOnly(bool isReadOnly) { m_gate.setReadOnly(isReadOnly); }
    [[nodiscard]] const Clock &clock() const { return m_clock; }
    /// When the server last said anything over a connection that was Ready; of several the one that
    /// was silent for longest.
    [[nodiscard]] std::optional<SteadyTime> lastHeard() const { return m_topology->lastHeard(); }
    /// Round trip of the newest heartbeat.
    [[nodiscard]] std::optional<std::chrono::microseconds> roundTrip() const
    {
        return m_topology->roundTrip();
    }

    /// One command. A server error reply is a value here; see value() for turning it into an Error.
    [[nodiscard]] QFuture<Result<Reply>> send(Command command);
    /// Many commands in one write to each primary that they concern, at most kMaxPipeline of them.
    /// One without a key goes to any primary.
    [[nodiscard]] QFuture<Result<QList<Reply>>> send(const QList<Command> &commands);
    /// The same to one primary: what each has to be asked for itself.
    [[nodiscard]] QFuture<Result<QList<Reply>>> sendTo(const NodeId &node,
                                                       const QList<Command> &commands);
    [[nodiscard]] QFuture<Result<Reply>> sendTo(const NodeId &node, Command command);
    /// EVALSHA, and EVAL when the server does not know the script yet (which has run nothing then).
    [[nodiscard]] Task<Reply> run(Script script, QList<QByteArray> keys,
                                  QList<QByteArray> arguments);

    /// Commands in one pipeline; keeps a turn of the event loop short.
    static constexpr int kMaxPipeline = 1000;

signals:
    void stateChanged(lockkeeper::redis::Link::State state);
    /// serverInfo() has changed, while connected.
    void serverInfoChanged();
    /// See Topology::primariesChanged().
    void primariesChanged();
    /// See Topology::slotsMoved().
    void slotsMoved();
    /// The server's clock was set: leases end earlier or later now.
    void serverTimeStepped();
    /// A server answered NOPERM to the command.
    void refused(const lockkeeper::redis::Command &command);

private:
    void takeTime(const ServerTime::Sample &sample);
    [[nodiscard]] Result<void> check(const QList<Command> &commands) const;
    [[nodiscard]] QFuture<Result<QList<Reply>>> heard(QFuture<Result<QList<Reply>>> replies,
                                                      const QList<Command> &commands);

    Deployment m_deployment;
    const Clock &m_clock;
    CommandGate m_gate;
    ServerTime m_serverTime;
    std::unique_ptr<Topology> m_topology;
};

/// The reply as it is, or as the Error it stands for when it is an error reply; `doing` opens the
/// sentence: "reading the lock".
[[nodiscard]] Result<Reply> value(const Result<Reply> &reply, const QString &doing);

} // namespace lockkeeper::redis
