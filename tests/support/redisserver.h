// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/serveraddress.h"
#include "support/need.h"
#include "support/rawredis.h"
#include "support/testcertificates.h"

#include <QByteArray>
#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>
#include <QVariant>

#include <memory>
#include <optional>

namespace lockkeeper::test {

/// A real redis-server in a temporary folder, ended with this object or with this process.
///
///     test::RedisServer server;
///     LK_START_REDIS(server);
class RedisServer
{
public:
    enum class Listen {
        Unix, ///< a unix socket only
        Tcp,  ///< a free port of 127.0.0.1 as well
        Tls,  ///< a free port of 127.0.0.1 that speaks TLS
    };

    enum class Role {
        Data,        ///< keys
        ClusterNode, ///< keys of some slots; joins nobody by itself
        Sentinel,    ///< watches others; listens on a port
    };

    struct Options
    {
        Listen listen = Listen::Unix;
        QByteArray password;                   ///< requirepass
        QStringList aclUsers;                  ///< "viewer on >secret ~chat:* +get"
        QStringList config;                    ///< further lines of redis.conf
        bool asksForClientCertificate = false; ///< Tls: refuses clients without one
        int databases = 16;
        Role role = Role::Data;
        /// Tls: shared by the servers of one deployment; empty: each makes its own.
        TestCertificates certificates = {};
    };

    RedisServer();
    explicit RedisServer(Options options);
    ~RedisServer();
    RedisServer(const RedisServer &) = delete;
    RedisServer &operator=(const RedisServer &) = delete;

    /// Starts the server and waits until it answers; false, with reason(), when it does not.
    [[nodiscard]] bool start();
    [[nodiscard]] const QString &reason() const { return m_reason; }

    [[nodiscard]] qint64 pid() const { return m_process.processId(); }
    /// SIGKILL, as in a crash.
    void kill();
    /// SIGTERM, and waits for the end.
    void stop();
    /// Starts it again on the same socket and port; keys are gone, unless `config` saves them.
    [[nodiscard]] bool restart();
    /// SIGSTOP and SIGCONT: connections stay open and silent meanwhile.
    void pause();
    void resume();

    /// Where to connect: the port where there is one, else the socket. TLS addresses carry the CA.
    [[nodiscard]] redis::ServerAddress address() const;
    /// As a user of `aclUsers`.
    [[nodiscard]] redis::ServerAddress addressFor(const QString &user,
                                                  const QByteArray &password) const;
    /// The same as a URL, password included.
    [[nodiscard]] QString url() const;
    [[nodiscard]] QString socketPath() const;
    [[nodiscard]] quint16 port() const { return m_port; }
    /// Where the nodes of a cluster talk to each other.
    [[nodiscard]] quint16 busPort() const { return m_busPort; }
    [[nodiscard]] const TestCertificates &certificates() const { return m_certificates; }

    /// One command over a connection of its own kind (see RawRedis), without Lockkeeper's code.
    QVariant redis(const QList<QByteArray> &words);

private:
    [[nodiscard]] bool writeConfig();
    [[nodiscard]] bool launch();

    Options m_options;
    QTemporaryDir m_folder;
    TestCertificates m_certificates;
    QProcess m_process;
    quint16 m_port = 0;
    quint16 m_busPort = 0;
    QString m_reason;
    std::unique_ptr<RawRedis> m_raw;
};

} // namespace lockkeeper::test

/// Starts a RedisServer, or skips the test function where redis-server is not installed.
#define LK_START_REDIS(server)                                                                     \
    do {                                                                                           \
        LK_NEED_PROGRAM("redis-server");                                                           \
        LK_START(server);                                                                          \
    } while (false)
