// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/rightskeeper.h"

#include <QLoggingCategory>
#include <QPointer>

#include <utility>

namespace lockkeeper::app {

using namespace std::chrono_literals;

namespace {

Q_LOGGING_CATEGORY(lcRights, "lockkeeper.rights")

/// Commands that are refused again and again must not make us ask as often.
constexpr auto kShortestPause = 5s;
/// Rights that are missing may be given at any time: after so long they are asked for anew, and
/// what was learnt of a server that does not tell is forgotten.
constexpr auto kAgain = 60s;

bool isWriting(Deed deed)
{
    return deed == Deed::Release || deed == Deed::Hold || deed == Deed::Delete ||
           deed == Deed::Write;
}

Error replicaRefusal(const redis::ServerInfo &info)
{
    const QString of = info.primary.isEmpty() ? QString() : QString(u" of " + info.primary);
    return {ErrorCode::NotPermitted, u"this server is a replica" + of + u": it takes no writes",
            QStringLiteral("connect to the primary to release or delete")};
}

} // namespace

RightsKeeper::RightsKeeper(redis::Client &client, locks::LockFamily family, const Clock &clock,
                           QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_family(std::move(family))
    , m_all(allRights(m_family, client.deployment().node.database))
    , m_clock(clock)
{
    m_again.setSingleShot(true);
    connect(&m_again, &QTimer::timeout, this, &RightsKeeper::askAnew);
    connect(&client, &redis::Client::stateChanged, this, [this](redis::Link::State state) {
        if (state != redis::Link::State::Ready)
            return;
        hearOfRole();
        askAnew();
    });
    connect(&client, &redis::Client::serverInfoChanged, this, &RightsKeeper::hearOfRole);
    // From the event loop: whoever sent the command hears of it first.
    connect(&client, &redis::Client::refused, this, &RightsKeeper::noteRefused,
            Qt::QueuedConnection);
}

RightsKeeper::~RightsKeeper()
{
    letGo();
}

std::optional<Error> RightsKeeper::refusal(Deed deed) const
{
    if (const redis::ServerInfo info = m_client.serverInfo(); info.isReplica() && isWriting(deed))
        return replicaRefusal(info);
    const QList<redis::Right> missing = m_asked.rights.refused(rightsFor(deed, m_family));
    return missing.isEmpty() ? std::nullopt : std::optional(missingRights(missing, m_asked.user));
}

QFuture<Result<void>> RightsKeeper::settled()
{
    if (!m_isAsking)
        return finished<void>({});
    auto promise = std::make_unique<QPromise<Result<void>>>();
    promise->start();
    auto future = promise->future();
    m_waiting.push_back(std::move(promise));
    return future;
}

void RightsKeeper::letGo()
{
    m_isAsking = false;
    for (const auto &promise : std::exchange(m_waiting, {})) {
        promise->addResult(Result<void>());
        promise->finish();
    }
}

void RightsKeeper::hearOfRole()
{
    const bool isReplica = m_client.serverInfo().isReplica();
    if (std::exchange(m_isReplica, isReplica) != isReplica)
        emit changed();
}

void RightsKeeper::askAnew()
{
    ++m_generation;
    m_again.stop();
    if (m_client.isReady())
        ask();
}

QCoro::Task<> RightsKeeper::ask()
{
    const QPointer<RightsKeeper> self(this);
    const quint64 generation = m_generation;
    m_isAsking = true;
    m_askedAt = m_clock.steady();
    const Result<redis::AskedRights> asked = co_await redis::askRights(m_client, m_all);
    if (self && generation == m_generation)
        take(asked);
}

void RightsKeeper::take(const Result<redis::AskedRights> &asked)
{
    const redis::Rights before = m_asked.rights;
    m_asked = asked.value_or(redis::AskedRights());
    const QList<redis::Right> missing = m_asked.rights.refused(m_all);
    if (!missing.isEmpty())
        m_again.start(kAgain);
    if (!missing.isEmpty() && m_asked.rights != before) {
        qCInfo(lcRights).noquote() << describe(missingRights(missing, m_asked.user));
    }
    const QPointer<RightsKeeper> self(this);
    if (m_asked.rights != before)
        emit changed();
    if (self)
        letGo();
}

void RightsKeeper::noteRefused(const redis::Command &command)
{
    if (m_isAsking || command.name() == "ACL")
        return;
    const QList<redis::Right> refused = redis::refusedBy(m_all, command);
    if (m_asked.rights.refused(refused).size() == refused.size())
        return; // known already, or nothing that we ask for
    if (m_asked.mayAsk) {
        if (m_clock.steady() - m_askedAt >= kShortestPause)
            askAnew();
        return;
    }
    const redis::Rights before = m_asked.rights;
    for (const redis::Right &right : refused)
        m_asked.rights.note(right, redis::Rights::Allowance::Refused);
    if (m_asked.rights == before)
        return;
    m_again.start(kAgain);
    emit changed();
}

} // namespace lockkeeper::app
