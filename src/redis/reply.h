// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"

#include <QByteArray>
#include <QList>

namespace lockkeeper::redis {

/// One RESP2 reply as a value.
class Reply
{
public:
    enum class Kind { Nil, Status, Error, Integer, Bulk, Array };

    Reply() = default;
    static Reply status(QByteArray text) { return {Kind::Status, std::move(text)}; }
    static Reply error(QByteArray text) { return {Kind::Error, std::move(text)}; }
    static Reply bulk(QByteArray bytes) { return {Kind::Bulk, std::move(bytes)}; }
    static Reply integer(qint64 value);
    static Reply array(QList<Reply> elements);

    [[nodiscard]] Kind kind() const { return m_kind; }
    [[nodiscard]] bool isNil() const { return m_kind == Kind::Nil; }
    [[nodiscard]] bool isError() const { return m_kind == Kind::Error; }
    [[nodiscard]] bool isArray() const { return m_kind == Kind::Array; }

    /// Text of a status, an error or a bulk; empty otherwise.
    [[nodiscard]] const QByteArray &bytes() const { return m_bytes; }
    /// Value of an integer; 0 otherwise.
    [[nodiscard]] qint64 integerValue() const { return m_integer; }
    /// Elements of an array; empty otherwise.
    [[nodiscard]] const QList<Reply> &elements() const { return m_elements; }

    /// The first word of an error: "WRONGTYPE", "NOSCRIPT", "NOPERM".
    [[nodiscard]] QByteArray errorPrefix() const;

    /// Not defaulted: comparing lists of an incomplete type would ask for this very operator.
    friend bool operator==(const Reply &a, const Reply &b);

private:
    Reply(Kind kind, QByteArray bytes)
        : m_kind(kind)
        , m_bytes(std::move(bytes))
    {}

    Kind m_kind = Kind::Nil;
    QByteArray m_bytes;
    qint64 m_integer = 0;
    QList<Reply> m_elements;
};

/// The server's error reply as an Error: NOPERM and NOAUTH as NotPermitted, the rest as Refused.
[[nodiscard]] Error toError(const Reply &reply, const QString &doing);

} // namespace lockkeeper::redis
