// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/endpoint.h"
#include "redis/command.h"
#include "redis/reply.h"

#include <QByteArray>

#include <optional>

namespace lockkeeper::redis {

/// How a cluster divides the keys (https://redis.io/docs/reference/cluster-spec).
inline constexpr int kSlots = 16384;

/// The slot of a key: of its hash tag, where it has one.
[[nodiscard]] int slotOf(const QByteArray &key);

/// The first key that a command names; nullopt where it names none and any server may answer.
[[nodiscard]] std::optional<QByteArray> routingKey(const Command &command);

/// A node's refusal of a command whose key it does not serve; the command was not run.
struct Redirection
{
    enum class Kind {
        Moved, ///< the slot is another node's now
        Ask,   ///< this key has moved ahead of its slot: ask there, this time
    };

    Kind kind = Kind::Moved;
    int slot = 0;
    Endpoint to; ///< as announced; an empty host is that of the node that said so
};

/// nullopt where the reply is none.
[[nodiscard]] std::optional<Redirection> redirectionOf(const Reply &reply);

} // namespace lockkeeper::redis
