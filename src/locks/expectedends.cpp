// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/expectedends.h"

#include <algorithm>

namespace lockkeeper::locks {

namespace {

constexpr std::chrono::minutes kLife{1};

} // namespace

void ExpectedEnds::expect(const LockKey &key, const Token &token, HoldEnd end, SteadyTime now)
{
    m_byKey.removeIf(
        [now](const QHash<LockKey, Expectation>::iterator &it) { return it->since + kLife < now; });
    m_byKey.insert(key, {token, end, now});
}

void ExpectedEnds::withdraw(const LockKey &key, const Token &token)
{
    const auto expected = m_byKey.constFind(key);
    if (expected != m_byKey.cend() && expected->token == token)
        m_byKey.erase(expected);
}

std::optional<HoldEnd> ExpectedEnds::settle(const LockRecord &ended, SteadyTime now)
{
    const auto expected = m_byKey.constFind(ended.key);
    if (expected == m_byKey.cend())
        return std::nullopt;
    const Expectation found = *expected;
    m_byKey.erase(expected);
    if (found.token != ended.token || found.since + kLife < now)
        return std::nullopt;
    // A lock that we have taken over is held on, by us.
    if (found.end == HoldEnd::ForceReleased)
        noteOwnAct(ended.key, now);
    return found.end;
}

void ExpectedEnds::noteOwnAct(const LockKey &key, SteadyTime now)
{
    m_ownActs.removeIf(
        [now](const QHash<LockKey, SteadyTime>::iterator &it) { return *it + kLife < now; });
    m_ownActs.insert(key, now);
}

std::optional<milliseconds> ExpectedEnds::sinceOwnAct(const LockKey &key, SteadyTime start) const
{
    const auto act = m_ownActs.constFind(key);
    // We hear of our act's success a little after it: what began just before came after it.
    if (act == m_ownActs.cend() || start > *act + kLife)
        return std::nullopt;
    return std::max(std::chrono::floor<milliseconds>(start - *act), milliseconds(0));
}

} // namespace lockkeeper::locks
