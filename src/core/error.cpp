// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/error.h"

namespace lockkeeper {

QString describe(const Error &error)
{
    return error.hint.isEmpty() ? error.what : QString(error.what + u" — " + error.hint);
}

QLatin1StringView codeName(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidInput:
        return QLatin1StringView("invalid-input");
    case ErrorCode::NotFound:
        return QLatin1StringView("not-found");
    case ErrorCode::ChangedHands:
        return QLatin1StringView("changed-hands");
    case ErrorCode::LockTimeout:
        return QLatin1StringView("lock-timeout");
    case ErrorCode::LeaseLost:
        return QLatin1StringView("lease-lost");
    case ErrorCode::CannotConnect:
        return QLatin1StringView("cannot-connect");
    case ErrorCode::PasswordNeeded:
        return QLatin1StringView("password-needed");
    case ErrorCode::WrongPassword:
        return QLatin1StringView("wrong-password");
    case ErrorCode::Untrusted:
        return QLatin1StringView("untrusted");
    case ErrorCode::ConnectionLost:
        return QLatin1StringView("connection-lost");
    case ErrorCode::OutcomeUnknown:
        return QLatin1StringView("outcome-unknown");
    case ErrorCode::TimedOut:
        return QLatin1StringView("timed-out");
    case ErrorCode::NotPermitted:
        return QLatin1StringView("not-permitted");
    case ErrorCode::Refused:
        return QLatin1StringView("refused");
    case ErrorCode::Protocol:
        return QLatin1StringView("protocol");
    case ErrorCode::Database:
        return QLatin1StringView("database");
    case ErrorCode::Corrupt:
        return QLatin1StringView("corrupt");
    case ErrorCode::Io:
        return QLatin1StringView("io");
    case ErrorCode::Cancelled:
        return QLatin1StringView("cancelled");
    }
    Q_UNREACHABLE();
}

} // namespace lockkeeper
