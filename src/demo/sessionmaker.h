// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"

#include <QByteArray>
#include <QString>

#include <random>

namespace lockkeeper::demo {

struct Conversation;

/// One session as the platform would have cached it.
struct MadeSession
{
    SessionId id;
    UserId user;
    QByteArray json;
    WallTime updatedAt;
};

/// Makes believable sessions: people, titles, talks with tool calls, token usage, in both shapes
/// of the platform's JSON. The same seed makes the same sessions.
class SessionMaker
{
public:
    SessionMaker(std::uint64_t seed, WallTime now);

    [[nodiscard]] MadeSession make();
    /// A version-4 UUID, as sessions are named by default.
    [[nodiscard]] QByteArray makeUuid4();

private:
    struct Filling; ///< what a session puts in the places of its texts
    struct Draft;

    [[nodiscard]] int pick(int count);
    [[nodiscard]] Filling fill();
    void addConversation(Draft &draft, const Conversation &conversation, const Filling &filling);
    /// A long table that someone pasted: sessions of the platform can grow to megabytes.
    void addExport(Draft &draft, int rows);
    void addMessage(Draft &draft, const struct Line &line, const Filling &filling);
    void finishBaseShape(Draft &draft);
    void finishNewerShape(Draft &draft);

    std::mt19937_64 m_random;
    WallTime m_now;
};

} // namespace lockkeeper::demo
