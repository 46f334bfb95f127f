// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"

#include <QByteArray>
#include <QList>
#include <QString>

#include <optional>

namespace lockkeeper::sessions {

/// One message of a chat session. `source` is the JSON object it was read from: fields that we do
/// not know stay in it and are written again.
struct ChatMessage
{
    QString role; ///< user, assistant, system, developer, tool, function
    std::optional<QString> content;
    std::optional<QString> name;
    std::optional<QString> toolCallId;
    std::optional<QString> refusal;
    QByteArray toolCallsJson;    ///< a JSON array, or empty for null
    QByteArray functionCallJson; ///< a JSON object, or empty for null
    std::optional<qint64> sequence;
    QByteArray source;

    friend bool operator==(const ChatMessage &, const ChatMessage &) = default;
};

/// Tokens that a session has used in all.
struct TokenTotals
{
    qint64 prompt = 0;
    qint64 completion = 0;

    friend bool operator==(const TokenTotals &, const TokenTotals &) = default;
};

/// A chat session as cache and database know it. `source` is the JSON it was read from, so that
/// a rewrite keeps unknown fields, their order and every digit; its `messages` are empty, for each
/// message carries its own.
struct ChatSession
{
    SessionId id;
    std::optional<UserId> user;
    std::optional<QString> title;
    QList<ChatMessage> messages;
    TokenTotals usage; ///< sums over the entries of `usage`
    QByteArray credentialsJson = "{}";
    QByteArray successfulAgentRunsJson = "{}";
    QByteArray successfulAgentSchedulesJson = "{}";
    std::optional<WallTime> startedAt; ///< nullopt: the copy does not say
    std::optional<WallTime> updatedAt;
    QByteArray source;

    friend bool operator==(const ChatSession &, const ChatSession &) = default;
};

/// What lists and table rows show of a session.
struct SessionSummary
{
    SessionId id;
    std::optional<UserId> user;
    std::optional<QString> title;
    std::optional<WallTime> createdAt;
    std::optional<WallTime> updatedAt;
    std::optional<qint64> messages;

    friend bool operator==(const SessionSummary &, const SessionSummary &) = default;
};

} // namespace lockkeeper::sessions
