// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/spanhistogram.h"

#include <algorithm>
#include <bit>

namespace lockkeeper::locks {

namespace {

/// Each doubling is cut into this many bins; below twice that, each millisecond is one.
constexpr int kBinBits = 5;
constexpr std::uint64_t kBins = 1U << kBinBits;

std::uint16_t binOf(milliseconds span)
{
    const auto value = std::uint64_t(std::max<milliseconds::rep>(span.count(), 0));
    if (value < 2 * kBins)
        return std::uint16_t(value);
    const int shift = std::bit_width(value) - 1 - kBinBits;
    return std::uint16_t(std::uint64_t(shift) * kBins + (value >> unsigned(shift)));
}

/// The longest span that falls into the bin.
milliseconds endOf(std::uint16_t bin)
{
    if (bin < 2 * kBins)
        return milliseconds(bin);
    const std::uint64_t shift = bin / kBins - 1;
    const std::uint64_t start = (bin % kBins + kBins) << shift;
    return milliseconds(milliseconds::rep(start + (1ULL << shift) - 1));
}

} // namespace

void SpanHistogram::add(milliseconds span)
{
    ++m_count;
    m_longest = std::max(m_longest, span);
    const std::uint16_t bin = binOf(span);
    const auto place =
        std::ranges::lower_bound(m_bins, bin, {}, &decltype(m_bins)::value_type::first);
    if (place != m_bins.end() && place->first == bin)
        ++place->second;
    else
        m_bins.insert(place, {bin, 1});
}

SpanFigures SpanHistogram::figures() const
{
    return {int(m_count),   percentile(50), percentile(90),
            percentile(95), percentile(99), m_longest};
}

milliseconds SpanHistogram::percentile(int percent) const
{
    const std::uint64_t rank = (std::uint64_t(m_count) * unsigned(percent) + 99) / 100;
    std::uint64_t seen = 0;
    for (const auto &[bin, count] : m_bins) {
        seen += count;
        if (seen >= rank)
            return std::min(endOf(bin), m_longest);
    }
    return m_longest;
}

} // namespace lockkeeper::locks
