// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

/// What people of the demo talk about. Texts are UTF-8 with the places {city}, {person}, {product},
/// {number} and {day}, which each session fills in its own way.
namespace lockkeeper::demo {

/// One message of a conversation.
struct Line
{
    enum class Kind {
        User,
        Assistant,
        ToolCall, ///< of the assistant: `text` is the arguments, a JSON object
        ToolResult,
    };

    Kind kind;
    const char *text;
    const char *tool = nullptr;
};

/// A talk from its first question on, and what its session is called.
struct Conversation
{
    const char *title;
    const char *laterTitle; ///< what a rename makes of it
    std::span<const Line> lines;
};

[[nodiscard]] std::span<const Conversation> conversations();

/// Short follow-ups that fit any conversation, as pairs of question and answer.
struct FollowUp
{
    const char *question;
    const char *answer;
};

[[nodiscard]] std::span<const FollowUp> followUps();

} // namespace lockkeeper::demo
