// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/owntouches.h"

#include <utility>

namespace lockkeeper::locks {

void OwnTouches::note(const LockKey &key, SteadyTime now)
{
    m_newest.insert(key, now);
    if (now - m_sweptAt < kKept)
        return;
    m_sweptAt = now;
    erase_if(m_newest, [now](auto entry) { return now - entry.value() >= kKept; });
}

std::optional<SteadyTime> OwnTouches::newestOf(const LockKey &key) const
{
    const auto newest = m_newest.constFind(key);
    return newest == m_newest.cend() ? std::nullopt : std::optional(*newest);
}

TouchNote::TouchNote(OwnTouches *touches, LockKey key, const Clock &clock)
    : m_touches(touches)
    , m_key(std::move(key))
    , m_clock(clock)
{
    note();
}

TouchNote::~TouchNote()
{
    note();
}

void TouchNote::note()
{
    if (m_touches)
        m_touches->note(m_key, m_clock.steady());
}

} // namespace lockkeeper::locks
