// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"
#include "locks/lockrecord.h"

#include <QString>

#include <optional>
#include <stop_token>

namespace lockkeeper::app {

/// What each act may say of itself.
struct ActNote
{
    QString reason; ///< or ticket, for the audit log
    QString
        batch; ///< the same for all acts that were asked for at once; empty: it is one of its own
    /// What the operator typed to confirm it, where the guardrails ask for that: see
    /// Preview::phrase.
    QString typed;
    /// The lock as the operator saw it: a preview tells what has changed since.
    std::optional<locks::LockRecord> row;
};

/// A force-release of the lock that the operator saw.
struct ReleaseRequest
{
    SessionId session;
    Token seen;
    ActNote note = {};
};

/// The lock that the operator saw becomes ours, and stays it until it is given back.
struct TakeOverRequest
{
    SessionId session;
    Token seen;
    ActNote note = {};
};

/// A locked delete.
struct DeleteRequest
{
    SessionId session;
    std::optional<UserId> user;
    milliseconds wait = std::chrono::seconds(10);
    std::optional<Token> takeOver;
    ActNote note = {};
    std::stop_token stop = {};
};

} // namespace lockkeeper::app
