// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>

namespace lockkeeper::bench {

class Report;

/// How large the keyspaces are that are measured.
struct Scale
{
    QList<int> keys{100'000, 1'000'000, 5'000'000};
    int middle = 1'000'000; ///< where one size has to do
    int rows = 100'000;     ///< in the window
    int otherTtls = 1'000'000;
};

// Each starts servers of its own, adds its rows to the report, and ends what it started.

void measureSnapshots(Report &report, const Scale &scale);
void measureChanges(Report &report, const Scale &scale);
void measureProcessor(Report &report, const Scale &scale);
void measureWindow(Report &report, const Scale &scale);
void measureMemory(Report &report, const Scale &scale);
void measureStart(Report &report, const Scale &scale);
void measureExpiry(Report &report, const Scale &scale);

} // namespace lockkeeper::bench
