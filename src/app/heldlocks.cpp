// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/heldlocks.h"

#include "core/text.h"

#include <QPointer>

#include <utility>

namespace lockkeeper::app {

HeldLocks::HeldLocks(locks::LockProtocol &protocol, QObject *parent)
    : QObject(parent)
    , m_protocol(protocol)
{}

void HeldLocks::keep(const locks::HeldLock &lock, WriteWindow::Pass pass)
{
    const auto guard = locks::LockGuard::create(m_protocol, lock);
    m_holds.insert(lock.session, {guard, std::move(pass)});
    connect(
        guard.get(), &locks::LockGuard::lost, this,
        [this, session = lock.session, lostGuard = guard.get()](const Error &reason) {
            // Taken over once more, it is ours by another hold: only the first one is lost.
            if (forget(session, lostGuard))
                emit lost(session, reason);
        },
        Qt::QueuedConnection); // the guard is in the middle of it, and this may end it
    emit changed();
}

bool HeldLocks::isOurs(const SessionId &session, const Token &token) const
{
    return tokenOf(session) == token;
}

std::optional<Token> HeldLocks::tokenOf(const SessionId &session) const
{
    const auto hold = m_holds.constFind(session);
    return hold == m_holds.cend() ? std::nullopt : std::optional(hold->guard->lock().token);
}

Task<locks::CompareResult> HeldLocks::giveBack(SessionId session)
{
    const Hold hold = m_holds.value(session);
    if (!hold.guard)
        co_return Error{ErrorCode::NotFound,
                        u"we do not hold the lock of the session " + printable(session.bytes()),
                        QStringLiteral("there is nothing to give back")};
    const QPointer<HeldLocks> self(this);
    hold.guard->disconnect(this);
    const Result<locks::CompareResult> released = co_await hold.guard->release();
    if (self)
        self->forget(session, hold.guard.get());
    co_return released;
}

bool HeldLocks::forget(const SessionId &session, const locks::LockGuard *guard)
{
    const auto hold = m_holds.find(session);
    if (hold == m_holds.end() || hold->guard.get() != guard)
        return false;
    m_holds.erase(hold);
    emit changed();
    return true;
}

} // namespace lockkeeper::app
