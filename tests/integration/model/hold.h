// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dice.h"
#include "explanation.h"
#include "locks/lockguard.h"

namespace lockkeeper::model {

struct Site;

/// A lock that somebody obtained, and what its owner believes of it. Plain owners renew when they
/// please; those with a guard leave it to that.
class Hold
{
public:
    Hold(Site &site, locks::LockProtocol &protocol, locks::HeldLock lock, bool isGuarded);

    [[nodiscard]] const Token &token() const { return m_lock.token; }
    [[nodiscard]] bool isGuarded() const { return m_isGuarded; }
    /// Whether its owner takes the lock for its own now, by its own clock and by what it was told.
    [[nodiscard]] bool believes() const;
    /// Until when.
    [[nodiscard]] SteadyTime deadline() const
    {
        return m_guard ? m_guard->lock().deadline : m_lock.deadline;
    }
    /// It knows that it does not hold the lock any more.
    [[nodiscard]] bool isOver() const { return m_isOver; }
    /// Whether it can be asked for something: no operation of its own is under way, and its guard,
    /// which would only repeat itself, was not released.
    [[nodiscard]] bool isIdle() const { return !m_isBusy && !(m_isGuarded && m_isOver); }

    [[nodiscard]] QCoro::Task<Operation> renew(Dice dice);
    [[nodiscard]] QCoro::Task<Operation> release();
    /// Its owner ends without a word. Ends when nothing of it is under way any more.
    [[nodiscard]] QFuture<Result<void>> vanish();

private:
    [[nodiscard]] QCoro::Task<ActOnToken> confirm();
    [[nodiscard]] QCoro::Task<ActOnToken> renewAs(ActOnToken::Act act, bool replacesTtl,
                                                  milliseconds by);
    [[nodiscard]] ActOnToken told(ActOnToken::Act act, const Result<locks::CompareResult> &result);

    Site &m_site;
    locks::LockProtocol &m_protocol;
    locks::HeldLock m_lock;
    std::shared_ptr<locks::LockGuard> m_guard;
    const bool m_isGuarded;
    bool m_isBusy = false;
    bool m_isOver = false;
};

} // namespace lockkeeper::model
