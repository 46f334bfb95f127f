// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/redisserver.h"

#include <memory>

namespace lockkeeper::bench {

/// What the server says of its slowest commands since resetSlow().
struct Slow
{
    double worstMs = 0; ///< 0: none took kLeastMs
    int overTwoMs = 0;

    static constexpr double kLeastMs = 0.2;
    [[nodiscard]] QString text() const;
};

/// A redis-server of our own, filled as wanted.
class BenchServer
{
public:
    /// Ends the program when it does not start.
    BenchServer();

    [[nodiscard]] test::RedisServer &server() { return m_server; }
    [[nodiscard]] std::string socketPath() const { return m_server.socketPath().toStdString(); }
    [[nodiscard]] redis::ServerAddress address() const { return m_server.address(); }

    void flush();
    /// Cached sessions without TTL, the many keys among which the locks are.
    void addKeys(int count);
    /// As addKeys(), with a TTL of twelve hours each.
    void addKeysWithTtl(int count);
    /// Locks with tokens as redis-py makes them; they outlast the measurement.
    void addLocks(int count);
    [[nodiscard]] static QByteArray lockKey(int i);

    void resetSlow();
    [[nodiscard]] Slow slow();
    /// User and system time of the server's process, in seconds.
    [[nodiscard]] double processorSeconds();

private:
    test::RedisServer m_server;
};

} // namespace lockkeeper::bench
