// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "samples.h"

#include <atomic>
#include <string>
#include <thread>

namespace lockkeeper::bench {

/// The least that follows locks by push, in a thread without event loop, model or memory: how long
/// after its SET a probe's lock is known of.
class BareSubscriber
{
public:
    enum class Kind {
        Receives, ///< the push has come
        Rereads,  ///< and GET and PTTL of all that it names have been answered
    };

    BareSubscriber(const std::string &socketPath, Kind kind);
    ~BareSubscriber();
    BareSubscriber(const BareSubscriber &) = delete;
    BareSubscriber &operator=(const BareSubscriber &) = delete;

    [[nodiscard]] Samples stop();

private:
    void run(const std::string &socketPath, Kind kind);

    std::atomic_bool m_isStopped = false;
    Samples m_samples;
    std::thread m_thread;
};

} // namespace lockkeeper::bench
