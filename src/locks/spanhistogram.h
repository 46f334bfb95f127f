// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace lockkeeper::locks {

/// What is told of many spans: percentiles by nearest rank, within 3 % above, and the longest one.
struct SpanFigures
{
    int count = 0; ///< spans that were measured; without any the rest is zero
    milliseconds p50{0};
    milliseconds p90{0};
    milliseconds p95{0};
    milliseconds p99{0};
    milliseconds longest{0};

    friend bool operator==(const SpanFigures &, const SpanFigures &) = default;
};

/// Spans, counted in bins that grow with them: as much memory as there are kinds of lengths,
/// whatever the number of spans.
class SpanHistogram
{
public:
    void add(milliseconds span);
    [[nodiscard]] SpanFigures figures() const;

private:
    [[nodiscard]] milliseconds percentile(int percent) const;

    std::vector<std::pair<std::uint16_t, std::uint32_t>> m_bins; ///< bin and count, by bin
    std::uint32_t m_count = 0;
    milliseconds m_longest{0};
};

} // namespace lockkeeper::locks
