// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/randomrun.h"
#include "support/rawredis.h"

namespace lockkeeper::test {

/// A back end gone wild on a few keys, and a server that is treated badly.
class Chaos
{
public:
    static constexpr int kKeys = 30;

    Chaos(RawRedis &redis, QRandomGenerator &random)
        : m_redis(redis)
        , m_random(random)
    {}

    void act()
    {
        const QByteArray key = "chat:session_lock:" + number(kKeys);
        const QByteArray token = QByteArray::number(++m_lastToken);
        switch (m_random.bounded(16)) {
        case 0:
        case 1:
        case 2:
        case 3:
            m_redis.call({"SET", key, token, "NX", "PX", "60000"});
            break;
        case 4:
        case 5:
            m_redis.call({"SET", key, token, "NX", "PX", "1" + number(40)});
            break;
        case 6:
        case 7:
        case 8:
            m_redis.call({"DEL", key});
            break;
        case 9:
            m_redis.call({"PEXPIRE", key, number(50)});
            break;
        case 10:
            m_redis.call({"PEXPIRE", key, "90000"});
            break;
        case 11:
            m_redis.call({"PERSIST", key});
            break;
        case 12:
            m_redis.call({"RENAME", key, "chat:session_lock:" + number(kKeys)});
            break;
        case 13:
            m_redis.call({"SET", key, token, "PX", "60000"});
            break;
        case 14:
            m_redis.call({"DEL", key});
            m_redis.call({"HSET", key, "f", "v"});
            break;
        case 15:
            break;
        }
    }

    void disturb()
    {
        switch (m_random.bounded(16)) {
        case 0:
        case 1:
        case 2:
        case 3:
            m_redis.call({"FLUSHALL"});
            break;
        case 4:
        case 5:
        case 6:
        case 7:
            m_redis.call({"CLIENT", "KILL", "TYPE", "pubsub"});
            break;
        case 8:
        case 9:
        case 10:
        case 11:
            m_redis.call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
            break;
        case 12: // takes seconds to be found, so it is rare
            m_redis.call({"SWAPDB", "0", "1"});
            break;
        default:
            break;
        }
    }

private:
    QByteArray number(int below) { return QByteArray::number(m_random.bounded(below)); }

    RawRedis &m_redis;
    QRandomGenerator &m_random;
    int m_lastToken = 0;
};

} // namespace lockkeeper::test
