// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/replyreader.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <utility>

namespace lockkeeper::redis {

class ReplyReader::Impl
{
public:
    Impl()
        : reader(redisReaderCreate(), &redisReaderFree)
    {}

    /// Between two replies: what was fed and not parsed yet; empty within one.
    [[nodiscard]] QByteArrayView ahead() const
    {
        if (reader->ridx != -1)
            return {};
        return {reader->buf + reader->pos, static_cast<qsizetype>(reader->len - reader->pos)};
    }
    void skipAll() { reader->pos = reader->len; }

    std::unique_ptr<redisReader, decltype(&redisReaderFree)> reader;
};

namespace {

/// What is longer than this fills the rest of the slice that its header is in.
constexpr qsizetype kLarge = 2 * ReplyReader::kSlice;
/// "$536870912" and its CRLF: no header of a value is longer.
constexpr qsizetype kLongestHeader = 12;

QByteArray bytesOf(const redisReply &reply)
{
    return {reply.str, static_cast<qsizetype>(reply.len)};
}

Reply convert(const redisReply &reply)
{
    switch (reply.type) {
    case REDIS_REPLY_STATUS:
        return Reply::status(bytesOf(reply));
    case REDIS_REPLY_ERROR:
        return Reply::error(bytesOf(reply));
    case REDIS_REPLY_INTEGER:
        return Reply::integer(reply.integer);
    case REDIS_REPLY_STRING:
        return Reply::bulk(bytesOf(reply));
    case REDIS_REPLY_ARRAY: {
        QList<Reply> elements;
        elements.reserve(static_cast<qsizetype>(reply.elements));
        for (std::size_t i = 0; i < static_cast<std::size_t>(reply.elements); ++i)
            elements.append(convert(*reply.element[i]));
        return Reply::array(std::move(elements));
    }
    default: // the types of RESP3, which is never asked for
        return {};
    }
}

} // namespace

ReplyReader::ReplyReader()
    : m_impl(std::make_unique<Impl>())
{}

ReplyReader::~ReplyReader() = default;

Result<void> ReplyReader::feed(const QByteArray &bytes)
{
    if (auto sane = m_limits.check(bytes); !sane)
        return sane;
    const auto ofLarge = std::min(m_missing, bytes.size());
    m_large.append(bytes.constData(), ofLarge);
    m_missing -= ofLarge;
    return parse(QByteArrayView(bytes).sliced(ofLarge));
}

Result<void> ReplyReader::parse(QByteArrayView bytes)
{
    if (redisReaderFeed(m_impl->reader.get(), bytes.constData(),
                        static_cast<std::size_t>(bytes.size())) != REDIS_OK)
        return Error{ErrorCode::Protocol, QStringLiteral("the reply could not be read"), {}};
    return {};
}

Result<std::optional<Reply>> ReplyReader::next()
{
    if (m_missing > 0)
        return std::optional<Reply>();
    if (!m_large.isEmpty()) {
        m_large.chop(2); // its CRLF
        return std::optional(Reply::bulk(std::exchange(m_large, {})));
    }
    if (const QByteArrayView ahead = m_impl->ahead(); ahead.startsWith('$')) {
        const auto end = ahead.first(std::min(ahead.size(), kLongestHeader)).indexOf('\n');
        if (end < 0 && ahead.size() < kLongestHeader)
            return std::optional<Reply>();
        const qsizetype length = end < 0 ? 0 : ahead.sliced(1, end - 1).trimmed().toLongLong();
        if (length > kLarge) {
            m_missing = length + 2;
            m_large.reserve(m_missing);
            m_large.append(ahead.sliced(end + 1));
            m_missing -= m_large.size();
            m_impl->skipAll();
            return std::optional<Reply>();
        }
    }
    void *raw = nullptr;
    if (redisReaderGetReply(m_impl->reader.get(), &raw) != REDIS_OK)
        return Error{ErrorCode::Protocol,
                     u"the server's reply is no Redis reply: " +
                         QString::fromUtf8(m_impl->reader->errstr),
                     QStringLiteral("check host and port")};
    if (!raw)
        return std::optional<Reply>();
    const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply(
        static_cast<redisReply *>(raw), &freeReplyObject);
    return std::optional<Reply>(convert(*reply));
}

} // namespace lockkeeper::redis
