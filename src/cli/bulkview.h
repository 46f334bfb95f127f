// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/bulk.h"
#include "cli/actrun.h"

/// What an act on many locks prints.
namespace lockkeeper::cli {

/// "Release 7 locks?"
[[nodiscard]] QString bulkQuestion(const app::BulkRequest &request);
void printBulkPreview(const app::BulkPreview &preview, Context &context);
void printBulkPreviewAsData(const app::BulkPreview &preview, const app::BulkRequest &request,
                            Context &context);
void printProgress(const app::BulkProgress &progress, Context &context);
/// @return the exit code: partly done where some were done and some were not.
[[nodiscard]] int printBulkReport(const app::BulkReport &report, const Afterwards &after,
                                  const app::BulkRequest &request, Context &context);
/// To a file, CSV or JSON by its name; empty: nowhere.
[[nodiscard]] Result<void> writeResults(const app::BulkReport &report, const QString &file);

} // namespace lockkeeper::cli
