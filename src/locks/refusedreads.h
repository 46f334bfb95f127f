// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/error.h"
#include "locks/lockrecord.h"

#include <QHash>
#include <QStringList>

#include <optional>

namespace lockkeeper::locks {

/// The keys whose newest read the server refused by NOPERM: what they hold is not known.
class RefusedReads
{
public:
    void note(const LockKey &key, const LockObservation &refused);
    /// The key was read, or has gone. `isShown`: its value was, so that the right is there again.
    /// Tells which others are worth another read then, each once.
    [[nodiscard]] QList<LockKey> settle(const LockKey &key, bool isShown);
    /// Forgets all, and tells which they were.
    [[nodiscard]] QList<LockKey> takeAll();

    [[nodiscard]] bool isEmpty() const { return m_keys.isEmpty(); }
    [[nodiscard]] bool contains(const LockKey &key) const { return m_keys.contains(key); }
    /// When to try the key again that was noted just now: nobody tells that a right was given, and
    /// however many there are, they must not be a load.
    [[nodiscard]] SteadyTime::duration retryAfter() const;
    /// "missing right: +get on ~chat:session_lock:*"; nullopt: no read was refused.
    [[nodiscard]] std::optional<Error> error(const QByteArray &lockPrefix) const;

private:
    QHash<LockKey, bool> m_keys; ///< whether it is read again for another one's sake
    QStringList m_commands;      ///< that the newest refusal was of
};

} // namespace lockkeeper::locks
