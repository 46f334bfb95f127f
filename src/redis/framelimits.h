// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"

#include <QByteArray>

namespace lockkeeper::redis {

/// Looks at the lengths that a peer announces before the parser believes them: hiredis would
/// allocate for an array of a billion elements, and wait for a bulk string of exabytes.
class FrameLimits
{
public:
    static constexpr qint64 kLongestBulk = 512LL * 1024 * 1024; ///< the server's own limit
    static constexpr qint64 kMostElements = 1'000'000;
    static constexpr qsizetype kLongestLine = 64 * 1024;

    /// Checks the next bytes of the stream, in any slices. Protocol error when they are no RESP2
    /// or announce more than we accept.
    [[nodiscard]] Result<void> check(QByteArrayView bytes);

private:
    [[nodiscard]] Result<void> checkLine();

    QByteArray m_line;   ///< the header line under way, without its end
    qint64 m_toSkip = 0; ///< bytes of a bulk string, its CRLF included
};

} // namespace lockkeeper::redis
