// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "redis/command.h"
#include "redis/reply.h"
#include "redis/requestqueue.h"
#include "redis/transport.h"

#include <QFuture>
#include <QObject>
#include <QTimer>

#include <memory>

namespace lockkeeper::redis {

class ReplyReader;

/// One connection, used once: it opens, carries pipelined commands, and ends.
///
/// Every send ends exactly once: with its replies, or with an Error when a deadline passes, the
/// connection ends, or the object is destroyed. A reply that is late cannot be skipped in a
/// pipeline, so one missed deadline ends the connection.
class Connection final : public QObject
{
    Q_OBJECT

public:
    enum class State { Idle, Connecting, Open, Ended };

    Connection(std::unique_ptr<Transport> transport, const Clock &clock, QObject *parent = nullptr);
    ~Connection() override;
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;

    /// Starts connecting; opened() or ended() follows.
    void open(milliseconds deadline);
    /// Ends the connection; open sends end with Cancelled, ended() is not emitted.
    void close();
    [[nodiscard]] State state() const { return m_state; }

    /// Sends the commands in one write; the future has one reply for each, server errors among
    /// them, or one Error for all.
    [[nodiscard]] QFuture<Result<QList<Reply>>> send(const QList<Command> &commands);

    /// When the last bytes arrived: the newest proof that the peer lives.
    [[nodiscard]] SteadyTime lastHeard() const { return m_lastHeard; }
    [[nodiscard]] int repliesAwaited() const { return m_requests.repliesAwaited(); }

signals:
    void opened();
    /// The connection is over, for the reason given; emitted once, and never after close().
    void ended(const lockkeeper::Error &error);
    /// A pub/sub message arrived; only after a SUBSCRIBE.
    void messageReceived(const QByteArray &channel, const lockkeeper::redis::Reply &payload);

private:
    void readSome();
    bool deliver(Reply reply);
    void end(const Error &error);
    void checkDeadlines();
    void armDeadlineTimer();

    std::unique_ptr<Transport> m_transport;
    std::unique_ptr<ReplyReader> m_reader;
    const Clock &m_clock;
    State m_state = State::Idle;
    RequestQueue m_requests;
    QTimer m_deadlineTimer;
    SteadyTime m_openDeadline;
    SteadyTime m_lastHeard;
    bool m_isReadScheduled = false;
};

} // namespace lockkeeper::redis
