// SPDX-License-Identifier: GPL-3.0-or-later
#include "simulatedserver.h"

#include <algorithm>

namespace lockkeeper::test {

namespace {

std::int64_t wholeMilliseconds(SteadyTime moment)
{
    return std::chrono::floor<milliseconds>(moment.time_since_epoch()).count();
}

} // namespace

SimulatedServer::SimulatedServer(const ManualClock &clock, Dice &dice)
    : m_clock(clock)
    , m_dice(dice)
    , m_offset(dice.pick(200'000) - 100'000)
{}

std::int64_t SimulatedServer::now() const
{
    return wholeMilliseconds(m_clock.steady()) + m_offset;
}

void SimulatedServer::touched(const QByteArray &key)
{
    if (m_isTracking)
        m_changedThisTurn.insert(key);
}

bool SimulatedServer::expireIfDue(const QByteArray &key)
{
    const auto entry = m_keys.constFind(key);
    if (entry == m_keys.cend() || !entry->expiresAt || now() <= *entry->expiresAt)
        return false;
    m_keys.erase(entry);
    touched(key);
    return true;
}

bool SimulatedServer::setIfAbsent(const QByteArray &key, const QByteArray &token,
                                  std::optional<milliseconds> ttl)
{
    expireIfDue(key);
    if (m_keys.contains(key))
        return false;
    m_keys.insert(key, {token, false, ttl ? std::optional(now() + ttl->count()) : std::nullopt});
    touched(key);
    return true;
}

bool SimulatedServer::remove(const QByteArray &key, const QByteArray &token)
{
    const Entry *entry = get(key);
    if (!entry || entry->isHash || entry->token != token)
        return false;
    m_keys.remove(key);
    touched(key);
    return true;
}

void SimulatedServer::expire(const QByteArray &key, milliseconds ttl)
{
    expireIfDue(key);
    const auto entry = m_keys.find(key);
    if (entry == m_keys.end())
        return;
    entry->expiresAt = now() + ttl.count();
    touched(key);
}

void SimulatedServer::persist(const QByteArray &key)
{
    expireIfDue(key);
    const auto entry = m_keys.find(key);
    if (entry == m_keys.end() || !entry->expiresAt)
        return;
    entry->expiresAt.reset();
    touched(key);
}

void SimulatedServer::rename(const QByteArray &from, const QByteArray &to)
{
    expireIfDue(from);
    const auto entry = m_keys.constFind(from);
    if (entry == m_keys.cend() || from == to)
        return;
    const Entry moved = *entry;
    m_keys.remove(from);
    m_keys.insert(to, moved);
    touched(from);
    touched(to);
}

void SimulatedServer::makeHash(const QByteArray &key)
{
    m_keys.insert(key, {{}, true, std::nullopt});
    touched(key);
}

void SimulatedServer::replace(const QByteArray &key, const QByteArray &token, milliseconds ttl)
{
    m_keys.insert(key, {token, false, now() + ttl.count()});
    touched(key);
}

void SimulatedServer::flush()
{
    m_keys.clear();
    if (!m_isTracking)
        return;
    // What changed before it in the same turn is covered by it.
    m_changedThisTurn.clear();
    m_pushes.push_back({Push::Kind::Everything, {}});
}

void SimulatedServer::expireSome()
{
    const auto keys = m_keys.keys();
    for (const QByteArray &key : keys) {
        if (m_dice.chance(0.3))
            expireIfDue(key);
    }
}

const SimulatedServer::Entry *SimulatedServer::get(const QByteArray &key)
{
    expireIfDue(key);
    const auto entry = m_keys.constFind(key);
    return entry == m_keys.cend() ? nullptr : &*entry;
}

std::int64_t SimulatedServer::pttl(const QByteArray &key)
{
    const Entry *entry = get(key);
    if (!entry)
        return -2;
    return entry->expiresAt ? std::max<std::int64_t>(*entry->expiresAt - now(), 0) : -1;
}

QList<QByteArray> SimulatedServer::scanBucket(int bucket)
{
    QList<QByteArray> found;
    const auto keys = m_keys.keys();
    for (const QByteArray &key : keys) {
        if (int(qHash(key) % kBuckets) == bucket && !expireIfDue(key))
            found << key;
    }
    return found;
}

QList<QByteArray> SimulatedServer::liveKeys()
{
    QList<QByteArray> live;
    for (int bucket = 0; bucket < kBuckets; ++bucket)
        live << scanBucket(bucket);
    return live;
}

void SimulatedServer::startTracking()
{
    m_isTracking = true;
    m_changedThisTurn.clear();
    m_pushes.push_back({Push::Kind::Established, {}});
}

void SimulatedServer::stopTracking()
{
    m_isTracking = false;
    m_changedThisTurn.clear();
    m_pushes.clear();
}

void SimulatedServer::endTurn()
{
    if (!m_changedThisTurn.isEmpty())
        m_pushes.push_back({Push::Kind::Keys, m_changedThisTurn.values()});
    m_changedThisTurn.clear();
}

SteadyTime SimulatedServer::deadline(const Entry &entry) const
{
    return SteadyTime(milliseconds(entry.expiresAt.value_or(0) - m_offset));
}

} // namespace lockkeeper::test
