// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

namespace lockkeeper {

/// A moment or a span of std::chrono that may be missing, in no more room than the moment takes:
/// for lists of a hundred thousand. T::min() stands for none.
template<typename T>
class PackedOptional
{
public:
    constexpr PackedOptional() = default;
    constexpr PackedOptional(std::nullopt_t) {}
    constexpr PackedOptional(T value) // takes the place of a std::optional
        : m_value(value)
    {}
    constexpr PackedOptional(const std::optional<T> &value)
        : m_value(value.value_or(T::min()))
    {}

    [[nodiscard]] constexpr bool has_value() const { return m_value != T::min(); }
    constexpr explicit operator bool() const { return has_value(); }
    constexpr operator std::optional<T>() const
    {
        return has_value() ? std::optional<T>(m_value) : std::nullopt;
    }
    /// The value; there must be one.
    constexpr const T &operator*() const { return m_value; }
    [[nodiscard]] constexpr T value_or(T otherwise) const
    {
        return has_value() ? m_value : otherwise;
    }
    constexpr void reset() { m_value = T::min(); }

    friend constexpr bool operator==(const PackedOptional &, const PackedOptional &) = default;

private:
    T m_value = T::min();
};

} // namespace lockkeeper
