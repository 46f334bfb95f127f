// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/actoptions.h"
#include "cli/command.h"

#include <optional>

namespace lockkeeper::cli {

/// `delete`: removes a session under its lock, or many.
class DeleteCommand final : public Command
{
public:
    [[nodiscard]] const char *verb() const override { return "delete"; }
    [[nodiscard]] QString summary() const override
    {
        return tr("Delete a session from database and cache, under its lock; or many");
    }
    void declare(CLI::App &app) override;
    [[nodiscard]] std::optional<Error> misuse() const override;
    [[nodiscard]] QCoro::Task<int> run(Context &context) override;

private:
    [[nodiscard]] app::DeleteRequest request(Context &context) const;
    [[nodiscard]] QCoro::Task<int> deleteMany(app::Workspace &workspace, Context &context);

    SessionId m_session;
    std::optional<milliseconds> m_wait;
    std::optional<Token> m_takeOver;
    bool m_takesOverSeen = false;
    ManyOptions m_many;
    ActOptions m_options;
};

} // namespace lockkeeper::cli
