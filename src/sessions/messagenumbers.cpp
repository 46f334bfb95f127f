// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/messagenumbers.h"

#include <algorithm>

namespace lockkeeper::sessions {

QList<qsizetype> numberMessages(QList<ChatMessage> &messages, qint64 stored)
{
    const bool isNumbered =
        std::any_of(messages.cbegin(), messages.cend(),
                    [](const ChatMessage &message) { return message.sequence.has_value(); });
    qint64 next = isNumbered ? stored : 0;
    for (const ChatMessage &message : std::as_const(messages)) {
        if (message.sequence)
            next = std::max(next, *message.sequence + 1);
    }
    QList<qsizetype> added;
    for (qsizetype i = 0; i < messages.size(); ++i) {
        if (messages[i].sequence)
            continue;
        messages[i].sequence = next++;
        if (isNumbered || i >= stored)
            added.append(i);
    }
    return added;
}

} // namespace lockkeeper::sessions
