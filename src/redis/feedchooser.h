// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/changefeed.h"
#include "redis/client.h"

#include <QMap>
#include <QTimer>

#include <memory>

namespace lockkeeper::redis {

/// The best feed that the server gives: pushes, else keyspace notifications, else polling. It is
/// found by trying, anew after each lost connection, and a better kind is tried for again from time
/// to time: rights and configurations change.
class FeedChooser final : public ChangeFeed
{
    Q_OBJECT

public:
    /// `client` is where polling happens, and what keyspace notifications are proven with; it
    /// outlives this. `node` is the primary at the address, where the client has several.
    FeedChooser(ServerAddress address, QList<QByteArray> prefixes, Client &client,
                const Clock &clock, QObject *parent = nullptr, NodeId node = {});
    ~FeedChooser() override;
    FeedChooser(const FeedChooser &) = delete;
    FeedChooser &operator=(const FeedChooser &) = delete;

    void open() override;
    void close() override;
    /// Where a lesser kind is at work, it goes on while a better one is tried for.
    void retryNow() override;
    void restart(const Error &why) override;
    [[nodiscard]] Kind kind() const override;
    [[nodiscard]] bool isEstablished() const override;
    [[nodiscard]] bool isTrying() const override;
    [[nodiscard]] bool isRefused() const override { return m_feed && m_feed->isRefused(); }
    [[nodiscard]] std::optional<milliseconds> nextTry() const override;
    [[nodiscard]] std::optional<SteadyTime> lastProof() const override;
    [[nodiscard]] std::optional<Error> lastError() const override;
    [[nodiscard]] QString runId() const override { return m_feed ? m_feed->runId() : QString(); }
    [[nodiscard]] QString whyNotBetter() const override;

private:
    [[nodiscard]] std::unique_ptr<ChangeFeed> make(Kind kind);
    void use(Kind kind);
    void adopt(std::unique_ptr<ChangeFeed> feed);
    void noteLost(const Error &error);
    void climb(Kind kind);
    void noteClimbFailed(const Error &error);
    static void drop(std::unique_ptr<ChangeFeed> feed, QObject *listener);

    ServerAddress m_address;
    QList<QByteArray> m_prefixes;
    Client &m_client;
    const Clock &m_clock;
    NodeId m_node;
    std::unique_ptr<ChangeFeed> m_feed;    ///< null before open()
    std::unique_ptr<ChangeFeed> m_better;  ///< while it is tried for
    QMap<Kind, Error> m_refusals;          ///< of the better kinds
    std::optional<SteadyTime> m_lastProof; ///< of feeds that were dropped
    QTimer m_climbTimer;
    bool m_isClosed = false;
};

} // namespace lockkeeper::redis
