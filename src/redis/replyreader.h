// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"
#include "redis/framelimits.h"
#include "redis/reply.h"

#include <QByteArray>

#include <memory>
#include <optional>

namespace lockkeeper::redis {

/// Turns a stream of bytes into replies; hiredis parses, our limits stand before it. Large values
/// are gathered beside it: it would copy them in one go, twice, and the event loop would wait.
class ReplyReader
{
public:
    /// hiredis is quadratic in what one feed holds: hand it slices of this size at most.
    static constexpr qsizetype kSlice = 64 * 1024;

    ReplyReader();
    ~ReplyReader();
    ReplyReader(const ReplyReader &) = delete;
    ReplyReader &operator=(const ReplyReader &) = delete;

    /// The next bytes, at most kSlice of them. A Protocol error is final.
    [[nodiscard]] Result<void> feed(const QByteArray &bytes);
    /// The next whole reply; nullopt when more bytes are needed.
    [[nodiscard]] Result<std::optional<Reply>> next();

private:
    class Impl;

    [[nodiscard]] Result<void> parse(QByteArrayView bytes);

    std::unique_ptr<Impl> m_impl;
    FrameLimits m_limits;
    qsizetype m_missing = 0; ///< of the large value under way, its CRLF included
    QByteArray m_large;
};

} // namespace lockkeeper::redis
