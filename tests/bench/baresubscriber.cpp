// SPDX-License-Identifier: GPL-3.0-or-later
#include "baresubscriber.h"

#include "wire.h"
#include "writers.h"

#include <unordered_set>

namespace lockkeeper::bench {

namespace {

constexpr double kReleased = 1500;

void reread(Wire &wire, const std::vector<Wire::Value> &keys)
{
    for (const Wire::Value &key : keys) {
        wire.add({"GET", key.text});
        wire.add({"PTTL", key.text});
    }
    wire.flush();
    for (std::size_t i = 0; i < 2 * keys.size(); ++i)
        static_cast<void>(wire.next());
}

} // namespace

BareSubscriber::BareSubscriber(const std::string &socketPath, Kind kind)
    : m_thread([this, socketPath, kind] { run(socketPath, kind); })
{}

BareSubscriber::~BareSubscriber()
{
    m_isStopped = true;
    if (m_thread.joinable())
        m_thread.join();
}

Samples BareSubscriber::stop()
{
    m_isStopped = true;
    m_thread.join();
    return m_samples;
}

void BareSubscriber::run(const std::string &socketPath, Kind kind)
{
    Wire feed(socketPath);
    Wire reader(socketPath);
    const std::string id = std::to_string(feed.call({"CLIENT", "ID"}).number);
    feed.call(
        {"CLIENT", "TRACKING", "ON", "REDIRECT", id, "BCAST", "PREFIX", "chat:session_lock:"});
    feed.call({"SUBSCRIBE", "__redis__:invalidate"});
    std::unordered_set<long long> seen;
    while (!m_isStopped) {
        const Wire::Value message = feed.next(std::chrono::milliseconds(50));
        if (message.elements.size() != 3)
            continue;
        const std::vector<Wire::Value> &keys = message.elements[2].elements;
        if (kind == Kind::Rereads)
            reread(reader, keys);
        for (const Wire::Value &key : keys) {
            // Its release, two seconds later, is told by the same words.
            const long long at = takenAt(key.text);
            if (at > 0 && sinceTaken(at) < kReleased && seen.insert(at).second)
                m_samples.add(sinceTaken(at));
        }
    }
}

} // namespace lockkeeper::bench
