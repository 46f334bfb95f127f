// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/contentionprobe.h"

#include "locks/owntouches.h"

#include <QPointer>

#include <algorithm>
#include <utility>

namespace lockkeeper::locks {

ContentionProbe::ContentionProbe(redis::Client &client, LockMonitor &monitor, const Clock &clock,
                                 const OwnTouches *touches, QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_monitor(monitor)
    , m_clock(clock)
    , m_touches(touches)
{
    m_timer.setInterval(kInterval);
    connect(&m_timer, &QTimer::timeout, this, [this] { probe(); });
    connect(&monitor, &LockMonitor::changed, this, &ContentionProbe::follow);
    connect(&client, &redis::Client::stateChanged, this, [this] {
        m_isRefused = false; // another connection, perhaps another user or server
        m_servers.clear();
        m_suspicions.clear();
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
    for (const LockKey &key : delta.removed) {
        m_trails.remove(key);
        m_suspicions.remove(key);
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
    const QSet<LockKey> suspects = dueSuspects();
    for (const LockKey &key : suspects) {
        if (const auto subject = ripe(key))
            subjects.append(*subject);
        const LockRecord *record = m_monitor.registry().find(key);
        if (!record || record->isForeign())
            m_suspicions.remove(key);
    }
    const auto look = [&](const LockKey &key, const LockRecord &) {
        if (suspects.contains(key))
            return;
        if (const auto subject = ripe(key))
            subjects.append(*subject);
    };
    m_next = m_monitor.registry().records().visitFrom(m_next, kBatch - subjects.size(), look);
    return subjects;
}

QSet<LockKey> ContentionProbe::dueSuspects() const
{
    QSet<LockKey> due;
    const SteadyTime now = m_clock.steady();
    for (auto some = m_suspicions.cbegin(); some != m_suspicions.cend(); ++some) {
        if (due.size() >= kBatch / 2) // the others have their turn as well
            break;
        if (some->isDue(now))
            due.insert(some.key());
    }
    return due;
}

std::optional<ContentionProbe::Subject> ContentionProbe::ripe(const LockKey &key) const
{
    const LockRecord *record = m_monitor.registry().find(key);
    const auto lastTouch = lastTouchOf(key);
    const SteadyTime now = m_clock.steady();
    const bool isRipe = record && !record->isForeign() && record->isVerified && lastTouch &&
                        now - *lastTouch >= kRipeAge && now - record->acquiredAt >= kRipeAge;
    if (!isRipe)
        return std::nullopt;
    return Subject{m_client.nodeOf(key.bytes()), key, record->token, record->acquiredAt,
                   *lastTouch};
}

std::optional<SteadyTime> ContentionProbe::lastTouchOf(const LockKey &key) const
{
    const auto read = m_monitor.registry().lastReadOf(key);
    const auto touch = m_touches ? m_touches->newestOf(key) : std::nullopt;
    return read && touch ? std::max(*read, *touch) : read;
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
        const bool isSpoilt = lastTouchOf(subjects[i].key) != subjects[i].lastTouch;
        if (isSpoilt) // by ourselves, while the answer was under way
            continue;
        const LockDemand demand = demandFor(subjects[i], replies[i + 1], server);
        const LockRecord *record = m_monitor.registry().find(demand.key);
        if (demand.isContended == true && !isProved(subjects[i], server))
            continue; // what was known stays
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
    if (demand.isContended != true)
        m_suspicions.remove(subject.key);
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
    return trail.askedFor(int(reply.integerValue()), now, subject.lastTouch,
                          now - subject.acquiredAt);
}

bool ContentionProbe::isProved(const Subject &subject, const Server &server)
{
    const LockRecord *record = m_monitor.registry().find(subject.key);
    const bool isKnown = record && record->token == subject.token && record->isContended == true;
    if (!isKnown) {
        const SteadyTime now = m_clock.steady();
        const auto trail = m_trails.constFind(subject.key);
        const bool isByGrowth = server.usesFrequency && trail != m_trails.cend();
        const SteadyTime seenAt = isByGrowth ? trail->second.grewAt().value_or(now) : now;
        auto suspicion = m_suspicions.find(subject.key);
        if (suspicion == m_suspicions.end() || suspicion->token() != subject.token)
            suspicion = m_suspicions.insert(subject.key, Suspicion(subject.token));
        if (!suspicion->isProvedBy(seenAt, now))
            return false;
    }
    m_suspicions.remove(subject.key);
    return true;
}

} // namespace lockkeeper::locks
