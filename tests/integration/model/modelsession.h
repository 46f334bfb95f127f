// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"

#include <QString>

#include <algorithm>
#include <optional>
#include <vector>

/// The model beside the server: pure values, and what operations may do to them.
namespace lockkeeper::model {

/// What clocks may be off by: the server counts whole milliseconds, on a clock of its own.
inline constexpr milliseconds kSlack{4};
/// What an extension may lose: the server adds to a time left that it has rounded.
inline constexpr milliseconds kRounding{1};

/// From when to when something was going on, by our steady clock.
struct Span
{
    SteadyTime from;
    SteadyTime to;

    friend bool operator==(const Span &, const Span &) = default;
};

/// A held lock. When its lease ends is known as an interval.
struct ModelLock
{
    Token token;
    SteadyTime goneFrom; ///< it may be gone from here on
    SteadyTime goneBy;   ///< it is gone by then; max(): somebody goes on renewing it

    /// A lease that began within `span`.
    [[nodiscard]] static ModelLock since(const Span &span, Token token, milliseconds lease)
    {
        return {std::move(token), span.from + lease - kSlack, span.to + lease + kSlack};
    }
    /// Its owner renews it by itself as long as it lives.
    [[nodiscard]] ModelLock kept() const { return {token, goneFrom, SteadyTime::max()}; }

    friend bool operator==(const ModelLock &, const ModelLock &) = default;
};

/// All there is of one session: its lock, its row, its cached copy, and what the audit log tells.
struct ModelSession
{
    std::optional<ModelLock> lock;
    bool hasRow = false;
    bool hasCopy = false;
    /// Deletes that were begun, and not finished by their outcome or a later one's.
    std::vector<int> openDeletes;

    [[nodiscard]] bool isHeldUnder(const Token &token) const
    {
        return lock && lock->token == token;
    }
    [[nodiscard]] bool isCutShort() const { return !openDeletes.empty(); }

    friend bool operator==(const ModelSession &, const ModelSession &) = default;
};

/// Tokens that nobody has told us: of the locks that deletes and upserts take for themselves.
[[nodiscard]] inline Token hiddenToken(int operation)
{
    return Token('?' + QByteArray::number(operation));
}

/// Whether a token that was read can be the one that the model calls `inModel`.
[[nodiscard]] inline bool isToken(const Token &inModel, const Token &read)
{
    return inModel.bytes().startsWith('?') || inModel == read;
}

/// Whether a read that found `read`, or no lock, can have been made in this state.
[[nodiscard]] inline bool isRead(const ModelSession &session, const std::optional<Token> &read)
{
    if (!session.lock || !read)
        return !session.lock && !read;
    return isToken(session.lock->token, *read);
}

/// "held under 8c1f…, a row, no copy".
[[nodiscard]] QString describe(const ModelSession &session, SteadyTime now);

} // namespace lockkeeper::model
