// SPDX-License-Identifier: GPL-3.0-or-later
#include "benchserver.h"

#include "samples.h"

#include <QDateTime>

#include <algorithm>

namespace lockkeeper::bench {

namespace {

/// A version-1 UUID of now, of one of eight workers, as 32 hex digits.
QByteArray tokenOf(int i)
{
    constexpr qint64 kGregorian = 0x01b21dd213814000;
    const auto ticks = quint64(QDateTime::currentMSecsSinceEpoch() * 10'000 + kGregorian + i);
    return QStringLiteral("%1%2%3%4%5")
        .arg(ticks & 0xffffffff, 8, 16, QLatin1Char('0'))
        .arg((ticks >> 32) & 0xffff, 4, 16, QLatin1Char('0'))
        .arg(0x1000 | (ticks >> 48), 4, 16, QLatin1Char('0'))
        .arg(0x8000 + i % 8, 4, 16, QLatin1Char('0'))
        .arg(0x0242ac110002, 12, 16, QLatin1Char('0'))
        .toLatin1();
}

double secondsIn(const QByteArray &info, const QByteArray &field)
{
    const QByteArray name = field + ":";
    const auto at = info.indexOf(name) + name.size();
    return info.mid(at, info.indexOf('\r', at) - at).toDouble();
}

} // namespace

QString Slow::text() const
{
    if (worstMs == 0)
        return QStringLiteral("under %1").arg(msText(kLeastMs));
    const QString over =
        overTwoMs > 0 ? QStringLiteral(" (%1 over 2 ms)").arg(overTwoMs) : QString();
    return msText(worstMs) + over;
}

BenchServer::BenchServer()
    : m_server({.config = {QStringLiteral("enable-debug-command local"),
                           QStringLiteral("slowlog-log-slower-than %1")
                               .arg(static_cast<int>(Slow::kLeastMs * 1000)),
                           QStringLiteral("slowlog-max-len 100000")}})
{
    if (!m_server.start())
        qFatal("%s", qPrintable(m_server.reason()));
}

void BenchServer::flush()
{
    m_server.redis({"FLUSHALL"});
}

void BenchServer::addKeys(int count)
{
    test::RawRedis redis(m_server.socketPath());
    redis.send({"DEBUG", "POPULATE", QByteArray::number(count), "chat:session", "16"});
    if (redis.next(std::chrono::minutes(2)) != QVariant(QByteArray("OK")))
        qFatal("the server could not be filled");
}

void BenchServer::addKeysWithTtl(int count)
{
    constexpr int kAtOnce = 10'000;
    for (int first = 0; first < count; first += kAtOnce)
        m_server.redis({"EVAL",
                        "for i = ARGV[1], ARGV[2] do redis.call('set', 'chat:session:ttl-' .. i, "
                        "'x', 'ex', 43200) end",
                        "0", QByteArray::number(first),
                        QByteArray::number(std::min(first + kAtOnce, count) - 1)});
}

void BenchServer::addLocks(int count)
{
    test::RawRedis redis(m_server.socketPath());
    constexpr int kAtOnce = 1000;
    for (int first = 0; first < count; first += kAtOnce) {
        const int end = std::min(first + kAtOnce, count);
        for (int i = first; i < end; ++i)
            redis.send({"SET", lockKey(i), tokenOf(i), "PX", QByteArray::number(3'600'000 + i)});
        for (int i = first; i < end; ++i)
            redis.next();
    }
}

QByteArray BenchServer::lockKey(int i)
{
    const auto mixed = static_cast<quint32>(quint64(i) * 2654435761U);
    return QStringLiteral("chat:session_lock:%1-0000-4000-8000-%2")
        .arg(mixed, 8, 16, QLatin1Char('0'))
        .arg(i, 12, 16, QLatin1Char('0'))
        .toLatin1();
}

void BenchServer::resetSlow()
{
    m_server.redis({"SLOWLOG", "RESET"});
}

Slow BenchServer::slow()
{
    Slow slow;
    const QVariantList entries = m_server.redis({"SLOWLOG", "GET", "-1"}).toList();
    for (const QVariant &entry : entries) {
        const QVariantList parts = entry.toList();
        const QByteArray command = parts.value(3).toList().value(0).toByteArray().toUpper();
        if (command == "SLOWLOG" || command == "CONFIG" || command == "DEBUG")
            continue;
        const double ms = parts.value(2).toDouble() / 1000;
        slow.worstMs = std::max(slow.worstMs, ms);
        slow.overTwoMs += ms > 2 ? 1 : 0;
    }
    return slow;
}

double BenchServer::processorSeconds()
{
    const QByteArray info = m_server.redis({"INFO", "cpu"}).toByteArray();
    return secondsIn(info, "used_cpu_sys") + secondsIn(info, "used_cpu_user");
}

} // namespace lockkeeper::bench
