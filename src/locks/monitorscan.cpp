// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockmonitor.h"

namespace lockkeeper::locks {

namespace {

/// Progress is for people: a page takes a millisecond.
constexpr milliseconds kProgressPace{100};

} // namespace

void LockMonitor::cancelScan()
{
    if (!m_scanner.isRunning())
        return;
    m_scanner.stop();
    m_progress = m_scanner.progress();
    m_isPartial = true;
    // Where nobody tells of changes, somebody has to look; an audit would count what was not
    // reached.
    if (m_changes.kind() != redis::ChangeFeed::Kind::Push)
        patrol();
    updateFeed();
}

void LockMonitor::tellProgress(const redis::ScanProgress &progress)
{
    if (m_clock.steady() - m_progressTold < kProgressPace)
        return;
    m_progress = progress;
    m_progressTold = m_clock.steady();
    updateFeed();
}

} // namespace lockkeeper::locks
