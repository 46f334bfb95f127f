// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace lockkeeper::app {

/// `$XDG_STATE_HOME/lockkeeper`, or ~/.local/state/lockkeeper: logs and audit.
[[nodiscard]] QString stateFolder();

/// `$XDG_CONFIG_HOME/lockkeeper`, or ~/.config/lockkeeper: profiles.
[[nodiscard]] QString configFolder();

} // namespace lockkeeper::app
