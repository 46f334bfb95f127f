// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/scriptrefusal.h"

#include <QRegularExpression>

namespace lockkeeper::redis {

bool isRefusedInScript(const Reply &reply)
{
    return reply.isError() && (reply.bytes().contains("The user executing the script can't") ||
                               reply.bytes().contains("ACL failure in script"));
}

QList<QByteArray> callsOf(const Script &script)
{
    static const QRegularExpression call(QStringLiteral(R"(redis\.p?call\(\s*['"](\w+)['"])"));
    QList<QByteArray> calls;
    auto matches = call.globalMatch(QString::fromUtf8(script.source()));
    while (matches.hasNext()) {
        const QByteArray name = matches.next().captured(1).toLatin1().toLower();
        if (!calls.contains(name))
            calls << name;
    }
    return calls;
}

QByteArray refusedCall(const Script &script, const Reply &reply)
{
    const QList<QByteArray> calls = callsOf(script);
    for (const QByteArray &call : calls) {
        const QByteArray named = '\'' + call + "' command";
        if (reply.bytes().toLower().contains(named))
            return call;
    }
    return calls.isEmpty() ? QByteArray() : calls.last();
}

} // namespace lockkeeper::redis
