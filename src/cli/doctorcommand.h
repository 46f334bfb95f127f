// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/checkup.h"
#include "cli/command.h"

namespace lockkeeper::cli {

/// `doctor`: what works and what does not, stage by stage.
class DoctorCommand final : public Command
{
public:
    [[nodiscard]] const char *verb() const override { return "doctor"; }
    [[nodiscard]] QString summary() const override
    {
        return tr("Try connection, rights, feed and database stage by stage");
    }
    void declare(CLI::App &app) override;
    [[nodiscard]] QCoro::Task<int> run(Context &context) override;

private:
    static void print(const QList<CheckupStage> &stages, const app::Target &target,
                      Context &context);
};

} // namespace lockkeeper::cli
