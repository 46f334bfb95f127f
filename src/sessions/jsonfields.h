// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "sessions/jsonvalue.h"

#include <QByteArray>
#include <QString>

#include <optional>

namespace lockkeeper::sessions {

/// Reads the members of one JSON object that we know. What is missing or null is empty; the first
/// one of a wrong type is kept as the fault, and everything after it may be wrong.
class JsonFields
{
public:
    /// `path` leads to the object, for errors: "messages[3]", or empty for the root.
    explicit JsonFields(const JsonValue &object, QString path = {});

    [[nodiscard]] std::optional<QString> text(QByteArrayView key);
    /// The text; missing or null is a fault.
    [[nodiscard]] QString requiredText(QByteArrayView key);
    [[nodiscard]] std::optional<qint64> integer(QByteArrayView key);
    [[nodiscard]] std::optional<WallTime> time(QByteArrayView key);
    /// The member as JSON text; empty for null.
    [[nodiscard]] QByteArray json(QByteArrayView key, JsonValue::Kind kind);
    /// The member, or null where it is missing, null or of another kind.
    [[nodiscard]] const JsonValue *child(QByteArrayView key, JsonValue::Kind kind);

    void fail(QByteArrayView key, const QString &why);
    /// Corrupt, naming the member.
    [[nodiscard]] const std::optional<Error> &fault() const { return m_fault; }

private:
    [[nodiscard]] const JsonValue *find(QByteArrayView key) const;

    const JsonValue &m_object;
    QString m_path;
    std::optional<Error> m_fault;
};

} // namespace lockkeeper::sessions
