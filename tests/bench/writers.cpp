// SPDX-License-Identifier: GPL-3.0-or-later
#include "writers.h"

#include <chrono>

namespace lockkeeper::bench {

namespace {

constexpr QByteArrayView kProbe = "chat:session_lock:probe-";

const QByteArray kLoad = R"(
import random, redis, sys, time, uuid
r = redis.Redis(unix_socket_path=sys.argv[1])
rate, locks, tick = int(sys.argv[2]), int(sys.argv[3]), 0.002
def key(i):
    return 'chat:session_lock:%08x-0000-4000-8000-%012x' % ((i * 2654435761) & 0xffffffff, i)
held = [bool(r.exists(key(0)))] * locks
random.seed(1)
owed, at = 0.0, time.monotonic()
print('ready')
while True:
    now = time.monotonic()
    owed = min(owed + rate * (now - at), rate * 0.1)
    at = now
    if owed >= 1:
        p = r.pipeline(transaction=False)
        for _ in range(int(owed)):
            i = random.randrange(locks)
            if held[i]:
                p.delete(key(i))
            else:
                p.set(key(i), uuid.uuid1().hex, nx=True, px=3600000)
            held[i] = not held[i]
        p.execute()
        owed -= int(owed)
    time.sleep(tick)
)";

const QByteArray kProbing = R"(
import collections, redis, sys, time
r = redis.Redis(unix_socket_path=sys.argv[1])
period, taken = 1 / float(sys.argv[2]), collections.deque()
print('ready')
due = time.monotonic()
while True:
    key = 'chat:session_lock:probe-%d' % time.monotonic_ns()
    r.set(key, 'probe', nx=True, px=60000)
    taken.append(key)
    if len(taken) > 2 / period:
        r.delete(taken.popleft())
    due = max(due + period, time.monotonic())
    time.sleep(max(0, due - time.monotonic()))
)";

std::unique_ptr<test::PythonWorker> started(const QByteArray &source, const QStringList &arguments)
{
    auto worker = std::make_unique<test::PythonWorker>(source, arguments);
    worker->start();
    if (worker->readLine() != "ready")
        qFatal("redis-py does not run: %s", qPrintable(worker->reason()));
    return worker;
}

} // namespace

std::unique_ptr<test::PythonWorker> startLoad(const QString &socketPath, int perSecond, int locks)
{
    return started(kLoad, {socketPath, QString::number(perSecond), QString::number(locks)});
}

std::unique_ptr<test::PythonWorker> startProbe(const QString &socketPath, int perSecond)
{
    return started(kProbing, {socketPath, QString::number(perSecond)});
}

long long takenAt(QByteArrayView key)
{
    return key.startsWith(kProbe) ? key.sliced(kProbe.size()).toLongLong() : 0;
}

double sinceTaken(long long takenAt)
{
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<double>(std::chrono::nanoseconds(now).count() - takenAt) / 1e6;
}

} // namespace lockkeeper::bench
