// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/rights.h"

#include "redis/client.h"

#include <QPointer>
#include <QSet>

#include <algorithm>

namespace lockkeeper::redis {

QByteArray aclName(const Command &command)
{
    static const QSet<QByteArray> containers{"acl", "client", "config", "object", "script"};
    const QByteArray name = command.name().toLower();
    return containers.contains(name) ? name + '|' + command.words.value(1).toLower() : name;
}

QString Right::rule() const
{
    return u'+' + QString::fromLatin1(aclName(trial));
}

QString Right::toString() const
{
    return subject.isEmpty() ? rule() : QString(rule() + u" on " + QString::fromUtf8(subject));
}

QList<Right> Rights::refused(const QList<Right> &rights) const
{
    QList<Right> refused;
    for (const Right &right : rights) {
        const Known known = m_known.value(right.toString());
        if (known.allowance != Allowance::Refused)
            continue;
        refused.append(right);
        refused.last().lacking = known.lacking.isEmpty() ? right.rule() : known.lacking;
    }
    return refused;
}

void Rights::add(const Rights &others)
{
    for (auto it = others.m_known.cbegin(); it != others.m_known.cend(); ++it) {
        const Known known = m_known.value(it.key());
        m_known.insert(it.key(), known.allowance == Allowance::Refused ? known : it.value());
    }
}

namespace {

/// The rule that gives what `answer`, a refusal, says is missing. A command is looked at before its
/// keys and channels: where these are refused, the command is allowed. `hasReadPatterns`: Redis 7.
QString lackingBy(const QByteArray &answer, const Right &right, bool hasReadPatterns)
{
    if (right.subject.isEmpty() || !answer.contains("permissions to access"))
        return right.rule();
    const bool isRead = right.trial.effect == Effect::ReadOnly && right.subject.startsWith('~');
    return QString::fromUtf8(isRead && hasReadPatterns ? "%R" + right.subject : right.subject);
}

/// Asks one primary.
Task<AskedRights> askOne(Client &client, NodeId node, QList<Right> rights)
{
    const QPointer<Client> alive(&client);
    AskedRights asked;
    const QString login = client.deployment().node.user;
    asked.user = login.isEmpty() ? QStringLiteral("default") : login;
    const Command whoAmI{{"ACL", "WHOAMI"}};
    const Result<Reply> name = co_await client.sendTo(node, whoAmI);
    if (!name)
        co_return name.error();
    if (!alive)
        co_return Error{ErrorCode::Cancelled, QStringLiteral("asking for rights was ended"), {}};
    if (!name->isError() && !name->bytes().isEmpty())
        asked.user = QString::fromUtf8(name->bytes());
    QList<Command> questions;
    for (const Right &right : rights) {
        Command question{{"ACL", "DRYRUN", asked.user.toUtf8()}};
        question.words += right.trial.words;
        questions << question;
    }
    const Result<QList<Reply>> answers = co_await client.sendTo(node, questions);
    if (!answers)
        co_return answers.error();
    for (qsizetype i = 0; i < rights.size(); ++i) {
        const Reply &answer = answers->at(i);
        if (answer.isError())
            continue; // no right to ask, an older server, or a command that it does not know
        asked.mayAsk = true;
        if (answer.bytes() == "OK")
            asked.rights.note(rights[i], Rights::Allowance::Allowed);
        else
            asked.rights.note(rights[i], Rights::Allowance::Refused,
                              lackingBy(answer.bytes(), rights[i], true));
    }
    co_return asked;
}

} // namespace

Task<AskedRights> askRights(Client &client, QList<Right> rights)
{
    const QPointer<Client> alive(&client);
    AskedRights all;
    const QList<Primary> primaries = client.primaries();
    for (const Primary &primary : primaries) {
        if (!alive)
            break;
        const Result<AskedRights> asked = co_await askOne(client, primary.id, rights);
        if (!asked)
            co_return asked.error();
        all.user = asked->user;
        all.mayAsk = all.mayAsk || asked->mayAsk;
        all.rights.add(asked->rights);
    }
    co_return all;
}

Task<Rights> tryRights(Client &client, QList<Right> rights, Rights known)
{
    rights.removeIf([&known](const Right &right) {
        return !right.isHarmless || known.of(right) != Rights::Allowance::Unknown;
    });
    QList<Command> trials;
    for (const Right &right : rights)
        trials << right.trial;
    const QPointer<Client> alive(&client);
    const QList<Primary> primaries = client.primaries();
    for (const Primary &primary : primaries) {
        if (!alive)
            break;
        const Result<QList<Reply>> answers = co_await client.sendTo(primary.id, trials);
        if (!answers)
            co_return answers.error();
        Rights found;
        for (qsizetype i = 0; i < rights.size(); ++i) {
            // Rights are looked at before all else: another error says that we have them.
            const Reply &answer = answers->at(i);
            if (answer.errorPrefix() == "NOPERM")
                found.note(rights[i], Rights::Allowance::Refused,
                           lackingBy(answer.bytes(), rights[i], false));
            else
                found.note(rights[i], Rights::Allowance::Allowed);
        }
        known.add(found);
    }
    co_return known;
}

QList<Right> refusedBy(const QList<Right> &rights, const Command &command)
{
    QList<Right> refused;
    const QByteArray name = aclName(command);
    for (const Right &right : rights) {
        if (aclName(right.trial) != name)
            continue;
        const QByteArray prefix = right.subject.mid(1).chopped(right.subject.endsWith('*') ? 1 : 0);
        const bool isMeant = std::ranges::any_of(
            command.words, [&](const QByteArray &word) { return word.startsWith(prefix); });
        if (right.subject.isEmpty() || isMeant)
            refused << right;
    }
    return refused;
}

} // namespace lockkeeper::redis
