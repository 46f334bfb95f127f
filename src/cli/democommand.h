// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/command.h"

namespace lockkeeper::cli {

/// `demo`: a chat platform to try things on, in the foreground.
class DemoCommand final : public Command
{
public:
    [[nodiscard]] const char *verb() const override { return "demo"; }
    [[nodiscard]] QString summary() const override
    {
        return tr("Run a demo platform and print its addresses, until interrupted");
    }
    void declare(CLI::App &app) override;
    [[nodiscard]] QCoro::Task<int> run(Context &context) override;
};

} // namespace lockkeeper::cli
