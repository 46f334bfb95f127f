// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/auditlog.h"
#include "app/auditruns.h"
#include "cli/command.h"

#include <optional>

namespace lockkeeper::cli {

/// `audit`: what operators did on this machine, and whether that record is whole.
class AuditCommand final : public Command
{
public:
    [[nodiscard]] const char *verb() const override { return "audit"; }
    [[nodiscard]] QString summary() const override
    {
        return tr("Show, verify or export the record of what operators did");
    }
    void declare(CLI::App &app) override;
    [[nodiscard]] QCoro::Task<int> run(Context &context) override;

private:
    enum class Verb { List, Verify, Export };

    void declareSelection(CLI::App &app);
    [[nodiscard]] QCoro::Task<int> runVerify(app::AuditLog &log, Context &context);
    [[nodiscard]] QCoro::Task<int> runList(app::AuditLog &log, Context &context);
    [[nodiscard]] QCoro::Task<int> tellOfNone(app::AuditLog &log, Context &context);
    [[nodiscard]] QCoro::Task<int> runExport(app::AuditLog &log, Context &context);
    [[nodiscard]] Task<QList<app::AuditRecord>> selected(app::AuditLog &log,
                                                         Context &context) const;

    Verb m_verb = Verb::List;
    std::optional<milliseconds> m_since;
    QString m_session;
    QString m_action;
    bool m_isCutShortOnly = false;
    QString m_format;
};

} // namespace lockkeeper::cli
