// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"

#include <QHash>
#include <QString>

#include <cstdint>
#include <optional>

namespace lockkeeper::locks {

/// What kind of token an owner wrote.
enum class TokenKind { Uuid1, Uuid4, Text, Binary };

/// How much the label of an owner is worth.
enum class Confidence {
    Sure,   ///< named by the profile
    Likely, ///< read from a version-1 UUID, or the token names its host
    Opaque, ///< the token says nothing of its owner
};

/// Who wrote a token, as far as the token can tell.
struct Owner
{
    TokenKind kind = TokenKind::Text;
    QString label;  ///< a name for people, never empty
    QString nodeId; ///< 12 hex digits of a version-1 UUID, else empty
    QString worker; ///< its clock sequence, 4 hex digits: with the node, one worker; else empty
    std::optional<WallTime> calledAt;
    Confidence confidence = Confidence::Opaque;

    friend bool operator==(const Owner &, const Owner &) = default;
};

/// Names for node ids (12 lower-case hex digits) that a profile knows.
using NodeNames = QHash<QString, QString>;

/// A node id however people write it, as "02:42:AC:11:00:09"; nullopt: it is none.
[[nodiscard]] std::optional<QString> nodeIdFromText(const QString &written);

[[nodiscard]] Owner decodeOwner(const Token &token, WallTime now, const NodeNames &names = {});

/// "uuid1", "uuid4", "text", "binary".
[[nodiscard]] QLatin1StringView name(TokenKind kind);
/// "sure", "likely", "opaque".
[[nodiscard]] QLatin1StringView name(Confidence confidence);

} // namespace lockkeeper::locks
