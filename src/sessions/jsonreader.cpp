// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/jsonreader.h"

// The library asserts on how the locale writes numbers; we take their text and never their value.
#define JSON_ASSERT(x) static_cast<void>(0)
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace lockkeeper::sessions {

namespace {

/// long double, so that only exponents beyond 4932 are refused.
using Numbers = nlohmann::basic_json<nlohmann::ordered_map, std::vector, std::string, bool,
                                     std::int64_t, std::uint64_t, long double>;

QString reason(const std::string &message)
{
    static constexpr struct
    {
        const char *words;
        const char *sentence;
    } kReasons[] = {
        {"ill-formed UTF-8", "invalid UTF-8"},
        {"surrogate", "a lone surrogate"},
        {"control character", "an unescaped control character in a string"},
        {"forbidden character after backslash", "an unknown escape in a string"},
        {"must be followed by 4 hex digits", "a broken escape in a string"},
        {"number overflow", "a number out of all range"},
        {"invalid number", "a broken number"},
        {"invalid literal", "an unknown word"},
        {"expected end of input", "more text after the end"},
    };
    for (const auto &known : kReasons) {
        if (message.find(known.words) != std::string::npos)
            return QString::fromLatin1(known.sentence);
    }
    return QStringLiteral("a syntax error");
}

QByteArray bytes(const std::string &text)
{
    return {text.data(), static_cast<qsizetype>(text.size())};
}

/// The library's side of JsonEvents.
class Adapter
{
public:
    Adapter(JsonEvents &events, qint64 size)
        : m_events(events)
        , m_size(size)
    {}

    bool null() { return m_events.nullRead(); }
    bool boolean(bool value) { return m_events.boolRead(value); }
    bool number_integer(std::int64_t value)
    {
        // Only literals with a minus come here, so this zero is written "-0".
        return m_events.numberRead(value == 0 ? QByteArray("-0") : QByteArray::number(value));
    }
    bool number_unsigned(std::uint64_t value)
    {
        return m_events.numberRead(QByteArray::number(value));
    }
    bool number_float(long double, const std::string &literal)
    {
        QByteArray text = bytes(literal);
        for (char &c : text) {
            if (!(c >= '0' && c <= '9') && c != '-' && c != '+' && c != 'e' && c != 'E')
                c = '.'; // the library writes the locale's decimal point into it
        }
        return m_events.numberRead(text);
    }
    bool string(const std::string &value) { return m_events.stringRead(bytes(value)); }
    bool binary(const Numbers::binary_t &) { return false; }
    bool start_object(std::size_t) { return m_events.objectBegun(); }
    bool key(const std::string &value) { return m_events.keyRead(bytes(value)); }
    bool end_object() { return m_events.objectEnded(); }
    bool start_array(std::size_t) { return m_events.arrayBegun(); }
    bool end_array() { return m_events.arrayEnded(); }
    bool parse_error(std::size_t position, const std::string &,
                     const nlohmann::detail::exception &error)
    {
        const auto byte = static_cast<qint64>(position);
        if (byte > m_size)
            m_fault = JsonFault{m_size, QStringLiteral("the text breaks off"), true};
        else
            m_fault = JsonFault{byte, reason(error.what()), false};
        return false;
    }

    [[nodiscard]] const std::optional<JsonFault> &fault() const { return m_fault; }

private:
    JsonEvents &m_events;
    qint64 m_size;
    std::optional<JsonFault> m_fault;
};

} // namespace

std::optional<JsonFault> readJson(const QByteArray &text, JsonEvents &events)
{
    Adapter adapter(events, text.size());
    const bool isRead = Numbers::sax_parse(text.begin(), text.end(), &adapter);
    // The library takes a zero byte for the end of the text and would not look behind it.
    if (const qsizetype zero = isRead ? text.indexOf('\0') : -1; zero >= 0)
        return JsonFault{zero + 1, QStringLiteral("a zero byte"), false};
    return adapter.fault();
}

} // namespace lockkeeper::sessions
