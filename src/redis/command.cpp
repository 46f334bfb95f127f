// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/command.h"

#include <QString>

namespace lockkeeper::redis::commands {

Command ping()
{
    return {{"PING"}, Effect::ReadOnly, std::chrono::seconds(3)};
}

Command auth(const QString &user, const QByteArray &password)
{
    if (user.isEmpty())
        return {{"AUTH", password}};
    return {{"AUTH", user.toUtf8(), password}};
}

Command select(int database)
{
    return {{"SELECT", QByteArray::number(database)}};
}

Command clientId()
{
    return {{"CLIENT", "ID"}};
}

Command clientSetName(const QByteArray &name)
{
    return {{"CLIENT", "SETNAME", name}};
}

Command clientTrackingOn(qint64 redirectTo, const QList<QByteArray> &prefixes)
{
    Command command{
        {"CLIENT", "TRACKING", "ON", "REDIRECT", QByteArray::number(redirectTo), "BCAST"}};
    for (const QByteArray &prefix : prefixes)
        command.words << "PREFIX" << prefix;
    return command;
}

Command subscribe(const QByteArray &channel)
{
    return {{"SUBSCRIBE", channel}};
}

Command psubscribe(const QByteArray &pattern)
{
    return {{"PSUBSCRIBE", pattern}};
}

Command configGet(const QByteArray &parameter)
{
    return {{"CONFIG", "GET", parameter}};
}

Command info(const QByteArray &section)
{
    return {{"INFO", section}};
}

Command role()
{
    return {{"ROLE"}};
}

Command time()
{
    return {{"TIME"}};
}

Command dbSize()
{
    return {{"DBSIZE"}};
}

Command scan(const QByteArray &cursor, const QByteArray &pattern, int count)
{
    return {{"SCAN", cursor, "MATCH", pattern, "COUNT", QByteArray::number(count)}};
}

Command get(const QByteArray &key)
{
    return {{"GET", key}};
}

Command pttl(const QByteArray &key)
{
    return {{"PTTL", key}};
}

Command strlen(const QByteArray &key)
{
    return {{"STRLEN", key}};
}

Command getRange(const QByteArray &key, qint64 first, qint64 last)
{
    return {{"GETRANGE", key, QByteArray::number(first), QByteArray::number(last)}};
}

Command objectIdleTime(const QByteArray &key)
{
    return {{"OBJECT", "IDLETIME", key}};
}

Command objectFreq(const QByteArray &key)
{
    return {{"OBJECT", "FREQ", key}};
}

Command type(const QByteArray &key)
{
    return {{"TYPE", key}};
}

Command setIfAbsent(const QByteArray &key, const QByteArray &value, milliseconds lease)
{
    return {{"SET", key, value, "NX", "PX", QByteArray::number(qint64(lease.count()))},
            Effect::Mutation};
}

Command setWithTtl(const QByteArray &key, const QByteArray &value, milliseconds ttl)
{
    return {{"SET", key, value, "PX", QByteArray::number(qint64(ttl.count()))}, Effect::Mutation};
}

Command del(const QByteArray &key)
{
    return {{"DEL", key}, Effect::Mutation};
}

} // namespace lockkeeper::redis::commands
