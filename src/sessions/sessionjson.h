// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"
#include "sessions/chatsession.h"

#include <QByteArray>

/// The session JSON of the chat platform, both shapes of it; the keys are in docs/session-json.md.
namespace lockkeeper::sessions {

/// Reads a cached session. Corrupt when the text is no JSON object, has no usable session_id, or
/// when a field that we know has another type; the Error says where, and repeats no content.
[[nodiscard]] Result<ChatSession> parseSession(const QByteArray &json);

/// Reads one message object of a session. Corrupt as parseSession().
[[nodiscard]] Result<ChatMessage> parseMessage(const QByteArray &json);

/// Writes a session: the fields of ChatSession that differ from those of its `source`, over it;
/// everything else stays as it was read. New sessions get the base shape in its order. A message
/// gets its `sequence` only where the source knows sequences.
[[nodiscard]] QByteArray serializeSession(const ChatSession &session);

/// Reads id, user and title from the first bytes of a session that may be cut anywhere, and its
/// times and number of messages where they come before the cut. What does not stays empty; Corrupt
/// only when it is no JSON object, or when one of them has a wrong type.
[[nodiscard]] Result<SessionSummary> parseSessionHead(const QByteArray &head);

/// `chat_status` of the newer shape: idle, queued, running and what else the platform says; nullopt
/// where the copy has none.
[[nodiscard]] std::optional<QString> chatStatus(const ChatSession &session);

/// RFC 3339 with microseconds and `Z`, as the platform writes times.
[[nodiscard]] QString platformTime(WallTime time);

} // namespace lockkeeper::sessions
