// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backoff.h"
#include "core/flows.h"
#include "redis/connection.h"
#include "redis/pulse.h"
#include "redis/serveraddress.h"
#include "redis/serverinfo.h"

#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>

namespace lockkeeper::redis {

/// Keeps one connection to one server: opens it, greets (AUTH, SELECT, name, INFO), proves every
/// second that the peer lives, and opens it again with jittered backoff when it ends for a passing
/// reason. Lasting reasons (password, certificate, not a Redis) stop it and are said.
class Link final : public QObject
{
    Q_OBJECT

public:
    enum class State {
        Idle,       ///< not opened yet
        Connecting, ///< a connection is being made and greeted
        Ready,      ///< commands may be sent
        Waiting,    ///< the last connection ended; the next try is scheduled
        Failed,     ///< a lasting failure; open() tries again
        Closed,     ///< ended by close()
    };

    struct Options
    {
        QByteArray clientName = "lockkeeper";
        bool reconnects = true;
        /// What the server has to be, where it says so; Unknown: anything.
        ServerInfo::Mode mode = ServerInfo::Mode::Unknown;
        milliseconds connectDeadline = std::chrono::seconds(5);
        milliseconds heartbeat = std::chrono::milliseconds(1000);
        /// Asks with each heartbeat for what may change while connected, such as the role. Not for
        /// a connection that subscribes: it may ask nothing then.
        bool asksOn = true;
    };

    Link(ServerAddress address, Options options, const Clock &clock, QObject *parent = nullptr);
    ~Link() override;
    Link(const Link &) = delete;
    Link &operator=(const Link &) = delete;

    /// Starts connecting. The future ends with the outcome of the first try; later tries go on in
    /// the background where the failure is a passing one.
    [[nodiscard]] QFuture<Result<void>> open();
    /// Ends for good: every open send gets Cancelled.
    void close();

    /// Tries again at once instead of waiting, after a lasting failure too.
    void retryNow();
    /// As retryNow(), and gives up a connection that works: for a new beginning on the server.
    void reconnect();
    /// How long until the next try; nullopt unless Waiting.
    [[nodiscard]] std::optional<milliseconds> nextTry() const;

    [[nodiscard]] State state() const { return m_state; }
    [[nodiscard]] const std::optional<Error> &lastError() const { return m_lastError; }
    [[nodiscard]] const ServerAddress &address() const { return m_address; }
    /// What the server said of itself, its role as of the newest heartbeat.
    [[nodiscard]] const ServerInfo &serverInfo() const { return m_pulse.info(); }
    /// Round trip of the newest heartbeat.
    [[nodiscard]] std::optional<std::chrono::microseconds> roundTrip() const { return m_roundTrip; }
    /// When the server last said anything over a connection that was Ready.
    [[nodiscard]] std::optional<SteadyTime> lastHeard() const;

    /// Fails with CannotConnect unless Ready.
    [[nodiscard]] QFuture<Result<QList<Reply>>> send(const QList<Command> &commands);

signals:
    void stateChanged(lockkeeper::redis::Link::State state);
    /// serverInfo() has changed, while connected.
    void serverInfoChanged();
    /// The server told its clock: on connecting, and from time to time.
    void timeTold(const lockkeeper::redis::ServerTime::Sample &sample);
    void messageReceived(const QByteArray &channel, const lockkeeper::redis::Reply &payload);

private:
    void connectOnce();
    QCoro::Task<> greet(quint64 generation);
    QCoro::Task<> beat(quint64 generation);
    void takeBeat(const QList<Reply> &replies, SteadyTime sentAt);
    [[nodiscard]] QList<Command> greeting() const;
    [[nodiscard]] Error closedError() const;
    [[nodiscard]] Result<void> readGreeting(const QList<Reply> &replies);
    void becomeReady();
    void lose(const Error &error);
    void dropConnection();
    void setState(State state);
    void finishFirstTry(const Result<void> &outcome);

    ServerAddress m_address;
    Options m_options;
    const Clock &m_clock;
    State m_state = State::Idle;
    std::optional<Error> m_lastError;
    Pulse m_pulse;
    std::optional<std::chrono::microseconds> m_roundTrip;
    std::optional<SteadyTime> m_lastHeard; ///< on the last connection
    std::unique_ptr<Connection> m_connection;
    quint64 m_generation = 0; ///< of m_connection; a flow of an older one must not act
    Backoff m_backoff;
    QTimer m_retryTimer;
    QTimer m_heartbeatTimer;
    bool m_isBeating = false;
    std::unique_ptr<QPromise<Result<void>>> m_firstTry;
};

} // namespace lockkeeper::redis
