// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/jsonvalues.h"

#include "core/text.h"

namespace lockkeeper::cli {

namespace {

constexpr auto kReplaceBadText = Json::error_handler_t::replace;

} // namespace

Json jsonOf(const QString &text)
{
    return text.toStdString();
}

Json jsonOf(QLatin1StringView text)
{
    return std::string(text.data(), static_cast<std::size_t>(text.size()));
}

Json jsonOf(milliseconds span)
{
    return span.count();
}

Json jsonOf(WallTime time)
{
    return jsonOf(rfc3339(time));
}

Json jsonOf(qint64 number)
{
    return number;
}

Json jsonOf(const QStringList &texts)
{
    Json array = Json::array();
    for (const QString &text : texts)
        array.push_back(jsonOf(text));
    return array;
}

Json jsonOf(const Error &error)
{
    Json json;
    json["code"] = jsonOf(codeName(error.code));
    json["what"] = jsonOf(error.what);
    json["hint"] = error.hint.isEmpty() ? Json() : jsonOf(error.hint);
    return json;
}

Json jsonOfBytes(const QByteArray &bytes)
{
    return bytes.isEmpty() ? Json() : jsonOf(printable(bytes));
}

QByteArray documentText(const Json &json)
{
    return QByteArray::fromStdString(json.dump(2, ' ', false, kReplaceBadText));
}

QByteArray lineText(const Json &json)
{
    return QByteArray::fromStdString(json.dump(-1, ' ', false, kReplaceBadText));
}

} // namespace lockkeeper::cli
