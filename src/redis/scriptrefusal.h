// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/reply.h"
#include "redis/script.h"

#include <QList>

namespace lockkeeper::redis {

/// Whether a script was let in and then refused a command that it calls: servers say so in words of
/// their own, before Redis 7.2 without NOPERM.
[[nodiscard]] bool isRefusedInScript(const Reply &reply);

/// The commands that the script calls, each once, in order: "get", "del".
[[nodiscard]] QList<QByteArray> callsOf(const Script &script);

/// The call that was refused: the one that the server names, else the last one. Those before it
/// only read, and that is refused outside of scripts as well.
[[nodiscard]] QByteArray refusedCall(const Script &script, const Reply &reply);

} // namespace lockkeeper::redis
