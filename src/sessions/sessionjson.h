// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"
#include "sessions/chatsession.h"

#include <QByteArray>

/// The session JSON of the chat platform, both shapes of it; the keys are in docs/session-json.md.
namespace lockkeeper::sessions {

/// Reads a cached session. Corrupt when the text is no JSON object or has no usable session_id;
/// the Error says where.
[[nodiscard]] Result<ChatSession> parseSession(const QByteArray &json);

/// Writes a session: the fields that ChatSession holds over those of its `source`; new sessions
/// get the base shape in its order. Numbers that we did not change keep every digit.
[[nodiscard]] QByteArray serializeSession(const ChatSession &session);

/// Reads id, user and title from the first bytes of a session that may be cut anywhere.
/// Fields that do not come before the cut stay empty; Corrupt only when it is no JSON object.
[[nodiscard]] Result<SessionSummary> parseSessionHead(const QByteArray &head);

/// RFC 3339 with microseconds and `Z`, as the platform writes times.
[[nodiscard]] QString platformTime(WallTime time);

} // namespace lockkeeper::sessions
