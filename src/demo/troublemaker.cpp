// SPDX-License-Identifier: GPL-3.0-or-later
#include "demo/troublemaker.h"

#include "demo/nodes.h"
#include "locks/tokens.h"

#include <QLoggingCategory>

namespace lockkeeper::demo {

namespace {

using namespace std::chrono_literals;

Q_LOGGING_CATEGORY(lcTrouble, "lockkeeper.demo", QtWarningMsg)

constexpr milliseconds kRound = 1s;
/// What was cleared away stays away for so long.
constexpr milliseconds kTruce = 30s;
/// PTTL's words for "no such key" and "never expires".
constexpr qint64 kNoKey = -2;
constexpr qint64 kNoExpiry = -1;
/// Between 1582-10-15, when the time of version-1 UUIDs begins, and 1970.
constexpr std::int64_t kGregorianTicks = 0x01B21DD213814000;

/// Left of a lease when the next one of its kind begins, so that there is always one.
milliseconds handover(bool isHeldLong)
{
    return isHeldLong ? 8s : 5s;
}

} // namespace

std::shared_ptr<Troublemaker> Troublemaker::create(std::shared_ptr<redis::Client> client,
                                                   locks::LockFamily family,
                                                   QList<KnownSession> quietSessions)
{
    return std::shared_ptr<Troublemaker>(
        new Troublemaker(std::move(client), std::move(family), std::move(quietSessions)));
}

Troublemaker::Troublemaker(std::shared_ptr<redis::Client> client, locks::LockFamily family,
                           QList<KnownSession> quietSessions)
    : m_client(std::move(client))
    , m_family(std::move(family))
    , m_locks(*m_client, m_family, m_clock)
    , m_maker(std::random_device{}(), m_clock.wall())
    , m_sessions(std::move(quietSessions))
    , m_slots{{Kind::HeldLong, 32s}, // two, half a lease apart: one of them is always old
              {Kind::HeldLong, 2s},  {Kind::DeadOwner}, {Kind::Renewed, 38min},
              {Kind::NoExpiry, 2h},  {Kind::Foreign},   {Kind::Orphan, 9s}}
{
    m_timer.setInterval(kRound);
    connect(&m_timer, &QTimer::timeout, this, [this] { keepUp(); });
}

QCoro::Task<> Troublemaker::start()
{
    const auto self = shared_from_this();
    co_await keepUp();
    if (!m_isStopped)
        m_timer.start();
}

void Troublemaker::stop()
{
    m_isStopped = true;
    m_timer.stop();
}

QCoro::Task<> Troublemaker::keepUp()
{
    const auto self = shared_from_this();
    if (m_isBusy || m_isStopped)
        co_return;
    m_isBusy = true;
    QList<redis::Command> questions;
    for (const Slot &slot : m_slots)
        questions.append(redis::commands::pttl(m_family.lockKey(slot.session).bytes()));
    const auto replies = co_await m_client->send(questions);
    for (qsizetype i = 0; replies && i < m_slots.size() && !m_isStopped; ++i)
        co_await tend(i, replies->at(i).integerValue());
    m_isBusy = false;
}

QCoro::Task<> Troublemaker::tend(qsizetype index, qint64 pttl)
{
    const auto self = shared_from_this();
    Slot &slot = m_slots[index];
    if (isDue(slot, pttl)) {
        co_await fill(index);
        co_return;
    }
    if (slot.kind == Kind::Renewed && pttl > 0 && milliseconds(pttl) < m_family.lease * 2 / 3) {
        const auto renewed =
            co_await m_locks.reacquire(m_family.lockKey(slot.session), slot.token, m_family.lease);
        if (!renewed)
            qCDebug(lcTrouble).noquote() << describe(renewed.error());
    }
}

bool Troublemaker::isDue(Slot &slot, qint64 pttl) const
{
    if (!slot.isFilled)
        return true;
    if (pttl == kNoKey) {
        const SteadyTime now = m_clock.steady();
        if (!slot.missingSince)
            slot.missingSince = now;
        return now - *slot.missingSince >= kTruce;
    }
    slot.missingSince.reset();
    return pttl != kNoExpiry && slot.kind != Kind::Renewed &&
           milliseconds(pttl) < handover(slot.kind == Kind::HeldLong);
}

QCoro::Task<> Troublemaker::fill(qsizetype index)
{
    const auto self = shared_from_this();
    Slot &slot = m_slots[index];
    slot.session = pickSession(slot.kind);
    slot.token = makeToken(slot);
    slot.missingSince.reset();
    slot.isFilled = true;
    if (slot.kind == Kind::DeadOwner) {
        emit crashWanted(slot.session);
        co_return;
    }
    const auto reply = co_await m_client->send(placing(slot));
    // Another lock may stand there: the next round tries another session.
    slot.isFilled = reply && !reply->isNil() && !reply->isError();
    if (slot.kind == Kind::HeldLong)
        slot.age = 0s; // those that follow begin before our eyes
}

redis::Command Troublemaker::placing(const Slot &slot) const
{
    const QByteArray key = m_family.lockKey(slot.session).bytes();
    switch (slot.kind) {
    case Kind::NoExpiry:
        return {{"SET", key, slot.token.bytes(), "NX"}, redis::Effect::Mutation};
    case Kind::Foreign:
        return {{"HSET", key, slot.token.bytes(), "1"}, redis::Effect::Mutation};
    case Kind::HeldLong:
    case Kind::Orphan:
        return redis::commands::setIfAbsent(key, slot.token.bytes(), m_family.lease - slot.age);
    case Kind::Renewed:
    case Kind::DeadOwner:
        return redis::commands::setIfAbsent(key, slot.token.bytes(), m_family.lease);
    }
    Q_UNREACHABLE();
}

std::uint64_t Troublemaker::nodeOf(Kind kind)
{
    switch (kind) {
    case Kind::NoExpiry:
        return kForgetfulNode;
    case Kind::Renewed:
        return kTirelessNode;
    case Kind::HeldLong:
        return kSlowNode;
    case Kind::DeadOwner:
        return kCrashingNode;
    case Kind::Foreign:
    case Kind::Orphan:
        return kUnknownNode;
    }
    Q_UNREACHABLE();
}

SessionId Troublemaker::pickSession(Kind kind)
{
    if (kind == Kind::Orphan)
        return SessionId(m_maker.makeUuid4());
    m_nextSession = m_nextSession % m_sessions.size();
    return m_sessions.at(m_nextSession++).id;
}

Token Troublemaker::makeToken(const Slot &slot)
{
    if (slot.kind == Kind::Foreign) // as a Java peer would write it: a hash of owner and thread
        return Token(m_maker.makeUuid4() + ":41");
    using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;
    const auto calledAt = (m_clock.wall() - slot.age).time_since_epoch();
    const std::int64_t ticks = std::chrono::duration_cast<Ticks>(calledAt).count();
    constexpr std::uint16_t kClockSequence = 0x2A51;
    return locks::encodeUuid1(ticks + kGregorianTicks, kClockSequence, nodeOf(slot.kind));
}

} // namespace lockkeeper::demo
