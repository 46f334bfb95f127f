// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/refusedreads.h"

#include <utility>

namespace lockkeeper::locks {

using namespace std::chrono_literals;

namespace {

constexpr auto kRetry = 5s;
/// For each key that is refused as well.
constexpr auto kRetryStep = 10ms;

} // namespace

void RefusedReads::note(const LockKey &key, const LockObservation &refused)
{
    m_keys[key] = false;
    m_commands = refused.refusedCommands;
}

QList<LockKey> RefusedReads::settle(const LockKey &key, bool isShown)
{
    const auto found = m_keys.constFind(key);
    if (found == m_keys.cend())
        return {};
    const bool isFirst = isShown && !*found;
    m_keys.erase(found);
    QList<LockKey> others;
    if (!isFirst)
        return others;
    for (auto other = m_keys.begin(); other != m_keys.end(); ++other) {
        if (!std::exchange(*other, true))
            others << other.key();
    }
    return others;
}

QList<LockKey> RefusedReads::takeAll()
{
    const QList<LockKey> keys = m_keys.keys();
    m_keys = {};
    return keys;
}

SteadyTime::duration RefusedReads::retryAfter() const
{
    return kRetry + m_keys.size() * kRetryStep;
}

std::optional<Error> RefusedReads::error(const QByteArray &lockPrefix) const
{
    if (m_keys.isEmpty())
        return std::nullopt;
    const QString subject = u'~' + QString::fromUtf8(lockPrefix) + u'*';
    QStringList rights;
    QStringList rules;
    for (const QString &command : m_commands) {
        rules << u'+' + command;
        rights << rules.last() + u" on " + subject;
    }
    const QString what =
        rights.size() == 1 ? QStringLiteral("missing right: ") : QStringLiteral("missing rights: ");
    return Error{ErrorCode::NotPermitted, what + rights.join(QStringLiteral(", ")),
                 u"an administrator gives what is missing with: ACL SETUSER NAME " +
                     rules.join(u' ') + u' ' + subject};
}

} // namespace lockkeeper::locks
