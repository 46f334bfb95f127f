// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/sentinelpeer.h"

#include <QPointer>

namespace lockkeeper::redis {

namespace {

const QByteArray kSwitches = QByteArrayLiteral("+switch-master");
/// A Sentinel that drops packets is one of several: nobody waits for it as for a server.
constexpr milliseconds kConnectDeadline = std::chrono::seconds(2);

/// The field of a reply that is a list of names and values.
QByteArray field(const Reply &reply, const QByteArray &name)
{
    const QList<Reply> &parts = reply.elements();
    for (qsizetype i = 0; i + 1 < parts.size(); i += 2) {
        if (parts[i].bytes() == name)
            return parts[i + 1].bytes();
    }
    return {};
}

/// A login that a Sentinel refuses is its own, and is not asked for at a terminal.
Error ofSentinel(const Error &error)
{
    const bool isLogin =
        error.code == ErrorCode::PasswordNeeded || error.code == ErrorCode::WrongPassword;
    return {isLogin ? ErrorCode::WrongPassword : error.code, u"asking a Sentinel: " + error.what,
            isLogin ? QStringLiteral("give the Sentinels' own login: ?sentinel_user= and "
                                     "sentinel_password=, or LOCKKEEPER_SENTINEL_PASSWORD")
                    : error.hint};
}

} // namespace

SentinelPeer::SentinelPeer(ServerAddress address, QString service, bool reconnects,
                           const Clock &clock)
    : m_service(std::move(service))
    , m_asking(address,
               {.clientName = "lockkeeper",
                .reconnects = reconnects,
                .mode = ServerInfo::Mode::Sentinel,
                .connectDeadline = kConnectDeadline,
                .asksOn = false},
               clock)
    , m_listening(address,
                  {.clientName = "lockkeeper-feed",
                   .reconnects = reconnects,
                   .mode = ServerInfo::Mode::Sentinel,
                   .connectDeadline = kConnectDeadline,
                   .asksOn = false},
                  clock)
{
    connect(&m_asking, &Link::stateChanged, this, &SentinelPeer::askingChanged);
    connect(&m_listening, &Link::stateChanged, this, [this](Link::State state) {
        if (state == Link::State::Ready)
            listen();
    });
    connect(&m_listening, &Link::messageReceived, this,
            [this](const QByteArray &channel, const Reply &payload) {
                // "SERVICE old-host old-port new-host new-port": a reason to ask, no more.
                const QByteArray beginning = m_service.toUtf8() + ' ';
                if (channel == kSwitches && payload.bytes().startsWith(beginning))
                    ask();
            });
}

SentinelPeer::~SentinelPeer()
{
    close();
}

void SentinelPeer::open()
{
    static_cast<void>(m_asking.open());
    static_cast<void>(m_listening.open());
}

void SentinelPeer::close()
{
    m_asking.disconnect(this);
    m_listening.disconnect(this);
    m_asking.close();
    m_listening.close();
}

void SentinelPeer::retryNow()
{
    m_asking.retryNow();
    m_listening.retryNow();
}

void SentinelPeer::askingChanged(Link::State state)
{
    switch (state) {
    case Link::State::Ready:
        ask();
        return;
    case Link::State::Waiting:
    case Link::State::Failed:
        m_answer.reset();
        m_error = ofSentinel(*m_asking.lastError());
        emit told();
        return;
    case Link::State::Idle:
    case Link::State::Connecting:
    case Link::State::Closed:
        return;
    }
}

QCoro::Task<> SentinelPeer::listen()
{
    const QPointer<SentinelPeer> self(this);
    const QList<Command> subscribe{commands::subscribe(kSwitches)};
    static_cast<void>(co_await m_listening.send(subscribe));
    // What was switched before is not told; a Sentinel that refuses is asked every second anyway.
    if (self)
        ask();
}

QCoro::Task<> SentinelPeer::ask()
{
    if (m_asking.state() != Link::State::Ready)
        co_return;
    if (m_isAsking) {
        m_isAskedAgain = true;
        co_return;
    }
    const QPointer<SentinelPeer> self(this);
    m_isAsking = true;
    do {
        m_isAskedAgain = false;
        const QByteArray service = m_service.toUtf8();
        const QList<Command> questions{{{"SENTINEL", "GET-MASTER-ADDR-BY-NAME", service}},
                                       {{"SENTINEL", "MASTER", service}}};
        const auto replies = co_await m_asking.send(questions);
        if (!self)
            co_return;
        if (replies)
            take(*replies);
        if (!self)
            co_return;
    } while (m_isAskedAgain && m_asking.state() == Link::State::Ready);
    m_isAsking = false;
}

void SentinelPeer::take(const QList<Reply> &replies)
{
    const Reply &address = replies[0];
    if (address.isError()) {
        m_answer.reset();
        m_error = ofSentinel(
            toError(address, endpoint().toString() + u": asking for the primary of " + m_service));
    } else {
        SentinelAnswer answer;
        if (address.elements().size() == 2) {
            Endpoint primary;
            primary.host = QString::fromUtf8(address.elements()[0].bytes());
            primary.port = address.elements()[1].bytes().toUShort();
            answer.primary = primary;
        }
        // Without the right to ask for it all configurations look equally old.
        answer.epoch = field(replies[1], "config-epoch").toLongLong();
        m_answer = answer;
        m_error.reset();
    }
    emit told();
}

} // namespace lockkeeper::redis
