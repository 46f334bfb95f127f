// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/command.h"

#include <optional>

namespace lockkeeper::cli {

/// `watch`: the locks that are there, then what happens to them.
class WatchCommand final : public Command
{
public:
    [[nodiscard]] const char *verb() const override { return "watch"; }
    [[nodiscard]] QString summary() const override
    {
        return tr("Print what happens to the locks, as it happens");
    }
    void declare(CLI::App &app) override;
    [[nodiscard]] QCoro::Task<int> run(Context &context) override;

private:
    std::optional<milliseconds> m_span;
    int m_count = 0; ///< 0: without end
};

} // namespace lockkeeper::cli
