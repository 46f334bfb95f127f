// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"

#include <QByteArray>
#include <QString>

#include <optional>
#include <vector>

namespace lockkeeper::sessions {

/// A JSON document in memory that is written as it was read: members keep their order, doubles
/// included, and numbers are their literals, so that no digit is lost. Strings are UTF-8.
class JsonValue
{
public:
    enum class Kind { Null, Bool, Number, String, Array, Object, Verbatim };

    /// Deeper nesting than what any chat platform reads back itself is refused.
    static constexpr int kMaxDepth = 200;

    JsonValue() = default;
    static JsonValue boolean(bool value);
    static JsonValue number(qint64 value);
    static JsonValue literal(QByteArray number);
    /// A whole JSON text that is written as it is; it can only be written.
    static JsonValue verbatim(QByteArray json);
    static JsonValue string(QByteArray utf8);
    static JsonValue string(const QString &text) { return string(text.toUtf8()); }
    static JsonValue array() { return JsonValue(Kind::Array, {}); }
    static JsonValue object() { return JsonValue(Kind::Object, {}); }

    /// Reads a text; Corrupt, naming the byte, when it is no JSON.
    [[nodiscard]] static Result<JsonValue> parse(const QByteArray &text);
    /// Writes compactly, with the fewest escapes that JSON allows.
    [[nodiscard]] QByteArray write() const;
    void writeTo(QByteArray &out) const;

    [[nodiscard]] Kind kind() const { return m_kind; }
    [[nodiscard]] bool isNull() const { return m_kind == Kind::Null; }
    [[nodiscard]] bool isString() const { return m_kind == Kind::String; }
    [[nodiscard]] bool isArray() const { return m_kind == Kind::Array; }
    [[nodiscard]] bool isObject() const { return m_kind == Kind::Object; }

    /// Of a string; empty otherwise.
    [[nodiscard]] const QByteArray &utf8() const { return m_text; }
    [[nodiscard]] QString text() const { return QString::fromUtf8(m_text); }
    /// Of a number that is whole and fits; nullopt otherwise.
    [[nodiscard]] std::optional<qint64> integer() const;

    /// Elements of an array, or the values of an object in the order of keys().
    [[nodiscard]] const std::vector<JsonValue> &items() const { return m_items; }
    [[nodiscard]] const std::vector<QByteArray> &keys() const { return m_keys; }
    void append(JsonValue item) { m_items.push_back(std::move(item)); }
    void append(QByteArray key, JsonValue item);

    /// The member of an object (of several with one key the last, as readers of JSON take it), or
    /// null.
    [[nodiscard]] const JsonValue *find(QByteArrayView key) const;
    [[nodiscard]] JsonValue *find(QByteArrayView key);
    /// Puts `item` in the place of the member, or at the end.
    void set(const QByteArray &key, JsonValue item);

    /// What a value is, for errors: "a string", "null".
    [[nodiscard]] QString kindName() const;

private:
    JsonValue(Kind kind, QByteArray text)
        : m_kind(kind)
        , m_text(std::move(text))
    {}

    Kind m_kind = Kind::Null;
    QByteArray m_text; ///< of a string: decoded; of a number: its literal; of a bool: its word
    std::vector<QByteArray> m_keys; ///< of an object, one for each item
    std::vector<JsonValue> m_items;
};

} // namespace lockkeeper::sessions
