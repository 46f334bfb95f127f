// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/client.h"

#include "redis/scriptrefusal.h"

#include <QLoggingCategory>
#include <QPointer>

namespace lockkeeper::redis {

namespace {

Q_LOGGING_CATEGORY(lcClient, "lockkeeper.redis.client")

QFuture<Result<Reply>> onlyOne(QFuture<Result<QList<Reply>>> replies)
{
    return replies.then([](const Result<QList<Reply>> &all) -> Result<Reply> {
        if (!all)
            return all.error();
        return all->first();
    });
}

} // namespace

Client::Client(Deployment deployment, Options options, const Clock &clock, QObject *parent)
    : QObject(parent)
    , m_deployment(std::move(deployment))
    , m_clock(clock)
    , m_gate(options.isReadOnly)
    , m_serverTime(clock)
    , m_topology(Topology::make(m_deployment, {.reconnects = options.reconnects}, clock))
{
    connect(m_topology.get(), &Topology::stateChanged, this, &Client::stateChanged);
    connect(m_topology.get(), &Topology::serverInfoChanged, this, &Client::serverInfoChanged);
    connect(m_topology.get(), &Topology::primariesChanged, this, &Client::primariesChanged);
    connect(m_topology.get(), &Topology::slotsMoved, this, &Client::slotsMoved);
    connect(m_topology.get(), &Topology::timeTold, this, &Client::takeTime);
}

void Client::takeTime(const ServerTime::Sample &sample)
{
    const auto step = m_serverTime.take(sample);
    if (!step)
        return;
    qCWarning(lcClient) << "the server's clock was set by"
                        << std::chrono::round<milliseconds>(*step).count() << "ms";
    emit serverTimeStepped();
}

QByteArray Client::keyOn(const NodeId &node, const QByteArray &prefix) const
{
    constexpr int kTries = 100'000; // one primary of a thousand serves a key in a thousand
    if (!m_topology->isServing(node))
        return prefix;
    for (int i = 0; i < kTries; ++i) {
        QByteArray key = prefix + ':' + QByteArray::number(i);
        if (nodeOf(key) == node)
            return key;
    }
    return prefix; // it serves none; what is sent under this key goes to another
}

Result<void> Client::check(const QList<Command> &commands) const
{
    for (const Command &command : commands) {
        if (auto allowed = m_gate.check(command); !allowed)
            return allowed;
    }
    return {};
}

QFuture<Result<QList<Reply>>> Client::send(const QList<Command> &commands)
{
    if (const auto allowed = check(commands); !allowed)
        return finished<QList<Reply>>(allowed.error());
    return heard(m_topology->send(commands), commands);
}

QFuture<Result<QList<Reply>>> Client::sendTo(const NodeId &node, const QList<Command> &commands)
{
    if (const auto allowed = check(commands); !allowed)
        return finished<QList<Reply>>(allowed.error());
    return heard(m_topology->sendTo(node, commands), commands);
}

/// Tells of refusals, and hands the replies on.
QFuture<Result<QList<Reply>>> Client::heard(QFuture<Result<QList<Reply>>> replies,
                                            const QList<Command> &commands)
{
    const QPointer<Client> self(this);
    return replies.then([self, commands](const Result<QList<Reply>> &all) {
        for (qsizetype i = 0; self && all && i < all->size(); ++i) {
            if (all->at(i).errorPrefix() == "NOPERM" && !isRefusedInScript(all->at(i)))
                emit self->refused(commands[i]);
        }
        return all;
    });
}

QFuture<Result<Reply>> Client::send(Command command)
{
    return onlyOne(send(QList<Command>{std::move(command)}));
}

QFuture<Result<Reply>> Client::sendTo(const NodeId &node, Command command)
{
    return onlyOne(sendTo(node, QList<Command>{std::move(command)}));
}

Task<Reply> Client::run(Script script, QList<QByteArray> keys, QList<QByteArray> arguments)
{
    const QPointer<Client> self(this);
    Command command{{"EVALSHA", script.sha1(), QByteArray::number(keys.size())}, Effect::Mutation};
    command.words += keys + arguments;
    auto reply = co_await send(command);
    if (self && reply && reply->errorPrefix() == "NOSCRIPT") {
        // The server does not know the script, so nothing was run: sending it whole is no replay.
        command.words[0] = "EVAL";
        command.words[1] = script.source();
        reply = co_await send(command);
    }
    if (self && reply && isRefusedInScript(*reply)) {
        const QByteArray call = refusedCall(script, *reply);
        emit self->refused(Command{{call, keys.value(0)}});
    }
    co_return reply;
}

Result<Reply> value(const Result<Reply> &reply, const QString &doing)
{
    if (reply && reply->isError())
        return toError(*reply, doing);
    return reply;
}

} // namespace lockkeeper::redis
