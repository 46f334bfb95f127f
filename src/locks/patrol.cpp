// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/patrol.h"

#include "locks/lockreader.h"

#include <QPointer>

#include <algorithm>

namespace lockkeeper::locks {

using redis::Scanner;

namespace {

/// TTLs count in whole milliseconds, and so does the server's clock.
constexpr milliseconds kDeadlineJitter{2};
/// A row is read whole as often as this: two holds may end at one time, and then the token alone
/// tells them apart. Longer than a key has to be left alone to show who waits for it.
constexpr auto kWholeRead = std::chrono::seconds(5);
/// The same in an audit, where the feed tells of another token.
constexpr auto kAuditedWholeRead = std::chrono::seconds(30);
/// News that is on its way takes less.
constexpr milliseconds kGrace = std::chrono::seconds(2);
/// Clocks that drift apart move a deadline by less between two looks.
constexpr milliseconds kDrift{5};
/// More of them say no more.
constexpr qsizetype kMostSuspects = 1000;

} // namespace

Patrol::Patrol(redis::Client &client, LockRegistry &registry, const Clock &clock, QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_registry(registry)
    , m_clock(clock)
    , m_scanner(client, clock)
{
    m_rowTimer.setSingleShot(true);
    m_sweepTimer.setSingleShot(true);
    connect(&m_rowTimer, &QTimer::timeout, this, [this] { lookAtRows(m_generation); });
    connect(&m_sweepTimer, &QTimer::timeout, this, &Patrol::beginSweep);
    m_graceTimer.setSingleShot(true);
    m_graceTimer.setTimerType(Qt::PreciseTimer);
    connect(&m_graceTimer, &QTimer::timeout, this, [this] { lookAgain(m_generation); });
    connect(&m_scanner, &Scanner::found, this, &Patrol::takeSwept);
    connect(&m_scanner, &Scanner::finished, this, &Patrol::endSweep);
    // A server that refuses now is asked again: whether it answers at all is the feed's concern.
    connect(&m_scanner, &Scanner::failed, this, &Patrol::endSweep);
}

void Patrol::start(Pace pace)
{
    stop();
    m_isOn = true;
    m_pace = pace;
    m_rowTimer.start(pace.rows);
    m_sweepTimer.start(pace.sweeps);
}

void Patrol::stop()
{
    ++m_generation;
    m_isOn = false;
    m_scanner.stop();
    m_rowTimer.stop();
    m_sweepTimer.stop();
    m_graceTimer.stop();
    m_suspects.clear();
    m_lastSweepEnd.reset();
    m_resolution.reset();
}

void Patrol::beginSweep()
{
    m_sweepBegan = m_clock.steady();
    m_scanner.start(m_registry.family().lockPrefix,
                    m_pace.isAudit ? Scanner::Pace::Background : Scanner::Pace::Gentle);
}

void Patrol::takeSwept(const QList<QByteArray> &keys)
{
    if (m_pace.isAudit) {
        for (const QByteArray &key : keys) {
            const LockKey lock(key);
            if (m_registry.family().sessionOfLock(key) && !m_registry.find(lock) &&
                !m_registry.isRefused(lock) && !m_registry.isToBeRead(lock))
                suspect(lock);
        }
        return;
    }
    for (const QByteArray &key : keys)
        m_registry.found(key);
    if (m_registry.hasDirty())
        emit foundDirty();
}

void Patrol::endSweep()
{
    const SteadyTime now = m_clock.steady();
    if (m_lastSweepEnd)
        m_resolution = std::chrono::ceil<milliseconds>(now - *m_lastSweepEnd);
    m_lastSweepEnd = now;
    // The scanner has rested as well.
    const auto due = m_sweepBegan + m_scanner.busy() * 100 / m_pace.share;
    m_sweepTimer.start(std::max(m_pace.sweeps, std::chrono::ceil<milliseconds>(due - now)));
    emit sweptOnce();
}

milliseconds Patrol::restAfter(SteadyTime::duration busy, milliseconds least) const
{
    const auto rest = busy * (100 - m_pace.share) / m_pace.share;
    return std::max(least, std::chrono::ceil<milliseconds>(rest));
}

void Patrol::compare(const LockKey &key, const LockObservation &ttl)
{
    const LockRecord *row = m_registry.find(key);
    if (!row)
        return;
    const auto seen = ttl.deadline();
    const auto doubt = ttl.doubt() + m_registry.deadlineDoubt(key) + kDeadlineJitter;
    const bool isAsKnown =
        seen && row->deadline && std::chrono::abs(*seen - *row->deadline) <= doubt;
    const auto lastRead = m_registry.lastReadOf(key);
    const bool isOld = lastRead && m_clock.steady() - *lastRead >= kWholeRead;
    if (m_registry.isRefused(key) && ttl.kind != LockObservation::Kind::Missing)
        return; // a read would be refused as well, and is tried at its own pace
    if (!isAsKnown || isOld)
        m_registry.recheck(key);
}

void Patrol::audit(const LockKey &key, const LockObservation &ttl)
{
    if (differs(key, ttl)) {
        suspect(key);
        return;
    }
    m_suspects.remove(key);
    if (m_registry.isToBeRead(key) || m_registry.isRefused(key))
        return; // what is refused is tried again at its own pace
    m_registry.correctDeadline(key, ttl, kDeadlineJitter);
    const auto lastRead = m_registry.lastReadOf(key);
    const bool isOld = lastRead && m_clock.steady() - *lastRead >= kAuditedWholeRead;
    if (isOld)
        m_registry.recheck(key);
}

bool Patrol::differs(const LockKey &key, const LockObservation &ttl) const
{
    if (m_registry.isToBeRead(key))
        return false;
    const LockRecord *row = m_registry.find(key);
    const bool isThere = ttl.kind != LockObservation::Kind::Missing;
    if (isThere && m_registry.isRefused(key))
        return false; // what is known of it is known to be stale
    if (!row || !isThere)
        return isThere || row;
    const auto seen = ttl.deadline();
    if (!seen || !row->deadline)
        return seen.has_value() != row->deadline.has_value();
    const auto doubt = ttl.doubt() + m_registry.deadlineDoubt(key) + kDrift;
    return std::chrono::abs(*seen - *row->deadline) > doubt;
}

void Patrol::suspect(const LockKey &key)
{
    if (m_suspects.contains(key) || m_suspects.size() >= kMostSuspects)
        return;
    m_suspects.insert(key, m_clock.steady());
    if (!m_graceTimer.isActive())
        m_graceTimer.start(kGrace);
}

QCoro::Task<> Patrol::lookAgain(quint64 generation)
{
    const QPointer<Patrol> self(this);
    QList<LockKey> keys;
    QList<redis::Command> commands;
    const SteadyTime sentAt = m_clock.steady();
    for (auto suspect = m_suspects.cbegin(); suspect != m_suspects.cend(); ++suspect) {
        if (*suspect + kGrace > sentAt)
            continue;
        keys << suspect.key();
        commands << redis::commands::pttl(suspect.key().bytes());
    }
    if (keys.isEmpty()) {
        if (!m_suspects.isEmpty())
            m_graceTimer.start(kGrace); // those that were due are explained
        co_return;
    }
    const auto replies = co_await m_client.send(commands);
    if (!self || generation != m_generation)
        co_return;
    int differences = 0;
    for (qsizetype i = 0; replies && i < keys.size(); ++i) {
        // News may have come while we looked.
        const bool isSuspect = m_suspects.remove(keys[i]);
        const redis::Reply &reply = (*replies)[i];
        if (isSuspect && !reply.isError() &&
            differs(keys[i], ttlOf(reply, sentAt, m_clock.steady())))
            ++differences;
    }
    if (!m_suspects.isEmpty())
        m_graceTimer.start(kGrace);
    if (differences > 0)
        emit differed(differences);
}

QCoro::Task<> Patrol::lookAtRows(quint64 generation)
{
    const QPointer<Patrol> self(this);
    const QList<LockKey> keys = m_registry.records().keys();
    SteadyTime::duration busy{0};
    for (qsizetype first = 0; first < keys.size(); first += redis::Client::kMaxPipeline) {
        const QList<LockKey> batch = keys.mid(first, redis::Client::kMaxPipeline);
        QList<redis::Command> commands;
        commands.reserve(batch.size());
        for (const LockKey &key : batch)
            commands << redis::commands::pttl(key.bytes());
        const SteadyTime sentAt = m_clock.steady();
        const auto replies = co_await m_client.send(commands);
        if (!self || generation != m_generation)
            co_return;
        if (!replies)
            break;
        const SteadyTime receivedAt = m_clock.steady();
        busy += receivedAt - sentAt;
        for (qsizetype i = 0; i < batch.size(); ++i) {
            const redis::Reply &reply = (*replies)[i];
            if (reply.isError())
                continue;
            const LockObservation ttl = ttlOf(reply, sentAt, receivedAt);
            if (m_pace.isAudit)
                audit(batch[i], ttl);
            else
                compare(batch[i], ttl);
        }
        emit corrected();
        if (!self || generation != m_generation)
            co_return;
        if (m_registry.hasDirty())
            emit foundDirty();
        if (!self || generation != m_generation)
            co_return;
    }
    m_rowTimer.start(restAfter(busy, m_pace.rows));
}

} // namespace lockkeeper::locks
