// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/contentionprobe.h"

#include <QPointer>

#include <algorithm>
#include <utility>

namespace lockkeeper::locks {

ContentionProbe::ContentionProbe(redis::Client &client, LockMonitor &monitor, const Clock &clock,
                                 QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_monitor(monitor)
    , m_clock(clock)
{
    m_timer.setInterval(kInterval);
    connect(&m_timer, &QTimer::timeout, this, [this] { probe(); });
    connect(&monitor, &LockMonitor::changed, this, &ContentionProbe::follow);
    connect(&client, &redis::Client::stateChanged, this, [this] {
        m_isRefused = false; // another connection, perhaps another user or server
        m_servers.clear();
    });
}

void ContentionProbe::start()
{
    m_timer.start();
}

void ContentionProbe::stop()
{
    m_timer.stop();
    disconnect(&m_monitor, nullptr, this, nullptr);
    disconnect(&m_client, nullptr, this, nullptr);
}

void ContentionProbe::follow(const RegistryDelta &delta)
{
    for (const LockRecord &record : delta.upserted) {
        if (m_inRound.contains(record.key))
            continue;
        m_inRound.insert(record.key);
        m_round.push_back(record.key);
    }
}

QCoro::Task<> ContentionProbe::probe()
{
    const QPointer<ContentionProbe> self(this);
    if (m_isProbing || m_isRefused || !m_client.isReady())
        co_return;
    const QList<Subject> subjects = nextRipe();
    if (subjects.isEmpty())
        co_return;
    QHash<redis::NodeId, QList<Subject>> byNode;
    for (const Subject &subject : subjects)
        byNode[subject.node].append(subject);
    m_isProbing = true;
    for (auto some = byNode.cbegin(); some != byNode.cend(); ++some) {
        QList<redis::Command> commands{redis::commands::info("persistence")};
        const bool usesFrequency = m_servers[some.key()].usesFrequency;
        for (const Subject &subject : *some)
            commands << (usesFrequency ? redis::commands::objectFreq(subject.key.bytes())
                                       : redis::commands::objectIdleTime(subject.key.bytes()));
        const auto replies = co_await m_client.sendTo(some.key(), commands);
        if (!self)
            co_return;
        if (replies && m_timer.isActive())
            take(*some, *replies);
    }
    m_isProbing = false;
    if (m_isRefused)
        co_return;
    const bool isAnyForking =
        std::ranges::any_of(m_servers, [](const Server &server) { return server.isForking; });
    m_trouble = isAnyForking
                    ? QStringLiteral("the server is saving, and notes no touches meanwhile")
                    : QString();
}

QList<ContentionProbe::Subject> ContentionProbe::nextRipe()
{
    QList<Subject> subjects;
    const SteadyTime now = m_clock.steady();
    const std::size_t looks = std::min<std::size_t>(m_round.size(), kBatch);
    for (std::size_t i = 0; i < looks; ++i) {
        const LockKey key = std::move(m_round.front());
        m_round.pop_front();
        const LockRecord *record = m_monitor.registry().find(key);
        if (!record || record->isForeign()) {
            m_inRound.remove(key);
            m_trails.remove(key);
            continue;
        }
        m_round.push_back(key);
        const auto lastRead = m_monitor.registry().lastReadOf(key);
        const bool isRipe = record->isVerified && lastRead && now - *lastRead >= kRipeAge &&
                            now - record->acquiredAt >= kRipeAge;
        if (isRipe)
            subjects.append(
                {m_client.nodeOf(key.bytes()), key, record->token, record->acquiredAt, *lastRead});
    }
    return subjects;
}

void ContentionProbe::take(const QList<Subject> &subjects, const QList<redis::Reply> &replies)
{
    Server &server = m_servers[subjects.first().node];
    readInfo(server, replies.first());
    const redis::Reply &first = replies.at(1);
    if (first.errorPrefix() == "NOPERM" || first.bytes().startsWith("ERR unknown command")) {
        giveUp(QStringLiteral("the user has no right to OBJECT"));
    } else if (first.isError() && first.bytes().contains("maxmemory policy")) {
        // The policy may be changed at any time; the next probe asks the other way.
        server.usesFrequency = !server.usesFrequency;
        return;
    }
    QList<LockDemand> demands;
    for (qsizetype i = 0; i < subjects.size(); ++i) {
        const LockDemand demand = demandFor(subjects[i], replies[i + 1], server);
        const LockRecord *record = m_monitor.registry().find(demand.key);
        if (record && (record->isContended != demand.isContended || demand.isContended != true))
            demands.append(demand);
    }
    m_monitor.noteDemand(demands);
}

void ContentionProbe::giveUp(const QString &trouble)
{
    m_isRefused = true;
    m_trouble = trouble;
}

void ContentionProbe::readInfo(Server &server, const redis::Reply &info)
{
    server.wasForking = server.isForking;
    server.isInfoKnown = !info.isError();
    const QByteArray &text = info.bytes();
    server.isForking = server.isInfoKnown && (text.contains("rdb_bgsave_in_progress:1") ||
                                              text.contains("aof_rewrite_in_progress:1") ||
                                              text.contains("module_fork_in_progress:1"));
}

LockDemand ContentionProbe::demandFor(const Subject &subject, const redis::Reply &reply,
                                      const Server &server)
{
    LockDemand demand{subject.key, subject.token, std::nullopt, std::nullopt};
    if (!server.isForking && !server.wasForking && reply.kind() == redis::Reply::Kind::Integer)
        demand.isContended = judge(subject, reply, server);
    // A child that nobody told us of would make a contended lock look idle, never the reverse.
    if (!server.isInfoKnown && demand.isContended == false)
        demand.isContended.reset();
    return demand;
}

std::optional<bool> ContentionProbe::judge(const Subject &subject, const redis::Reply &reply,
                                           const Server &server)
{
    if (!server.usesFrequency)
        return isAskedFor(std::chrono::seconds(reply.integerValue()));
    auto &[token, trail] = m_trails[subject.key];
    if (std::exchange(token, subject.token) != subject.token)
        trail = {};
    const SteadyTime now = m_clock.steady();
    return trail.askedFor(int(reply.integerValue()), now, subject.lastRead,
                          now - subject.acquiredAt);
}

} // namespace lockkeeper::locks
