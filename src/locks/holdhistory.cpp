// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/holdhistory.h"

namespace lockkeeper::locks {

void HoldHistory::add(Hold hold)
{
    ++m_added;
    if (m_capacity == 0)
        return;
    if (m_holds.size() == m_capacity)
        m_holds.pop_front();
    m_holds.push_back(std::move(hold));
}

QList<Hold> HoldHistory::of(const LockKey &key) const
{
    QList<Hold> holds;
    for (const Hold &hold : m_holds) {
        if (hold.key == key)
            holds << hold;
    }
    return holds;
}

} // namespace lockkeeper::locks
