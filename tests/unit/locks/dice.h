// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <random>

namespace lockkeeper::test {

/// Seeded chance.
class Dice
{
public:
    explicit Dice(std::uint64_t seed)
        : m_random(seed)
    {}

    /// 0 to `below` - 1.
    [[nodiscard]] int pick(int below)
    {
        return std::uniform_int_distribution<int>(0, below - 1)(m_random);
    }
    [[nodiscard]] bool chance(double probability)
    {
        return std::bernoulli_distribution(probability)(m_random);
    }

private:
    std::mt19937_64 m_random;
};

} // namespace lockkeeper::test
