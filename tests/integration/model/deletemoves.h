// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "moves.h"
#include "sessions/sessionstore.h"

#include <array>

namespace lockkeeper::app {
struct ActionReport;
}

namespace lockkeeper::model {

/// What became of the lock, the row, the copy and the release, in the order of RemoveStep.
using StepStates = std::array<sessions::StepState, 4>;

/// What the report of a delete said.
struct ToldOfDelete
{
    std::optional<ErrorCode> failure;
    bool isPartlyDone = false;
    StepStates steps{};
    bool isRefusedByLook = false; ///< nothing was begun
    std::optional<Token> lockAfter;
    bool isStoredAfter = false;
    bool isCachedAfter = false;

    friend bool operator==(const ToldOfDelete &, const ToldOfDelete &) = default;
};

/// When each step began, in the order of RemoveStep; nullopt: it did not, or nobody saw it.
using StepTimes = std::array<std::optional<SteadyTime>, 4>;

/// The operator's locked delete, from the look into the audit log to the outcome in it.
struct Delete
{
    enum class Stage {
        Look,
        ReadLog,
        WriteIntent,
        PreviewLock,
        PreviewRow,
        Lock,
        ConfirmForRow,
        Row,
        RowOfRerun,
        ConfirmForCopy,
        Copy,
        Release,
        LockAfter,
        CopyAfter,
        RowAfter,
        WriteOutcome,
        Over,
    };

    int id = 0;
    milliseconds lease{0};
    bool isTakeOver = false;
    Aim aim;                          ///< of a take-over
    std::optional<ToldOfDelete> told; ///< nullopt: the operator died
    QString recorded; ///< of one who died: the audit log's outcome; empty: there is none
    StepTimes begun;

    Stage stage = Stage::Look;
    bool isRerun = false;
    StepStates steps{};
    std::optional<ErrorCode> failure;
    bool isStoredAfter = false;
    bool isCachedAfter = false;

    /// When the next move took place, of a delete that took place within `all`.
    [[nodiscard]] Span window(Span all) const;
    [[nodiscard]] bool move(ModelSession &session, const Span &when);
    [[nodiscard]] QString text() const;

    friend bool operator==(const Delete &, const Delete &) = default;

private:
    [[nodiscard]] bool preview(const ModelSession &session);
    [[nodiscard]] bool lock(ModelSession &session, const Span &when);
    [[nodiscard]] bool confirm(ModelSession &session, const Span &when);
    [[nodiscard]] bool row(ModelSession &session);
    [[nodiscard]] bool remove(bool &isThere, sessions::RemoveStep step, Stage next);
    [[nodiscard]] bool release(ModelSession &session);
    [[nodiscard]] bool readBack(const ModelSession &session);
    [[nodiscard]] bool writeOutcome(ModelSession &session);
    [[nodiscard]] bool refuse(ErrorCode code);
    [[nodiscard]] bool note(sessions::RemoveStep step, sessions::StepState state, Stage next);
    [[nodiscard]] sessions::StepState of(sessions::RemoveStep step) const
    {
        return steps[std::size_t(step)];
    }
};

/// What a report of a delete says, read from its sentences.
[[nodiscard]] ToldOfDelete toldBy(const app::ActionReport &report);

} // namespace lockkeeper::model
