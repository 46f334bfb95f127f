// SPDX-License-Identifier: GPL-3.0-or-later
#include "otherclient.h"

#include "wire.h"

#include <chrono>

namespace lockkeeper::bench {

OtherClient::OtherClient(const std::string &socketPath)
    : m_thread([this, socketPath] { run(socketPath); })
{}

OtherClient::~OtherClient()
{
    m_isStopped = true;
    if (m_thread.joinable())
        m_thread.join();
}

Samples OtherClient::stop()
{
    m_isStopped = true;
    m_thread.join();
    return m_samples;
}

void OtherClient::run(const std::string &socketPath)
{
    using Clock = std::chrono::steady_clock;
    Wire wire(socketPath);
    while (!m_isStopped) {
        const auto sentAt = Clock::now();
        wire.call({"GET", "chat:session:1"});
        m_samples.add(std::chrono::duration<double, std::milli>(Clock::now() - sentAt).count());
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

} // namespace lockkeeper::bench
