// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actions.h"
#include "cli/context.h"

#include <QString>

/// Previews and reports of actions, for people and for programs.
namespace lockkeeper::cli {

/// Says what the action would touch: to standard error before a question, else as data.
void printPreview(const app::Preview &preview, Context &context);
void printPreviewAsData(const app::Preview &preview, const QString &action, Context &context);

/// Says what became of the action. @return the exit code.
[[nodiscard]] int printReport(const app::ActionReport &report, const QString &action,
                              const SessionId &session, Context &context);

} // namespace lockkeeper::cli
