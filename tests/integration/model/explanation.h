// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "deletemoves.h"
#include "moves.h"

#include <variant>
#include <vector>

namespace lockkeeper::model {

using Program = std::variant<Acquire, ActOnToken, Strike, AwaitEnd, ForceRelease, ReadThrough,
                             Rename, LateWrite, Upsert, Delete>;

/// An operation that took place: when, and what it told.
struct Operation
{
    Span span;
    Program program;
    /// The operator was killed: after any move.
    bool isCutShort = false;
    /// The operator was killed: right before this one, if it came to it.
    std::optional<Delete::Stage> cutBefore;

    [[nodiscard]] bool isOver() const;
    /// Whether it can have ended here.
    [[nodiscard]] bool mayEnd() const;
    /// When its next move took place, as far as that is known.
    [[nodiscard]] Span window() const;
    [[nodiscard]] bool move(ModelSession &session, const Span &when);
    [[nodiscard]] QString text() const;

    friend bool operator==(const Operation &, const Operation &) = default;
};

/// Whether some order of the moves of operations that took place at once leads from `before` to
/// `after`, every one telling what it told, and no lease ending before its time.
[[nodiscard]] bool isExplained(const ModelSession &before, std::vector<Operation> operations,
                               const ModelSession &after, SteadyTime until);

} // namespace lockkeeper::model
