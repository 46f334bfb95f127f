// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/jsonvalue.h"

#include "sessions/jsonreader.h"

#include <algorithm>

namespace lockkeeper::sessions {

namespace {

/// Builds a JsonValue out of what the reader tells.
class Builder final : public JsonEvents
{
public:
    bool nullRead() override { return put({}); }
    bool boolRead(bool value) override { return put(JsonValue::boolean(value)); }
    bool numberRead(const QByteArray &literal) override { return put(JsonValue::literal(literal)); }
    bool stringRead(const QByteArray &utf8) override { return put(JsonValue::string(utf8)); }
    bool keyRead(const QByteArray &utf8) override
    {
        m_open.back().key = utf8;
        return true;
    }
    bool objectBegun() override { return open(JsonValue::object()); }
    bool objectEnded() override { return close(); }
    bool arrayBegun() override { return open(JsonValue::array()); }
    bool arrayEnded() override { return close(); }

    [[nodiscard]] bool isTooDeep() const { return m_isTooDeep; }
    [[nodiscard]] JsonValue take() { return std::move(m_root); }

private:
    struct Level
    {
        JsonValue value;
        QByteArray key; ///< of the member that is being read
    };

    bool put(JsonValue value)
    {
        if (m_open.empty()) {
            m_root = std::move(value);
            return true;
        }
        Level &level = m_open.back();
        if (level.value.isObject())
            level.value.append(std::move(level.key), std::move(value));
        else
            level.value.append(std::move(value));
        return true;
    }

    bool open(JsonValue value)
    {
        m_isTooDeep = m_open.size() >= JsonValue::kMaxDepth;
        if (!m_isTooDeep)
            m_open.push_back({std::move(value), {}});
        return !m_isTooDeep;
    }

    bool close()
    {
        JsonValue value = std::move(m_open.back().value);
        m_open.pop_back();
        return put(std::move(value));
    }

    std::vector<Level> m_open;
    JsonValue m_root;
    bool m_isTooDeep = false;
};

void writeString(const QByteArray &utf8, QByteArray &out)
{
    out += '"';
    qsizetype plainFrom = 0;
    for (qsizetype i = 0; i < utf8.size(); ++i) {
        const auto byte = static_cast<uchar>(utf8[i]);
        if (byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        out.append(utf8.constData() + plainFrom, i - plainFrom);
        plainFrom = i + 1;
        out += '\\';
        static constexpr QByteArrayView kShort("\b\f\n\r\t\"\\");
        static constexpr QByteArrayView kLetters("bfnrt\"\\");
        if (const qsizetype known = kShort.indexOf(utf8[i]); known >= 0)
            out += kLetters[known];
        else
            out += "u" + QByteArray::number(byte, 16).rightJustified(4, '0');
    }
    out.append(utf8.constData() + plainFrom, utf8.size() - plainFrom);
    out += '"';
}

} // namespace

JsonValue JsonValue::boolean(bool value)
{
    return {Kind::Bool, value ? QByteArray("true") : QByteArray("false")};
}

JsonValue JsonValue::number(qint64 value)
{
    return {Kind::Number, QByteArray::number(value)};
}

JsonValue JsonValue::literal(QByteArray number)
{
    return {Kind::Number, std::move(number)};
}

JsonValue JsonValue::verbatim(QByteArray json)
{
    return {Kind::Verbatim, std::move(json)};
}

JsonValue JsonValue::string(QByteArray utf8)
{
    return {Kind::String, std::move(utf8)};
}

Result<JsonValue> JsonValue::parse(const QByteArray &text)
{
    Builder builder;
    const std::optional<JsonFault> fault = readJson(text, builder);
    if (builder.isTooDeep())
        return Error{ErrorCode::Corrupt,
                     QStringLiteral("it is nested deeper than %1 levels").arg(kMaxDepth),
                     {}};
    if (fault)
        return Error{
            ErrorCode::Corrupt,
            QStringLiteral("it is no JSON: %1 at byte %2").arg(fault->why).arg(fault->byte),
            {}};
    return builder.take();
}

QByteArray JsonValue::write() const
{
    QByteArray out;
    writeTo(out);
    return out;
}

void JsonValue::writeTo(QByteArray &out) const
{
    switch (m_kind) {
    case Kind::Null:
        out += "null";
        return;
    case Kind::Bool:
    case Kind::Number:
    case Kind::Verbatim:
        out += m_text;
        return;
    case Kind::String:
        writeString(m_text, out);
        return;
    case Kind::Array:
    case Kind::Object:
        break;
    }
    out += isArray() ? '[' : '{';
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        if (i > 0)
            out += ',';
        if (isObject()) {
            writeString(m_keys[i], out);
            out += ':';
        }
        m_items[i].writeTo(out);
    }
    out += isArray() ? ']' : '}';
}

std::optional<qint64> JsonValue::integer() const
{
    if (m_kind != Kind::Number)
        return std::nullopt;
    bool isWhole = false;
    const qint64 value = m_text.toLongLong(&isWhole);
    return isWhole ? std::optional(value) : std::nullopt;
}

void JsonValue::append(QByteArray key, JsonValue item)
{
    m_keys.push_back(std::move(key));
    m_items.push_back(std::move(item));
}

const JsonValue *JsonValue::find(QByteArrayView key) const
{
    const auto found = std::find(m_keys.rbegin(), m_keys.rend(), key);
    if (found == m_keys.rend())
        return nullptr;
    return &m_items[static_cast<std::size_t>(std::distance(found, m_keys.rend())) - 1];
}

JsonValue *JsonValue::find(QByteArrayView key)
{
    return const_cast<JsonValue *>(std::as_const(*this).find(key));
}

void JsonValue::set(const QByteArray &key, JsonValue item)
{
    if (JsonValue *present = find(key))
        *present = std::move(item);
    else
        append(key, std::move(item));
}

QString JsonValue::kindName() const
{
    switch (m_kind) {
    case Kind::Null:
        return QStringLiteral("null");
    case Kind::Bool:
        return QStringLiteral("a boolean");
    case Kind::Number:
        return QStringLiteral("a number");
    case Kind::String:
        return QStringLiteral("a string");
    case Kind::Array:
        return QStringLiteral("an array");
    case Kind::Object:
        return QStringLiteral("an object");
    case Kind::Verbatim:
        return QStringLiteral("a JSON text");
    }
    Q_UNREACHABLE();
}

} // namespace lockkeeper::sessions
