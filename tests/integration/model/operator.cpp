// SPDX-License-Identifier: GPL-3.0-or-later
#include "operator.h"

namespace lockkeeper::model {

Operator::Operator(const Site &site, const QString &auditFolder)
    : m_workspace(site.target, site.clock, auditFolder)
    , m_store(m_workspace.locks(), m_workspace.cache(), *m_workspace.database(), site.clock,
              {.beforeStep =
                   [this](sessions::RemoveStep step) {
                       if (m_onStep)
                           m_onStep(step);
                   }})
    , m_actions({.locks = m_workspace.locks(),
                 .cache = m_workspace.cache(),
                 .database = m_workspace.database(),
                 .store = &m_store,
                 .monitor = &m_workspace.monitor(),
                 .audit = m_workspace.audit(),
                 .window = m_workspace.window(),
                 .held = m_workspace.held(),
                 .rights = &m_workspace.rights(),
                 .clock = site.clock,
                 .targetName = site.target.name,
                 .place = app::placeOf(site.target)})
{}

} // namespace lockkeeper::model
