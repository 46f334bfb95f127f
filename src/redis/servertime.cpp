// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/servertime.h"

#include "core/text.h"

#include <cmath>

namespace lockkeeper::redis {

using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

/// Clocks that are steered drift by less.
constexpr double kMostDrift = 500e-6;
/// A difference beyond doubt and drift that is a clock that was set.
constexpr auto kStep = 20ms;
/// A drift is told from samples that are this far apart, and only when it is known this well.
constexpr auto kDriftSpan = 60s;
constexpr double kDriftDoubt = 50e-6;
/// Less is as good as nothing.
constexpr auto kSameClock = 50ms;
constexpr double kSaidDrift = 100e-6;

double secondsOf(SteadyTime::duration span)
{
    return std::chrono::duration<double>(span).count();
}

SteadyTime::duration driftedBy(SteadyTime::duration span, double parts)
{
    return std::chrono::duration_cast<SteadyTime::duration>(
        std::chrono::duration<double>(secondsOf(span) * parts));
}

} // namespace

WallTime ServerTime::wallAt(SteadyTime moment) const
{
    const SteadyTime::duration passed = moment - m_anchor->at;
    return m_anchor->server + std::chrono::round<microseconds>(passed + driftedBy(passed, m_drift));
}

std::optional<microseconds> ServerTime::take(const Sample &sample)
{
    const SteadyTime::duration doubt = (sample.receivedAt - sample.sentAt) / 2;
    const Anchor fresh{sample.server, sample.sentAt + doubt, doubt};
    if (!m_anchor) {
        m_anchor = m_first = fresh;
        return std::nullopt;
    }
    const microseconds error = fresh.server - wallAt(fresh.at);
    const SteadyTime::duration grown =
        m_anchor->doubt + driftedBy(fresh.at - m_anchor->at, kMostDrift);
    if (std::chrono::abs(error) > grown + fresh.doubt + kStep) {
        m_anchor = m_first = fresh;
        m_drift = 0;
        return error;
    }
    const SteadyTime::duration span = fresh.at - m_first->at;
    const double driftDoubt = secondsOf(fresh.doubt + m_first->doubt) / secondsOf(span);
    if (span >= kDriftSpan && driftDoubt < kDriftDoubt) {
        const auto passed = fresh.server - m_first->server;
        m_drift = std::chrono::duration<double>(passed).count() / secondsOf(span) - 1.0;
    }
    // A slow answer tells less than a quick one of a while ago.
    if (fresh.doubt <= grown)
        m_anchor = fresh;
    return std::nullopt;
}

WallTime ServerTime::wall() const
{
    return m_anchor ? wallAt(m_clock.steady()) : m_clock.wall();
}

std::optional<microseconds> ServerTime::offset() const
{
    return m_anchor ? std::optional(wall() - m_clock.wall()) : std::nullopt;
}

QString describe(const ServerTime &time)
{
    const auto offset = time.offset();
    if (!offset)
        return {};
    const auto span = std::chrono::round<milliseconds>(std::chrono::abs(*offset));
    QString text;
    if (span < kSameClock || span <= time.doubt())
        text = QStringLiteral("server and this machine agree on the time");
    else if (offset->count() > 0)
        text =
            QStringLiteral("the server's clock is %1 ahead of this machine's").arg(spanText(span));
    else
        text = QStringLiteral("the server's clock is %1 behind this machine's").arg(spanText(span));
    if (std::abs(time.drift()) >= kSaidDrift)
        text +=
            QStringLiteral(", and drifts by %1 ms a minute").arg(time.drift() * 60e3, 0, 'f', 1);
    return text;
}

} // namespace lockkeeper::redis
