// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace.h"
#include "site.h"

#include <functional>

namespace lockkeeper::model {

/// An operator's program, which tells when its delete comes to a step.
class Operator
{
public:
    Operator(const Site &site, const QString &auditFolder);

    [[nodiscard]] app::Workspace &workspace() { return m_workspace; }
    [[nodiscard]] locks::LockProtocol &locks() { return m_workspace.locks(); }
    [[nodiscard]] app::AuditLog &audit() { return m_workspace.audit(); }
    [[nodiscard]] app::Actions &actions() { return m_actions; }

    using StepHook = std::function<void(sessions::RemoveStep)>;
    /// One delete at a time; empty: none.
    void watchSteps(StepHook hook) { m_onStep = std::move(hook); }
    [[nodiscard]] bool isDeleting() const { return bool(m_onStep); }

private:
    app::Workspace m_workspace;
    StepHook m_onStep;
    sessions::SessionStore m_store;
    app::Actions m_actions;
};

} // namespace lockkeeper::model
