// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/bulk.h"
#include "cli/actrun.h"

#include <QSaveFile>

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
/// What the act would end with, as things stand.
[[nodiscard]] int exitCodeOf(const app::BulkPreview &preview);

/// Where the outcomes are written to: CSV or JSON by its name; nowhere, where that is empty.
class ResultFile
{
public:
    explicit ResultFile(const QString &name);

    /// Before the act: what cannot be written is known then.
    [[nodiscard]] Result<void> open();
    [[nodiscard]] Result<void> write(const app::BulkReport &report);

private:
    [[nodiscard]] bool isWanted() const { return !m_file.fileName().isEmpty(); }
    [[nodiscard]] Error failure(const QString &hint) const;

    QSaveFile m_file;
};

} // namespace lockkeeper::cli
