// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/strongtype.h"
#include "locks/lockfamily.h"

#include <QByteArrayView>

#include <optional>

namespace lockkeeper::locks {

/// One client's try to take a lock, as MONITOR shows it.
struct LockAttempt
{
    LockKey key;
    Token token;
    QByteArray address; ///< "10.4.0.31:50412", "unix:/path"; empty: a script

    friend bool operator==(const LockAttempt &, const LockAttempt &) = default;
};

/// Reads a line of MONITOR: `+1700000000.123456 [0 10.4.0.31:50412] "SET" "key" "token" "NX" …`.
/// nullopt unless it is a `SET … NX` or `SETNX` of a lock of the family in that database; of other
/// commands nothing is decoded but their first word and, of a SET, the key.
[[nodiscard]] std::optional<LockAttempt> attemptFrom(QByteArrayView line, const LockFamily &family,
                                                     int database);

} // namespace lockkeeper::locks
