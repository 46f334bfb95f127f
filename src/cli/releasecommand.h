// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/actoptions.h"
#include "cli/command.h"

#include <optional>

namespace lockkeeper::cli {

/// `release`: deletes the lock that the operator saw, and no other; or many such.
class ReleaseCommand final : public Command
{
public:
    [[nodiscard]] const char *verb() const override { return "release"; }
    [[nodiscard]] QString summary() const override
    {
        return tr("Delete a lock, if it still holds the token that you saw; or many");
    }
    void declare(CLI::App &app) override;
    [[nodiscard]] std::optional<Error> misuse() const override;
    [[nodiscard]] QCoro::Task<int> run(Context &context) override;

private:
    SessionId m_session;
    std::optional<Token> m_token;
    ManyOptions m_many;
    ActOptions m_options;
};

} // namespace lockkeeper::cli
