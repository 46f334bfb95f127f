// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/expectedends.h"

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
    return found.end;
}

} // namespace lockkeeper::locks
