// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actionrequest.h"
#include "app/target.h"
#include "sessions/sessionstore.h"

#include <qcorotask.h>

#include <optional>

namespace lockkeeper::model {

/// The act of a program that is killed by SIGKILL in the midst of it: right before a step of its
/// delete, or from outside, a while after the program has begun.
struct FatalAct
{
    app::Target target;
    QString auditFolder;
    SessionId session;
    std::optional<Token> seen; ///< of a delete: to be taken over
    QString reason;
    bool isDelete = true;
    std::optional<sessions::RemoveStep> dieBefore; ///< nullopt: killed from outside
    bool isKilledInAct = false; ///< from outside: when it has connected; else from its start on
    milliseconds killAfter{0};
};

/// The lease of the locks that such programs take: short, for they leave them behind.
inline constexpr milliseconds kLeaseOfTheDying{1000};

/// Runs the program until it is dead. @return false: it came to its end before.
[[nodiscard]] QCoro::Task<bool> actAndDie(FatalAct act);

/// What the program does. @return its exit code, if it comes to that; nullopt: it is none.
[[nodiscard]] std::optional<int> runAsDyingOperator(const QStringList &arguments);

} // namespace lockkeeper::model
