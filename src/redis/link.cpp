// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/link.h"

#include "redis/sockettransport.h"

#include <QLoggingCategory>
#include <QPointer>

namespace lockkeeper::redis {

namespace {

Q_LOGGING_CATEGORY(lcLink, "lockkeeper.redis.link")

/// Whether the same try may succeed a little later without anybody doing anything.
bool isPassing(ErrorCode code)
{
    switch (code) {
    case ErrorCode::CannotConnect:
    case ErrorCode::ConnectionLost:
    case ErrorCode::OutcomeUnknown:
    case ErrorCode::TimedOut:
        return true;
    case ErrorCode::InvalidInput:
    case ErrorCode::NotFound:
    case ErrorCode::ChangedHands:
    case ErrorCode::LockTimeout:
    case ErrorCode::LeaseLost:
    case ErrorCode::PasswordNeeded:
    case ErrorCode::WrongPassword:
    case ErrorCode::Untrusted:
    case ErrorCode::NotPermitted:
    case ErrorCode::Refused:
    case ErrorCode::Protocol:
    case ErrorCode::Database:
    case ErrorCode::Corrupt:
    case ErrorCode::Io:
    case ErrorCode::Cancelled:
        return false;
    }
    return false;
}

/// The Error that an error reply to the greeting stands for.
Error greetingError(const QByteArray &command, const Reply &reply, const ServerAddress &address)
{
    const QByteArray prefix = reply.errorPrefix();
    const QString peer = address.endpoint.toString();
    const bool isWrong = prefix == "WRONGPASS" || reply.bytes().contains("invalid password");
    const QString user = address.user.isEmpty() ? QString() : u" of user " + address.user;
    if (prefix == "NOAUTH" || (isWrong && address.password.isEmpty()))
        return {ErrorCode::PasswordNeeded, peer + u" asks for a password" + user,
                QStringLiteral("put it into the URL (redis://:PASSWORD@host) or into "
                               "LOCKKEEPER_REDIS_PASSWORD")};
    if (isWrong)
        return {ErrorCode::WrongPassword, peer + u" refuses the password" + user,
                QStringLiteral("check user and password")};
    if (prefix == "LOADING" || prefix == "MASTERDOWN" || prefix == "BUSY")
        return {ErrorCode::CannotConnect,
                peer + u" is not ready: " + QString::fromUtf8(reply.bytes()),
                QStringLiteral("it is tried again")};
    if (command == "AUTH" && reply.bytes().contains("without any password configured"))
        return {ErrorCode::Refused, peer + u" asks for no password, and was given one",
                QStringLiteral("leave it out of the URL; or is this another server than meant?")};
    if (command == "SELECT")
        return {ErrorCode::Refused,
                QStringLiteral("%1 has no database %2").arg(peer).arg(address.database),
                QStringLiteral("check the number after the host (/N) or in ?db=N; most servers "
                               "have 0 to 15, clusters 0 only")};
    // Servers quote the arguments of a command that they do not know, and here that is the
    // password.
    if (command == "AUTH")
        return {ErrorCode::Refused, peer + u" does not take a login",
                QStringLiteral("AUTH may be renamed there, or a proxy may stand before it; leave "
                               "the password out if it asks for none")};
    return toError(reply, u"greeting " + peer);
}

/// A server of another kind than the address says: it would answer, and tell a part of the truth.
Error otherMode(ServerInfo::Mode mode, ServerInfo::Mode wanted, const ServerAddress &address)
{
    const QString peer = address.endpoint.toString();
    switch (mode) {
    case ServerInfo::Mode::Cluster:
        return {ErrorCode::Refused,
                peer + u" is a node of a cluster: it holds only a part of the keys",
                u"use redis+cluster://" + peer};
    case ServerInfo::Mode::Sentinel:
        return {ErrorCode::Refused, peer + u" is a Sentinel: it holds no keys",
                u"use redis+sentinel://" + peer + u"/SERVICE"};
    case ServerInfo::Mode::Standalone:
    case ServerInfo::Mode::Unknown:
        break;
    }
    return {ErrorCode::Refused,
            peer + (wanted == ServerInfo::Mode::Sentinel
                        ? QStringLiteral(" is no Sentinel")
                        : QStringLiteral(" is no node of a cluster")),
            QStringLiteral("use redis:// for a single server")};
}

} // namespace

Link::Link(ServerAddress address, Options options, const Clock &clock, QObject *parent)
    : QObject(parent)
    , m_address(std::move(address))
    , m_options(std::move(options))
    , m_clock(clock)
{
    m_retryTimer.setSingleShot(true);
    connect(&m_retryTimer, &QTimer::timeout, this, &Link::connectOnce);
    m_heartbeatTimer.setInterval(m_options.heartbeat);
    connect(&m_heartbeatTimer, &QTimer::timeout, this, [this] {
        if (!m_isBeating)
            beat(m_generation);
    });
}

Link::~Link()
{
    close();
}

QFuture<Result<void>> Link::open()
{
    if (m_firstTry)
        return m_firstTry->future();
    if (m_state == State::Ready)
        return finished<void>({});
    if (m_state == State::Closed)
        return finished<void>(closedError());
    m_firstTry = std::make_unique<QPromise<Result<void>>>();
    m_firstTry->start();
    auto outcome = m_firstTry->future();
    m_backoff.reset();
    connectOnce();
    return outcome;
}

void Link::close()
{
    if (m_state == State::Closed)
        return;
    m_retryTimer.stop();
    dropConnection();
    setState(State::Closed);
    finishFirstTry(closedError());
}

Error Link::closedError() const
{
    const QString peer = m_address.endpoint.toString();
    return {ErrorCode::Cancelled, u"the connection to " + peer + u" was closed", {}};
}

void Link::reconnect()
{
    if (m_state == State::Ready)
        connectOnce();
    else
        retryNow();
}

void Link::retryNow()
{
    if (m_state != State::Waiting && m_state != State::Failed)
        return;
    m_backoff.reset();
    connectOnce();
}

std::optional<milliseconds> Link::nextTry() const
{
    return m_retryTimer.isActive() ? std::optional(m_retryTimer.remainingTimeAsDuration())
                                   : std::nullopt;
}

std::optional<SteadyTime> Link::lastHeard() const
{
    return m_state == State::Ready ? m_connection->lastHeard() : m_lastHeard;
}

QFuture<Result<QList<Reply>>> Link::send(const QList<Command> &commands)
{
    if (m_state == State::Ready)
        return m_connection->send(commands);
    const QString peer = m_address.endpoint.toString();
    if (m_state == State::Closed)
        return finished<QList<Reply>>(closedError());
    return finished<QList<Reply>>(
        Error{ErrorCode::CannotConnect,
              u"there is no connection to " + peer +
                  (m_lastError ? QString(u": " + m_lastError->what) : QString()),
              m_lastError ? m_lastError->hint : QString()});
}

void Link::connectOnce()
{
    m_retryTimer.stop();
    dropConnection();
    m_connection =
        std::make_unique<Connection>(std::make_unique<SocketTransport>(m_address), m_clock);
    const quint64 generation = m_generation;
    connect(m_connection.get(), &Connection::opened, this,
            [this, generation] { greet(generation); });
    connect(m_connection.get(), &Connection::ended, this, &Link::lose);
    connect(m_connection.get(), &Connection::messageReceived, this, &Link::messageReceived);
    setState(State::Connecting);
    m_connection->open(m_options.connectDeadline);
}

QList<Command> Link::greeting() const
{
    QList<Command> commands;
    // A user without a password may need none; without AUTH we would be the default user.
    if (!m_address.user.isEmpty() || !m_address.password.isEmpty())
        commands << commands::auth(m_address.user, m_address.password.reveal());
    commands << commands::ping();
    if (m_address.database != 0)
        commands << commands::select(m_address.database);
    commands << commands::clientSetName(m_options.clientName) << commands::info("server")
             << commands::info("replication");
    return commands;
}

QCoro::Task<> Link::greet(quint64 generation)
{
    const QPointer<Link> self(this);
    const auto replies = co_await m_connection->send(greeting());
    if (!self || generation != m_generation)
        co_return; // the connection ended meanwhile, and lose() has said why
    if (!replies) {
        lose(replies.error());
        co_return;
    }
    if (const auto greeted = readGreeting(*replies); !greeted)
        lose(greeted.error());
    else
        becomeReady();
}

Result<void> Link::readGreeting(const QList<Reply> &replies)
{
    const QList<Command> asked = greeting();
    QByteArray info;
    for (qsizetype i = 0; i < asked.size(); ++i) {
        const QByteArray name = asked[i].name();
        const Reply &reply = replies[i];
        // Without the right to ask INFO or to name the client, or where a service has no such
        // command, watching is possible all the same.
        const QByteArray prefix = reply.errorPrefix();
        const bool isOptional = name == "INFO" || name == "CLIENT";
        const bool isRefused =
            prefix == "NOPERM" ? isOptional || name == "PING" : prefix == "ERR" && isOptional;
        if (reply.isError() && !isRefused)
            return greetingError(name, reply, m_address);
        if (name == "INFO" && !reply.isError())
            info += reply.bytes();
    }
    m_pulse.begin(parseServerInfo(info));
    const ServerInfo::Mode mode = serverInfo().mode;
    if (m_options.mode != mode && m_options.mode != ServerInfo::Mode::Unknown &&
        mode != ServerInfo::Mode::Unknown)
        return otherMode(mode, m_options.mode, m_address);
    return {};
}

void Link::becomeReady()
{
    m_lastError.reset();
    m_backoff.reset();
    m_heartbeatTimer.start();
    qCInfo(lcLink).noquote() << "connected to" << m_address.displayUrl() << serverInfo().toString();
    // The first one at once: it also asks for the time, before whatever is asked next. Its write
    // may find the connection lost already, and lose() has said so then.
    const QPointer<Link> self(this);
    const quint64 generation = m_generation;
    beat(generation);
    if (!self || generation != m_generation)
        return;
    setState(State::Ready);
    finishFirstTry({});
}

QCoro::Task<> Link::beat(quint64 generation)
{
    const QPointer<Link> self(this);
    m_isBeating = true;
    const SteadyTime sentAt = m_clock.steady();
    QList<Command> commands{commands::ping()};
    if (m_options.asksOn)
        commands += m_pulse.questions(sentAt);
    const auto replies = co_await m_connection->send(commands);
    if (!self || generation != m_generation)
        co_return;
    m_isBeating = false;
    if (replies)
        takeBeat(*replies, sentAt);
}

void Link::takeBeat(const QList<Reply> &replies, SteadyTime sentAt)
{
    const SteadyTime receivedAt = m_clock.steady();
    m_roundTrip = std::chrono::duration_cast<std::chrono::microseconds>(receivedAt - sentAt);
    const ServerInfo before = serverInfo();
    m_pulse.take(replies.mid(1), sentAt, receivedAt);
    const QPointer<Link> self(this);
    if (const auto sample = m_pulse.timeSample())
        emit timeTold(*sample);
    if (!self || serverInfo() == before)
        return;
    qCInfo(lcLink).noquote() << m_address.displayUrl() << "is now" << serverInfo().toString();
    emit serverInfoChanged();
}

void Link::lose(const Error &error)
{
    Error reason = error;
    // A peer that hangs up before it has said a word is often a TLS port, or the reverse.
    if (m_state == State::Connecting && error.code == ErrorCode::ConnectionLost &&
        error.hint.isEmpty())
        reason.hint = m_address.tls.isEnabled || m_address.endpoint.kind == Endpoint::Kind::Unix
                          ? QStringLiteral("is this a Redis server?")
                          : QStringLiteral("if the server speaks TLS, use rediss://");
    dropConnection();
    m_lastError = reason;
    const bool triesAgain = m_options.reconnects && isPassing(reason.code);
    if (triesAgain)
        m_retryTimer.start(m_backoff.next());
    qCWarning(lcLink).noquote() << m_address.displayUrl() << "-" << describe(reason);
    setState(triesAgain ? State::Waiting : State::Failed);
    finishFirstTry(reason);
}

void Link::dropConnection()
{
    ++m_generation;
    m_isBeating = false;
    m_heartbeatTimer.stop();
    m_roundTrip.reset();
    if (!m_connection)
        return;
    m_lastHeard = lastHeard();
    // We may be inside one of its signals: it goes when the stack is unwound.
    m_connection->disconnect(this);
    m_connection->close();
    m_connection.release()->deleteLater();
}

void Link::setState(State state)
{
    if (m_state == state)
        return;
    m_state = state;
    emit stateChanged(state);
}

void Link::finishFirstTry(const Result<void> &outcome)
{
    if (!m_firstTry)
        return;
    const auto promise = std::move(m_firstTry);
    promise->addResult(outcome);
    promise->finish();
}

} // namespace lockkeeper::redis
