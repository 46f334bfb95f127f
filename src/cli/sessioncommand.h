// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actionreport.h"
#include "app/auditlog.h"
#include "app/workspace.h"
#include "cli/command.h"
#include "core/flows.h"

#include <optional>

namespace lockkeeper::cli {

/// `session …`: the other operations of the session store.
class SessionCommand final : public Command
{
public:
    [[nodiscard]] const char *verb() const override { return "session"; }
    [[nodiscard]] QString summary() const override
    {
        return tr("Create, get, list, append to and rename sessions as the back end does");
    }
    void declare(CLI::App &app) override;
    [[nodiscard]] QCoro::Task<int> run(Context &context) override;

private:
    enum class Verb { Create, Get, List, Append, Rename };

    void declareReading(CLI::App &app);
    void declareWriting(CLI::App &app);
    void declareReveal(CLI::App &verb);
    [[nodiscard]] QCoro::Task<int> runCreate(app::Workspace &workspace, Context &context);
    [[nodiscard]] QCoro::Task<int> runGet(app::Workspace &workspace, Context &context);
    [[nodiscard]] QCoro::Task<int> runList(app::Workspace &workspace, Context &context);
    [[nodiscard]] QCoro::Task<int> runAppend(app::Workspace &workspace, Context &context);
    [[nodiscard]] QCoro::Task<int> runRename(app::Workspace &workspace, Context &context);
    /// Prints the session that was renamed; where it cannot be read, that is a warning.
    [[nodiscard]] QCoro::Task<int> printRenamed(app::Workspace &workspace, Context &context);

    [[nodiscard]] Error notFound() const;
    /// The audit log's line for this call, before (no outcome) or after it.
    [[nodiscard]] app::AuditEntry auditEntry(const app::Workspace &workspace) const;
    [[nodiscard]] Task<void> recordOutcome(app::Workspace &workspace,
                                           app::ActionReport report) const;
    [[nodiscard]] Task<void> recordReveal(app::Workspace &workspace) const;
    /// Records what became of a write, and says what went wrong.
    /// @return the exit code, or nothing when all is done.
    [[nodiscard]] QCoro::Task<std::optional<int>>
    conclude(app::ActionReport report, app::Workspace &workspace, Context &context) const;
    /// With --json the session as the platform writes it; its texts with --reveal, which is
    /// audited.
    [[nodiscard]] QCoro::Task<int> print(sessions::ChatSession session, app::Workspace &workspace,
                                         Context &context) const;

    Verb m_verb = Verb::Get;
    QString m_actionId;
    SessionId m_session;
    std::optional<UserId> m_user;
    int m_limit = 50;
    int m_offset = 0;
    QString m_role;
    QString m_content;
    QString m_title;
    bool m_isRevealing = false;
};

} // namespace lockkeeper::cli
