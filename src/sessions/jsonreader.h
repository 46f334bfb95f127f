// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

#include <optional>

namespace lockkeeper::sessions {

/// What a JSON text is made of, told in its order. Each call returns whether to read on.
class JsonEvents
{
public:
    JsonEvents() = default;
    JsonEvents(const JsonEvents &) = delete;
    JsonEvents &operator=(const JsonEvents &) = delete;
    virtual ~JsonEvents() = default;

    virtual bool nullRead() = 0;
    virtual bool boolRead(bool value) = 0;
    /// The number as it is written, never rounded.
    virtual bool numberRead(const QByteArray &literal) = 0;
    virtual bool stringRead(const QByteArray &utf8) = 0;
    virtual bool keyRead(const QByteArray &utf8) = 0;
    virtual bool objectBegun() = 0;
    virtual bool objectEnded() = 0;
    virtual bool arrayBegun() = 0;
    virtual bool arrayEnded() = 0;
};

/// Where a text stops being JSON, and why; the text itself is never repeated.
struct JsonFault
{
    qint64 byte = 0;
    QString why;
    bool isCut = false; ///< nothing is wrong but that the text ends
};

/// Tells `events` what is in `text`. A text that is no JSON (RFC 8259, UTF-8) ends with a fault;
/// an event that returned false ends the reading without one.
[[nodiscard]] std::optional<JsonFault> readJson(const QByteArray &text, JsonEvents &events);

} // namespace lockkeeper::sessions
