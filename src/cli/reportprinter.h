// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actions.h"
#include "cli/actrun.h"
#include "cli/context.h"

#include <QString>

/// Previews and reports of actions, for people and for programs.
namespace lockkeeper::cli {

/// Says what the action would touch: to standard error before a question, else as data.
void printPreview(const app::Preview &preview, Context &context);
void printPreviewAsData(const app::Preview &preview, const QString &action, Context &context);

/// What became of the action, for people.
void printReportText(const app::ActionReport &report, Context &context);
/// The rest: what came of it afterwards, or all of it for programs. @return the exit code.
[[nodiscard]] int printReport(const app::ActionReport &report, const Afterwards &after,
                              const OneAct &act, Context &context);

} // namespace lockkeeper::cli
