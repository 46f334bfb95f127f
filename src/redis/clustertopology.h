// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backoff.h"
#include "redis/clustermap.h"
#include "redis/followingtopology.h"

#include <QPointer>
#include <QPromise>
#include <QTimer>

#include <memory>
#include <vector>

namespace lockkeeper::redis {

/// Commands on their way to the nodes that serve their keys.
struct ClusterErrand
{
    /// Where a command stands.
    struct Item
    {
        Command command;
        std::optional<Reply> reply;
        std::optional<NodeId> askAt; ///< this time at this node, whatever the map says
        QString askedHost;           ///< of the node that was asked last, as announced
    };
    /// What was sent to one node together.
    struct Part
    {
        QList<qsizetype> items;
        QList<bool> areAsking; ///< preceded by an ASKING
        QString peer;
        QFuture<Result<QList<Reply>>> replies;
    };

    QList<Item> items;
    QList<Part> parts;
    std::optional<Error> error; ///< of the first part that failed
    bool hasMutated = false;    ///< a mutation has succeeded
    QPromise<Result<QList<Reply>>> promise;
};

/// All primaries of a cluster, as its nodes name them.
///
/// The map of slots is read again every second, and at once when a node answers that it does not
/// serve a key, or is lost. A command that was refused so has not run, and goes to the node that
/// serves it.
class ClusterTopology final : public FollowingTopology
{
    Q_OBJECT

public:
    ClusterTopology(Deployment deployment, Options options, const Clock &clock);
    ~ClusterTopology() override;
    ClusterTopology(const ClusterTopology &) = delete;
    ClusterTopology &operator=(const ClusterTopology &) = delete;

    void retryNow() override;
    [[nodiscard]] std::optional<milliseconds> nextTry() const override;
    [[nodiscard]] ServerInfo serverInfo() const override;
    [[nodiscard]] std::optional<SteadyTime> lastHeard() const override;
    [[nodiscard]] std::optional<std::chrono::microseconds> roundTrip() const override;
    [[nodiscard]] QList<Primary> primaries() const override;
    [[nodiscard]] NodeId nodeOf(const QByteArray &key) const override;
    [[nodiscard]] bool isServing(const NodeId &node) const override;
    [[nodiscard]] QString place() const override;
    [[nodiscard]] Replies send(const QList<Command> &commands) override;
    [[nodiscard]] Replies sendTo(const NodeId &node, const QList<Command> &commands) override;

private:
    struct Node
    {
        NodeId id;
        Endpoint announced;
        std::unique_ptr<Link> link;
    };
    /// What a node says: the map, and how new it is.
    struct Answer
    {
        ClusterMap map;
        qint64 epoch = 0;
    };

    void begin() override;
    void end() override;
    [[nodiscard]] Link::State currentState() const override;
    [[nodiscard]] Error trouble() const override;

    // Who is there: clustertopology.cpp
    void adopt(const ClusterMap &map);
    /// Whether the node serves slots. One that has just joined serves none: nothing depends on it.
    [[nodiscard]] bool isServing(const Node &node) const;
    [[nodiscard]] Node makeNode(const ClusterMap::Node &node);
    /// Nobody else retries a lasting failure of one node among many, such as a login that is not
    /// set up there yet.
    void retryFailedNodes();
    void nodeChanged(Link::State state);
    /// Tells of primaries() where they are others than told last, else of slots that moved.
    void tellPrimaries(bool haveSlotsMoved);
    [[nodiscard]] Error lostNodes() const;

    // Asking who is there: clusterdiscovery.cpp
    QCoro::Task<> refresh();
    [[nodiscard]] QCoro::Task<bool> askKnown();
    [[nodiscard]] QCoro::Task<bool> askAnybody();
    [[nodiscard]] static QCoro::Task<Result<Answer>> ask(QPointer<Link> link);
    /// Whether the answer was believed.
    bool believe(const Result<Answer> &answer);
    void endRound();
    void refreshSoon();
    [[nodiscard]] QFuture<Result<void>> refreshed();
    [[nodiscard]] QList<Endpoint> everybody() const;

    // Carrying commands: clustererrand.cpp
    QCoro::Task<> run(std::shared_ptr<ClusterErrand> errand);
    void dispatch(ClusterErrand &errand);
    /// Where it is to be sent now; null where nobody serves its key.
    [[nodiscard]] Node *nodeOf(const ClusterErrand::Item &item);
    /// Keeps in mind what a refusal has told; false where the node is not known yet.
    bool learn(ClusterErrand::Item &item);
    [[nodiscard]] Error noNodeError(const Command &command) const;

    QList<std::pair<NodeId, Endpoint>> m_told; ///< primaries() as told last
    ClusterMap m_map;
    std::vector<Node> m_nodes;   ///< in the order of m_map.primaries
    qint64 m_epoch = 0;          ///< of m_map
    bool m_isMapPatched = false; ///< by refusals, since it was read
    QTimer m_refreshTimer;
    Backoff m_backoff;
    bool m_isRefreshing = false;
    bool m_isRefreshWanted = false;    ///< again, after the round under way
    std::optional<Answer> m_older;     ///< the newest of this round that was not believed
    QList<Error> m_refusals;           ///< of this round
    std::optional<Error> m_roundError; ///< why the last round found no map
    QPointer<Link> m_probe;            ///< to a node that is asked once
    std::size_t m_round = 0;
    std::vector<std::shared_ptr<QPromise<Result<void>>>> m_awaitingRound;
};

} // namespace lockkeeper::redis
