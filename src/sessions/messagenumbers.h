// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "sessions/chatsession.h"

#include <QList>

namespace lockkeeper::sessions {

/// Tells the new messages of a session from those that the database holds, and gives every message
/// its `sequence`. Where messages carry one already, those without are the new ones; where none
/// does, those past `stored` are. New ones go on from `stored`, or after the highest one carried.
/// @return the indexes of the new messages, in their order.
[[nodiscard]] QList<qsizetype> numberMessages(QList<ChatMessage> &messages, qint64 stored);

} // namespace lockkeeper::sessions
