// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/lockrecord.h"

#include <QHash>

#include <optional>

namespace lockkeeper::locks {

/// The holds that we are about to end or replace ourselves, for a minute each.
class ExpectedEnds
{
public:
    void expect(const LockKey &key, const Token &token, HoldEnd end, SteadyTime now);
    /// The act did not take place.
    void withdraw(const LockKey &key, const Token &token);
    /// How the hold that just ended was to end; nullopt when that was none of our doing. Whatever
    /// was expected of the key is settled by this.
    [[nodiscard]] std::optional<HoldEnd> settle(const LockRecord &ended, SteadyTime now);

    /// We ended what the key guards, in one way or another.
    void noteOwnAct(const LockKey &key, SteadyTime now);
    /// How long after our act something begins; nullopt: we did nothing within a minute before.
    [[nodiscard]] std::optional<milliseconds> sinceOwnAct(const LockKey &key,
                                                          SteadyTime start) const;

private:
    struct Expectation
    {
        Token token;
        HoldEnd end;
        SteadyTime since;
    };

    QHash<LockKey, Expectation> m_byKey;
    QHash<LockKey, SteadyTime> m_ownActs;
};

} // namespace lockkeeper::locks
