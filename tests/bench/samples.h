// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <vector>

namespace lockkeeper::bench {

/// Measured spans in milliseconds.
class Samples
{
public:
    void add(double ms) { m_ms.push_back(ms); }
    void add(const Samples &other);
    [[nodiscard]] bool isEmpty() const { return m_ms.empty(); }
    [[nodiscard]] std::size_t count() const { return m_ms.size(); }
    /// The value that this share (0 to 1) of the samples does not exceed; 0 without samples.
    [[nodiscard]] double at(double share) const;
    [[nodiscard]] double median() const { return at(0.5); }
    [[nodiscard]] double worst() const { return at(1); }
    /// "p50 0.12 ms, p99 4.0 ms, worst 12 ms".
    [[nodiscard]] QString text() const;

private:
    std::vector<double> m_ms;
};

/// "0.12 ms", "4.0 ms", "120 ms": three digits that matter.
[[nodiscard]] QString msText(double ms);
/// "0.12 s".
[[nodiscard]] QString secondsText(double seconds);

} // namespace lockkeeper::bench
