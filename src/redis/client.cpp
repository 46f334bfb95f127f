// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/client.h"

#include <QPointer>

namespace lockkeeper::redis {

Client::Client(ServerAddress address, Options options, const Clock &clock, QObject *parent)
    : QObject(parent)
    , m_clock(clock)
    , m_gate(options.isReadOnly)
    , m_link(std::move(address), {.clientName = "lockkeeper", .reconnects = options.reconnects},
             clock)
{
    connect(&m_link, &Link::stateChanged, this, &Client::stateChanged);
    connect(&m_link, &Link::serverInfoChanged, this, &Client::serverInfoChanged);
}

QFuture<Result<void>> Client::open()
{
    return m_link.open();
}

void Client::close()
{
    m_link.close();
}

QFuture<Result<QList<Reply>>> Client::send(const QList<Command> &commands)
{
    for (const Command &command : commands) {
        if (const auto allowed = m_gate.check(command); !allowed)
            return finished<QList<Reply>>(allowed.error());
    }
    return m_link.send(commands);
}

QFuture<Result<Reply>> Client::send(Command command)
{
    const QList<Command> commands{std::move(command)};
    return send(commands).then([](const Result<QList<Reply>> &replies) -> Result<Reply> {
        if (!replies)
            return replies.error();
        return replies->first();
    });
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
    co_return reply;
}

Result<Reply> value(const Result<Reply> &reply, const QString &doing)
{
    if (reply && reply->isError())
        return toError(*reply, doing);
    return reply;
}

} // namespace lockkeeper::redis
