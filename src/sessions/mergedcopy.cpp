// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/mergedcopy.h"

#include <algorithm>

namespace lockkeeper::sessions {

namespace {

bool isSame(const ChatMessage &cached, const ChatMessage &stored)
{
    return cached.role == stored.role && cached.content == stored.content &&
           cached.name == stored.name && cached.toolCallId == stored.toolCallId &&
           (!cached.sequence || cached.sequence == stored.sequence);
}

} // namespace

ChatSession mergedCopy(ChatSession stored, ChatSession cached)
{
    const QList<ChatMessage> &known = stored.messages;
    const bool hasAll = cached.messages.size() >= known.size() &&
                        std::equal(known.cbegin(), known.cend(), cached.messages.cbegin(),
                                   [](const ChatMessage &ours, const ChatMessage &theirs) {
                                       return isSame(theirs, ours);
                                   });
    if (!hasAll)
        return stored;
    for (qsizetype i = 0; i < cached.messages.size(); ++i)
        cached.messages[i].sequence = i < known.size() ? known[i].sequence : std::nullopt;
    cached.user = stored.user;
    if (stored.title)
        cached.title = stored.title;
    return cached;
}

} // namespace lockkeeper::sessions
