// SPDX-License-Identifier: GPL-3.0-or-later
// How late an expired lock leaves the list, beside how late the server itself announces it.
#include "benches.h"
#include "benchserver.h"
#include "report.h"
#include "samples.h"
#include "watching.h"

#include <QLocale>

#include <functional>

namespace lockkeeper::bench {

namespace {

constexpr int kLocks = 200;
constexpr int kShortestLeaseMs = 300;
/// How long to listen for the server's own announcements.
constexpr std::chrono::seconds kPatience{12};
constexpr double kLatestMs = 10;

/// Takes the locks; their deadlines by our clock.
QHash<QByteArray, SteadyTime> takeLocks(BenchServer &server, const Clock &clock)
{
    QHash<QByteArray, SteadyTime> deadlines;
    for (int i = 0; i < kLocks; ++i) {
        const int lease = kShortestLeaseMs + 5 * i;
        server.server().redis(
            {"SET", BenchServer::lockKey(i), "token", "PX", QByteArray::number(lease)});
        deadlines.insert(BenchServer::lockKey(i), clock.steady() + milliseconds(lease));
    }
    return deadlines;
}

double lateBy(SteadyTime deadline, const Clock &clock)
{
    return std::chrono::duration<double, std::milli>(clock.steady() - deadline).count();
}

void waitForAll(const Samples &samples)
{
    for (int i = 0; i < kPatience.count() * 20 && samples.count() < kLocks; ++i)
        runFor(milliseconds(50));
}

/// A listener that only listens, as a console without timers of its own would.
Samples ofTheServersOwnPushes(BenchServer &server)
{
    const SystemClock clock;
    const auto deadlines = takeLocks(server, clock);
    redis::PushChannel push(server.address(), {"chat:session_lock:"}, clock);
    Samples late;
    QObject::connect(&push, &redis::PushChannel::keysChanged, &push,
                     [&](const QList<QByteArray> &keys) {
                         for (const QByteArray &key : keys)
                             late.add(lateBy(deadlines.value(key), clock));
                     });
    push.open();
    waitForAll(late);
    push.close();
    return late;
}

Samples ofOurList(BenchServer &server)
{
    Watching watching(server.address());
    watching.snapshot(redis::Scanner::Pace::Full);
    const auto deadlines = takeLocks(server, watching.clock);
    Samples late;
    QObject context;
    QObject::connect(&watching.monitor, &locks::LockMonitor::changed, &context,
                     [&](const locks::RegistryDelta &delta) {
                         for (const LockKey &key : delta.removed) {
                             const auto deadline = deadlines.constFind(key.bytes());
                             if (deadline != deadlines.cend())
                                 late.add(lateBy(*deadline, watching.clock));
                         }
                     });
    waitForAll(late);
    return late;
}

} // namespace

void measureExpiry(Report &report, const Scale &scale)
{
    report.begin(QStringLiteral("How long after its deadline an expired lock is known to be gone"));
    const QLocale english(QLocale::English);
    for (const int others : {100, 10'000, scale.otherTtls}) {
        BenchServer server;
        server.addKeysWithTtl(others);
        const Samples announced = ofTheServersOwnPushes(server);
        server.server().redis({"EVAL",
                               "for _, k in ipairs(redis.call('keys', 'chat:session_lock:*')) do "
                               "redis.call('del', k) end",
                               "0"});
        const Samples ours = ofOurList(server);
        if (ours.count() != kLocks)
            qFatal("%zu of %d locks left the list", ours.count(), kLocks);
        report.add(
            {.what = QStringLiteral("expiry, %1 other keys with TTL").arg(english.toString(others)),
             .ours = ours.text(),
             .beside = announced.text() +
                       QStringLiteral("; %1 of %2 within %3 s, the server's own pushes")
                           .arg(announced.count())
                           .arg(kLocks)
                           .arg(kPatience.count()),
             .target = QStringLiteral("worst ≤ 10 ms"),
             .isMet = ours.worst() <= kLatestMs});
    }
}

} // namespace lockkeeper::bench
