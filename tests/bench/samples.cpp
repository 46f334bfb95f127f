// SPDX-License-Identifier: GPL-3.0-or-later
#include "samples.h"

#include <algorithm>
#include <cmath>

namespace lockkeeper::bench {

void Samples::add(const Samples &other)
{
    m_ms.insert(m_ms.end(), other.m_ms.begin(), other.m_ms.end());
}

double Samples::at(double share) const
{
    if (m_ms.empty())
        return 0;
    std::vector<double> sorted = m_ms;
    std::ranges::sort(sorted);
    const auto last = static_cast<double>(sorted.size() - 1);
    return sorted[static_cast<std::size_t>(std::ceil(share * last))];
}

QString Samples::text() const
{
    if (isEmpty())
        return QStringLiteral("nothing seen");
    return QStringLiteral("p50 %1, p99 %2, worst %3")
        .arg(msText(median()), msText(at(0.99)), msText(worst()));
}

QString msText(double ms)
{
    return QString::number(ms, 'f', ms < 1 ? 2 : ms < 10 ? 1 : 0) + QStringLiteral(" ms");
}

QString secondsText(double seconds)
{
    return QString::number(seconds, 'f', seconds < 10 ? 2 : 1) + QStringLiteral(" s");
}

} // namespace lockkeeper::bench
