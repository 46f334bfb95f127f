// SPDX-License-Identifier: GPL-3.0-or-later
// The list from nothing, beside redis-cli, and what others feel of it.
#include "benches.h"
#include "benchserver.h"
#include "otherclient.h"
#include "report.h"
#include "samples.h"
#include "watching.h"
#include "wire.h"

#include <QElapsedTimer>
#include <QLocale>
#include <QProcess>

namespace lockkeeper::bench {

namespace {

using Pace = redis::Scanner::Pace;

struct Run
{
    Samples seconds;
    Slow slow;

    void note(double took, const Slow &slowest)
    {
        seconds.add(took);
        slow.worstMs = std::max(slow.worstMs, slowest.worstMs);
        slow.overTwoMs += slowest.overTwoMs;
    }
};

constexpr std::string_view kPattern = "chat:session_lock:*";

double shell(const QString &script, const QString &socket)
{
    QElapsedTimer timer;
    timer.start();
    QProcess process;
    process.start(QStringLiteral("/bin/sh"),
                  {QStringLiteral("-c"), script, QStringLiteral("sh"), socket});
    process.waitForFinished(-1);
    return static_cast<double>(timer.nsecsElapsed()) / 1e9;
}

/// What `redis-cli --scan --count 1000` does from Redis 7.2 on, by a loop that does nothing else;
/// with the locks read in pipelines afterwards.
double bareLoop(const std::string &socketPath, bool isReading)
{
    QElapsedTimer timer;
    timer.start();
    Wire wire(socketPath);
    std::vector<std::string> keys;
    std::string cursor = "0";
    do {
        const Wire::Value page = wire.call({"SCAN", cursor, "MATCH", kPattern, "COUNT", "1000"});
        if (page.elements.size() != 2)
            qFatal("SCAN failed");
        cursor = page.elements[0].text;
        for (const Wire::Value &key : page.elements[1].elements)
            keys.push_back(key.text);
    } while (cursor != "0");
    constexpr std::size_t kAtOnce = 500;
    for (std::size_t first = 0; isReading && first < keys.size(); first += kAtOnce) {
        const std::size_t end = std::min(first + kAtOnce, keys.size());
        for (std::size_t i = first; i < end; ++i) {
            wire.add({"GET", keys[i]});
            wire.add({"PTTL", keys[i]});
        }
        wire.flush();
        for (std::size_t i = first; i < 2 * end - first; ++i)
            static_cast<void>(wire.next());
    }
    return static_cast<double>(timer.nsecsElapsed()) / 1e9;
}

struct Others
{
    Run small, smallRead, large, largeRead;
};

class SnapshotBench
{
public:
    SnapshotBench(BenchServer &server, Report &report)
        : m_server(server)
        , m_report(report)
    {}

    void measure(int keys, int locks, int rounds)
    {
        const QLocale english(QLocale::English);
        m_name = QStringLiteral("%1 locks among %2 keys")
                     .arg(english.toString(locks), english.toString(keys));
        m_report.begin(QStringLiteral("Snapshot of ") + m_name);
        m_server.flush();
        m_server.addKeys(keys);
        m_server.addLocks(locks);
        Run full, small, smallRead, large, largeRead;
        for (int round = 0; round < rounds; ++round) {
            ours(full, Pace::Full, locks);
            bare(large, false);
            bare(largeRead, true);
            if (round > 0)
                continue;
            redisCli(small, QString());
            redisCli(smallRead, QStringLiteral(" | awk '{print \"GET \" $0; print \"PTTL \" $0}' | "
                                               "redis-cli -s \"$1\""));
        }
        Run gentle;
        ours(gentle, Pace::Gentle, locks);
        tell(full, gentle, {small, smallRead, large, largeRead});
    }

private:
    void ours(Run &run, Pace pace, int locks)
    {
        m_server.resetSlow();
        Watching watching(m_server.address());
        const double seconds = watching.snapshot(pace);
        run.note(seconds, m_server.slow());
        if (watching.monitor.registry().records().size() != locks)
            qFatal("the snapshot holds %lld locks",
                   static_cast<long long>(watching.monitor.registry().records().size()));
    }

    void redisCli(Run &run, const QString &rest)
    {
        m_server.resetSlow();
        const double seconds =
            shell(QStringLiteral("redis-cli -s \"$1\" --scan --pattern 'chat:session_lock:*'") +
                      rest + QStringLiteral(" >/dev/null"),
                  m_server.server().socketPath());
        run.note(seconds, m_server.slow());
    }

    void bare(Run &run, bool isReading)
    {
        m_server.resetSlow();
        const double seconds = bareLoop(m_server.socketPath(), isReading);
        run.note(seconds, m_server.slow());
    }

    void compare(const QString &what, const Run &ours, const Run &theirs, const QString &name,
                 bool isJudged)
    {
        const double ratio = ours.seconds.median() / theirs.seconds.median();
        m_report.add({.what = what,
                      .ours = secondsText(ours.seconds.median()),
                      .beside = secondsText(theirs.seconds.median()) + u' ' + name,
                      .ratio = ratio,
                      .target = isJudged ? QStringLiteral("≤ 1") : QString(),
                      .isMet = isJudged ? std::optional(ratio <= 1) : std::nullopt});
    }

    void tell(const Run &full, const Run &gentle, const Others &others)
    {
        const QString what = m_name + u", full speed";
        compare(what, full, others.small, QStringLiteral("redis-cli --scan"), true);
        compare(what, full, others.smallRead,
                QStringLiteral("redis-cli --scan, then GET and PTTL piped"), false);
        compare(what, full, others.large, QStringLiteral("bare SCAN loop, COUNT 1000"), true);
        compare(what, full, others.largeRead,
                QStringLiteral("bare SCAN loop, COUNT 1000, then GET and PTTL"), false);
        compare(m_name + u", paced", gentle, others.large,
                QStringLiteral("bare SCAN loop, COUNT 1000"), false);
        longest(QStringLiteral(", longest command, full speed"), full, others.large);
        longest(QStringLiteral(", longest command, paced"), gentle, others.large);
    }

    void longest(const QString &what, const Run &ours, const Run &large)
    {
        m_report.add({.what = m_name + what,
                      .ours = ours.slow.text(),
                      .beside = large.slow.text() + u" bare SCAN loop, COUNT 1000",
                      .ratio = ours.slow.worstMs / std::max(large.slow.worstMs, Slow::kLeastMs),
                      .target = QStringLiteral("≤ 2 ms"),
                      .isMet = ours.slow.worstMs <= 2});
    }

    BenchServer &m_server;
    Report &m_report;
    QString m_name;
};

void measureOthers(BenchServer &server, Report &report, int keys)
{
    report.begin(QStringLiteral("What another client feels, that reads a key every millisecond"));
    const auto during = [&server](auto &&act) {
        OtherClient other(server.socketPath());
        act();
        return other.stop();
    };
    Samples idle, paced, full, loop;
    for (int round = 0; round < 2; ++round) {
        idle.add(during([] { runFor(std::chrono::seconds(2)); }));
        paced.add(during([&] { Watching(server.address()).snapshot(Pace::Gentle); }));
        full.add(during([&] { Watching(server.address()).snapshot(Pace::Full); }));
        loop.add(during([&] { bareLoop(server.socketPath(), false); }));
    }
    const QString among = QStringLiteral(", %1 keys").arg(QLocale(QLocale::English).toString(keys));
    const auto add = [&](const QString &what, const Samples &ours, const Samples &beside,
                         const QString &name) {
        report.add({.what = what + among,
                    .ours = ours.text(),
                    .beside = beside.text() + u' ' + name,
                    .ratio = ours.median() / beside.median()});
    };
    add(QStringLiteral("a GET of others during a paced scan"), paced, idle,
        QStringLiteral("at rest"));
    add(QStringLiteral("a GET of others during a scan at full speed"), full, loop,
        QStringLiteral("during a bare SCAN loop, COUNT 1000"));
}

} // namespace

void measureSnapshots(Report &report, const Scale &scale)
{
    BenchServer server;
    SnapshotBench bench(server, report);
    for (const int keys : scale.keys) {
        const bool isLarge = keys >= 5'000'000;
        bench.measure(keys, isLarge ? 100'000 : 1000, isLarge ? 2 : 3);
        if (keys == scale.middle)
            measureOthers(server, report, keys);
    }
}

} // namespace lockkeeper::bench
