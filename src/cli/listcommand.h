// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/command.h"
#include "cli/filteroptions.h"
#include "cli/locklist.h"
#include "core/flows.h"

namespace lockkeeper::app {
class Workspace;
} // namespace lockkeeper::app

namespace lockkeeper::cli {

/// `list`: the active locks, once.
class ListCommand final : public Command
{
public:
    [[nodiscard]] const char *verb() const override { return "list"; }
    [[nodiscard]] QString summary() const override { return tr("List the active locks"); }
    void declare(CLI::App &app) override;
    [[nodiscard]] QCoro::Task<int> run(Context &context) override;

private:
    [[nodiscard]] Result<void> checkArguments();
    void print(const QList<LockRow> &rows, qsizetype all, app::Workspace &workspace,
               Context &context) const;

    QString m_sortName = QStringLiteral("state");
    FilterOptions m_filter;
    bool m_looksForContention = false;
    SortColumn m_sort = SortColumn::State;
};

} // namespace lockkeeper::cli
