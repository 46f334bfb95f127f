// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/error.h"

#include <type_traits>
#include <utility>
#include <variant>

namespace lockkeeper {

/// A value or the Error that stands in its place; named after std::expected, which g++ 12 lacks in
/// C++20. Asking for the side that is not there is a programming error.
template<typename T>
class [[nodiscard]] Result
{
public:
    using value_type = T;

    Result(T value)
        : m_content(std::in_place_index<0>, std::move(value))
    {}
    Result(Error error)
        : m_content(std::in_place_index<1>, std::move(error))
    {}

    [[nodiscard]] bool has_value() const noexcept { return m_content.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    [[nodiscard]] const T &value() const & { return *std::get_if<0>(&m_content); }
    [[nodiscard]] T &value() & { return *std::get_if<0>(&m_content); }
    [[nodiscard]] T &&value() && { return std::move(*std::get_if<0>(&m_content)); }
    const T &operator*() const & { return value(); }
    T &operator*() & { return value(); }
    T &&operator*() && { return std::move(*this).value(); }
    const T *operator->() const { return std::get_if<0>(&m_content); }
    T *operator->() { return std::get_if<0>(&m_content); }
    [[nodiscard]] T value_or(T other) const { return has_value() ? value() : std::move(other); }

    [[nodiscard]] const Error &error() const { return *std::get_if<1>(&m_content); }

private:
    std::variant<T, Error> m_content;
};

/// Success without a value, or an Error.
template<>
class [[nodiscard]] Result<void>
{
public:
    using value_type = void;

    Result() = default;
    Result(Error error)
        : m_content(std::move(error))
    {}

    [[nodiscard]] bool has_value() const noexcept { return m_content.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }
    [[nodiscard]] const Error &error() const { return *std::get_if<1>(&m_content); }

private:
    std::variant<std::monostate, Error> m_content;
};

} // namespace lockkeeper
