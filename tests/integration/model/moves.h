// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/error.h"
#include "modelsession.h"

#include <QStringList>

#include <optional>

/// What operations do to a session, one indivisible move after the other, between any two of which
/// others may have theirs. Each operation carries what the real one told: move() is false where
/// that cannot be in the state that it is given.
namespace lockkeeper::model {

/// The token that an operation means: seen earlier, or by a look that is its first move.
class Aim
{
public:
    /// Nothing is meant.
    Aim() = default;
    [[nodiscard]] static Aim at(const Token &seenEarlier);
    /// nullopt: the look found no lock.
    [[nodiscard]] static Aim atWhatIsThere(std::optional<Token> found);

    [[nodiscard]] const std::optional<Token> &seen() const { return m_seen; }
    [[nodiscard]] bool isLookDue() const { return m_isLookDue; }
    [[nodiscard]] bool look(const ModelSession &session);
    [[nodiscard]] bool isHit(const ModelSession &session) const
    {
        return m_seen && session.isHeldUnder(m_inModel);
    }

    friend bool operator==(const Aim &, const Aim &) = default;

private:
    std::optional<Token> m_seen;
    Token m_inModel;
    bool m_isLookDue = false;
};

/// A worker asks for the lock until it has it or has waited long enough.
struct Acquire
{
    std::optional<Token> obtained; ///< nullopt: LockTimeout
    milliseconds lease{0};
    bool isKept = false; ///< by a guard
    bool isOver = false;

    [[nodiscard]] bool move(ModelSession &session, const Span &when);
    [[nodiscard]] QString text() const;

    friend bool operator==(const Acquire &, const Acquire &) = default;
};

/// An owner, or an operator, acts on the lock if it has the token that is meant.
struct ActOnToken
{
    enum class Act { Release, Renew, Extend, TakeOver };

    Act act = Act::Release;
    Aim aim;
    bool isDone = false;
    milliseconds lease{0};
    bool isKept = false;
    bool isClockOut = false; ///< the guard's own clock may have said that the lease is over
    Token replacement;       ///< that took over
    /// What the lock held, read right after it was found to be another's; nullopt: it was not read.
    std::optional<std::optional<Token>> current;
    bool hasActed = false;
    bool isOver = false;

    [[nodiscard]] bool move(ModelSession &session, const Span &when);
    [[nodiscard]] QString text() const;

    friend bool operator==(const ActOnToken &, const ActOnToken &) = default;

private:
    void apply(ModelSession &session, const Span &when) const;
};

/// Another operator ends or takes the lock that is there, all at one moment.
struct Strike
{
    Token found;
    std::optional<Token> replacement;
    milliseconds lease{0};
    bool isOver = false;

    [[nodiscard]] bool move(ModelSession &session, const Span &when);
    [[nodiscard]] QString text() const;

    friend bool operator==(const Strike &, const Strike &) = default;
};

/// Somebody reads until a lease has ended, or was renewed.
struct AwaitEnd
{
    Token token;
    bool isGone = false;
    bool isOver = false;

    [[nodiscard]] bool move(ModelSession &session, const Span &when);
    [[nodiscard]] QString text() const;

    friend bool operator==(const AwaitEnd &, const AwaitEnd &) = default;
};

/// What the report of a force-release said.
struct ToldOfRelease
{
    std::optional<ErrorCode> failure;
    std::optional<Token> lockAfter;
    QStringList steps;

    friend bool operator==(const ToldOfRelease &, const ToldOfRelease &) = default;
};

/// The operator's force-release, recorded and verified.
struct ForceRelease
{
    enum class Stage { Look, Act, ReadBack, Over };

    Aim aim;
    std::optional<ToldOfRelease> told; ///< nullopt: the operator died
    QString recorded; ///< of one who died: the audit log's outcome; empty: there is none
    Stage stage = Stage::Look;
    bool isDone = false;

    [[nodiscard]] bool move(ModelSession &session, const Span &when);
    [[nodiscard]] QString text() const;

    friend bool operator==(const ForceRelease &, const ForceRelease &) = default;

private:
    [[nodiscard]] bool isToldTruly() const;
};

/// A worker's store reads the session, and caches the row where there was no copy.
struct ReadThrough
{
    enum class Stage { Copy, Row, Cache, Over };

    bool isFound = false;
    Stage stage = Stage::Copy;

    [[nodiscard]] bool move(ModelSession &session, const Span &when);
    [[nodiscard]] QString text() const;

    friend bool operator==(const ReadThrough &, const ReadThrough &) = default;
};

/// A worker's store changes the row and drops the copy, without the lock.
struct Rename
{
    enum class Stage { Row, Copy, Over };

    bool isFound = false;
    Stage stage = Stage::Row;

    [[nodiscard]] bool move(ModelSession &session, const Span &when);
    [[nodiscard]] QString text() const;

    friend bool operator==(const Rename &, const Rename &) = default;
};

/// A worker that was stopped for too long goes on as if it still held the lock.
struct LateWrite
{
    enum class Stage { Row, Copy, Over };

    Stage stage = Stage::Row;

    [[nodiscard]] bool move(ModelSession &session, const Span &when);
    [[nodiscard]] QString text() const;

    friend bool operator==(const LateWrite &, const LateWrite &) = default;
};

/// A worker's store writes the session under its lock: row, then copy.
struct Upsert
{
    enum class Stage { Lock, ConfirmForRow, Row, ConfirmForCopy, Copy, Release, Over };

    int id = 0;
    milliseconds lease{0};
    std::optional<ErrorCode> failure; ///< LockTimeout, LeaseLost; nullopt: written
    Stage stage = Stage::Lock;
    bool isLost = false;

    [[nodiscard]] bool move(ModelSession &session, const Span &when);
    [[nodiscard]] QString text() const;

    friend bool operator==(const Upsert &, const Upsert &) = default;

private:
    [[nodiscard]] bool lock(ModelSession &session, const Span &when);
    [[nodiscard]] bool confirm(ModelSession &session, const Span &when, Stage next);
    [[nodiscard]] bool release(ModelSession &session);
};

[[nodiscard]] QString shortText(const std::optional<Token> &token);

} // namespace lockkeeper::model
