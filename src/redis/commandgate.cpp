// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/commandgate.h"

#include <QSet>
#include <QString>

namespace lockkeeper::redis {

Result<void> CommandGate::check(const Command &command) const
{
    if (!m_isReadOnly || onlyReads(command))
        return {};
    return Error{ErrorCode::NotPermitted,
                 QString::fromLatin1(command.name()) +
                     u" was not sent: the connection is read-only",
                 QStringLiteral("connect without read-only to change something")};
}

bool CommandGate::onlyReads(const Command &command)
{
    // An allow-list: what is not known to read is a write. EVAL and EVALSHA count as writes, since
    // nothing but the server knows what a script does.
    static const QSet<QByteArray> readers{
        "PING",   "AUTH",   "SELECT", "ECHO",      "INFO",        "ROLE",    "TIME",
        "DBSIZE", "SCAN",   "GET",    "PTTL",      "TTL",         "STRLEN",  "GETRANGE",
        "TYPE",   "EXISTS", "OBJECT", "SUBSCRIBE", "UNSUBSCRIBE", "HGETALL", "PEXPIRETIME"};
    static const QSet<QByteArray> clientReaders{"ID",           "SETNAME", "TRACKING",
                                                "TRACKINGINFO", "LIST",    "INFO"};
    static const QSet<QByteArray> aclReaders{"WHOAMI", "DRYRUN"};
    const QByteArray name = command.name().toUpper();
    const QByteArray word = command.words.value(1).toUpper();
    if (name == "CLIENT")
        return clientReaders.contains(word);
    if (name == "ACL")
        return aclReaders.contains(word);
    return readers.contains(name);
}

} // namespace lockkeeper::redis
