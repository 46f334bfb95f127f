// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "redis/command.h"

#include <QHash>
#include <QList>
#include <QString>

namespace lockkeeper::redis {

class Client;

/// One right of an access control list: a command, on the keys of a prefix, on a channel, or alone.
struct Right
{
    Command trial;           ///< its use, on a key that nobody has
    QByteArray subject;      ///< "~chat:session_lock:*", "&__redis__:invalidate", or empty
    bool isHarmless = false; ///< the trial may be sent: it changes nothing, whatever is there
    /// Of one that is refused: the rule that gives what is missing, and no more.
    QString lacking = {};

    /// As an access control list has it: "+evalsha", "+client|tracking".
    [[nodiscard]] QString rule() const;
    /// "+evalsha on ~chat:session_lock:*".
    [[nodiscard]] QString toString() const;
};

/// What is known of the rights of our user; a right that nobody asked for is unknown.
class Rights
{
public:
    enum class Allowance { Unknown, Allowed, Refused };

    [[nodiscard]] Allowance of(const Right &right) const
    {
        return m_known.value(right.toString()).allowance;
    }
    /// `lacking`: the rule that gives a refused one; empty: the command's.
    void note(const Right &right, Allowance allowance, const QString &lacking = {})
    {
        m_known.insert(right.toString(), {allowance, lacking});
    }
    /// Those that are known to be refused, each with what it lacks.
    [[nodiscard]] QList<Right> refused(const QList<Right> &rights) const;
    /// Takes over what is known of another server: refused by one is refused.
    void add(const Rights &others);

    friend bool operator==(const Rights &, const Rights &) = default;

private:
    struct Known
    {
        Allowance allowance = Allowance::Unknown;
        QString lacking;

        friend bool operator==(const Known &, const Known &) = default;
    };

    QHash<QString, Known> m_known;
};

/// What the server says of our user.
struct AskedRights
{
    QString user;        ///< as the server calls it; else as we logged in
    bool mayAsk = false; ///< the server told; else all is unknown
    Rights rights;
};

/// Asks every primary by ACL WHOAMI and ACL DRYRUN (Redis 7): nothing is tried. `client` outlives
/// the flow, here and below.
[[nodiscard]] Task<AskedRights> askRights(Client &client, QList<Right> rights);
/// Sends every primary the trials of those that `known` does not know, where they are harmless.
[[nodiscard]] Task<Rights> tryRights(Client &client, QList<Right> rights, Rights known);

/// Which of the rights the server refuses by answering NOPERM to `command`.
[[nodiscard]] QList<Right> refusedBy(const QList<Right> &rights, const Command &command);

/// The name that the server knows the command by: "client|tracking".
[[nodiscard]] QByteArray aclName(const Command &command);

} // namespace lockkeeper::redis
