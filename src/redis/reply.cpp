// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/reply.h"

#include "core/text.h"
#include "redis/scriptrefusal.h"

#include <QCoreApplication>

namespace lockkeeper::redis {

Reply Reply::integer(qint64 value)
{
    Reply reply(Kind::Integer, {});
    reply.m_integer = value;
    return reply;
}

Reply Reply::array(QList<Reply> elements)
{
    Reply reply(Kind::Array, {});
    reply.m_elements = std::move(elements);
    return reply;
}

bool operator==(const Reply &a, const Reply &b)
{
    return a.m_kind == b.m_kind && a.m_bytes == b.m_bytes && a.m_integer == b.m_integer &&
           a.m_elements == b.m_elements;
}

QByteArray Reply::errorPrefix() const
{
    if (m_kind != Kind::Error)
        return {};
    return m_bytes.left(m_bytes.indexOf(' '));
}

Error toError(const Reply &reply, const QString &doing)
{
    const QByteArray prefix = reply.errorPrefix();
    const QString what =
        doing + u": the server answered \"" + printable(reply.bytes().left(300)) + u'"';
    if (prefix == "NOPERM" || isRefusedInScript(reply))
        return {ErrorCode::NotPermitted, what,
                QStringLiteral("ask for an ACL user with this right")};
    if (prefix == "NOAUTH" || prefix == "WRONGPASS")
        return {ErrorCode::NotPermitted, what, QStringLiteral("check user and password")};
    if (prefix == "MOVED" || prefix == "ASK")
        return {ErrorCode::Refused, what,
                QStringLiteral("this server is a node of a cluster: use redis+cluster://")};
    if (prefix == "READONLY")
        return {ErrorCode::Refused, what,
                QStringLiteral("this server is a replica; connect to its primary")};
    return {ErrorCode::Refused, what, {}};
}

} // namespace lockkeeper::redis
