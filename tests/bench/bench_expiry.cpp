// SPDX-License-Identifier: GPL-3.0-or-later
// How late an expired lock leaves the list, beside how late the server itself announces it.
#include "locks/lockmonitor.h"
#include "redis/pushchannel.h"
#include "rununtil.h"
#include "support/await.h"
#include "support/redisserver.h"

#include <QCoreApplication>
#include <QTextStream>

#include <algorithm>
#include <vector>

using namespace lockkeeper;
using namespace lockkeeper::locks;
using test::RawRedis;
using test::RedisServer;
using test::runUntil;

namespace {

constexpr int kLocks = 200;
constexpr int kShortestLeaseMs = 300;
/// How long to listen for the server's own announcements.
constexpr std::chrono::seconds kPatience{20};

struct Lateness
{
    std::vector<double> ms;

    [[nodiscard]] QString text()
    {
        if (ms.empty())
            return QStringLiteral("none of %1 within %2 s").arg(kLocks).arg(kPatience.count());
        std::sort(ms.begin(), ms.end());
        const auto at = [this](double share) {
            return ms[static_cast<std::size_t>(share * static_cast<double>(ms.size() - 1))];
        };
        return QStringLiteral("%1 of %2 seen, p50 %3 ms, p99 %4 ms, worst %5 ms")
            .arg(ms.size())
            .arg(kLocks)
            .arg(at(0.5), 0, 'f', 1)
            .arg(at(0.99), 0, 'f', 1)
            .arg(ms.back(), 0, 'f', 1);
    }
};

QByteArray lockKey(int i)
{
    return "chat:session_lock:" + QByteArray::number(i);
}

void fill(RawRedis &redis, int others)
{
    redis.call(
        {"EVAL",
         "for i = 1, tonumber(ARGV[1]) do redis.call('set', 'other:' .. i, 'x', 'ex', 40000) end",
         "0", QByteArray::number(others)});
}

/// Takes the locks; their deadlines by our clock.
QHash<QByteArray, SteadyTime> takeLocks(RawRedis &redis, const Clock &clock)
{
    QHash<QByteArray, SteadyTime> deadlines;
    for (int i = 0; i < kLocks; ++i) {
        const int lease = kShortestLeaseMs + 5 * i;
        redis.call({"SET", lockKey(i), "token", "PX", QByteArray::number(lease)});
        deadlines.insert(lockKey(i), clock.steady() + milliseconds(lease));
    }
    return deadlines;
}

double lateBy(SteadyTime deadline, const Clock &clock)
{
    return std::chrono::duration<double, std::milli>(clock.steady() - deadline).count();
}

Lateness ofOurList(int others)
{
    RedisServer server;
    if (!server.start())
        qFatal("%s", qPrintable(server.reason()));
    RawRedis redis(server.socketPath());
    fill(redis, others);
    const SystemClock clock;
    redis::Client client(server.address(), {}, clock);
    redis::PushChannel push(server.address(), {"chat:session_lock:"}, clock);
    LockMonitor monitor(client, push, {}, clock);
    if (!test::await(client.open()))
        qFatal("no connection");
    monitor.start();
    runUntil([&] { return monitor.feed().isTrusted; }, kPatience);

    const auto deadlines = takeLocks(redis, clock);
    Lateness lateness;
    QObject::connect(&monitor, &LockMonitor::changed, &monitor, [&](const RegistryDelta &delta) {
        for (const LockKey &key : delta.removed)
            lateness.ms.push_back(lateBy(deadlines.value(key.bytes()), clock));
    });
    runUntil([&] { return lateness.ms.size() == kLocks; }, kPatience);
    return lateness;
}

/// A listener that only listens, as a console without timers of its own would.
Lateness ofTheServersOwnPushes(int others)
{
    RedisServer server;
    if (!server.start())
        qFatal("%s", qPrintable(server.reason()));
    RawRedis redis(server.socketPath());
    fill(redis, others);
    const SystemClock clock;
    const auto deadlines = takeLocks(redis, clock);
    redis::PushChannel push(server.address(), {"chat:session_lock:"}, clock);
    Lateness lateness;
    QObject::connect(&push, &redis::PushChannel::keysChanged, &push,
                     [&](const QList<QByteArray> &keys) {
                         for (const QByteArray &key : keys)
                             lateness.ms.push_back(lateBy(deadlines.value(key), clock));
                     });
    push.open();
    runUntil([&] { return lateness.ms.size() == kLocks; }, kPatience);
    return lateness;
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication app(argc, argv);
    QTextStream out(stdout);
    out << "An expired lock is seen this long after its deadline:\n";
    for (const int others : {100, 20'000}) {
        out << "  " << others << " other keys with TTL\n";
        out << "    lockkeeper:         " << ofOurList(others).text() << Qt::endl;
        out << "    the server's pushes: " << ofTheServersOwnPushes(others).text() << Qt::endl;
    }
    return 0;
}
