// SPDX-License-Identifier: GPL-3.0-or-later
// What watching costs the server's processor, beside rescanning once a second.
#include "benches.h"
#include "benchserver.h"
#include "report.h"
#include "watching.h"
#include "wire.h"
#include "writers.h"

#include <QLocale>

#include <algorithm>
#include <atomic>
#include <thread>

namespace lockkeeper::bench {

namespace {

constexpr int kLocks = 1000;
constexpr std::chrono::milliseconds kMeasured{4000};

/// A console of today: begins a scan with COUNT 1000 once a second, or as soon as the last is over.
class Rescanner
{
public:
    explicit Rescanner(const std::string &socketPath)
        : m_thread([this, socketPath] { run(socketPath); })
    {}
    ~Rescanner()
    {
        m_isStopped = true;
        m_thread.join();
    }
    Rescanner(const Rescanner &) = delete;
    Rescanner &operator=(const Rescanner &) = delete;

private:
    void run(const std::string &socketPath)
    {
        Wire wire(socketPath);
        while (!m_isStopped) {
            const auto due = std::chrono::steady_clock::now() + std::chrono::seconds(1);
            std::string cursor = "0";
            do {
                const Wire::Value page =
                    wire.call({"SCAN", cursor, "MATCH", "chat:session_lock:*", "COUNT", "1000"});
                if (page.elements.size() != 2)
                    return;
                cursor = page.elements[0].text;
            } while (cursor != "0" && !m_isStopped);
            while (!m_isStopped && std::chrono::steady_clock::now() < due)
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    std::atomic_bool m_isStopped = false;
    std::thread m_thread;
};

/// Seconds of the server's processor while the event loop runs for kMeasured.
double processorUsed(BenchServer &server)
{
    const double before = server.processorSeconds();
    runFor(kMeasured);
    return server.processorSeconds() - before;
}

struct Used
{
    double alone = 0, watched = 0, rescanned = 0; ///< seconds
};

Used measureAt(BenchServer &server, int perSecond)
{
    const auto load = startLoad(server.server().socketPath(), perSecond, kLocks);
    Used used;
    for (int round = 0; round < 2; ++round) {
        used.alone += processorUsed(server);
        {
            Watching watching(server.address());
            watching.snapshot(redis::Scanner::Pace::Full);
            used.watched += processorUsed(server);
        }
        const Rescanner rescanner(server.socketPath());
        used.rescanned += processorUsed(server);
    }
    return used;
}

void tell(Report &report, const Used &used, int keys, int perSecond)
{
    const QLocale english(QLocale::English);
    const double changes = perSecond * 2.0 * static_cast<double>(kMeasured.count()) / 1000;
    const auto perChange = [changes](double seconds) {
        return QStringLiteral("%1 µs").arg(seconds / changes * 1e6, 0, 'f', 1);
    };
    const auto share = [](double seconds) {
        const double measured = 2.0 * static_cast<double>(kMeasured.count()) / 1000;
        return QStringLiteral("%1 % of a core").arg(seconds / measured * 100, 0, 'f', 2);
    };
    // The server's clock ticks: less than this cannot be told from nothing.
    const double ours = std::max(used.watched - used.alone, 0.001);
    const double theirs = used.rescanned - used.alone;
    const bool isJudged = keys >= 1'000'000;
    report.add({.what = QStringLiteral("server CPU for each of %1 changes/s, %2 keys")
                            .arg(english.toString(perSecond), english.toString(keys)),
                .ours = perChange(ours) + u", " + share(ours),
                .beside = perChange(theirs) + u", " + share(theirs) + u" rescanning once a second",
                .ratio = ours / theirs,
                .target = isJudged ? QStringLiteral("≤ 0.02") : QString(),
                .isMet = isJudged ? std::optional(ours * 50 <= theirs) : std::nullopt});
}

} // namespace

void measureProcessor(Report &report, const Scale &scale)
{
    BenchServer server;
    for (const int keys : scale.keys) {
        report.begin(QStringLiteral("The server's processor, %1 keys").arg(keys));
        server.flush();
        server.addKeys(keys);
        server.addLocks(kLocks);
        for (const int perSecond : {10, 100, 1000})
            tell(report, measureAt(server, perSecond), keys, perSecond);
    }
}

} // namespace lockkeeper::bench
