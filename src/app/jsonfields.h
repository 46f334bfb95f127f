// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"
#include "core/text.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <optional>

/// For .cpp files: the JSON library is large.
namespace lockkeeper::app {

using Json = nlohmann::ordered_json;

/// The fields of one object; the first that is not what it should be is kept as the fault.
class JsonFields
{
public:
    JsonFields(const Json &object, QString what)
        : m_object(object)
        , m_what(std::move(what))
    {}

    [[nodiscard]] const std::optional<Error> &fault() const { return m_fault; }

    void refuse(const QString &what, const QString &hint)
    {
        if (!m_fault)
            m_fault = Error{ErrorCode::InvalidInput, m_what + u": " + what, hint};
    }
    [[nodiscard]] const Json *find(const char *name) const
    {
        const auto found = m_object.find(name);
        return found == m_object.end() || found->is_null() ? nullptr : &*found;
    }
    [[nodiscard]] QString string(const char *name)
    {
        const Json *value = find(name);
        if (!value)
            return {};
        if (value->is_string())
            return QString::fromStdString(value->get_ref<const std::string &>());
        refuse(QLatin1StringView(name) + u" is no text", QStringLiteral("write it in quotes"));
        return {};
    }
    void read(const char *name, milliseconds &into)
    {
        const QString written = string(name);
        if (written.isEmpty())
            return;
        const Result<milliseconds> span = parseSpan(written);
        if (span)
            into = *span;
        else
            refuse(QLatin1StringView(name) + u": " + span.error().what, span.error().hint);
    }
    void read(const char *name, int &into)
    {
        const Json *value = find(name);
        if (!value)
            return;
        if (value->is_number_integer() && value->get<qint64>() >= 0 &&
            value->get<qint64>() <= std::numeric_limits<int>::max())
            into = value->get<int>();
        else
            refuse(QLatin1StringView(name) + u" is no whole number",
                   QStringLiteral("write it in digits, without quotes"));
    }
    void read(const char *name, double &into)
    {
        const Json *value = find(name);
        if (value && value->is_number())
            into = value->get<double>();
        else if (value)
            refuse(QLatin1StringView(name) + u" is no number",
                   QStringLiteral("write it in digits, without quotes"));
    }

private:
    const Json &m_object;
    QString m_what;
    std::optional<Error> m_fault;
};

} // namespace lockkeeper::app
