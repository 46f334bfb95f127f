// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/error.h"

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <nlohmann/json.hpp>

#include <optional>

/// Values of ours as JSON; what is unknown is null. For .cpp files: the JSON library is large.
namespace lockkeeper::cli {

using Json = nlohmann::ordered_json;

[[nodiscard]] Json jsonOf(const QString &text);
[[nodiscard]] Json jsonOf(QLatin1StringView text);
[[nodiscard]] Json jsonOf(milliseconds span);
[[nodiscard]] Json jsonOf(WallTime time);
[[nodiscard]] Json jsonOf(qint64 number);
[[nodiscard]] Json jsonOf(const QStringList &texts);
[[nodiscard]] Json jsonOf(const Error &error);

/// Ids, keys and tokens as text, as `printable` shows them; null when empty.
[[nodiscard]] Json jsonOfBytes(const QByteArray &bytes);

template<typename T>
[[nodiscard]] auto jsonOrNull(const std::optional<T> &value)
{
    return value ? jsonOf(*value) : Json();
}

/// A whole document for standard output, indented for those who look at it.
[[nodiscard]] QByteArray documentText(const Json &json);
/// One line of a stream.
[[nodiscard]] QByteArray lineText(const Json &json);

} // namespace lockkeeper::cli
