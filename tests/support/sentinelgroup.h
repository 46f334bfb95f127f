// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/redisserver.h"

#include <array>
#include <memory>
#include <vector>

namespace lockkeeper::test {

/// A primary, its replicas and three Sentinels that watch them, all real and on loopback.
///
///     test::SentinelGroup group;
///     LK_NEED_PROGRAM("redis-server");
///     LK_START(group);
class SentinelGroup
{
public:
    struct Options
    {
        QByteArray password;                                   ///< of the data nodes
        QByteArray sentinelPassword;                           ///< of the Sentinels
        RedisServer::Listen listen = RedisServer::Listen::Tcp; ///< Tcp or Tls, for all
        int replicas = 1;
        /// After how long a silent primary counts as down; short, so that tests are.
        std::chrono::milliseconds downAfter{1000};
    };

    static constexpr int kSentinels = 3;
    static constexpr const char *kService = "chat-primary";

    SentinelGroup();
    explicit SentinelGroup(Options options);

    /// Starts all, and waits until the Sentinels know each other and every replica.
    [[nodiscard]] bool start();
    [[nodiscard]] const QString &reason() const { return m_reason; }

    /// The data nodes; node 0 begins as the primary.
    [[nodiscard]] RedisServer &node(int index) { return *m_nodes.at(std::size_t(index)); }
    [[nodiscard]] int nodes() const { return int(m_nodes.size()); }
    [[nodiscard]] RedisServer &sentinel(int index) { return *m_sentinels.at(std::size_t(index)); }

    /// The node that says itself that it is the primary, as most Sentinels see it; nullptr while
    /// they do not agree.
    [[nodiscard]] RedisServer *primary();
    /// Waits until the Sentinels agree on another primary than `old`, and it agrees too.
    [[nodiscard]] bool waitForFailover(const RedisServer &old);
    /// Waits until all nodes that run follow one primary. Which one it is, the Sentinels decide: on
    /// a busy machine they may take the new one for lost for a moment, and go back.
    [[nodiscard]] bool waitUntilWhole();

    /// redis+sentinel://host:port,…/SERVICE, passwords included.
    [[nodiscard]] QString url() const;

private:
    [[nodiscard]] bool startNodes();
    [[nodiscard]] bool startSentinels();
    [[nodiscard]] bool isSettled();

    Options m_options;
    QTemporaryDir m_folder; ///< of the shared certificates
    TestCertificates m_certificates;
    std::vector<std::unique_ptr<RedisServer>> m_nodes;
    std::vector<std::unique_ptr<RedisServer>> m_sentinels;
    QString m_reason;
};

/// A field of an INFO reply; empty when it is not there.
[[nodiscard]] QByteArray infoField(RedisServer &server, const QByteArray &section,
                                   const QByteArray &field);

} // namespace lockkeeper::test
