// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "locks/lockmonitor.h"
#include "redis/client.h"
#include "redis/pushchannel.h"
#include "redis/scanner.h"

namespace lockkeeper::bench {

/// What Lockkeeper watches with: a client, the push feed, and the monitor over them.
class Watching
{
public:
    explicit Watching(const redis::ServerAddress &address);
    ~Watching();
    Watching(const Watching &) = delete;
    Watching &operator=(const Watching &) = delete;

    /// Subscribes, scans and reads; the seconds that took, until the list is the server's state.
    double snapshot(redis::Scanner::Pace pace);

    SystemClock clock;
    redis::Client client;
    redis::PushChannel push;
    locks::LockMonitor monitor;
};

/// A real event loop for so long: QTest::qWait() sleeps 10 ms between two looks at the events.
void runFor(std::chrono::milliseconds time);

} // namespace lockkeeper::bench
