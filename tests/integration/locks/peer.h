// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/lockprotocol.h"
#include "support/await.h"
#include "support/redisserver.h"

#include <QRegularExpression>
#include <QTest>

/// What the tests of the lock protocol share.
namespace lockkeeper::test {

/// The lock that the tests are about.
inline const SessionId kSession("s1");
inline const LockKey kLock("chat:session_lock:s1");
inline const QByteArray kKey = kLock.bytes();

/// Makes it some other owner's lock.
inline void hold(RedisServer &server, const QByteArray &token, const QByteArray &ttl = "60000")
{
    QCOMPARE(server.redis({"SET", kKey, token, "PX", ttl}).toByteArray(), QByteArray("OK"));
}
inline QByteArray tokenOn(RedisServer &server)
{
    return server.redis({"GET", kKey}).toByteArray();
}
inline qint64 ttlOn(RedisServer &server)
{
    return server.redis({"PTTL", kKey}).toLongLong();
}

/// A family with the given lease and the keys of `chat`.
inline locks::LockFamily familyWithLease(milliseconds lease)
{
    locks::LockFamily family;
    family.lease = lease;
    return family;
}

/// A client of the server and the protocol over it.
class Peer
{
public:
    explicit Peer(redis::ServerAddress address, locks::LockFamily family = {},
                  redis::Client::Options options = {})
        : client(std::move(address), options, clock)
        , protocol(client, std::move(family), clock)
    {}

    [[nodiscard]] bool open() { return bool(await(client.open())); }

    SystemClock clock;
    redis::Client client;
    locks::LockProtocol protocol;
};

/// How often the server ran a command, refused ones included.
inline int callsOf(RedisServer &server, const QByteArray &command)
{
    const QString stats = QString::fromUtf8(server.redis({"INFO", "commandstats"}).toByteArray());
    const QRegularExpression form(u"cmdstat_" + QString::fromLatin1(command) +
                                  u":calls=(\\d+).*?rejected_calls=(\\d+)");
    const auto match = form.match(stats);
    return match.captured(1).toInt() + match.captured(2).toInt();
}

} // namespace lockkeeper::test
