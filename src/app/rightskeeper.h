// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/neededrights.h"
#include "core/clock.h"
#include "core/flows.h"
#include "locks/lockfamily.h"
#include "redis/client.h"
#include "redis/rights.h"

#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>
#include <vector>

namespace lockkeeper::app {

/// Knows what our user may do on the server: asks after each connect, where the server tells, and
/// else learns from what is refused. What is not known counts as allowed.
class RightsKeeper final : public QObject
{
    Q_OBJECT

public:
    /// The parts must outlive the keeper.
    RightsKeeper(redis::Client &client, locks::LockFamily family, const Clock &clock,
                 QObject *parent = nullptr);
    ~RightsKeeper() override;
    RightsKeeper(const RightsKeeper &) = delete;
    RightsKeeper &operator=(const RightsKeeper &) = delete;

    [[nodiscard]] const redis::Rights &rights() const { return m_asked.rights; }
    /// Why the deed would be refused, as far as that is known: which rights are missing, or that
    /// the server is a replica and the deed writes.
    [[nodiscard]] std::optional<Error> refusal(Deed deed) const;
    /// Ends when no answer is awaited: at once, or within the time that a command may take.
    [[nodiscard]] QFuture<Result<void>> settled();
    /// The server answered NOPERM to the command; what goes through the client is heard anyway.
    void noteRefused(const redis::Command &command);

signals:
    /// Something that was thought to be allowed is refused, or the other way round.
    void changed();

private:
    QCoro::Task<> ask();
    void take(const Result<redis::AskedRights> &asked);
    void askAnew();
    void letGo();
    void hearOfRole();

    redis::Client &m_client;
    locks::LockFamily m_family;
    QList<redis::Right> m_all; ///< that there is use for
    const Clock &m_clock;
    redis::AskedRights m_asked;
    quint64 m_generation = 0; ///< of the connection: an answer of an earlier one is dropped
    bool m_isAsking = false;
    bool m_isReplica = false;
    SteadyTime m_askedAt;
    QTimer m_again;
    std::vector<std::unique_ptr<QPromise<Result<void>>>> m_waiting;
};

} // namespace lockkeeper::app
