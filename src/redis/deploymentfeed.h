// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/feedchooser.h"

#include <memory>
#include <vector>

namespace lockkeeper::redis {

/// The feed of a deployment: a single server's, or a DeploymentFeed. `client` outlives it.
[[nodiscard]] std::unique_ptr<ChangeFeed> makeFeed(Client &client, QList<QByteArray> prefixes,
                                                   const Clock &clock);

/// The feeds of all primaries as one: it is there when each of them is.
///
/// A primary that is new or lost, a failover or keys that moved leave a gap: established() comes
/// again after it.
class DeploymentFeed final : public ChangeFeed
{
    Q_OBJECT

public:
    DeploymentFeed(Client &client, QList<QByteArray> prefixes, const Clock &clock,
                   QObject *parent = nullptr);
    ~DeploymentFeed() override;
    DeploymentFeed(const DeploymentFeed &) = delete;
    DeploymentFeed &operator=(const DeploymentFeed &) = delete;

    void open() override;
    void close() override;
    void retryNow() override;
    void restart(const Error &why) override;
    /// The least that a primary gives.
    [[nodiscard]] Kind kind() const override;
    [[nodiscard]] bool isEstablished() const override;
    [[nodiscard]] bool isTrying() const override;
    [[nodiscard]] bool isRefused() const override;
    [[nodiscard]] std::optional<milliseconds> nextTry() const override;
    /// The oldest that a primary gave.
    [[nodiscard]] std::optional<SteadyTime> lastProof() const override;
    [[nodiscard]] std::optional<Error> lastError() const override;
    /// Of the only primary; of several none stands for all.
    [[nodiscard]] QString runId() const override;
    [[nodiscard]] QString whyNotBetter() const override;

private:
    struct Member
    {
        NodeId id;
        ServerAddress address;
        std::unique_ptr<FeedChooser> feed;
    };

    /// A feed for each primary, and none for others.
    void follow();
    [[nodiscard]] bool areAllEstablished() const;
    void add(const Primary &primary);
    static void drop(Member member, QObject *listener);
    /// Tells what has become of the whole; `hasGap`: changes may have been missed, `hasLost`: a
    /// primary was tried, in vain or no more.
    void review(bool hasGap, bool hasLost);

    Client &m_client;
    QList<QByteArray> m_prefixes;
    const Clock &m_clock;
    std::vector<Member> m_members;
    std::optional<SteadyTime> m_lastProof; ///< of the feed that was lost
    bool m_isOpen = false;
    bool m_isEstablished = false; ///< and told so
};

} // namespace lockkeeper::redis
