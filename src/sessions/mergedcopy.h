// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "sessions/chatsession.h"

namespace lockkeeper::sessions {

/// What a write goes on from: the database's copy; the cached one, which knows more fields, where
/// it has all of its messages. Messages that the database lacks have no sequence.
[[nodiscard]] ChatSession mergedCopy(ChatSession stored, ChatSession cached);

} // namespace lockkeeper::sessions
