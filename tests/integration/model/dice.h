// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"

#include <cstdint>

namespace lockkeeper::model {

/// Chance that can be repeated, whatever goes on at once: each operation gets dice of its own, made
/// from its lane's in the order in which operations begin. (SplitMix64, https://prng.di.unimi.it)
class Dice
{
public:
    explicit Dice(std::uint64_t seed)
        : m_state(seed)
    {}

    [[nodiscard]] int below(int bound) { return int(next() % std::uint64_t(bound)); }
    [[nodiscard]] bool chance(int percent) { return below(100) < percent; }
    [[nodiscard]] milliseconds span(milliseconds from, milliseconds to)
    {
        return from + milliseconds(below(int((to - from).count())));
    }
    [[nodiscard]] Dice split() { return Dice(next()); }

private:
    std::uint64_t next()
    {
        std::uint64_t bits = (m_state += 0x9e3779b97f4a7c15U);
        bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
        bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
        return bits ^ (bits >> 31U);
    }

    std::uint64_t m_state;
};

} // namespace lockkeeper::model
