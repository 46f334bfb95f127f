// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/pythonworker.h"

#include <QByteArray>

#include <memory>

namespace lockkeeper::bench {

/// redis-py takes and releases locks at random, `perSecond` changes in all, in pipelines of two
/// milliseconds each. The locks are the first `locks` of BenchServer::lockKey().
[[nodiscard]] std::unique_ptr<test::PythonWorker> startLoad(const QString &socketPath,
                                                            int perSecond, int locks);

/// redis-py takes a new lock `perSecond` times by SET NX and releases it two seconds later. The key
/// says when it was taken: see takenAt().
[[nodiscard]] std::unique_ptr<test::PythonWorker> startProbe(const QString &socketPath,
                                                             int perSecond);

/// Steady nanoseconds when startProbe() was about to take this lock; 0 for other keys.
[[nodiscard]] long long takenAt(QByteArrayView key);
/// Milliseconds since then.
[[nodiscard]] double sinceTaken(long long takenAt);

} // namespace lockkeeper::bench
