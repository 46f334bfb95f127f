// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>

#include <vector>

namespace lockkeeper::test {

/// Listens to the main loop: how late a timer of 1 ms is, and how much processor time passes
/// between two of its ticks. The first also shows what else the machine does, the second does not.
class StallMeter final : public QObject
{
    Q_OBJECT

public:
    explicit StallMeter(QObject *parent = nullptr);

    void start();
    void stop();
    /// "p50 0.1 ms, p99 4.0 ms, worst 12.3 ms".
    [[nodiscard]] QString gaps() const { return summary(m_gaps); }
    [[nodiscard]] QString work() const { return summary(m_turns); }
    /// Processor time of all turns over the time measured, in percent.
    [[nodiscard]] double load() const;

private:
    void tick();
    static QString summary(std::vector<double> ms);

    QTimer m_timer;
    QElapsedTimer m_sinceTick;
    QElapsedTimer m_sinceStart;
    double m_processorMs = 0; ///< of this thread, at the last tick
    double m_measuredMs = 0;
    std::vector<double> m_gaps;
    std::vector<double> m_turns;
};

} // namespace lockkeeper::test
