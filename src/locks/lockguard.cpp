// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockguard.h"

#include "core/text.h"

#include <QLoggingCategory>
#include <qcorosignal.h>

#include <algorithm>

namespace lockkeeper::locks {

namespace {

Q_LOGGING_CATEGORY(lcGuard, "lockkeeper.locks.guard")

constexpr milliseconds kShortestRetry{20};
constexpr milliseconds kLongestRetry{1000};

milliseconds until(SteadyTime moment, const Clock &clock)
{
    const auto left = std::chrono::ceil<milliseconds>(moment - clock.steady());
    return std::max(left, milliseconds::zero());
}

} // namespace

std::shared_ptr<LockGuard> LockGuard::create(LockProtocol &protocol, HeldLock lock)
{
    return std::shared_ptr<LockGuard>(new LockGuard(protocol, std::move(lock)));
}

LockGuard::LockGuard(LockProtocol &protocol, HeldLock lock)
    : m_protocol(protocol)
    , m_lock(std::move(lock))
{
    for (QTimer *timer : {&m_renewTimer, &m_deadlineTimer}) {
        timer->setSingleShot(true);
        timer->setTimerType(Qt::PreciseTimer);
    }
    connect(&m_renewTimer, &QTimer::timeout, this, [this] { m_renewals.start(renew()); });
    connect(&m_deadlineTimer, &QTimer::timeout, this, &LockGuard::checkDeadline);
    armTimers();
}

LockGuard::~LockGuard() = default;

Result<void> LockGuard::check() const
{
    if (m_lost)
        return *m_lost;
    if (m_isReleased)
        return reason(QStringLiteral("it was released"));
    if (m_protocol.clock().steady() >= m_lock.deadline)
        return reason(QStringLiteral("its lease ran out before it could be renewed"));
    return {};
}

Task<CompareResult> LockGuard::release()
{
    const auto self = shared_from_this();
    if (m_isReleased)
        co_return m_released.value_or(CompareResult{});
    m_isReleased = true;
    m_renewTimer.stop();
    m_deadlineTimer.stop();
    m_released = co_await m_protocol.release(m_lock.key, m_lock.token);
    // Whoever released may let the protocol go now: no renewal may come back to it.
    if (!m_renewals.isIdle())
        co_await qCoro(&m_renewals, &FlowGroup::becameIdle);
    co_return *m_released;
}

void LockGuard::armTimers()
{
    m_renewTimer.start(m_lock.lease / 3);
    m_deadlineTimer.start(until(m_lock.deadline, m_protocol.clock()));
}

void LockGuard::checkDeadline()
{
    // Timers may be early, and do not count the sleep of the machine.
    if (m_protocol.clock().steady() < m_lock.deadline)
        m_deadlineTimer.start(until(m_lock.deadline, m_protocol.clock()));
    else
        lose(QStringLiteral("its lease ran out before it could be renewed"));
}

Task<void> LockGuard::confirm()
{
    const auto self = shared_from_this();
    if (const auto held = check(); !held)
        co_return held.error();
    const Clock &clock = m_protocol.clock();
    const SteadyTime sentAt = clock.steady();
    const auto result = co_await m_protocol.reacquire(m_lock.key, m_lock.token, m_lock.lease);
    if (!m_isReleased && !m_lost && result) {
        if (result->isDone) {
            m_lock.deadline = std::max(m_lock.deadline, sentAt + m_lock.lease);
            armTimers();
        } else {
            lose(u"it is " + describe(result->current, clock));
        }
    }
    if (const auto held = check(); !held)
        co_return held.error();
    co_return result ? Result<void>() : result.error();
}

QCoro::Task<> LockGuard::renew()
{
    const auto self = shared_from_this();
    const auto confirmed = co_await confirm();
    if (confirmed || m_isReleased || m_lost)
        co_return;
    // It is ours until its deadline, whatever the trouble is; trouble may pass.
    qCWarning(lcGuard).noquote() << "renewal failed -" << lockkeeper::describe(confirmed.error());
    m_renewTimer.start(std::clamp(m_lock.lease / 20, kShortestRetry, kLongestRetry));
}

void LockGuard::lose(const QString &why)
{
    if (m_lost || m_isReleased)
        return;
    const auto self = weak_from_this().lock(); // a slot may drop the last reference
    m_renewTimer.stop();
    m_deadlineTimer.stop();
    m_lost = reason(why);
    emit lost(*m_lost);
}

Error LockGuard::reason(const QString &why) const
{
    return {ErrorCode::LeaseLost,
            u"the lock " + printable(m_lock.key.bytes()) + u" is no longer ours: " + why,
            QStringLiteral("what was not written yet is not written; try again")};
}

} // namespace lockkeeper::locks
