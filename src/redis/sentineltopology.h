// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/followingtopology.h"
#include "redis/sentinelpeer.h"

#include <QTimer>

#include <memory>
#include <vector>

namespace lockkeeper::redis {

/// The primary of a service, as Sentinels name it and as it says itself.
///
/// The newest configuration that a Sentinel knows counts: one that missed a failover does not take
/// us back. A server that says that it is a replica is left alone until it says otherwise.
class SentinelTopology final : public FollowingTopology
{
    Q_OBJECT

public:
    SentinelTopology(Deployment deployment, Options options, const Clock &clock);
    ~SentinelTopology() override;
    SentinelTopology(const SentinelTopology &) = delete;
    SentinelTopology &operator=(const SentinelTopology &) = delete;

    void retryNow() override;
    [[nodiscard]] std::optional<milliseconds> nextTry() const override;
    [[nodiscard]] ServerInfo serverInfo() const override;
    [[nodiscard]] std::optional<SteadyTime> lastHeard() const override;
    [[nodiscard]] std::optional<std::chrono::microseconds> roundTrip() const override;
    [[nodiscard]] QList<Primary> primaries() const override;
    [[nodiscard]] NodeId nodeOf(const QByteArray &key) const override;
    [[nodiscard]] QString place() const override;
    [[nodiscard]] Replies send(const QList<Command> &commands) override;
    [[nodiscard]] Replies sendTo(const NodeId &node, const QList<Command> &commands) override;

private:
    enum class Role { Unknown, Primary, Replica };

    void begin() override;
    void end() override;
    [[nodiscard]] Link::State currentState() const override;
    [[nodiscard]] Error trouble() const override;
    void askAll();
    /// Goes where the Sentinels say, if that is news.
    void choose();
    [[nodiscard]] std::optional<SentinelAnswer> bestAnswer() const;
    /// Whether enough Sentinels have spoken to believe the best of them.
    [[nodiscard]] bool isChoiceMade() const;
    [[nodiscard]] bool isBelieved(const SentinelAnswer &answer) const;
    void follow(const Endpoint &announced);
    /// Gives up the connection to the primary that there is.
    void leave();
    void linkChanged(Link::State state);
    void readRole();
    void learnRole(Role role);
    [[nodiscard]] Error sentinelTrouble() const;
    [[nodiscard]] Error notReadyError() const;

    std::vector<std::unique_ptr<SentinelPeer>> m_sentinels;
    std::unique_ptr<Link> m_link; ///< to the primary; null while none is known
    Endpoint m_announced;         ///< of m_link
    qint64 m_epoch = -1;          ///< of the configuration that named it
    Role m_role = Role::Unknown;  ///< of m_link's server
    bool m_wasDemoted = false;    ///< since it was Ready last
    QTimer m_askTimer;
    std::optional<SteadyTime> m_lastHeard; ///< of links that were dropped
};

} // namespace lockkeeper::redis
