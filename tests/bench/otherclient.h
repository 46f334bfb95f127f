// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "samples.h"

#include <atomic>
#include <string>
#include <thread>

namespace lockkeeper::bench {

/// Somebody else on the server: reads a key every millisecond, and how long that takes.
class OtherClient
{
public:
    explicit OtherClient(const std::string &socketPath);
    ~OtherClient();
    OtherClient(const OtherClient &) = delete;
    OtherClient &operator=(const OtherClient &) = delete;

    [[nodiscard]] Samples stop();

private:
    void run(const std::string &socketPath);

    std::atomic_bool m_isStopped = false;
    Samples m_samples;
    std::thread m_thread;
};

} // namespace lockkeeper::bench
