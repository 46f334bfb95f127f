// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/monitortap.h"

#include "core/text.h"
#include "redis/command.h"
#include "redis/sockettransport.h"
#include "redis/wireformat.h"

#include <chrono>

namespace lockkeeper::redis {

namespace {

constexpr std::chrono::seconds kConnectDeadline{5};
constexpr qint64 kSlice = 64 * 1024;
/// How long one turn of the event loop may go on reading.
constexpr qint64 kReadBudgetMs = 4;

} // namespace

MonitorTap::MonitorTap(ServerAddress address, Budget budget, LineReader reader, QObject *parent)
    : QObject(parent)
    , m_address(std::move(address))
    , m_budget(budget)
    , m_reader(std::move(reader))
    , m_transport(std::make_unique<SocketTransport>(m_address))
{
    m_promise.start();
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, [this] {
        if (m_isListening)
            end(m_tally);
        else
            end(Error{ErrorCode::CannotConnect,
                      m_transport->peerName() + u" did not answer in time",
                      {}});
    });
    connect(m_transport.get(), &Transport::connected, this, &MonitorTap::greet);
    connect(m_transport.get(), &Transport::readyRead, this, &MonitorTap::readSome);
    connect(m_transport.get(), &Transport::failed, this,
            [this](const Error &error) { end(error); });
}

MonitorTap::~MonitorTap()
{
    end(Error{ErrorCode::Cancelled, QStringLiteral("the sample was ended"), {}});
}

QFuture<Result<TapTally>> MonitorTap::run()
{
    m_timer.start(kConnectDeadline);
    m_transport->open();
    return m_promise.future();
}

void MonitorTap::greet()
{
    QList<Command> commands;
    if (!m_address.user.isEmpty() || !m_address.password.isEmpty())
        commands << commands::auth(m_address.user, m_address.password.reveal());
    commands << commands::clientSetName("lockkeeper-sample") << Command{{"MONITOR"}};
    m_repliesBefore = int(commands.size());
    QByteArray wire;
    for (const Command &command : commands)
        appendWire(wire, command);
    m_transport->write(wire);
}

void MonitorTap::readSome()
{
    QElapsedTimer turn;
    turn.start();
    while (!m_hasEnded && m_transport->bytesAvailable() > 0) {
        if (turn.elapsed() >= kReadBudgetMs) {
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
        takeBytes(m_transport->read(kSlice));
    }
}

void MonitorTap::takeBytes(QByteArrayView bytes)
{
    m_tally.bytes += bytes.size();
    while (!bytes.isEmpty() && !m_hasEnded) {
        const qsizetype end = bytes.indexOf('\n');
        const QByteArrayView part = end < 0 ? bytes : bytes.first(end);
        if (!m_isSkipping && m_line.size() + part.size() > kLongestLine) {
            m_isSkipping = true; // somebody's large value: none of it is kept
            m_line.clear();
        }
        if (!m_isSkipping)
            m_line.append(part);
        if (end < 0)
            break;
        bytes = bytes.sliced(end + 1);
        const QByteArray line = std::exchange(m_line, {});
        if (std::exchange(m_isSkipping, false))
            ++m_tally.lines;
        else
            takeLine(
                QByteArrayView(line).first(line.endsWith('\r') ? line.size() - 1 : line.size()));
    }
    if (m_tally.bytes >= m_budget.bytes && !m_hasEnded) {
        m_tally.isCut = true;
        end(m_tally);
    }
}

void MonitorTap::takeLine(QByteArrayView line)
{
    if (!m_isListening) {
        takeGreeting(line);
        return;
    }
    ++m_tally.lines;
    m_reader(line);
}

void MonitorTap::takeGreeting(QByteArrayView line)
{
    --m_repliesBefore;
    // The name is a courtesy; without a login MONITOR is refused, and says why.
    if (m_repliesBefore > 0)
        return;
    if (!line.startsWith('+')) {
        const bool isRight = line.startsWith("-NOPERM");
        const bool isLogin = line.startsWith("-NOAUTH");
        if (isRight)
            emit refused();
        end(Error{isRight || isLogin ? ErrorCode::NotPermitted : ErrorCode::Refused,
                  m_transport->peerName() + u" refused MONITOR: " +
                      printable(line.sliced(std::min<qsizetype>(1, line.size())).toByteArray()),
                  isRight   ? QStringLiteral("the user needs the right to MONITOR (+monitor)")
                  : isLogin ? QStringLiteral("check user and password")
                            : QString()});
        return;
    }
    m_isListening = true;
    m_elapsed.start();
    m_timer.start(m_budget.span);
}

void MonitorTap::end(Result<TapTally> result)
{
    if (std::exchange(m_hasEnded, true))
        return;
    m_timer.stop();
    if (result && m_elapsed.isValid())
        result->span = milliseconds(m_elapsed.elapsed());
    m_transport->abort();
    m_line.clear();
    m_promise.addResult(std::move(result));
    m_promise.finish();
}

} // namespace lockkeeper::redis
