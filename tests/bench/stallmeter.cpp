// SPDX-License-Identifier: GPL-3.0-or-later
#include "stallmeter.h"

#include <algorithm>
#include <ctime>
#include <numeric>
#include <utility>

namespace lockkeeper::test {

namespace {

double processorMs()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

} // namespace

StallMeter::StallMeter(QObject *parent)
    : QObject(parent)
{
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setInterval(1);
    connect(&m_timer, &QTimer::timeout, this, &StallMeter::tick);
}

void StallMeter::start()
{
    m_processorMs = processorMs();
    m_sinceStart.start();
    m_sinceTick.start();
    m_timer.start();
}

void StallMeter::stop()
{
    m_timer.stop();
    m_measuredMs = static_cast<double>(m_sinceStart.nsecsElapsed()) / 1e6;
}

void StallMeter::tick()
{
    m_gaps.push_back(static_cast<double>(m_sinceTick.nsecsElapsed()) / 1e6 - 1);
    m_sinceTick.restart();
    const double now = processorMs();
    m_turns.push_back(now - std::exchange(m_processorMs, now));
}

double StallMeter::load() const
{
    return std::accumulate(m_turns.begin(), m_turns.end(), 0.0) / m_measuredMs * 100;
}

QString StallMeter::summary(std::vector<double> ms)
{
    if (ms.empty())
        return QStringLiteral("nothing measured");
    std::sort(ms.begin(), ms.end());
    const auto at = [&ms](double share) {
        return std::max(ms[static_cast<std::size_t>(share * static_cast<double>(ms.size() - 1))],
                        0.0);
    };
    return QStringLiteral("p50 %1 ms, p99 %2 ms, worst %3 ms")
        .arg(at(0.5), 0, 'f', 1)
        .arg(at(0.99), 0, 'f', 1)
        .arg(at(1), 0, 'f', 1);
}

} // namespace lockkeeper::test
