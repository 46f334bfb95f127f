// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/command.h"
#include "locks/waitersample.h"

#include <optional>

namespace lockkeeper::app {
struct Target;
} // namespace lockkeeper::app

namespace lockkeeper::cli {

/// `waiters`: who waits on which lock, by a short MONITOR that has to be agreed to.
class WaitersCommand final : public Command
{
public:
    [[nodiscard]] const char *verb() const override { return "waiters"; }
    [[nodiscard]] QString summary() const override
    {
        return tr("Name those who wait for a held lock; listens to all commands for a moment");
    }
    void declare(CLI::App &app) override;
    [[nodiscard]] QCoro::Task<int> run(Context &context) override;

private:
    [[nodiscard]] Task<void> agree(Context &context) const;
    static void print(const locks::WaiterSample &sample, const app::Target &target,
                      Context &context);

    std::optional<milliseconds> m_span;
    bool m_isConfirmed = false;
};

} // namespace lockkeeper::cli
