// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "samples.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

namespace lockkeeper::bench {

/// Listens to the main loop: how late a timer of 1 ms is, and how much processor time passes
/// between two of its ticks. The first also shows what else the machine does, the second does not.
class StallMeter final : public QObject
{
    Q_OBJECT

public:
    explicit StallMeter(QObject *parent = nullptr);

    void start();
    void stop();
    [[nodiscard]] const Samples &gaps() const { return m_gaps; }
    [[nodiscard]] const Samples &work() const { return m_turns; }
    /// Processor time of all turns over the time measured, in percent.
    [[nodiscard]] double load() const;

private:
    void tick();

    QTimer m_timer;
    QElapsedTimer m_sinceTick;
    QElapsedTimer m_sinceStart;
    double m_processorMs = 0; ///< of this thread, at the last tick
    double m_measuredMs = 0;
    double m_allTurnsMs = 0;
    Samples m_gaps;
    Samples m_turns;
};

} // namespace lockkeeper::bench
