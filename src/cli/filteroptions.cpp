// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/filteroptions.h"

#include <CLI/CLI.hpp>

#include <utility>

namespace lockkeeper::cli {

void FilterOptions::declare(CLI::App &app)
{
    addSpan(app, "--older-than", m_filter.olderThan, tr("Only locks held at least this long"));
    addTexts(app, "--state", m_stateNames,
             tr("Only locks in this state; may be given more than once: "
                "foreign, no_expiry, reappeared, renewing_long, storm, contended, orphan, "
                "held_long, healthy"))
        ->type_name("STATE");
    addText(app, "--owner", m_filter.owner,
            tr("Only locks whose owner's name, node id or token contains this"));
    addUser(app, "--user", m_filter.user, tr("Only locks of this user's sessions"));
}

Result<void> FilterOptions::check()
{
    for (const QString &name : std::as_const(m_stateNames)) {
        const auto state = app::lockStateFromName(name);
        if (!state)
            return Error{ErrorCode::InvalidInput, tr("--state: there is no state \"%1\"").arg(name),
                         tr("see: lockkeeper-cli list --help")};
        m_filter.states.append(*state);
    }
    return {};
}

bool FilterOptions::isGivenBesidesUser() const
{
    return m_filter.olderThan || !m_stateNames.isEmpty() || !m_filter.owner.isEmpty();
}

bool FilterOptions::asksForContention() const
{
    return m_filter.states.contains(app::LockState::Contended);
}

} // namespace lockkeeper::cli
