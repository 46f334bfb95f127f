// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/rightsprobe.h"

#include "redis/command.h"
#include "redis/routing.h"

#include <QCoreApplication>

namespace lockkeeper::cli {

using redis::Command;
using redis::Effect;
using redis::Reply;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::cli", text);
}

/// Sends all to each primary, for each has rights of its own, and names those that are refused.
Task<QStringList> refusedOf(redis::Client &client, QList<Command> commands)
{
    QStringList refused;
    for (const redis::Primary &primary : client.primaries()) {
        const Result<QList<Reply>> replies = co_await client.sendTo(primary.id, commands);
        if (!replies)
            co_return replies.error();
        for (qsizetype i = 0; i < commands.size(); ++i) {
            const Reply &reply = replies->at(i);
            // Rights are looked at before the key's place: who is sent elsewhere has them.
            const bool isAllowed = !reply.isError() || redis::redirectionOf(reply) ||
                                   reply.errorPrefix() == "NOSCRIPT";
            if (isAllowed)
                continue;
            const QString command = QString::fromLatin1(commands[i].name());
            const bool isRight = reply.errorPrefix() == "NOPERM";
            const QString text =
                isRight ? command
                        : QString(command + u" (" + QString::fromUtf8(reply.bytes()) + u')');
            if (!refused.contains(text))
                refused.append(text);
        }
    }
    co_return refused;
}

QString userOf(const app::Target &target)
{
    return target.server.node.user.isEmpty() ? QStringLiteral("default") : target.server.node.user;
}

QString keysOf(const app::Target &target)
{
    return u'~' + QString::fromUtf8(target.family.lockPrefix) + u"* ~" +
           QString::fromUtf8(target.family.sessionPrefix) + u'*';
}

} // namespace

Task<QStringList> missingReadingRights(redis::Client &client, locks::LockFamily family,
                                       QByteArray probe)
{
    const QByteArray lock = family.lockKey(SessionId(probe)).bytes();
    const QByteArray cached = family.cacheKey(SessionId(probe)).bytes();
    QList<Command> commands;
    for (const QByteArray &key : {lock, cached})
        commands << redis::commands::get(key) << redis::commands::pttl(key);
    commands << redis::commands::strlen(cached) << redis::commands::getRange(cached, 0, 0)
             << redis::commands::scan("0", lock, 1);
    co_return co_await refusedOf(client, commands);
}

Task<QStringList> missingActingRights(redis::Client &client, locks::LockFamily family,
                                      QByteArray probe)
{
    const QByteArray lock = family.lockKey(SessionId(probe)).bytes();
    const QByteArray cached = family.cacheKey(SessionId(probe)).bytes();
    QList<Command> commands;
    for (const QByteArray &key : {lock, cached}) {
        // XX: only where the key exists, and it does not.
        commands << Command{{"SET", key, "", "XX", "PX", "1"}, Effect::Mutation}
                 << Command{{"PEXPIRE", key, "1"}, Effect::Mutation} << redis::commands::del(key);
    }
    const QByteArray nothing = "return 0";
    commands << Command{{"EVAL", nothing, "1", lock}, Effect::Mutation};
    // EVALSHA of a script that no server knows: NOSCRIPT says that we may.
    const QByteArray unknown(40, '0');
    commands << Command{{"EVALSHA", unknown, "1", lock}, Effect::Mutation};
    co_return co_await refusedOf(client, commands);
}

Error readingRightsError(const QStringList &missing, const app::Target &target)
{
    return {ErrorCode::NotPermitted,
            tr("user %1 may not use %2").arg(userOf(target), missing.join(u", ")),
            tr("an administrator gives the rights to watch with: ACL SETUSER %1 %2 "
               "&__redis__:invalidate +scan +get +pttl +strlen +getrange +ping +info +client|id "
               "+client|tracking +client|setname +subscribe")
                .arg(userOf(target), keysOf(target))};
}

Error actingRightsError(const QStringList &missing, const app::Target &target)
{
    return {ErrorCode::NotPermitted,
            tr("user %1 may not use %2").arg(userOf(target), missing.join(u", ")),
            tr("watch only with --read-only, or have an administrator give the rights to act: "
               "ACL SETUSER %1 %2 +set +del +pexpire +eval +evalsha")
                .arg(userOf(target), keysOf(target))};
}

} // namespace lockkeeper::cli
