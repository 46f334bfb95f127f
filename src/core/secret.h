// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

#include <utility>

namespace lockkeeper {

/// A password: it can be handed on, but neither printed nor logged by accident.
class Secret
{
public:
    Secret() = default;
    explicit Secret(QByteArray value)
        : m_value(std::move(value))
    {}

    [[nodiscard]] bool isEmpty() const { return m_value.isEmpty(); }
    /// The clear text; call this where it is sent, nowhere else.
    [[nodiscard]] const QByteArray &reveal() const { return m_value; }

    friend bool operator==(const Secret &, const Secret &) = default;

private:
    QByteArray m_value;
};

} // namespace lockkeeper
