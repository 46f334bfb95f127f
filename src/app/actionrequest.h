// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"

#include <QString>

#include <optional>
#include <stop_token>

namespace lockkeeper::app {

/// A force-release of the lock that the operator saw.
struct ReleaseRequest
{
    SessionId session;
    Token seen;
    QString reason;
};

/// A locked delete.
struct DeleteRequest
{
    SessionId session;
    std::optional<UserId> user;
    milliseconds wait = std::chrono::seconds(10);
    std::optional<Token> takeOver;
    QString reason;
    std::stop_token stop;
};

} // namespace lockkeeper::app
