// SPDX-License-Identifier: GPL-3.0-or-later
#include "hold.h"

#include "site.h"

namespace lockkeeper::model {

using locks::CompareResult;
using locks::LockGuard;
using Act = ActOnToken::Act;

Hold::Hold(Site &site, locks::LockProtocol &protocol, locks::HeldLock lock, bool isGuarded)
    : m_site(site)
    , m_protocol(protocol)
    , m_lock(std::move(lock))
    , m_guard(isGuarded ? LockGuard::create(protocol, m_lock) : nullptr)
    , m_isGuarded(isGuarded)
{}

bool Hold::believes() const
{
    if (m_isOver)
        return false;
    return m_guard ? m_guard->check().has_value() : m_site.clock.steady() < m_lock.deadline;
}

QCoro::Task<Operation> Hold::renew(Dice dice)
{
    m_isBusy = true;
    Operation operation;
    operation.span.from = m_site.clock.steady();
    const milliseconds by = dice.span(milliseconds(100), milliseconds(400));
    const int how = dice.below(3);
    if (m_guard)
        operation.program = co_await confirm();
    else if (how == 0)
        operation.program = co_await renewAs(Act::Extend, false, by);
    else
        operation.program = co_await renewAs(Act::Renew, how == 1, by);
    operation.span.to = m_site.clock.steady();
    m_isBusy = false;
    co_return operation;
}

QCoro::Task<Operation> Hold::release()
{
    m_isBusy = true;
    m_isOver = true; // from here on it does nothing under the lock
    Operation operation;
    operation.span.from = m_site.clock.steady();
    Result<CompareResult> released = CompareResult{};
    if (m_guard)
        released = co_await m_guard->release();
    else
        released = co_await m_protocol.release(m_lock.key, m_lock.token);
    operation.program = told(Act::Release, released);
    operation.span.to = m_site.clock.steady();
    m_isBusy = false;
    co_return operation;
}

QFuture<Result<void>> Hold::vanish()
{
    m_isOver = true;
    if (!m_guard)
        return finished<void>({});
    // A renewal that is under way keeps the guard.
    const auto ended = std::make_shared<QPromise<Result<void>>>();
    ended->start();
    QObject::connect(m_guard.get(), &QObject::destroyed, [ended] {
        ended->addResult(Result<void>());
        ended->finish();
    });
    const auto future = ended->future();
    m_guard.reset();
    return future;
}

QCoro::Task<ActOnToken> Hold::confirm()
{
    const auto confirmed = co_await m_guard->confirm();
    if (!confirmed && confirmed.error().code != ErrorCode::LeaseLost)
        m_site.complain(u"a guard's renewal failed: " + confirmed.error().what);
    ActOnToken program = told(Act::Renew, CompareResult{confirmed.has_value(), false, {}});
    program.current.reset();
    program.lease = m_lock.lease;
    program.isClockOut = m_site.clock.steady() >= m_guard->lock().deadline;
    co_return program;
}

QCoro::Task<ActOnToken> Hold::renewAs(Act act, bool replacesTtl, milliseconds by)
{
    // As a worker counts: from before the command is sent.
    const SteadyTime sentAt = m_site.clock.steady();
    Result<CompareResult> renewed = CompareResult{};
    if (act == Act::Extend || replacesTtl)
        renewed = co_await m_protocol.extend(m_lock.key, m_lock.token, by, replacesTtl);
    else
        renewed = co_await m_protocol.reacquire(m_lock.key, m_lock.token, by);
    ActOnToken program = told(act, renewed);
    program.lease = by;
    if (program.isDone)
        m_lock.deadline = act == Act::Extend ? m_lock.deadline + by - kRounding : sentAt + by;
    co_return program;
}

ActOnToken Hold::told(Act act, const Result<CompareResult> &result)
{
    ActOnToken program;
    program.act = act;
    program.aim = Aim::at(m_lock.token);
    program.isKept = m_isGuarded;
    if (!result) {
        m_site.complain(u"an act of an owner failed: " + result.error().what);
        return program;
    }
    program.isDone = result->isDone;
    if (result->isDone)
        return program;
    m_isOver = true;
    const locks::LockObservation &current = result->current;
    program.current.emplace();
    if (current.kind == locks::LockObservation::Kind::Held)
        *program.current = current.token;
    return program;
}

} // namespace lockkeeper::model
