// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/command.h"
#include "core/flows.h"

#include <QStringList>

#include <memory>
#include <optional>

namespace lockkeeper::locks {
class LockGuard;
} // namespace lockkeeper::locks

namespace lockkeeper::cli {

/// `with-lock`: runs a command while holding a session's lock.
class WithLockCommand final : public Command
{
public:
    /// The command's own exit code where it cannot be started, as shells have it.
    static constexpr int kCannotStart = 127;

    [[nodiscard]] const char *verb() const override { return "with-lock"; }
    [[nodiscard]] QString summary() const override
    {
        return tr("Run a command while holding a session's lock: with-lock SESSION -- COMMAND…");
    }
    void declare(CLI::App &app) override;
    [[nodiscard]] QCoro::Task<int> run(Context &context) override;
    /// What stands behind `--`.
    void setProgram(QStringList words) { m_program = std::move(words); }

private:
    [[nodiscard]] QCoro::Task<int> runProgram(std::shared_ptr<locks::LockGuard> guard,
                                              Context &context);

    SessionId m_session;
    std::optional<milliseconds> m_wait;
    std::optional<milliseconds> m_lease;
    std::optional<milliseconds> m_grace; ///< between SIGTERM and SIGKILL
    QStringList m_program;
};

} // namespace lockkeeper::cli
