// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/inspection.h"
#include "cli/command.h"
#include "core/flows.h"

namespace lockkeeper::app {
class Workspace;
} // namespace lockkeeper::app

namespace lockkeeper::cli {

/// `show`: one session's lock, owner, cached and stored copy, side by side.
class ShowCommand final : public Command
{
public:
    [[nodiscard]] const char *verb() const override { return "show"; }
    [[nodiscard]] QString summary() const override
    {
        return tr("Show a session's lock, owner, cache and database side by side");
    }
    void declare(CLI::App &app) override;
    [[nodiscard]] QCoro::Task<int> run(Context &context) override;

private:
    [[nodiscard]] Task<void> recordReveal(app::Workspace &workspace) const;

    SessionId m_session;
    bool m_isRevealing = false;
};

} // namespace lockkeeper::cli
