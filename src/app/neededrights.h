// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/error.h"
#include "locks/lockfamily.h"
#include "redis/rights.h"

namespace lockkeeper::app {

/// What Lockkeeper does on a server and an access control list may refuse.
enum class Deed {
    Watch,     ///< scan, read locks and cached sessions
    Push,      ///< the feed `push`
    Notify,    ///< the feed `notify`
    Release,   ///< end a hold of somebody's
    Hold,      ///< take, renew, take over and give back a lock: with-lock, and every write
    Delete,    ///< Hold, and delete a cached session
    Write,     ///< Hold, and write a cached session
    Sample,    ///< name those who wait, by MONITOR
    Embellish, ///< what adds to the view and is done without where it is refused
};

/// The rights that it takes. They are asked for with a session id that nobody has. `database` is
/// the number of the server's own: channels are named after it.
[[nodiscard]] QList<redis::Right> rightsFor(Deed deed, const locks::LockFamily &family,
                                            int database = 0);
/// All of them, each once.
[[nodiscard]] QList<redis::Right> allRights(const locks::LockFamily &family, int database = 0);

/// "missing right: +evalsha on ~chat:session_lock:*", and the rules that give what is missing and
/// no more: a command, or the keys of one that is allowed, for reading alone where that is enough.
[[nodiscard]] Error missingRights(const QList<redis::Right> &missing, const QString &user);

} // namespace lockkeeper::app
