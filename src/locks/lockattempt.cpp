// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockattempt.h"

#include "locks/lockreader.h"

namespace lockkeeper::locks {

namespace {

/// Takes one value after the other off a list of quoted ones.
class QuotedWords
{
public:
    explicit QuotedWords(QByteArrayView text)
        : m_text(text)
    {}

    /// nullopt: there is none, or it is no quoted value.
    [[nodiscard]] std::optional<QByteArray> next()
    {
        while (m_text.startsWith(' '))
            m_text = m_text.sliced(1);
        if (!m_text.startsWith('"'))
            return std::nullopt;
        QByteArray word;
        for (qsizetype i = 1; i < m_text.size(); ++i) {
            if (m_text[i] == '"') {
                m_text = m_text.sliced(i + 1);
                return word;
            }
            if (m_text[i] != '\\') {
                word.append(m_text[i]);
                continue;
            }
            const qsizetype length = unescape(i, word);
            if (length == 0)
                return std::nullopt;
            i += length;
        }
        return std::nullopt; // it has no end
    }

private:
    /// What stands behind the backslash at `i`. @return its length; 0: it means nothing.
    [[nodiscard]] qsizetype unescape(qsizetype i, QByteArray &word) const
    {
        if (i + 1 >= m_text.size())
            return 0;
        const char kind = m_text[i + 1];
        static constexpr std::pair<char, char> kNamed[] = {{'n', '\n'}, {'r', '\r'}, {'t', '\t'},
                                                           {'a', '\a'}, {'b', '\b'}, {'"', '"'},
                                                           {'\\', '\\'}};
        for (const auto &[name, byte] : kNamed) {
            if (kind == name) {
                word.append(byte);
                return 1;
            }
        }
        if (kind != 'x' || i + 3 >= m_text.size())
            return 0;
        bool isHex = false;
        const int byte = m_text.sliced(i + 2, 2).toByteArray().toInt(&isHex, 16);
        if (!isHex)
            return 0;
        word.append(char(byte));
        return 3;
    }

    QByteArrayView m_text;
};

/// "[0 10.4.0.31:50412]": whose command it was, and where.
struct Origin
{
    int database = 0;
    QByteArray address;
    QByteArrayView rest;
};

std::optional<Origin> originOf(QByteArrayView line)
{
    const qsizetype open = line.indexOf('[');
    const qsizetype close = line.indexOf("] \"", open);
    if (!line.startsWith('+') || open < 0 || close < 0)
        return std::nullopt;
    const QByteArrayView inside = line.sliced(open + 1, close - open - 1);
    const qsizetype space = inside.indexOf(' ');
    bool isNumber = false;
    Origin origin;
    origin.database = inside.first(std::max<qsizetype>(space, 0)).toByteArray().toInt(&isNumber);
    if (!isNumber)
        return std::nullopt;
    origin.address = inside.sliced(space + 1).toByteArray();
    if (origin.address == "lua")
        origin.address.clear();
    origin.rest = line.sliced(close + 2);
    return origin;
}

} // namespace

std::optional<LockAttempt> attemptFrom(QByteArrayView line, const LockFamily &family, int database)
{
    const auto origin = originOf(line);
    if (!origin || origin->database != database)
        return std::nullopt;
    QuotedWords words(origin->rest);
    const QByteArray command = words.next().value_or(QByteArray()).toUpper();
    if (command != "SET" && command != "SETNX")
        return std::nullopt;
    const auto key = words.next();
    if (!key || !family.sessionOfLock(*key))
        return std::nullopt;
    const auto token = words.next();
    if (!token || token->size() > kLongestToken)
        return std::nullopt;
    bool isConditional = command == "SETNX";
    for (auto word = words.next(); word; word = words.next())
        isConditional = isConditional || word->toUpper() == "NX";
    if (!isConditional)
        return std::nullopt;
    return LockAttempt{LockKey(*key), Token(*token), origin->address};
}

} // namespace lockkeeper::locks
