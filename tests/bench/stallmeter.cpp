// SPDX-License-Identifier: GPL-3.0-or-later
#include "stallmeter.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace lockkeeper::bench {

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
    m_gaps.add(std::max(static_cast<double>(m_sinceTick.nsecsElapsed()) / 1e6 - 1, 0.0));
    m_sinceTick.restart();
    const double now = processorMs();
    const double turn = now - std::exchange(m_processorMs, now);
    m_allTurnsMs += turn;
    m_turns.add(turn);
}

double StallMeter::load() const
{
    return m_allTurnsMs / m_measuredMs * 100;
}

} // namespace lockkeeper::bench
