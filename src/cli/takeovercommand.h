// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/actoptions.h"
#include "cli/command.h"

#include <optional>

namespace lockkeeper::cli {

/// `take-over`: takes a lock from the owner that the operator saw, keeps it, and gives it back.
class TakeOverCommand final : public Command
{
public:
    [[nodiscard]] const char *verb() const override { return "take-over"; }
    [[nodiscard]] QString summary() const override
    {
        return tr("Take a lock from the owner that you saw, and hold it until Ctrl+C; or many");
    }
    void declare(CLI::App &app) override;
    [[nodiscard]] std::optional<Error> misuse() const override;
    [[nodiscard]] QCoro::Task<int> run(Context &context) override;

private:
    [[nodiscard]] QCoro::Task<int> takeOne(app::Workspace &workspace, Context &context) const;
    [[nodiscard]] QCoro::Task<int> takeMany(app::Workspace &workspace, Context &context);
    /// @return the exit code: whether what was taken stayed ours to the end.
    [[nodiscard]] QCoro::Task<int> hold(app::Workspace &workspace, Context &context) const;

    SessionId m_session;
    std::optional<Token> m_token;
    std::optional<milliseconds> m_for;
    ManyOptions m_many;
    ActOptions m_options;
};

} // namespace lockkeeper::cli
