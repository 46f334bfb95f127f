// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/clockskews.h"

#include <algorithm>

namespace lockkeeper::locks {

void ClockSkews::note(const Owner &owner, WallTime acquiredAt)
{
    if (!owner.calledAt || owner.nodeId.isEmpty())
        return;
    const auto offset = acquiredAt - *owner.calledAt;
    const auto known = m_byNode.find(owner.nodeId);
    if (known == m_byNode.end()) {
        if (m_byNode.size() < kMostNodes)
            m_byNode.insert(owner.nodeId, {offset, 1});
        return;
    }
    known->least = std::min(known->least, offset);
    ++known->holds;
}

std::optional<std::chrono::microseconds> ClockSkews::skewOf(const QString &nodeId) const
{
    const auto known = m_byNode.constFind(nodeId);
    if (known == m_byNode.cend())
        return std::nullopt;
    const bool isBelieved = known->least.count() < 0 || known->holds >= kEnough;
    return isBelieved ? known->least : std::chrono::microseconds(0);
}

std::optional<milliseconds> ClockSkews::queued(const Owner &owner, WallTime acquiredAt) const
{
    if (!owner.calledAt)
        return std::nullopt;
    const auto skew = skewOf(owner.nodeId).value_or(std::chrono::microseconds(0));
    return std::max(std::chrono::floor<milliseconds>(acquiredAt - *owner.calledAt - skew),
                    milliseconds(0));
}

} // namespace lockkeeper::locks
