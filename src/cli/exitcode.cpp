// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/exitcode.h"

#include <QtGlobal>

namespace lockkeeper::cli {

ExitCode exitCodeOf(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidInput:
        return ExitCode::Usage;
    case ErrorCode::NotFound:
        return ExitCode::NotFound;
    case ErrorCode::ChangedHands:
    case ErrorCode::LeaseLost:
        return ExitCode::ChangedHands;
    case ErrorCode::LockTimeout:
        return ExitCode::LockTimeout;
    case ErrorCode::CannotConnect:
    case ErrorCode::ConnectionLost:
    case ErrorCode::PasswordNeeded:
    case ErrorCode::WrongPassword:
    case ErrorCode::Untrusted:
        return ExitCode::CannotConnect;
    case ErrorCode::NotPermitted:
        return ExitCode::NotPermitted;
    case ErrorCode::OutcomeUnknown:
    case ErrorCode::TimedOut:
    case ErrorCode::Refused:
    case ErrorCode::Protocol:
    case ErrorCode::Database:
    case ErrorCode::Corrupt:
    case ErrorCode::Io:
    case ErrorCode::Cancelled:
        return ExitCode::Failed;
    }
    Q_UNREACHABLE();
}

} // namespace lockkeeper::cli
