// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QHashFunctions>
#include <QString>

namespace lockkeeper {

/// Bytes with a meaning: a LockKey is no Token, and neither is a QString. `Tag` tells them apart.
template<typename Tag>
class StrongBytes
{
public:
    StrongBytes() = default;
    explicit StrongBytes(QByteArray bytes)
        : m_bytes(std::move(bytes))
    {}

    [[nodiscard]] const QByteArray &bytes() const noexcept { return m_bytes; }
    [[nodiscard]] bool isEmpty() const noexcept { return m_bytes.isEmpty(); }

    friend bool operator==(const StrongBytes &a, const StrongBytes &b)
    {
        return a.m_bytes == b.m_bytes;
    }
    friend bool operator!=(const StrongBytes &a, const StrongBytes &b) { return !(a == b); }
    friend bool operator<(const StrongBytes &a, const StrongBytes &b)
    {
        return a.m_bytes < b.m_bytes;
    }
    friend size_t qHash(const StrongBytes &value, size_t seed = 0)
    {
        return qHash(value.m_bytes, seed);
    }

private:
    QByteArray m_bytes;
};

/// The Redis key of a lock: prefix and session id.
using LockKey = StrongBytes<struct LockKeyTag>;
/// The Redis key of a cached session: prefix and session id.
using CacheKey = StrongBytes<struct CacheKeyTag>;
/// The bytes that identify one acquisition of a lock.
using Token = StrongBytes<struct TokenTag>;
/// The id of a chat session; usually a UUID, but any bytes are valid, `:` included.
using SessionId = StrongBytes<struct SessionIdTag>;
/// The id of the person a session belongs to.
using UserId = StrongBytes<struct UserIdTag>;

} // namespace lockkeeper
