// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/command.h"

#include <optional>

namespace lockkeeper::cli {

/// `delete`: the session's row, messages and cached copy, under its lock.
class DeleteCommand final : public Command
{
public:
    [[nodiscard]] const char *verb() const override { return "delete"; }
    [[nodiscard]] QString summary() const override
    {
        return tr("Delete a session from database and cache, under its lock");
    }
    void declare(CLI::App &app) override;
    [[nodiscard]] QCoro::Task<int> run(Context &context) override;

private:
    SessionId m_session;
    std::optional<UserId> m_user;
    std::optional<milliseconds> m_wait;
    std::optional<Token> m_takeOver;
    QString m_reason;
    bool m_isDryRun = false;
    bool m_isConfirmed = false;
};

} // namespace lockkeeper::cli
