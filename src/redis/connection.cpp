// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/connection.h"

#include "core/flows.h"
#include "core/text.h"
#include "redis/replyreader.h"
#include "redis/wireformat.h"

#include <QElapsedTimer>

namespace lockkeeper::redis {

namespace {

/// How long one turn of the event loop may go on parsing.
constexpr qint64 kReadBudgetMs = 4;

} // namespace

Connection::Connection(std::unique_ptr<Transport> transport, const Clock &clock, QObject *parent)
    : QObject(parent)
    , m_transport(std::move(transport))
    , m_reader(std::make_unique<ReplyReader>())
    , m_clock(clock)
{
    m_deadlineTimer.setSingleShot(true);
    m_deadlineTimer.setTimerType(Qt::PreciseTimer);
    connect(&m_deadlineTimer, &QTimer::timeout, this, &Connection::checkDeadlines);
    connect(m_transport.get(), &Transport::connected, this, [this] {
        m_state = State::Open;
        m_lastHeard = m_clock.steady();
        armDeadlineTimer();
        emit opened();
    });
    connect(m_transport.get(), &Transport::readyRead, this, &Connection::readSome);
    connect(m_transport.get(), &Transport::failed, this, [this](const Error &error) {
        // A server that closes often says why in its last bytes.
        while (m_state == State::Open && m_transport->bytesAvailable() > 0)
            readSome();
        end(error);
    });
}

Connection::~Connection()
{
    close();
}

void Connection::open(milliseconds deadline)
{
    m_state = State::Connecting;
    m_openDeadline = m_clock.steady() + deadline;
    armDeadlineTimer();
    m_transport->open();
}

void Connection::close()
{
    if (m_state == State::Ended)
        return;
    m_state = State::Ended;
    m_deadlineTimer.stop();
    m_transport->abort();
    m_requests.failAll({ErrorCode::Cancelled, QStringLiteral("the connection was closed"), {}});
}

QFuture<Result<QList<Reply>>> Connection::send(const QList<Command> &commands)
{
    if (m_state != State::Open)
        return finished<QList<Reply>>(
            Error{ErrorCode::ConnectionLost, m_transport->peerName() + u" is not connected", {}});
    if (commands.isEmpty())
        return finished<QList<Reply>>(QList<Reply>());
    QByteArray wire;
    for (const Command &command : commands)
        appendWire(wire, command);
    auto replies = m_requests.add(commands, m_clock.steady());
    armDeadlineTimer();
    m_transport->write(wire);
    return replies;
}

void Connection::readSome()
{
    QElapsedTimer budget;
    budget.start();
    while (m_state == State::Open && m_transport->bytesAvailable() > 0) {
        if (budget.elapsed() >= kReadBudgetMs) {
            // The rest in a later turn: a flood of replies must not freeze the window.
            if (!m_isReadScheduled) {
                m_isReadScheduled = true;
                QMetaObject::invokeMethod(
                    this,
                    [this] {
                        m_isReadScheduled = false;
                        readSome();
                    },
                    Qt::QueuedConnection);
            }
            return;
        }
        m_lastHeard = m_clock.steady();
        if (auto fed = m_reader->feed(m_transport->read(ReplyReader::kSlice)); !fed) {
            end(fed.error());
            return;
        }
        while (m_state == State::Open) {
            auto reply = m_reader->next();
            if (!reply) {
                end(reply.error());
                return;
            }
            if (!*reply)
                break;
            if (!deliver(std::move(**reply)))
                return;
        }
    }
    armDeadlineTimer();
}

bool Connection::deliver(Reply reply)
{
    const QList<Reply> &parts = reply.elements();
    if (parts.size() == 3 && parts[0].bytes() == "message") {
        emit messageReceived(parts[1].bytes(), parts[2]);
        return true;
    }
    if (parts.size() == 4 && parts[0].bytes() == "pmessage") {
        emit messageReceived(parts[2].bytes(), parts[3]);
        return true;
    }
    const QByteArray text = reply.isError() ? reply.bytes() : QByteArray();
    if (m_requests.deliver(std::move(reply)))
        return true;
    // Not asked for: a server's last word before it closes, or a peer that is out of step.
    end({ErrorCode::ConnectionLost,
         text.isEmpty()
             ? QString(m_transport->peerName() + u" sent a reply that nobody asked for")
             : QString(m_transport->peerName() + u" said \"" + printable(text.left(300)) + u'"'),
         {}});
    return false;
}

void Connection::end(const Error &error)
{
    if (m_state == State::Ended)
        return;
    m_state = State::Ended;
    m_deadlineTimer.stop();
    m_transport->abort();
    m_requests.failAll(error);
    emit ended(error);
}

void Connection::checkDeadlines()
{
    const SteadyTime now = m_clock.steady();
    if (m_state == State::Connecting && now >= m_openDeadline) {
        end({ErrorCode::CannotConnect,
             m_transport->openingStage() + u" to " + m_transport->peerName() +
                 u" did not finish in time",
             QStringLiteral("check the address; a firewall may drop the packets, or a port "
                            "without TLS be asked for TLS")});
        return;
    }
    const auto deadline = m_requests.earliestDeadline();
    // Bytes that wait to be parsed are an answer that is on its way.
    if (m_state == State::Open && deadline && now >= *deadline &&
        m_transport->bytesAvailable() == 0) {
        end({ErrorCode::TimedOut,
             m_transport->peerName() + u" did not answer " +
                 QString::fromLatin1(m_requests.nextName()) + u" in time",
             QStringLiteral("the server may be stopped, busy or unreachable")});
        return;
    }
    armDeadlineTimer();
}

void Connection::armDeadlineTimer()
{
    std::optional<SteadyTime> deadline;
    if (m_state == State::Connecting)
        deadline = m_openDeadline;
    else if (m_state == State::Open)
        deadline = m_requests.earliestDeadline();
    if (!deadline) {
        m_deadlineTimer.stop();
        return;
    }
    const auto left = std::chrono::ceil<milliseconds>(*deadline - m_clock.steady());
    m_deadlineTimer.start(std::max(left, milliseconds(1)));
}

} // namespace lockkeeper::redis
