// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/backoff.h"

#include <algorithm>

namespace lockkeeper {

Backoff::Backoff(std::chrono::milliseconds first, std::chrono::milliseconds ceiling,
                 std::uint64_t seed)
    : m_first(first)
    , m_ceiling(ceiling)
    , m_interval(first)
    , m_random(seed)
{}

std::chrono::milliseconds Backoff::next()
{
    std::uniform_int_distribution<std::chrono::milliseconds::rep> delay(1, m_interval.count());
    m_interval = std::min(m_interval * 2, m_ceiling);
    return std::chrono::milliseconds(delay(m_random));
}

void Backoff::reset()
{
    m_interval = m_first;
}

} // namespace lockkeeper
