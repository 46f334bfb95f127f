// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actionrequest.h"
#include "app/bulk.h"
#include "cli/arguments.h"
#include "cli/filteroptions.h"
#include "core/flows.h"

#include <QCoreApplication>

#include <optional>

namespace lockkeeper::app {
class Workspace;
} // namespace lockkeeper::app

namespace lockkeeper::cli {

class Context;

/// What acts take: why, whether to ask; what is typed, and how long to watch afterwards, where that
/// makes sense.
struct ActOptions
{
    Q_DECLARE_TR_FUNCTIONS(lockkeeper::cli)

public:
    QString reason;
    QString typed; ///< --confirm
    bool isDryRun = false;
    bool isConfirmed = false;
    std::optional<milliseconds> verify; ///< nullopt: as long as there is somebody at the terminal

    void declare(CLI::App &app);
    void declareConfirm(CLI::App &app);
    void declareVerify(CLI::App &app);
    [[nodiscard]] app::ActNote note() const;
};

/// The locks that an act on many is about: those of a file that `list --json` wrote, or those that
/// a filter accepts now; each with the token that was seen.
class ManyOptions
{
    Q_DECLARE_TR_FUNCTIONS(lockkeeper::cli)

public:
    void declare(CLI::App &app);
    /// Whether it is about many at all.
    [[nodiscard]] bool isGiven() const { return m_filter.isGiven() || !m_file.isEmpty(); }
    /// What makes no sense of one session; --user may: it says whose it has to be.
    [[nodiscard]] std::optional<Error> misuseOfOne() const;
    [[nodiscard]] const std::optional<UserId> &user() const { return m_filter.filter().user; }
    [[nodiscard]] const QString &resultFile() const { return m_resultFile; }
    [[nodiscard]] std::optional<int> raisedCap() const { return m_cap; }
    [[nodiscard]] Task<QList<app::BulkItem>> items(app::Workspace &workspace, Context &context);

private:
    [[nodiscard]] Result<QList<app::BulkItem>> itemsOfFile(Context &context) const;

    FilterOptions m_filter;
    QString m_file;
    QString m_resultFile;
    std::optional<int> m_cap;
};

} // namespace lockkeeper::cli
