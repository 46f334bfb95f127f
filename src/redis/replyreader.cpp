// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/replyreader.h"

#include <hiredis/hiredis.h>

namespace lockkeeper::redis {

class ReplyReader::Impl
{
public:
    Impl()
        : reader(redisReaderCreate(), &redisReaderFree)
    {}

    std::unique_ptr<redisReader, decltype(&redisReaderFree)> reader;
};

namespace {

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
    if (redisReaderFeed(m_impl->reader.get(), bytes.constData(),
                        static_cast<std::size_t>(bytes.size())) != REDIS_OK)
        return Error{ErrorCode::Protocol, QStringLiteral("the reply could not be read"), {}};
    return {};
}

Result<std::optional<Reply>> ReplyReader::next()
{
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
