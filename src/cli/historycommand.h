// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/command.h"

#include <optional>

namespace lockkeeper::cli {

/// `history`: the holds that end while it watches, with figures.
class HistoryCommand final : public Command
{
public:
    [[nodiscard]] const char *verb() const override { return "history"; }
    [[nodiscard]] QString summary() const override
    {
        return tr("Watch for a while, and tell who held what, how long, and how it ended");
    }
    void declare(CLI::App &app) override;
    [[nodiscard]] QCoro::Task<int> run(Context &context) override;

private:
    std::optional<milliseconds> m_span;
};

} // namespace lockkeeper::cli
