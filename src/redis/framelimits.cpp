// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/framelimits.h"

#include <algorithm>

namespace lockkeeper::redis {

Result<void> FrameLimits::check(QByteArrayView bytes)
{
    while (!bytes.isEmpty()) {
        if (m_toSkip > 0) {
            const auto skipped = std::min<qint64>(m_toSkip, bytes.size());
            m_toSkip -= skipped;
            bytes = bytes.sliced(skipped);
            continue;
        }
        const auto newline = bytes.indexOf('\n');
        m_line.append(bytes.first(newline < 0 ? bytes.size() : newline));
        if (m_line.size() > kLongestLine)
            return Error{ErrorCode::Protocol, QStringLiteral("the server sent an endless line"),
                         QStringLiteral("is this a Redis server?")};
        if (newline < 0)
            // The first byte tells already whether this can be Redis at all.
            return m_line.isEmpty() || QByteArrayView("+-:$*").contains(m_line.front())
                       ? Result<void>()
                       : checkLine();
        bytes = bytes.sliced(newline + 1);
        if (const auto line = checkLine(); !line)
            return line;
        m_line.clear();
    }
    return {};
}

Result<void> FrameLimits::checkLine()
{
    const char type = m_line.isEmpty() ? '\0' : m_line.front();
    if (type == '+' || type == '-' || type == ':')
        return {};
    if (type != '$' && type != '*')
        return Error{ErrorCode::Protocol,
                     QStringLiteral("the server does not answer like a Redis server"),
                     QStringLiteral("check host and port; if it speaks TLS, use rediss://")};
    bool isNumber = false;
    const qint64 length = m_line.mid(1).trimmed().toLongLong(&isNumber);
    const qint64 limit = type == '$' ? kLongestBulk : kMostElements;
    if (!isNumber || length < -1 || length > limit)
        return Error{ErrorCode::Protocol,
                     u"the server announced a reply of " + QString::fromLatin1(m_line.mid(1, 20)) +
                         (type == '$' ? u" bytes" : u" elements"),
                     QStringLiteral("larger replies than this are not accepted")};
    if (type == '$' && length >= 0)
        m_toSkip = length + 2;
    return {};
}

} // namespace lockkeeper::redis
