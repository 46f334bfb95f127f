// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/flows.h"
#include "redis/command.h"
#include "redis/commandgate.h"
#include "redis/link.h"
#include "redis/reply.h"
#include "redis/script.h"
#include "redis/serveraddress.h"
#include "redis/serverinfo.h"

#include <QFuture>
#include <QObject>

namespace lockkeeper::redis {

/// The command side of one server: keeps a connection, sends commands through the gate, runs
/// scripts. It reconnects by itself; it never sends a command a second time.
class Client final : public QObject
{
    Q_OBJECT

public:
    struct Options
    {
        bool isReadOnly = false;
        bool reconnects = true; ///< false: one try, for programs that should fail at once
    };

    Client(ServerAddress address, Options options, const Clock &clock, QObject *parent = nullptr);

    /// Starts connecting. The future ends with the outcome of the first try; later tries go on in
    /// the background where the failure is a passing one.
    [[nodiscard]] QFuture<Result<void>> open();
    /// Ends for good: every open send gets Cancelled.
    void close();

    /// Tries again at once instead of waiting, after a lasting failure too.
    void retryNow() { m_link.retryNow(); }
    /// How long until the next try; nullopt while none is scheduled.
    [[nodiscard]] std::optional<milliseconds> nextTry() const { return m_link.nextTry(); }

    [[nodiscard]] Link::State state() const { return m_link.state(); }
    [[nodiscard]] bool isReady() const { return m_link.state() == Link::State::Ready; }
    /// Why there is no connection; nullopt while there is one.
    [[nodiscard]] const std::optional<Error> &lastError() const { return m_link.lastError(); }
    [[nodiscard]] const ServerAddress &address() const { return m_link.address(); }
    /// What the server said of itself, its role as of the newest heartbeat.
    [[nodiscard]] const ServerInfo &serverInfo() const { return m_link.serverInfo(); }
    [[nodiscard]] const CommandGate &gate() const { return m_gate; }
    void setReadOnly(bool isReadOnly) { m_gate.setReadOnly(isReadOnly); }
    [[nodiscard]] const Clock &clock() const { return m_clock; }
    /// When the server last said anything over a connection that was Ready.
    [[nodiscard]] std::optional<SteadyTime> lastHeard() const { return m_link.lastHeard(); }
    /// Round trip of the newest heartbeat.
    [[nodiscard]] std::optional<std::chrono::microseconds> roundTrip() const
    {
        return m_link.roundTrip();
    }

    /// One command. A server error reply is a value here; see value() for turning it into an Error.
    [[nodiscard]] QFuture<Result<Reply>> send(Command command);
    /// Many commands in one write, at most kMaxPipeline of them.
    [[nodiscard]] QFuture<Result<QList<Reply>>> send(const QList<Command> &commands);
    /// EVALSHA, and EVAL when the server does not know the script yet (which has run nothing then).
    [[nodiscard]] Task<Reply> run(Script script, QList<QByteArray> keys,
                                  QList<QByteArray> arguments);

    /// Commands in one pipeline; keeps a turn of the event loop short.
    static constexpr int kMaxPipeline = 1000;

signals:
    void stateChanged(lockkeeper::redis::Link::State state);
    /// serverInfo() has changed, while connected.
    void serverInfoChanged();

private:
    const Clock &m_clock;
    CommandGate m_gate;
    Link m_link;
};

/// The reply as it is, or as the Error it stands for when it is an error reply; `doing` opens the
/// sentence: "reading the lock".
[[nodiscard]] Result<Reply> value(const Result<Reply> &reply, const QString &doing);

} // namespace lockkeeper::redis
