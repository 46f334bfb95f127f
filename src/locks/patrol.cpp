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
    connect(&m_scanner, &Scanner::found, this, [this](const QList<QByteArray> &keys) {
        for (const QByteArray &key : keys)
            m_registry.found(key);
        if (m_registry.hasDirty())
            emit foundDirty();
    });
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
    m_lastSweepEnd.reset();
    m_resolution.reset();
}

void Patrol::beginSweep()
{
    m_sweepBegan = m_clock.steady();
    m_scanner.start(m_registry.family().lockPrefix, Scanner::Pace::Gentle);
}

void Patrol::endSweep()
{
    const SteadyTime now = m_clock.steady();
    if (m_lastSweepEnd)
        m_resolution = std::chrono::ceil<milliseconds>(now - *m_lastSweepEnd);
    m_lastSweepEnd = now;
    m_sweepTimer.start(restAfter(now - m_sweepBegan, m_pace.sweeps));
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
    if (!isAsKnown || isOld)
        m_registry.recheck(key);
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
            if (const redis::Reply &reply = (*replies)[i]; !reply.isError())
                compare(batch[i], ttlOf(reply, sentAt, receivedAt));
        }
        if (m_registry.hasDirty())
            emit foundDirty();
        if (!self || generation != m_generation)
            co_return;
    }
    m_rowTimer.start(restAfter(busy, m_pace.rows));
}

} // namespace lockkeeper::locks
