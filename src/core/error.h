// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace lockkeeper {

/// What kind of failure an Error is; callers branch on it, front ends map it to exit codes.
enum class ErrorCode {
    InvalidInput,   ///< refused before anything was sent: URL, prefix, token, DSN, file
    NotFound,       ///< the session, lock or row is not there
    ChangedHands,   ///< the lock is not held under the token that was given
    LockTimeout,    ///< the lock was not obtained within the wait
    LeaseLost,      ///< we held the lock and do no longer
    CannotConnect,  ///< no connection could be made, for a passing or a lasting reason
    PasswordNeeded, ///< the server wants a password and was given none
    WrongPassword,  ///< the server does not accept the password that it was given
    Untrusted,      ///< the peer's certificate does not prove who it is
    ConnectionLost, ///< the connection went away; the command had no effect or only read
    OutcomeUnknown, ///< a mutation was sent and its reply never came: read to find out
    TimedOut,       ///< the server or database did not answer in time
    NotPermitted,   ///< rights, read-only mode or a missing confirmation
    Refused,        ///< the server answered with an error of its own
    Protocol,       ///< the peer does not speak the protocol
    Database,       ///< the SQL side failed
    Corrupt,        ///< stored data cannot be read; it is kept as it is
    Io,             ///< a file or a process of this machine
    Cancelled,      ///< ended by us: closing, interrupted
};

/// A failure: a code to branch on, a sentence that names the thing and the cause, and the way out.
struct Error
{
    ErrorCode code = ErrorCode::InvalidInput;
    QString what; ///< one sentence, no final full stop
    QString hint; ///< what to do about it; may be empty

    friend bool operator==(const Error &, const Error &) = default;
};

/// "what: hint" on one line, for logs and terminals.
[[nodiscard]] QString describe(const Error &error);

/// The stable, machine-readable name of a code, such as "changed-hands".
[[nodiscard]] QLatin1StringView codeName(ErrorCode code);

} // namespace lockkeeper
